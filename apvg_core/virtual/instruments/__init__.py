"""The instruments and the chair, as triangle meshes."""
