// Hair, whose canvas is the direction in which it lies, as long as it is light.
#define STRANDS

vec3 lies;  // its direction

void paint(inout vec3 base, inout vec3 finish, inout vec3 n) {
    float light = length(carried);
    lies = carried / max(light, 1e-4);
    base *= 0.30 + 1.05 * light;
}
