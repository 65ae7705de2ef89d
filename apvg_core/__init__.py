"""Turns music into a video of a musician playing it (audio-driven performance video generation)."""

__version__ = "0.1.0"
