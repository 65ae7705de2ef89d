// Cloth: how it is woven, seamed and creased.
uniform float pattern;     // 0: plain; 1: pinstripes; 2: a check; 3: flecked
uniform float tie_stripes; // to the metre; 0: plain
uniform float opening;     // height of the jacket's button

const vec3 ELBOW = vec3(0.313, 0.349, 0.013);
const vec3 DOWN_ARM = vec3(0.639, -0.678, 0.364);   // along the arm, as it is a little bent
const vec3 IN_ELBOW = vec3(-0.118, 0.385, 0.915);   // into the elbow's bend

float stripe(float u, float gap, float wide) { return smoothstep(wide, 0.3 * wide, abs(mod(u, gap) - 0.5 * gap)); }

// Metres by which creases stand up. `p` has the player's left on both sides.
float creases(vec3 p, bool arm, bool leg) {
    vec3 e = p - ELBOW;
    float s = dot(e, DOWN_ARM), q = dot(e, IN_ELBOW);
    float wander = noise(vec3(19.0, 23.0, 17.0) * p);
    float bend = exp(-s * s / 0.0075);
    float sleeve = 0.0032 * bend * sin(195.0 * s + 60.0 * q + 2.4 * wander) * smoothstep(-0.06, 0.05, q)
                 + 0.0022 * sin(70.0 * s + 55.0 * q + 3.0 * wander) * smoothstep(0.02, 0.12, abs(s));
    // the trunk: drawn to the button, and from the armpit down
    vec2 v = p.xy - vec2(0.0, opening - 0.01);
    float drawn = 0.0024 * sin(11.0 * atan(v.y, v.x + 0.02) + 1.5 * wander) * exp(-length(v) / 0.14) * smoothstep(0.0, 0.08, p.z);
    vec2 a = p.xy - vec2(0.165, 0.44);
    float pit = 0.0030 * sin(9.0 * atan(a.x, -a.y) + 2.0 * wander) * exp(-length(a) / 0.10);
    float waist = 0.0016 * sin(85.0 * p.y + 3.0 * wander + 9.0 * p.x) * exp(-pow((p.y - 0.16) / 0.09, 2.0));
    // legs: from the crotch, at the knee, and the crease in front
    vec2 c = p.xy - vec2(0.02, -0.02);
    float hip = 0.0036 * sin(9.0 * atan(c.y, c.x) + 2.0 * wander) * exp(-length(c) / 0.16);
    float middle = 0.112 + 0.139 * (0.05 - p.y);
    float knee = 0.0028 * sin(120.0 * p.y + 2.5 * wander + 25.0 * p.x) * exp(-pow((p.y + 0.37) / 0.11, 2.0));
    float ironed = 0.0030 * exp(-abs(p.x - middle) / 0.006) * smoothstep(0.0, 0.04, p.z) * smoothstep(-0.05, -0.15, p.y);
    float loose = 0.0014 * wander;
    return loose + (arm ? sleeve : leg ? hip + knee + ironed : drawn + pit + waist);
}

void paint(inout vec3 base, inout vec3 finish, inout vec3 n) {
    vec3 p = vec3(abs(painted_at.x), painted_at.yz);
    bool arm = p.x > 0.19 && p.y > 0.1, leg = painted == TROUSERS, suit = painted == JACKET || painted == LAPEL || leg;
    float around = arm ? 0.05 * atan(dot(p - ELBOW, cross(DOWN_ARM, IN_ELBOW)), dot(p - ELBOW, IN_ELBOW) + 0.03) : leg ? 0.09 * atan(p.x - 0.12 - 0.139 * (0.05 - p.y), p.z - 0.02) : 0.15 * atan(p.x, p.z - 0.02);
    float down = arm ? dot(p - ELBOW, DOWN_ARM) : p.y;
    float grain = noise(vec3(900.0, 1100.0, 1000.0) * painted_at) * noise(vec3(530.0, 610.0, 570.0) * painted_at.yzx);
    float height = 0.0;
    if (suit) {
        base *= 1.0 + 0.10 * grain + 0.05 * noise(55.0 * painted_at);
        if (pattern == 1.0) base = mix(base, base * 1.25 + 0.05, stripe(around, 0.020, 0.0015));
        if (pattern == 2.0) base = mix(base, base * 0.62, 0.55 * max(stripe(around, 0.042, 0.0035), stripe(down, 0.042, 0.0035)));
        if (pattern == 3.0) base *= 1.0 + 0.55 * grain;
        // seams: where the sleeve is set in, down the sides
        float set_in = abs(dot(p - vec3(0.172, 0.50, 0.015), vec3(0.97, -0.22, 0.0)));
        float seam = painted == JACKET && p.y > 0.40 ? set_in : leg ? abs(p.z - 0.02) + step(p.x, 0.12) : abs(p.z - 0.015) + step(0.17, p.y);
        seam = smoothstep(0.0035, 0.0005, seam);
        base *= 1.0 - 0.35 * seam;
        height = (painted == LAPEL ? 0.25 : 1.0) * creases(p, arm, leg) - 0.001 * seam;
    } else if (painted == SHIRT) {
        float placket = smoothstep(0.0016, 0.0004, abs(abs(painted_at.x) - 0.013)) * step(0.03, p.z);
        vec2 button = vec2(painted_at.x, mod(p.y, 0.075) - 0.0375);
        base *= 1.0 - 0.22 * placket - 0.30 * smoothstep(0.0052, 0.0044, length(button)) * step(0.03, p.z);
        height = 0.0016 * noise(vec3(38.0, 21.0, 30.0) * painted_at) + 0.0012 * sin(120.0 * painted_at.x + 3.0 * noise(15.0 * painted_at)) * smoothstep(0.02, 0.05, p.x);
    } else if (painted == TIE) {
        float knot = smoothstep(0.540, 0.546, p.y);
        float u = painted_at.y + (0.8 - 1.6 * knot) * painted_at.x;
        if (tie_stripes > 0.0) base = mix(base, base * 0.35 + 0.10, smoothstep(-0.25, 0.25, sin(6.2832 * tie_stripes * u)) * 0.6);
        base *= 1.0 + 0.12 * grain;
        height = 0.002 * noise(vec3(60.0, 18.0, 40.0) * painted_at) - 0.004 * smoothstep(0.004, 0.0, abs(p.y - 0.541));
    } else {
        height = 0.0006 * noise(40.0 * painted_at);
    }
    n = relief(n, height);
}
