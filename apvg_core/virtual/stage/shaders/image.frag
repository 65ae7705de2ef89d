// Lights a surface: a key light with shadow, a fill from the other side, one from behind, the room all around,
// and for metal a mirrored studio.
uniform vec3 palette[MATERIALS];
uniform vec3 finishes[MATERIALS];
uniform mat3 camera;    // from the world to the camera's axes
uniform mat4 to_light;
uniform vec3 key;
uniform vec3 fill;
uniform vec3 back;
uniform vec3 eye;
in vec3 at;
in vec3 facing;
in vec3 painted_at;
in vec3 in_light;
flat in int painted;
layout(location = 0) out vec4 colour;  // alpha: the share of it that comes from all around
layout(location = 1) out vec4 normal;

float noise(vec3 p) {
    vec3 s = sin(p) + 0.5 * sin(2.3 * p.yzx + 1.7) + 0.25 * sin(4.9 * p.zxy + 0.4);
    return (s.x + s.y + s.z) / 5.25;
}

// What a mirror sees in a studio: a dark floor, a light wall, two soft boxes overhead.
vec3 studio(vec3 ray) {
    float wall = mix(0.06, 0.50, smoothstep(-0.45, 0.5, ray.y));
    float boxes = 1.9 * smoothstep(0.74, 0.86, dot(ray, key)) + 0.7 * smoothstep(0.72, 0.85, dot(ray, fill));
    float strip = 0.9 * smoothstep(0.16, 0.0, abs(dot(ray, back) - 0.75));
    vec3 floor_light = vec3(0.26, 0.15, 0.08) * smoothstep(0.1, -0.7, ray.y);
    return vec3(wall + boxes + strip) + floor_light;
}

void main() {
    int material = paint(painted, painted_at);
    vec3 base = palette[material];
    vec3 finish = finishes[material];
    vec3 n = normalize(gl_FrontFacing ? facing : -facing);
    vec3 towards_eye = normalize(eye - at);
    normal = vec4(0.5 + 0.5 * (camera * n), 1);

    if (material == HAIR) {
        base *= 1.0 + 0.25 * noise(vec3(420.0, 60.0, 60.0) * painted_at);
    } else if (material == JACKET || material == TROUSERS) {
        n = normalize(n + 0.16 * vec3(noise(34.0 * painted_at), noise(29.0 * painted_at.yzx), noise(31.0 * painted_at.zxy)));
    } else if (material == VARNISH) {
        base *= 0.92 + 0.16 * noise(vec3(160.0, 6.0, 20.0) * painted_at);
    } else if (material == SKIN) {
        base *= 1.0 + vec3(0.05, -0.04, -0.05) * noise(70.0 * painted_at);
    }

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
    if (material == SKIN || material == LIPS) {
        // light that skin scatters reaches a little past its edge, red the farthest
        vec3 past = max((vec3(toward_key) + vec3(0.34, 0.16, 0.12)) / (1.0 + vec3(0.34, 0.16, 0.12)), 0.0);
        tint = mix(vec3(direct), past * (0.15 + 0.85 * shade), 0.7) / max(direct, 1e-3);
    }
    vec3 around = base * mix(vec3(0.22, 0.17, 0.14), vec3(0.40, 0.42, 0.46), sky) * (1.0 - finish.z);
    vec3 matte = base * (1.0 - finish.z) * (vec3(1.00, 0.95, 0.88) * 1.95 * direct * tint + vec3(0.80, 0.88, 1.0) * 0.36 * second
               + vec3(0.95, 0.97, 1.0) * 0.55 * third);
    vec3 halfway = normalize(key + towards_eye);
    float glint = finish.x * pow(max(dot(n, halfway), 0.0), finish.y) * shade * 1.5;
    float grazing = pow(1.0 - max(dot(n, towards_eye), 0.1), 4.0);
    float rim = finish.x * (1.0 - finish.z) * grazing * (0.15 + 0.8 * max(dot(back, n) + 0.3, 0.0));
    vec3 mirrored = mix(base, vec3(1), 0.12 + 0.3 * grazing) * studio(reflect(-towards_eye, n)) * finish.z * 1.5 * mix(0.7, 1.0, shade);
    vec3 sum = around + matte + mirrored + vec3(glint + rim);
    vec3 luma = vec3(0.2126, 0.7152, 0.0722);
    // what is close by takes some of the light of lamps and mirrors, too
    colour = vec4(sum, clamp(dot(around + 0.4 * mirrored + 0.25 * matte, luma) / max(dot(sum, luma), 1e-4), 0.0, 1.0));
}
