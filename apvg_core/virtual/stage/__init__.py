"""The stage: what stands on it, what it is made of, and the images of it."""
