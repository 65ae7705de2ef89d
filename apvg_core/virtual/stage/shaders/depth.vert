uniform mat4 seen;
invariant gl_Position;

void main() {
    vec4 world = movement() * vec4(position, 1);
    gl_Position = seen * world;
}
