"""Learns from recordings which notes a performer plays, and where the hand usually is for each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, gaussian_filter1d

from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.selection import select_for_run
from apvg_core.data.shards import Shard
from apvg_core.data.sound import pitch_of
from apvg_core.errors import RunError
from apvg_core.instruments import note_hand
from apvg_core.progress import Progress, silent
from apvg_core.run.info import read_run
from apvg_core.run.note_positions import (
    NOTE_POSITIONS,
    Note,
    NotePositions,
    keep_note_positions,
    read_note_positions,
)

MOST_SECONDS: Final = 3600.0
"""Of more recordings some are chosen, spread over all: an hour has every note often enough."""

LEAST_SECONDS: Final = 1.0
"""Of a note that was played for less its usual positions are not known."""

LEAST_CLEAR: Final = 0.5
"""Least share of a recording's sound that is of clear pitch: of less another voice is heard too, and may be
mistaken for the performer's."""

COVERAGE: Final = 0.9
"""Share of the time of a note in which the hand is where it usually is; the rest are ways from one position
to the next, and errors."""

TOLERANCE: Final = 0.004
"""Error with which a wrist is found, in edges of the image. By so much each position that was seen is blurred
(standard deviation), and each interval is wider on both sides than what was seen."""

_CELL: Final = TOLERANCE / 5

Values = npt.NDArray[np.float64]


def learn_note_positions(
    root: Path, entries: Sequence[ManifestEntry], on_progress: Progress = silent
) -> dict[str, NotePositions]:
    """Learn how each performer of some recordings of one instrument plays notes.

    Args:
        root: The shard folder.
        entries: The recordings, of any performers.
        on_progress: Called after each recording.

    Returns:
        What is known of each performer, by name.

    Raises:
        ShardError: A shard is damaged.
        DependencyError: The pitch tracker is missing.
    """
    performers = sorted({entry.performer for entry in entries})
    chosen = {name: _spread([e for e in entries if e.performer == name]) for name in performers}
    total, done = sum(map(len, chosen.values())), 0
    learned = {}
    for name, own in chosen.items():
        heard = []
        for entry in own:
            heard.append(_heard(root / entry.path))
            on_progress("note positions", done := done + 1, total)
        learned[name] = _positions(own[0], *map(np.concatenate, zip(*heard, strict=True)))
    return learned


def run_note_positions(
    run: Path, *, shards: Path | None = None, on_progress: Progress = silent
) -> dict[str, NotePositions]:
    """Return how a run's performers play notes.

    Args:
        run: The run folder.
        shards: Learn it anew from the training recordings of this shard folder, and keep it in the run.
        on_progress: Called after each recording.

    Raises:
        RunError: The run is damaged, does not tell, or cannot be written.
        ShardError: There are no such recordings, or one is damaged.
        DependencyError: The pitch tracker is missing.
    """
    info = read_run(run)
    if shards is not None:
        learned = learn_note_positions(shards, select_for_run(shards, info, split="train"), on_progress)
        keep_note_positions(run, learned)
        return learned
    known = read_note_positions(run / NOTE_POSITIONS)
    if known is None:
        raise RunError(
            f"{run} was trained by an earlier version, which did not record where the hand is for each "
            "note; give its training shards once, with --shards."
        )
    return known


def densest_intervals(positions: Values, coverage: float = COVERAGE) -> tuple[tuple[float, float], ...]:
    """Return the smallest intervals that hold a share of some positions, where these lie densest.

    Highest density region (Hyndman 1996) of a kernel density estimate, whose kernel is a Gaussian of
    `TOLERANCE`, and `TOLERANCE` on both sides. Positions that lie apart, such as the ways to play a note, get
    intervals of their own.

    Args:
        positions: At least one, in edges of the image [shape=(n,)].
        coverage: The share, in (0, 1].

    Returns:
        (low, high) of each, rising.
    """
    margin = 5 * TOLERANCE
    low = positions.min() - margin
    cells = np.floor((positions - low) / _CELL).astype(int)
    counts = np.bincount(cells, minlength=cells.max() + 1 + round(margin / _CELL)).astype(np.float64)
    density = gaussian_filter1d(counts, TOLERANCE / _CELL, mode="constant")
    dense = density >= np.quantile(density[cells], 1 - coverage, method="lower")
    dense = binary_dilation(dense, iterations=round(TOLERANCE / _CELL))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], dense, [False]]).astype(int)))
    starts, ends = (low + edges * _CELL).reshape(-1, 2).T
    return tuple((round(float(a), 5), round(float(b), 5)) for a, b in zip(starts, ends, strict=True))


def notes_axis(notes: Values, points: Values, *, rises: bool) -> Values:
    """Return the direction in the image along which the positions of a hand follow the notes best.

    The first principal component of the notes' mean positions, each weighed by its time: what moves the hand
    while a note is held, such as the body's sway, does not count.

    Args:
        notes: The note of each moment [shape=(n,)].
        points: Positions of the hand in the image [shape=(n, 2)].
        rises: True if the direction is to be the one of higher notes.

    Returns:
        A vector of length 1 [shape=(2,)].
    """
    _, of_note, counts = np.unique(notes, return_inverse=True, return_counts=True)
    sums = np.stack([np.bincount(of_note, points[:, k]) for k in (0, 1)], axis=1)
    deviations = sums / counts[:, None] - points.mean(axis=0)
    axis = np.linalg.eigh((deviations.T * counts) @ deviations)[1][:, -1]
    follows = float((notes - notes.mean()) @ (points @ axis))
    return np.asarray(axis if (follows >= 0) == rises else -axis)


def _spread(entries: Sequence[ManifestEntry]) -> list[ManifestEntry]:
    """Choose entries from all over, of `MOST_SECONDS` together."""
    seconds = sum(entry.frames / entry.fps for entry in entries)
    wanted = max(1, round(len(entries) * min(1.0, MOST_SECONDS / seconds)))
    return [entries[k] for k in np.linspace(0, len(entries) - 1, wanted).round().astype(int)]


def _heard(path: Path) -> tuple[Values, Values, npt.NDArray[np.bool_], Values]:
    """Read the moments in which a note sounds; none of a recording in which other voices do.

    Returns:
        The notes [shape=(n,)], where the hand is [shape=(n, 2)], whether it was seen there [shape=(n,)], and
        how long each moment is, in seconds [shape=(n,)].
    """
    with Shard(path) as shard:
        pitch = pitch_of(shard)
        hand = note_hand(shard.info.instrument)
        joint = hand.joint if hand else 0
        alone = pitch.clear.sum() >= LEAST_CLEAR * pitch.sounding.sum()
        sounds = pitch.voiced & alone
        seconds = np.full(int(sounds.sum()), 1 / shard.info.fps)
        points = shard.keypoints[sounds, joint].astype(np.float64)
        return pitch.notes[sounds], points, shard.visible[sounds, joint], seconds


def _positions(
    entry: ManifestEntry, notes: Values, points: Values, seen: npt.NDArray[np.bool_], seconds: Values
) -> NotePositions:
    """Learn from all moments [shape=(n, ...)] of a performer in which a note sounds."""
    hand = note_hand(entry.instrument)
    heard = {int(note): float(seconds[notes == note].sum()) for note in np.unique(notes)}
    shown = {note: seen & (notes == note) for note in heard}
    judged = [note for note, at in shown.items() if seconds[at].sum() >= LEAST_SECONDS]
    if hand is None or len(judged) < 2:
        return NotePositions(notes=tuple(Note(midi=n, seconds=round(s, 2)) for n, s in heard.items()))
    among = seen & np.isin(notes, judged)
    axis = notes_axis(notes[among], points[among], rises=hand.rises)
    return NotePositions(
        notes=tuple(
            Note(
                midi=note, seconds=round(s, 2),
                positions=densest_intervals(points[shown[note]] @ axis) if note in judged else (),
            )
            for note, s in heard.items()
        ),
        joint=hand.joint, axis=(float(axis[0]), float(axis[1])),
    )  # fmt: skip
