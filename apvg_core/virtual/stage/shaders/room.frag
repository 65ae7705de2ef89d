// The room behind the player, as a lens sees it that is focused on the player: many rays a pixel, each through
// another point of the lens. Drawn once. In the room's axes the wall is the plane z = 0, the floor y = 0.
uniform vec2 size;        // of the image, pixels
uniform mat3 axes;        // the camera's axes in the room's, as columns: right, up, back
uniform vec3 eye;         // the lens
uniform float focus;      // metres to what is sharp
uniform float half_view;  // tangent of half the vertical angle of view
uniform vec3 player;      // where the player is; light falls there
uniform int kind;
uniform vec3 wall_colour;
uniform vec3 accent;
uniform vec3 wood;
uniform float shift;      // metres that the wall's pattern is moved sideways
out vec4 colour;

const float LENS = 0.030;  // its radius, metres
const int RAYS = 64;

float hash(vec2 p) { return fract(sin(dot(p, vec2(127.1, 311.7))) * 43758.5453); }

float noise(vec2 p) {
    vec2 cell = floor(p), part = smoothstep(0.0, 1.0, fract(p));
    return mix(mix(hash(cell), hash(cell + vec2(1, 0)), part.x), mix(hash(cell + vec2(0, 1)), hash(cell + vec2(1, 1)), part.x), part.y);
}

float band(float x, float from, float to) { return step(from, x) * step(x, to); }

vec3 grained(vec3 base, vec2 along) { return base * (0.72 + 0.38 * noise(along * vec2(90.0, 2.5)) + 0.18 * noise(along * vec2(22.0, 0.8))); }

// A hall panelled with wood, and lamps on it.
vec3 hall(vec2 p) {
    float panel = floor(p.x / 0.62), across = fract(p.x / 0.62) * 0.62;
    vec3 base = grained(wall_colour * (0.8 + 0.4 * hash(vec2(panel, 3))), p + 7.0 * panel);
    base *= mix(0.25, 1.0, smoothstep(0.0, 0.012, min(across, 0.62 - across)));
    if (p.y < 0.14) base = 0.5 * wall_colour;
    base *= mix(0.5, 1.0, smoothstep(0.0, 0.02, abs(p.y - 1.02))) * (p.y > 1.02 && p.y < 1.07 ? 1.5 : 1.0);
    vec2 from_lamp = vec2(mod(p.x + 0.95, 1.86) - 0.93, p.y - 1.95);
    float far = length(from_lamp * vec2(1.0, from_lamp.y > 0.0 ? 0.6 : 0.8));
    vec3 light = vec3(0.42) + vec3(1.0, 0.72, 0.42) * 1.1 * exp(-far * far / 0.30);
    vec3 lamp = vec3(1.0, 0.80, 0.52) * 5.0 * step(max(abs(from_lamp.x) - 0.035, abs(from_lamp.y) - 0.10), 0.0);
    return base * light + lamp;
}

// A curtain in folds.
vec3 curtain(vec2 p) {
    float sway = 0.10 * noise(vec2(p.x * 1.3, p.y * 0.35)) + 0.012 * noise(vec2(p.x * 6.0, p.y * 1.2));
    float x = p.x + sway;
    float turn = 27.0 * x + 2.4 * sin(3.1 * x) + 1.5 * sin(7.7 * x + 1.0);
    float facing = cos(turn) / 1.25;      // which way the cloth is turned
    float deep = 0.5 + 0.5 * sin(turn);   // how far out it is
    float sheen = pow(abs(facing), 3.0);
    float light = 0.24 + 0.52 * deep * (0.62 - 0.38 * facing) + 0.16 * sheen;
    float hem = smoothstep(0.02, 0.10, p.y);
    return accent * light * (0.55 + 0.45 * hem) * (0.8 + 0.25 * smoothstep(0.0, 2.2, p.y));
}

// Plaster over a wainscot, and windows.
vec3 windows(vec2 p) {
    vec3 base = wall_colour * (0.96 + 0.08 * noise(3.0 * p));
    float step_x = 2.35, x = mod(p.x + 0.5 * step_x, step_x) - 0.5 * step_x;
    if (p.y < 0.92) {
        vec2 panel = abs(vec2(mod(p.x, 0.78) - 0.39, p.y - 0.50)) - vec2(0.30, 0.27);
        float edge = max(panel.x, panel.y);
        base = mix(wall_colour, vec3(0.62), 0.55) * (1.0 - 0.30 * band(edge, -0.025, 0.0) + 0.12 * band(edge, 0.0, 0.02));
        if (p.y < 0.13 || p.y > 0.87) base *= 1.12;
    }
    vec3 light = vec3(0.62, 0.63, 0.66) + 0.25 * exp(-x * x / 0.7) * smoothstep(0.2, 1.6, p.y);
    vec2 frame = abs(vec2(x, p.y - 2.02)) - vec2(0.52, 0.98);
    float edge = max(frame.x, frame.y);
    if (edge < 0.07) base = vec3(0.68);
    if (edge < 0.0) {
        vec2 pane = abs(vec2(mod(x + 0.52, 0.52) - 0.26, mod(p.y - 1.04, 0.66) - 0.33)) - vec2(0.235, 0.305);
        if (max(pane.x, pane.y) < 0.0) {
            vec3 sky = mix(vec3(0.72, 0.80, 0.90), vec3(0.86, 0.92, 1.0), smoothstep(1.2, 2.6, p.y));
            float trees = smoothstep(0.25, -0.25, p.y - 1.5 - 0.5 * noise(3.0 * p) - 0.25 * noise(9.0 * p));
            return mix(sky, vec3(0.20, 0.28, 0.14) * (0.6 + 0.8 * noise(14.0 * p)), 0.85 * trees);
        }
        return vec3(0.50);
    }
    return base * light;
}

// Shelves with scores and books.
vec3 shelves(vec2 p) {
    float bay = floor(p.x / 0.92), across = mod(p.x, 0.92), row = floor(p.y / 0.37), up = mod(p.y, 0.37);
    vec3 boards = grained(wall_colour, p.yx);
    vec3 light = vec3(0.50, 0.47, 0.43) * (0.8 + 0.25 * smoothstep(0.2, 2.0, p.y));
    if (p.y < 0.10 || across < 0.03 || up < 0.028) return boards * light * 1.15;
    float slot = floor(p.x / 0.041), book = hash(vec2(slot, row));
    float thin = fract(p.x / 0.041);
    float tall = 0.20 + 0.11 * hash(vec2(floor(p.x / 0.16), row + 17.0)) + 0.02 * book;
    if (hash(vec2(bay, row) + 5.0) > 0.86 && across > 0.45) tall = 0.0;
    float inside = 0.5 + 0.5 * smoothstep(0.37, 0.10, up);
    if (up > tall) return boards * 0.10 * inside;
    vec3 cloth = mix(vec3(0.55, 0.50, 0.42), mix(vec3(0.30, 0.08, 0.06), mix(vec3(0.08, 0.12, 0.22), vec3(0.10, 0.20, 0.13), step(0.5, fract(book * 29.0))), step(0.4, fract(book * 13.0))), step(0.35, book));
    cloth = mix(cloth, accent, 0.35 * fract(book * 7.0)) * (0.6 + 0.7 * fract(book * 51.0));
    return cloth * light * inside * mix(0.35, 1.0, smoothstep(0.0, 0.18, min(thin, 1.0 - thin)));
}

vec3 wall(vec2 p) {
    p.x += shift;
    vec3 seen = kind == 0 ? hall(p) : kind == 1 ? curtain(p) : kind == 2 ? windows(p) : shelves(p);
    return seen * (1.0 - 0.35 * exp(-6.0 * p.y)) * (0.72 + 0.28 * exp(-p.x * p.x / 6.0));
}

// Boards, laid towards the camera.
vec3 boards(vec2 p) {
    float wide = 0.105, row = floor(p.x / wide), across = fract(p.x / wide) * wide;
    float y = p.y + 1.7 * hash(vec2(row, 1)), length = 1.35, board = floor(y / length), along = fract(y / length) * length;
    vec3 base = grained(wood * (0.72 + 0.5 * hash(vec2(row, board))), vec2(p.x, p.y) + vec2(row, board));
    float gap = min(min(across, wide - across), min(along, length - along));
    return base * mix(0.35, 1.0, smoothstep(0.0, 0.004, gap));
}

vec3 seen_along(vec3 from, vec3 ray, float rough, vec2 chance) {
    float down = ray.y < 0.0 ? -from.y / ray.y : 1e9, back = -from.z / ray.z;
    if (back < down) return wall((from + back * ray).xy);
    vec3 at = from + down * ray;
    vec2 off = at.xz - player.xz;
    float pool = exp(-dot(off, off) / 5.0);
    vec3 light = vec3(0.34, 0.33, 0.33) + vec3(1.0, 0.94, 0.86) * 0.62 * pool;
    light *= 1.0 - 0.5 * exp(-at.z / 0.35);
    vec3 up = normalize(vec3(rough * (chance.x - 0.5), 1.0, rough * (chance.y - 0.5)));
    vec3 mirrored = reflect(normalize(ray), up);
    float grazing = pow(1.0 - abs(normalize(ray).y), 4.0);
    vec3 reflected = wall((at - at.z / min(mirrored.z, -0.05) * mirrored).xy);
    return boards(at.xz) * light + reflected * (0.03 + 0.42 * grazing);
}

void main() {
    float start = hash(gl_FragCoord.xy);
    vec3 sum = vec3(0);
    for (int k = 0; k < RAYS; k++) {
        // Vogel's spiral over the lens, the R2 sequence (Roberts, 2018) over the pixel
        float turn = 2.39996 * float(k) + 6.2832 * start;
        vec2 on_lens = LENS * sqrt((float(k) + 0.5) / float(RAYS)) * vec2(cos(turn), sin(turn));
        vec2 in_pixel = fract(start + float(k) * vec2(0.7548777, 0.5698403));
        vec2 place = (2.0 * (floor(gl_FragCoord.xy) + in_pixel) - size) / size.y * half_view;
        vec3 ray = axes * (focus * vec3(place, -1.0) - vec3(on_lens, 0.0));
        sum += seen_along(eye + axes * vec3(on_lens, 0.0), ray, 0.10, vec2(in_pixel.y, fract(start + float(k) * 0.618)));
    }
    colour = vec4(sum / float(RAYS), 1);
}
