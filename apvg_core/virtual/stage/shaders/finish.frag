// Makes the image from the scene's samples, what is around them and the room behind.
uniform sampler2D colours;  // linear light; alpha: the share of it that comes from all around
uniform sampler2D around;   // as `around.frag` finds it
uniform sampler2D room;
out vec4 colour;

// The means of neighbours at a like distance: shares of the light from all around, and of the key light on the floor.
vec2 smoothed(ivec2 pixel) {
    float far = texelFetch(around, pixel, 0).z;
    vec3 sum = vec3(0);
    for (int k = 0; k < 16; k++) {
        vec3 other = texelFetch(around, clamp(pixel + ivec2(k & 3, k >> 2) - 1, ivec2(0), ivec2(size) - 1), 0).xyz;
        sum += vec3(other.xy, 1.0) * max(0.0, 1.0 - abs(other.z - far) / 0.08);
    }
    return sum.xy / sum.z;
}

// The curve of a film (Narkowicz's fit of ACES, 2015), which deepens colours: some of that is taken back.
vec3 tones(vec3 light) {
    light *= 0.62;
    vec3 shown = clamp(light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14), 0.0, 1.0);
    return mix(vec3(dot(shown, vec3(0.2126, 0.7152, 0.0722))), shown, 0.86);
}

void main() {
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    vec2 left = smoothed(pixel);
    vec3 sum = vec3(0);
    float covered = 0.0;
    for (int k = 0; k < 4; k++) {
        ivec2 spot = 2 * pixel + ivec2(k & 1, k >> 1);
        if (texelFetch(normals, spot, 0).a < 0.5) continue;
        vec4 seen = texelFetch(colours, spot, 0);
        sum += tones(seen.rgb * mix(1.0, left.x, seen.a));
        covered += 1.0;
    }
    if (covered < 4.0) {
        vec2 floor_left = covered > 0.0 ? vec2(1) : left;
        sum += (4.0 - covered) * tones(texelFetch(room, pixel, 0).rgb * mix(0.45, 1.0, floor_left.y) * mix(0.4, 1.0, floor_left.x));
    }
    colour = vec4(pow(sum / 4.0, vec3(1.0 / 2.2)), 1);
}
