"""Keypoints as JSON, frame by frame."""

import json
from pathlib import Path

import numpy as np
import pytest

from apvg_core.errors import ConfigError
from apvg_core.generation.keypoints_file import keypoints_file
from apvg_core.skeleton import JOINTS


def test_blocks_become_one_document(tmp_path: Path) -> None:
    path, keypoints = tmp_path / "k.json", np.random.default_rng(0).random((5, 60, 2)).astype(np.float32)
    with keypoints_file(path, 12.5) as append:
        append(keypoints[:3])
        append(keypoints[3:])
        assert not path.exists()
    document = json.loads(path.read_text(encoding="utf-8"))
    assert (document["fps"], document["joints"]) == (12.5, list(JOINTS))
    assert [frame["time"] for frame in document["frames"]] == [0, 0.08, 0.16, 0.24, 0.32]
    np.testing.assert_allclose([frame["positions"] for frame in document["frames"]], keypoints, atol=1e-5)


def test_what_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with keypoints_file(tmp_path / "k.json", 25.0):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="--keypoints"), keypoints_file(tmp_path / "file/k.json", 25.0):
        pass
