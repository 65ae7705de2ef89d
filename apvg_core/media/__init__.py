"""Decoding and encoding of sound and video: the only place that knows PyAV and soundfile."""
