"""Truth files: what a virtual performer is known to have done, beside its film.

A truth file is JSON, `<name of the film>.json`::

    schema                   version, 1
    media                    path of the film, relative to the data set
    instrument, performer, seed, number, seconds, timbre, soundfont, breaks,
    interpretation (how it is played), size, fps, split, sample_rate
    beats, downbeats         seconds
    notes                    [{"onset": s, "duration": s, "pitch": MIDI number, ...}]
    frames                   a list for each track, one value a frame: "time" (s), "pitch" (MIDI number),
                             "loudness" (0 where nothing sounds), and tracks of the instrument:
      trombone               "slide_position" (1 to 7), "slide_metres"
      cello                  "string" (0 is C), "stop" and "left_hand_position" (semitones above the nut),
                             "left_hand_metres", "finger" (0 to 4), "bow_position" (0 frog to 1 tip),
                             "bow_direction" (-1, 0, 1), "bow_contact" (0 to 1), "vibrato" (-1 to 1)
    joints                   {"names": 60, "xy": (frames, 60, 2) in [0, 1] of the image, x right, y down}

The virtual performers write them; evaluation reads "frames" of any file of this form.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError
from apvg_core.files import atomic_write, read_json

SCHEMA: Final = 1
"""Version of the files that are written."""

TRACKS: Final = {
    "slide_metres": ("slide", "right_wrist"),
    "bow_position": ("bow", "right_wrist"),
    "left_hand_metres": ("left_hand", "left_wrist"),
}
"""Each track of a truth file: its name in a `Truth`, and the joint that shows it in the image."""


@dataclass(frozen=True)
class Truth:
    """Truth about a shard's frames.

    Attributes:
        tracks: Positions in the instrument's own terms, by name: "slide", "bow", "left_hand"
            [shape=(frames,) each].
        sounding: Which frames sound [shape=(frames,)].
    """

    tracks: dict[str, npt.NDArray[np.float64]]
    sounding: npt.NDArray[np.bool_]


def write_truth(path: Path, facts: Mapping[str, Any]) -> None:
    """Write a truth file, whole or not at all.

    Args:
        path: The file.
        facts: The document, as above.

    Raises:
        OSError: It cannot be written.
    """
    with atomic_write(path) as temporary:  # compact: most of it is a matrix of joints
        temporary.write_text(json.dumps(facts, separators=(",", ":")) + "\n", encoding="utf-8")


def truth_path(folder: Path, shard: Shard) -> Path:
    """Return the path of a shard's truth file."""
    return folder / f"{Path(shard.info.source).stem}.json"


def read_truth(folder: Path, shard: Shard) -> Truth:
    """Read the truth about a shard's frames: of each the values of the film's nearest frame.

    Raises:
        ConfigError: Its file is missing or damaged.
    """
    path = truth_path(folder, shard)
    try:
        frames: dict[str, Any] = read_json(path)["frames"]
        at = _track(frames, "time")
        after = np.clip(np.searchsorted(at, shard.times), 1, len(at) - 1)
        nearest = after - (shard.times - at[after - 1] < at[after] - shard.times)
        if np.abs(at[nearest] - shard.times).max() > 1.5 / shard.info.fps:
            raise ConfigError(f"--truth {path} is not of {shard.info.source}: it ends before the recording.")
        tracks = {name: _track(frames, key)[nearest] for key, (name, _) in TRACKS.items() if key in frames}
        sounding = _track(frames, "loudness")[nearest] > 0
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ConfigError(
            f"--truth {path} is missing or no truth file; the virtual performers write them."
        ) from error
    return Truth(tracks, sounding)


def _track(frames: dict[str, Any], name: str) -> npt.NDArray[np.float64]:
    """Read a track, one value a frame [shape=(frames,)].

    Raises:
        ValueError: It is no such list.
    """
    track = np.array(frames[name], np.float64)
    if track.shape != (len(frames["time"]),):
        raise ValueError(f"{name} has not one value a frame")
    return track
