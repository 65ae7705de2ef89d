// Lights a surface: a key light with shadow, a fill from the other side, sky and floor, and for metal a mirrored studio.
uniform vec3 palette[MATERIALS];
uniform vec3 finishes[MATERIALS];
uniform vec3 key;
uniform vec3 fill;
uniform vec3 eye;
uniform sampler2DShadow shadow;
in vec3 at;
in vec3 facing;
in vec3 painted_at;
in vec3 in_light;
flat in int painted;
out vec4 colour;

float noise(vec3 p) {
    vec3 s = sin(p) + 0.5 * sin(2.3 * p.yzx + 1.7) + 0.25 * sin(4.9 * p.zxy + 0.4);
    return (s.x + s.y + s.z) / 5.25;
}

float lit() {
    float sum = 0.0;
    for (int k = 0; k < 4; k++) {
        vec2 aside = 0.0009 * vec2(k & 1, k >> 1) - 0.00045;
        sum += texture(shadow, in_light + vec3(aside, -0.0022));
    }
    return sum / 4.0;
}

// What a mirror sees in a studio: a dark floor, a light wall, two soft boxes overhead.
vec3 studio(vec3 ray) {
    float wall = mix(0.10, 0.55, smoothstep(-0.5, 0.4, ray.y));
    float boxes = 1.6 * smoothstep(0.72, 0.86, dot(ray, key)) + 0.8 * smoothstep(0.70, 0.85, dot(ray, fill));
    float strip = 0.35 * smoothstep(0.06, 0.0, abs(ray.y - 0.1));
    return vec3(wall + boxes + strip);
}

void main() {
    int material = paint(painted, painted_at);
    vec3 base = palette[material];
    vec3 finish = finishes[material];
    vec3 n = normalize(gl_FrontFacing ? facing : -facing);
    vec3 towards_eye = normalize(eye - at);

    if (material == HAIR) {
        base *= 1.0 + 0.25 * noise(vec3(420.0, 60.0, 60.0) * painted_at);
    } else if (material == JACKET || material == TROUSERS) {
        n = normalize(n + 0.16 * vec3(noise(34.0 * painted_at), noise(29.0 * painted_at.yzx), noise(31.0 * painted_at.zxy)));
    } else if (material == VARNISH) {
        base *= 0.92 + 0.16 * noise(vec3(160.0, 6.0, 20.0) * painted_at);
    } else if (material == SKIN) {
        base *= 1.0 + vec3(0.05, -0.04, -0.05) * noise(70.0 * painted_at);
    }

    float shade = lit();
    float direct = max(dot(n, key), 0.0) * shade;
    float second = max(dot(n, fill), 0.0);
    float sky = 0.5 + 0.5 * n.y;
    // light that skin scatters reaches a little past its edge
    if (material == SKIN || material == LIPS) direct = mix(direct, max((dot(n, key) + 0.3) / 1.3, 0.0) * (0.3 + 0.7 * shade), 0.5);
    vec3 light = vec3(1.00, 0.96, 0.90) * 1.55 * direct + vec3(0.80, 0.88, 1.0) * 0.42 * second
               + mix(vec3(0.20, 0.18, 0.17), vec3(0.40, 0.42, 0.46), sky);
    vec3 halfway = normalize(key + towards_eye);
    float glint = finish.x * pow(max(dot(n, halfway), 0.0), finish.y) * shade * 1.4;
    float rim = finish.x * 0.35 * pow(1.0 - max(dot(n, towards_eye), 0.0), 4.0);
    vec3 matte = base * light * (1.0 - finish.z);
    vec3 mirrored = mix(base, vec3(1), 0.15) * studio(reflect(-towards_eye, n)) * finish.z * 1.5 * mix(0.75, 1.0, shade);
    vec3 sum = matte + mirrored + vec3(glint + rim);
    sum = sum / (1.0 + 0.25 * sum);
    colour = vec4(pow(sum, vec3(1.0 / 2.2)), 1);
}
