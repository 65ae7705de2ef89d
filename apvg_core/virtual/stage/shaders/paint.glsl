// Which material a place of the body shows. Places are of MakeHuman's base mesh: metres, y up, facing +z,
// the same for every body, so that a lapel stays a lapel on whoever wears it.

uniform float tie_width;      // 0: no tie
uniform float opening;        // how far the jacket's opening reaches down: y of its lowest button

int paint_skin(vec3 p) {
    float side = abs(p.x);
    float lip = side / 0.025;
    if (p.z > 0.12 && lip < 1.0 && abs(p.y - 0.6595) < 0.0112 * (1.0 - lip * lip)) return LIPS;
    float arch = 0.7525 + 0.008 * sin(clamp((side - 0.012) / 0.042, 0.0, 1.0) * 2.4);
    if (p.z > 0.06 && side > 0.012 && side < 0.054 && abs(p.y - arch) < 0.0042 - 0.04 * (side - 0.012)) return BROWS;
    return SKIN;
}

int paint_clothes(vec3 p) {
    float side = abs(p.x);
    float along_arm = dot(vec3(side, p.y, p.z) - vec3(0.313, 0.349, 0.013), vec3(0.547, -0.482, 0.683)) / 0.24;
    if (side > 0.2 && p.y > 0.1) return along_arm > 0.93 ? SHIRT : JACKET;
    if (p.y < -0.73) return SHOES;
    if (p.y < -0.06) return TROUSERS;
    if (p.y > 0.565 - 0.4 * (p.z - 0.02) && length(vec2(side, p.z - 0.022)) < 0.071)
        return side < 0.014 && p.z > 0.06 && p.y < 0.585 && tie_width > 0.0 ? TIE : SHIRT;
    if (p.z > 0.02) {
        float open = 0.078 * clamp((p.y - opening) / (0.56 - opening), 0.0, 1.0);
        if (side < open) {
            float knot = p.y > 0.54 ? 0.62 : 1.0;
            return side < knot * tie_width * (1.0 - 0.4 * (p.y - opening)) ? TIE : SHIRT;
        }
        if (side < open + 0.045 * smoothstep(opening - 0.02, opening + 0.1, p.y)) return LAPEL;
        if (p.y < opening && side < 0.0025) return LAPEL;
    }
    return JACKET;
}

int paint_eyes(vec3 p) {
    vec2 from_centre = vec2(abs(p.x) - 0.0315, p.y - 0.728);
    return p.z > 0.12 && length(from_centre) < 0.0062 ? IRIS : EYES;
}

int paint(int material, vec3 p) {
    if (material == SKIN) return paint_skin(p);
    if (material == CLOTHES) return paint_clothes(p);
    if (material == EYES) return paint_eyes(p);
    return material;
}
