"""Predictions of KHP and CVG on disk."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from apvg_core.training.predictions import _Array, _is_whole


def test_predictions_that_were_cut_short_are_made_anew(tmp_path: Path) -> None:
    array = _Array("coarse", tmp_path / "a.npy", np.uint8, (1000,))
    assert not _is_whole(array)
    array.create()[:] = 7
    assert _is_whole(array)
    assert not _is_whole(replace(array, shape=(999,)))
    array.path.write_bytes(array.path.read_bytes()[:500])
    assert not _is_whole(array)
