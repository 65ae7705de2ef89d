// The scene's samples, 2 x 2 a pixel, and where in the camera's axes they are.
uniform sampler2D normals;  // in the camera's axes; alpha: 1 where the scene is, 0 where the room shows
uniform sampler2D depths;
uniform vec2 size;          // of the image, pixels
uniform float half_view;    // tangent of half the vertical angle of view

// Metres in front of the camera.
float distance_at(ivec2 spot) {
    float depth = 2.0 * texelFetch(depths, spot, 0).r - 1.0;
    return 2.0 * FAR * NEAR / (FAR + NEAR - depth * (FAR - NEAR));
}

vec3 place_at(vec2 pixel, float far) { return far * vec3((2.0 * pixel - size) / size.y * half_view, -1.0); }
