"""Coarse video generation (CVG, section III.B): sound to a small video."""
