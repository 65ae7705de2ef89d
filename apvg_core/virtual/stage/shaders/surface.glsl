// What painters know of a surface: where it is, where on its canvas (of a body: on MakeHuman's base mesh, metres, y up,
// facing +z, the same for every body), and its relief.
uniform vec3 palette[MATERIALS];
uniform vec3 finishes[MATERIALS];
in vec3 at;
in vec3 facing;
in vec3 painted_at;
in vec3 carried;  // the canvas, as a direction that moves with the surface
in vec3 in_light;
flat in int painted;

// Smooth, between -1 and 1, its waves about 2 pi long.
float noise(vec3 p) {
    vec3 s = sin(p) + 0.5 * sin(2.3 * p.yzx + 1.7) + 0.25 * sin(4.9 * p.zxy + 0.4);
    return (s.x + s.y + s.z) / 5.25;
}

float hash(vec2 p) { return fract(sin(dot(p, vec2(127.1, 311.7))) * 43758.5453); }

// The normal of a surface that is `height` metres higher here (Mikkelsen, 2010).
vec3 relief(vec3 n, float height) {
    vec3 right = dFdx(at), up = dFdy(at), across = cross(up, n);
    float area = dot(right, across);
    vec3 slope = sign(area) * (dFdx(height) * across + dFdy(height) * cross(n, right));
    return normalize(abs(area) * n - slope);
}
