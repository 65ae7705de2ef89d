"""Checks of what a shard holds: others may have written it, or a disk have damaged it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import h5py
import numpy as np
import numpy.typing as npt

from apvg_core.config import check_words
from apvg_core.errors import ConfigError
from apvg_core.features.cqt import window_starts
from apvg_core.skeleton import NUM_JOINTS
from apvg_core.units import CQT_BINS, CQT_FLOOR_DB, HOP_LENGTH, WINDOW_COLUMNS

if TYPE_CHECKING:
    from apvg_core.data.shards import Shard, ShardInfo

ROUNDING: Final = 2
"""Columns of a CQT that may be missing at its end, where samples and frames were rounded."""

LOUDEST: Final = 200.0
"""Decibels that no normalised sound reaches."""

LATEST: Final = 1e7
"""Largest time of a frame in seconds: four months."""


def check_identity(described: Any) -> None:
    """Check the names and settings that a shard, or its manifest entry, gives.

    Raises:
        ConfigError: One is impossible; the sentence says which.
    """
    for what in ("id", "instrument", "performer"):
        name = getattr(described, what)
        check_words(name, what)
        if name.startswith(".") or set(name) & set("/\\:"):
            raise ConfigError(f"{what} must be a part of a file's name, not {name[:40]!r}.")
    for sentence, is_so in {
        "fps must be above 0 and at most 240": not 0 < described.fps <= 240,
        "size must be from 16 to 4096": not 16 <= described.size <= 4096,
        "window_offset must be within ±0.5 seconds": not abs(described.window_offset) <= 0.5,
    }.items():
        if is_so:
            raise ConfigError(f"{sentence}.")


def check_datasets(file: h5py.File, info: ShardInfo) -> None:
    """Check that the datasets of a shard exist, have the right types and shapes, and lie whole on the disk.

    Raises:
        ConfigError: One is not.
        KeyError: One is missing.
    """
    count = file["times"].shape[0] if file["times"].ndim == 1 else 0
    continuous = (CQT_BINS, None) if info.cqt_mode == "continuous" else (count, CQT_BINS, WINDOW_COLUMNS)
    wanted: dict[str, tuple[str, tuple[int | None, ...]]] = {
        "times": ("f", (count,)),
        "keypoints": ("f", (count, NUM_JOINTS, 2)),
        "confidence": ("f", (count, NUM_JOINTS)),
        "imputed": ("b", (count, NUM_JOINTS)),
        "frames": ("O", (count if info.has_images else 0,)),
        "cqt": ("f", continuous),
        "audio": ("i", (None,)),
    }
    require(count > 0, "times")
    for name, (kind, shape) in wanted.items():
        data = file[name]
        fits = len(data.shape) == len(shape) and all(
            w in (None, f) for w, f in zip(shape, data.shape, strict=True)
        )
        # a dataset that was never written takes no room, whatever its shape
        stored = data.id.get_storage_size() >= data.size * data.dtype.itemsize
        require(data.dtype.kind == kind and fits and stored, name)


def check_decibels(cqt: npt.NDArray[np.float32]) -> None:
    """Check that a CQT [shape=(..., 84, columns)] is in decibels.

    Raises:
        ConfigError: It is not.
    """
    require(bool(((cqt >= CQT_FLOOR_DB - 1) & (cqt <= LOUDEST)).all()), "cqt")


def require(condition: bool, what: str) -> None:
    """Require a condition that a shard's dataset `what` has to meet.

    Raises:
        ConfigError: It is False.
    """
    if not condition:
        raise ConfigError(f"its {what} cannot be right.")


def check_values(shard: Shard, file: h5py.File) -> None:
    """Check that times rise, keypoints and confidences are in range, and the CQT is not cut short.

    Raises:
        ConfigError: It is not so.
    """
    times, info = shard.times, shard.info
    require(bool((np.diff(times) > 0).all() and np.abs(times[[0, -1]]).max() < LATEST), "times")
    # an unfilmed player's joint may lie somewhat beside the square
    for name, low, high in (("keypoints", -1, 2), ("confidence", 0, 1)):
        values = getattr(shard, name)
        require(bool(((values >= low) & (values <= high)).all()), name)  # NaN is not, either
    samples = file["audio"].shape[0]
    if info.cqt_mode == "continuous" and samples:
        sounding = 1 + (info.first_sample + samples) // HOP_LENGTH
        needed = int(window_starts(times[-1:], info.window_offset)[0]) + WINDOW_COLUMNS
        require(file["cqt"].shape[1] >= min(sounding, needed) - info.first_column - ROUNDING, "cqt")
