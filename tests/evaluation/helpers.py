"""What several of these tests make: values of a row, an estimator of redness, truth files."""

import json
from pathlib import Path

import numpy as np

from apvg_core.evaluation.results import Row
from apvg_core.features.pose import Pose
from tests.conftest import FPS, melody


def values(row: Row) -> dict[str, float]:
    return {key: score.value for key, score in row.scores.items()}


class Redness:
    """Every joint is the further down, the redder the image."""

    def __init__(self, closed: list["Redness"]) -> None:
        self.closed = closed

    def __call__(self, frame: np.ndarray) -> Pose:
        return Pose(np.full((60, 2), frame[..., 0].mean() / 255, np.float32), np.ones(60, np.float32))

    def close(self) -> None:
        self.closed.append(self)


def write_truth(folder: Path, **tracks: list[float]) -> Path:
    """Of the shard `c`, by default a slide that follows the notes."""
    notes = melody(2, 2)[1]
    frames = {"time": (np.arange(len(notes)) / FPS).tolist(), "loudness": [1.0] * len(notes)}
    folder.mkdir(exist_ok=True)
    document = {"frames": {**frames, **(tracks or {"slide_metres": notes.tolist()})}}
    (folder / "c.json").write_text(json.dumps(document))
    return folder
