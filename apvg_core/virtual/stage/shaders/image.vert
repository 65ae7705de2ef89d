uniform mat4 seen;
uniform mat4 to_light;
in vec3 normal;
in vec3 canvas;
in float material;
out vec3 at;
out vec3 facing;
out vec3 painted_at;
out vec3 carried;  // the canvas, as a direction
out vec3 in_light;
flat out int painted;
invariant gl_Position;

void main() {
    mat4 moved = movement();
    vec4 world = moved * vec4(position, 1);
    at = world.xyz;
    facing = mat3(moved) * normal;
    painted_at = canvas;
    carried = mat3(moved) * canvas;
    painted = int(material + 0.5);
    in_light = (to_light * world).xyz;
    gl_Position = seen * world;
}
