"""Videos side by side."""

import base64
from pathlib import Path

import numpy as np
import pytest

from apvg_core.data.shards import Shard
from apvg_core.media.video import probe, read_frames
from apvg_core.report.videos import layout
from tests.conftest import FPS, SIZE
from tests.report.helpers import Page


def test_films_play_the_recording_beside_what_was_made(report: Path, shards: Path, tmp_path: Path) -> None:
    videos = Page(report).all("video")
    assert len(videos) == 2  # of three seconds, the best moment's film is the worst moment's too
    assert "side by side: recording, whole" in (videos[0]["aria-label"] or "")
    film = tmp_path / "film.mp4"
    film.write_bytes(base64.b64decode((videos[0]["src"] or "").removeprefix("data:video/mp4;base64,")))
    info = probe(film)
    assert (info.width, info.height, info.has_audio) == (2 * SIZE, SIZE, True)
    assert info.duration == pytest.approx(3)
    frames = np.stack(list(read_frames(film, FPS)))
    with Shard(shards / "train/theremin/a.h5") as shard:
        real = shard.frames(0, len(shard))
    assert np.abs(frames[:, :, :SIZE].astype(int) - real).mean() < 8
    assert np.abs(frames[:, :, SIZE:].astype(int) - real).mean() < 25


def test_a_film_of_many_stays_readable() -> None:
    assert [layout(tiles) for tiles in (1, 2, 3, 4, 5, 9, 12)] == [
        (1, 1), (2, 1), (2, 2), (2, 2), (3, 2), (3, 3), (4, 3)
    ]  # fmt: skip
