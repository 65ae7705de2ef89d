// A triangle that covers the image.
in vec2 corner;

void main() { gl_Position = vec4(corner, 0, 1); }
