"""A player whose left hand goes up with each note, and the sound of it: for what compares hand and pitch."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from apvg_core.data.manifest import write_manifest
from apvg_core.data.shards import ShardInfo, ShardWriter
from apvg_core.features.cqt import stream_cqt
from apvg_core.run.note_positions import Note, NotePositions
from apvg_core.skeleton import BODY_JOINTS
from apvg_core.units import SAMPLE_RATE
from tests.synth import write_wav

FPS, SIZE = 10.0, 64
HAND = BODY_JOINTS.index("left_wrist")
SCALE = (48, 50, 52, 53, 55)
"""MIDI numbers of the notes that are played."""


def sound_of_notes(
    notes: Sequence[int | tuple[int, ...]], *, seconds: float = 0.5, cents: float = 0.0
) -> npt.NDArray[np.float32]:
    """Notes, or chords, of an instrument with ten partials, one after the other [shape=(n,)]."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    envelope = np.minimum(1, np.minimum(times, seconds - times) / 0.02)
    partials = np.arange(1, 11)

    def tone(midi: float) -> npt.NDArray[np.float64]:
        hertz = 440 * 2 ** ((midi + cents / 100 - 69) / 12)
        return np.asarray((np.sin(2 * np.pi * hertz * partials[:, None] * times) / partials[:, None]).sum(0))

    chords = [note if isinstance(note, tuple) else (note,) for note in notes]
    whole = np.concatenate([sum(map(tone, chord)) * envelope for chord in chords])
    return np.asarray(0.1 * whole, np.float32)


def write_notes(folder: Path) -> Path:
    """Write single notes, as recorded notes of an instrument lie in a folder."""
    folder.mkdir(parents=True)
    for name, midi in (("E2", 40), ("E3", 52), ("E4", 64)):
        write_wav(folder / f"{name}.wav", sound_of_notes([midi], seconds=1))
    return folder


def height_of(note: float) -> float:
    """Where the hand is for a note, in [0, 1] of the image."""
    return 0.9 - 0.05 * (note - SCALE[0])


def melody(count: int, seed: int) -> list[int]:
    """Notes of the scale; no two neighbours are the same."""
    steps = np.random.default_rng(seed).integers(1, len(SCALE), count).cumsum() % len(SCALE)
    return [SCALE[step] for step in steps]


def played(notes: Sequence[int], *, seconds: float = 0.5) -> npt.NDArray[np.float32]:
    """Keypoints of a player of some notes, at 10 frames a second [shape=(n, 60, 2)]."""
    times = np.arange(round(len(notes) * seconds * FPS)) / FPS
    keypoints = np.full((len(times), 60, 2), 0.5, np.float32)
    keypoints[:, :, 0] += np.linspace(-0.2, 0.2, 60)
    keypoints[:, HAND, 1] = [height_of(notes[int(time / seconds + 1e-6)]) for time in times]
    return keypoints


def write_player(
    root: Path,
    *,
    name: str,
    split: str,
    notes: Sequence[int],
    instrument: str = "cello",
    chord: tuple[int, ...] = (),
) -> None:
    """Write a shard of somebody who plays some notes, half a second each; others play chords."""
    sound = sound_of_notes([(note, *(note + step for step in chord)) for note in notes])
    keypoints = played(notes)
    info = ShardInfo(
        id=name, instrument=instrument, performer="ann", split=split, fps=FPS, size=SIZE, crop=(0, 0, SIZE),
        source=f"{name}.mp4", source_sha256=hashlib.sha256(name.encode()).hexdigest(),
        cqt_mode="continuous", window_offset=0.0, first_sample=0, first_column=0, settings={},
    )  # fmt: skip
    confidence = np.ones(keypoints.shape[:2], np.float32)
    with ShardWriter(root, info) as writer:
        for points in keypoints:
            frame = np.full((SIZE, SIZE, 3), 40, np.uint8)
            top = int(points[HAND, 1] * SIZE)
            frame[top : top + 6, 20:44] = (220, 180, 90)
            writer.add_frame(frame)
        writer.add_cqt(np.concatenate(list(stream_cqt([sound])), 1))
        writer.add_audio((sound * 32767).astype(np.int16))
        writer.finish(
            times=np.arange(len(keypoints)) / FPS, keypoints=keypoints, confidence=confidence,
            imputed=confidence == 0,
        )  # fmt: skip


def write_players(root: Path, instrument: str = "cello") -> Path:
    """Write shards of 20 s to train on and 4 s to validate with."""
    write_player(root, name="a", split="train", notes=melody(20, 1), instrument=instrument)
    write_player(root, name="b", split="train", notes=melody(20, 2), instrument=instrument)
    write_player(root, name="c", split="validation", notes=melody(8, 3), instrument=instrument)
    write_manifest(root)
    return root


POSITIONS = NotePositions(
    notes=tuple(
        Note(midi=note, seconds=10.0, positions=((-height_of(note) - 0.01, -height_of(note) + 0.01),))
        for note in SCALE
    ),
    joint=HAND, axis=(0.0, -1.0),
)  # fmt: skip
"""Where that player's hand is for each note, up along the string."""
