// What of the scene takes light from a pixel's place: ambient occlusion, and the shadow on the floor. Neighbouring pixels
// look in other directions; `finish.frag` puts 4 x 4 of them together.
uniform mat4 view;
uniform mat4 to_light;
out vec4 found;  // share of the light from all around that is left, of the key light on the floor; distance, metres

const float REACH = 0.15;   // metres within which things take each other's light
const int AROUND = 10;

// Share of the light from all around that is left (McGuire et al., 2011): the more stands up around a place, the less.
float open(vec2 pixel, vec3 place, vec3 normal, float start) {
    float reach = REACH / -place.z * size.y / (2.0 * half_view), sum = 0.0;
    for (int k = 0; k < AROUND; k++) {
        float turn = 2.39996 * float(k) + 6.2832 * start, far = (float(k) + fract(7.0 * start)) / float(AROUND);
        vec2 other = pixel + reach * far * vec2(cos(turn), sin(turn));
        ivec2 spot = ivec2(2.0 * other);
        if (any(lessThan(spot, ivec2(0))) || any(greaterThanEqual(spot, ivec2(2.0 * size)))) continue;
        vec3 towards = place_at(other, distance_at(spot)) - place;
        float squared = dot(towards, towards);
        float within = max(0.0, 1.0 - squared / (REACH * REACH));
        sum += within * max(0.0, dot(towards, normal) - 0.004) / (squared + 2e-4);
    }
    return 1.0 / (1.0 + 0.11 * sum * 10.0 / float(AROUND));
}

void main() {
    ivec2 first = 2 * ivec2(gl_FragCoord.xy), cell = ivec2(gl_FragCoord.xy) & 3;
    float start = fract(float(cell.x + 4 * cell.y) * 0.6180340);
    vec2 pixel = floor(gl_FragCoord.xy) + 0.5, at = pixel;
    vec3 normal = vec3(0);
    float near = FAR;
    for (int k = 0; k < 4; k++) {
        ivec2 spot = first + ivec2(k & 1, k >> 1);
        vec4 facing = texelFetch(normals, spot, 0);
        float far = distance_at(spot);
        if (facing.a > 0.5 && far < near) { near = far; normal = 2.0 * facing.xyz - 1.0; at = (vec2(spot) + 0.5) / 2.0; }
    }
    if (near < FAR) {
        found = vec4(open(at, place_at(at, near), normalize(normal), start), 1.0, near, 1.0);
        return;
    }
    found = vec4(1.0, 1.0, FAR, 1.0);
    vec3 ray = place_at(pixel, 1.0), up = view[1].xyz;  // the world's y in the camera's axes
    if (dot(ray, up) >= 0.0) return;
    vec3 place = dot(view[3].xyz, up) / dot(ray, up) * ray;  // on the floor
    vec3 lit_at = (to_light * vec4(transpose(mat3(view)) * (place - view[3].xyz), 1)).xyz;
    if (any(greaterThan(abs(lit_at.xy), vec2(LIT_REACH - 0.2)))) return;
    float shade = lit(lit_at, mat3(to_light) * vec3(0, 1, 0), 0.16, vec2(sin(6.2832 * start), cos(6.2832 * start)));
    found = vec4(open(pixel, place, up, start), shade, -place.z, 1.0);
}
