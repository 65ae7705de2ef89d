// Lights a surface: a key light with shadow, a fill from the other side, one from behind, the room all around,
// and for metal a mirrored studio.
uniform mat3 camera;    // from the world to the camera's axes
uniform mat4 to_light;
uniform vec3 key;
uniform vec3 fill;
uniform vec3 back;
uniform vec3 eye;
layout(location = 0) out vec4 colour;  // alpha: the share of it that comes from all around
layout(location = 1) out vec4 normal;

// What a mirror sees in a studio: a dark floor, a light wall, two soft boxes overhead.
vec3 studio(vec3 ray) {
    float wall = mix(0.06, 0.50, smoothstep(-0.45, 0.5, ray.y));
    float boxes = 1.9 * smoothstep(0.74, 0.86, dot(ray, key)) + 0.7 * smoothstep(0.72, 0.85, dot(ray, fill));
    float strip = 0.9 * smoothstep(0.16, 0.0, abs(dot(ray, back) - 0.75));
    vec3 floor_light = vec3(0.26, 0.15, 0.08) * smoothstep(0.1, -0.7, ray.y);
    return vec3(wall + boxes + strip) + floor_light;
}

void main() {
    vec3 base = palette[painted];
    vec3 finish = finishes[painted];
    vec3 n = normalize(facing);
    vec3 towards_eye = normalize(eye - at);
    normal = vec4(0.5 + 0.5 * (camera * n), 1);
    paint(base, finish, n);

    // the four samples of a pixel turn by an eighth each: what one misses the others see
    vec2 turns[4] = vec2[4](vec2(0.0, 1.0), vec2(0.383, 0.924), vec2(0.707, 0.707), vec2(0.924, 0.383));
    ivec2 place = ivec2(gl_FragCoord.xy) & 1;
    float toward_key = dot(n, key);
    float shade = toward_key > -0.3 ? lit(in_light, mat3(to_light) * n, 0.06, turns[place.x + 2 * place.y]) : 0.0;
    float direct = max(toward_key, 0.0) * shade;
    float second = max(dot(n, fill), 0.0);
    float third = max(dot(n, back), 0.0);
    float sky = 0.5 + 0.5 * n.y;
    vec3 tint = vec3(1);
#ifdef SCATTERS
    // light that skin scatters reaches a little past its edge, red the farthest
    vec3 past = max((vec3(toward_key) + vec3(0.34, 0.16, 0.12)) / (1.0 + vec3(0.34, 0.16, 0.12)), 0.0);
    tint = mix(vec3(direct), past * (0.15 + 0.85 * shade), 0.7) / max(direct, 1e-3);
#endif
#ifdef STRANDS
    // a strand is lit from all sides that are across it
    direct = mix(direct, sqrt(max(1.0 - dot(lies, key) * dot(lies, key), 0.0)) * shade * max(0.25 + 0.75 * toward_key, 0.0), 0.6);
#endif
    vec3 around = base * mix(vec3(0.22, 0.17, 0.14), vec3(0.40, 0.42, 0.46), sky) * (1.0 - finish.z);
    vec3 matte = base * (1.0 - finish.z) * (vec3(1.00, 0.95, 0.88) * 1.75 * direct * tint + vec3(0.80, 0.88, 1.0) * 0.36 * second
               + vec3(0.95, 0.97, 1.0) * 0.55 * third);
    vec3 halfway = normalize(key + towards_eye);
#ifdef STRANDS
    // its sheen (Kajiya and Kay, 1989): one of the surface, one that has gone through the hair, shifted (Marschner et al., 2003)
    float first = dot(normalize(lies - 0.10 * n), halfway), second_sheen = dot(normalize(lies + 0.16 * n), halfway);
    vec3 glint = shade * smoothstep(-0.2, 0.4, toward_key)
               * (vec3(0.10) * pow(sqrt(max(1.0 - first * first, 0.0)), 70.0) + 0.9 * base * pow(sqrt(max(1.0 - second_sheen * second_sheen, 0.0)), 22.0));
#else
    vec3 glint = vec3(finish.x * pow(max(dot(n, halfway), 0.0), finish.y) * shade * 1.5);
#endif
    float grazing = pow(1.0 - max(dot(n, towards_eye), 0.1), 4.0);
    float rim = finish.x * (1.0 - finish.z) * grazing * (0.15 + 0.8 * max(dot(back, n) + 0.3, 0.0));
    vec3 mirrored = mix(base, vec3(1), 0.12 + 0.3 * grazing) * studio(reflect(-towards_eye, n)) * finish.z * 1.5 * mix(0.7, 1.0, shade);
    vec3 sum = around + matte + mirrored + glint + rim;
    vec3 luma = vec3(0.2126, 0.7152, 0.0722);
    // what is close by takes some of the light of lamps and mirrors, too
    colour = vec4(sum, clamp(dot(around + 0.4 * mirrored + 0.25 * matte, luma) / max(dot(sum, luma), 1e-4), 0.0, 1.0));
}
