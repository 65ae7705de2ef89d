// Shade from the key light, softer the farther away what throws it is (percentage-closer soft shadows, Fernando 2005).
// Places are in the light's axes, metres: z towards the light.
uniform sampler2D shadow;

const vec2 DISC[12] = vec2[12](  // Vogel's spiral
    vec2(0.204, 0.000), vec2(-0.261, 0.239), vec2(0.040, -0.455), vec2(0.329, 0.429), vec2(-0.603, -0.107),
    vec2(0.571, -0.363), vec2(-0.191, 0.711), vec2(-0.364, -0.702), vec2(0.790, 0.289), vec2(-0.826, 0.332),
    vec2(0.401, -0.846), vec2(0.293, 0.934));
const float SOFT = 0.13;  // metres of half-shadow for each metre up to what throws it

// The height of what the light meets first.
float lit_height(vec2 place) { return LIT_DEPTH - 2.0 * LIT_DEPTH * texture(shadow, place / (2.0 * LIT_REACH) + 0.5).r; }

// Share of the light that comes in; `turn` turns the samples (sine, cosine), so that those of neighbours complete each other.
float lit(vec3 place, vec3 normal, float widest, vec2 turn) {
    mat2 turned = mat2(turn.y, turn.x, -turn.x, turn.y);
    vec2 slope = -normal.xy / max(normal.z, 0.25);
    float gap = 0.0, blockers = 0.0;
    for (int k = 0; k < 12; k += 2) {
        vec2 aside = widest * (turned * DISC[k]);
        float above = lit_height(place.xy + aside) - place.z - dot(slope, aside);
        if (above > 0.012) { gap += above; blockers += 1.0; }
    }
    float radius = clamp(SOFT * gap / max(blockers, 1.0), 0.003, widest);
    float dark = 0.0;
    int samples = blockers > 0.0 ? 12 : 0;  // a loop that ends at once costs nothing, a branch does in software
    for (int k = 0; k < samples; k++) {
        vec2 aside = radius * (turned * DISC[k]);
        dark += smoothstep(0.004, 0.012, lit_height(place.xy + aside) - place.z - dot(slope, aside));
    }
    return 1.0 - dark / 12.0;
}
