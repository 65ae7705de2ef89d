"""Scripts to run from a checkout."""
