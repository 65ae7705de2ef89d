uniform mat4 light;

void main() { gl_Position = light * movement() * vec4(position, 1); }
