"""Truth files: what is written is read, by the frames' times; what is wrong is said in a sentence."""

import json
from pathlib import Path

import numpy as np
import pytest

from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError
from apvg_core.truth import read_truth, truth_path, write_truth
from tests.conftest import FPS


@pytest.fixture
def shard(shards: Path):
    with Shard(shards / "validation/theremin/c.h5") as shard:
        yield shard


def facts(times: np.ndarray) -> dict:
    """Tracks that tell their frame's number; every second frame sounds."""
    count = np.arange(len(times))
    return {
        "schema": 1,
        "frames": {
            "time": times.tolist(),
            "loudness": (count % 2 * 0.5).tolist(),
            "bow_position": count.tolist(),
            "pitch": count.tolist(),
        },
    }


def test_what_is_written_is_read(shard: Shard, tmp_path: Path) -> None:
    path = truth_path(tmp_path, shard)
    assert path == tmp_path / "c.json"
    document = facts(shard.times)
    write_truth(path, document)
    assert json.loads(path.read_text(encoding="utf-8")) == document
    truth = read_truth(tmp_path, shard)
    assert list(truth.tracks) == ["bow"]
    assert truth.tracks["bow"].tolist() == list(range(len(shard)))
    assert truth.sounding.tolist() == [k % 2 == 1 for k in range(len(shard))]


def test_a_frame_takes_the_nearest_frame_of_its_film(shard: Shard, tmp_path: Path) -> None:
    """The film has twice the frames, and begins two of its frames earlier."""
    step = 0.5 / FPS
    times = np.arange(2 * len(shard) + 4) * step - 2 * step + 0.2 * step
    write_truth(truth_path(tmp_path, shard), facts(times))
    bow = read_truth(tmp_path, shard).tracks["bow"]
    assert bow.tolist() == [2 + 2 * k for k in range(len(shard))]


@pytest.mark.parametrize("text", ["hello", "{}", "[]", '{"frames": {"time": [0]}}', None])
def test_no_truth_is_one_sentence(shard: Shard, tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "c.json").write_text(text)
    with pytest.raises(ConfigError, match=r"--truth .*c.json is (missing or no truth file|not of c.mp4)"):
        read_truth(tmp_path, shard)


def test_a_film_that_ends_before_the_recording_is_refused(shard: Shard, tmp_path: Path) -> None:
    write_truth(truth_path(tmp_path, shard), facts(shard.times[: len(shard) // 2]))
    with pytest.raises(ConfigError, match=r"is not of c.mp4: it ends before the recording"):
        read_truth(tmp_path, shard)


def test_a_track_without_one_value_a_frame_is_refused(shard: Shard, tmp_path: Path) -> None:
    document = facts(shard.times)
    document["frames"]["bow_position"].pop()
    write_truth(truth_path(tmp_path, shard), document)
    with pytest.raises(ConfigError, match="missing or no truth file"):
        read_truth(tmp_path, shard)
