// Faces and hands.
#define SCATTERS
uniform float beard;  // how dark the shadow of a beard is, 0 to 1
uniform float years;  // how uneven the skin is, 0 to 1

// 1 in a ball about `centre`, 0 out of it, soft in between.
float near(vec3 p, vec3 centre, float radius) { return exp(-dot(p - centre, p - centre) / (radius * radius)); }

void paint_eye(vec2 from_centre, inout vec3 base, inout vec3 finish) {
    float far = length(from_centre);
    base *= vec3(1.0, 0.96, 0.94) * mix(1.0, 0.62, smoothstep(0.004, 0.013, abs(from_centre.x)));
    if (far < 0.0064) {
        finish = finishes[IRIS];
        base = palette[IRIS] * (0.75 + 0.9 * smoothstep(0.002, 0.0045, far)) * mix(1.0, 0.25, smoothstep(0.0050, 0.0062, far));
        base *= smoothstep(0.0018, 0.0028, far);
    }
    base *= mix(0.35, 1.0, smoothstep(0.0062, 0.0005, from_centre.y));  // the lid's shadow
}

void paint(inout vec3 base, inout vec3 finish, inout vec3 n) {
    vec3 p = vec3(abs(painted_at.x), painted_at.yz);
    vec2 from_eye = p.xy - vec2(0.0315, 0.728);
    if (painted == EYES) { paint_eye(from_eye, base, finish); return; }
    vec3 whole = painted_at;
    float front = smoothstep(0.05, 0.09, p.z) * smoothstep(0.60, 0.62, p.y);
    base *= 1.0 + vec3(0.035, -0.03, -0.035) * noise(75.0 * whole);
    base *= 1.0 - years * vec3(0.04, 0.07, 0.07) * smoothstep(0.35, 0.8, noise(120.0 * whole.zxy));
    // blood is nearer in cheeks, nose and ears
    float red = 0.9 * near(p, vec3(0.044, 0.690, 0.115), 0.026) + 0.8 * near(p, vec3(0.0, 0.692, 0.165), 0.016)
              + 0.9 * near(p, vec3(0.080, 0.725, 0.030), 0.030) + 0.3 * near(p, vec3(0.0, 0.622, 0.14), 0.018);
    base *= mix(vec3(1), vec3(1.07, 0.84, 0.82), min(red, 1.0));
    base *= mix(vec3(1), vec3(0.86, 0.80, 0.80), near(p, vec3(0.031, 0.722, 0.13), 0.014));
    // the beard: chin, jaw, upper lip
    float jaw = smoothstep(0.690, 0.665, p.y + 0.10 * max(0.0, 0.07 - p.z) - 0.25 * max(0.0, p.x - 0.045)) * smoothstep(-0.02, 0.03, p.z);
    jaw *= smoothstep(0.575, 0.60, p.y) * (1.0 - near(p, vec3(0.0, 0.690, 0.165), 0.018));
    base *= mix(vec3(1), vec3(0.66, 0.68, 0.72), beard * jaw * (0.75 + 0.25 * noise(420.0 * whole)));
    // lips, darker where they meet
    float wide = p.x / 0.026, bow = 0.0112 * (1.0 - wide * wide) + (p.y > 0.6595 ? 0.0014 * sin(min(p.x, 0.012) * 260.0) - 0.0008 : 0.0);
    float lip = smoothstep(0.0016, -0.0006, abs(p.y - 0.6595) - bow) * step(0.115, p.z) * smoothstep(1.0, 0.9, wide);
    base = mix(base, palette[LIPS] * (p.y > 0.6595 ? 0.86 : 1.05), lip);
    finish = mix(finish, finishes[LIPS], lip);
    base *= 1.0 - 0.62 * smoothstep(0.0013, 0.0003, abs(p.y - 0.6593 + 0.001 * wide)) * step(wide, 1.05) * step(0.115, p.z);
    // brows: hairs that lie outwards
    float along = (p.x - 0.011) / 0.044, arch = 0.7512 + 0.0085 * sin(clamp(along, 0.0, 1.0) * 2.3);
    float thick = mix(0.0052, 0.0012, smoothstep(0.1, 1.05, along)) * smoothstep(-0.08, 0.12, along);
    float hairs = 0.82 + 0.18 * noise(vec3(620.0 * (p.x - 0.8 * p.y), 150.0 * p.y, 0.0));
    base = mix(base, palette[BROWS], hairs * smoothstep(thick + 0.0014, thick - 0.0014, abs(p.y - arch)) * step(0.05, p.z) * step(along, 1.1) * step(-0.1, along));
    // lashes along the upper lid, and the fold over it
    float opened = length(from_eye / vec2(0.0165, from_eye.y > 0.0 ? 0.0066 : 0.0060));
    base *= 1.0 - front * (from_eye.y > 0.0 ? 0.75 : 0.25) * smoothstep(1.38, 1.0, opened);
    base *= 1.0 - 0.28 * front * step(0.0, from_eye.y) * smoothstep(0.0016, 0.0, abs(length(from_eye / vec2(0.0185, 0.0105)) - 1.0) * 0.01);
    n = relief(n, 0.0004 * years * noise(vec3(60.0, 260.0, 60.0) * whole) * smoothstep(0.755, 0.775, p.y));
}
