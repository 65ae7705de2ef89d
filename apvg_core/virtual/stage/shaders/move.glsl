// Moves a vertex by its bones.
layout(std140) uniform Bones { mat4 bone_matrices[MAX_BONES]; };
in vec3 position;
in vec4 weights;
in uvec4 bones;

mat4 movement() {
    return weights.x * bone_matrices[bones.x] + weights.y * bone_matrices[bones.y]
         + weights.z * bone_matrices[bones.z] + weights.w * bone_matrices[bones.w];
}
