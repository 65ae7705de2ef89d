"""A hand that goes up and down, by whatever music: what is measured of it."""

import numpy as np

from apvg_core.metrics.playing import WRIST, KnownTrack, Playing

FPS = 10.0
TIMES = np.arange(80) / FPS
STROKES = 0.5 + 0.1 * np.sin(np.pi * TIMES)  # turns every second, half a second late


def playing(track: np.ndarray = STROKES, **changes: object) -> Playing:
    """The playing wrist follows a track [shape=(80,)] up and down; the true one follows the strokes."""
    keypoints = [np.full((80, 60, 2), 0.5, np.float32) for _ in range(2)]
    for each, positions in zip(keypoints, (STROKES, track), strict=True):
        each[:, WRIST, 1] = positions
    facts: dict[str, object] = {
        "real": keypoints[0], "predicted": keypoints[1], "visible": np.ones((80, 60), bool),
        "strength": np.zeros(700), "sounding": np.ones(80, bool), "fps": FPS, "bowed": True,
    }  # fmt: skip
    return Playing(**(facts | changes))


def known(positions: np.ndarray, name: str = "bow") -> dict[str, object]:
    """Facts of a known track [shape=(80,)] that the playing wrist follows."""
    return {"known": {name: KnownTrack(positions, WRIST)}, "known_sounding": np.ones(80, bool)}
