"""Metrics of music: whether motion goes with the sound, and the playing hand with the instrument."""

from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.metrics.agreement import correlation, playing_axis
from apvg_core.metrics.metric import Events, Metric, RecordingValue
from apvg_core.metrics.motion import TURN_DEPTH, motion_beats, turns
from apvg_core.metrics.note_positions import position_hits, position_hits_by_chance
from apvg_core.metrics.playing import LEAST_FRAMES, Playing, Tracks, Values
from apvg_core.metrics.timing import beat_alignment, by_chance, event_hits
from apvg_core.run.note_positions import NotePositions


def wrist_agreement(playing: Playing) -> float | None:
    """Return the correlation of the playing wrist's track with the true one, where it sounds."""
    wrist = playing.wrist
    return wrist and correlation(wrist.real, wrist.predicted, wrist.mask & playing.sounding)


def known_agreement(playing: Playing, name: str) -> float | None:
    """Return the correlation of a joint's track with a known position on the instrument, where it sounds.

    Args:
        playing: The motion beside the sound.
        name: "slide", "bow" or "left_hand".
    """
    tracks = _known_tracks(playing, name)
    return tracks and correlation(playing.known[name].positions, tracks.predicted, tracks.mask)


def known_error(playing: Playing, name: str) -> Events | None:
    """Return how far a joint is on the instrument from where it should be, in hundredths, where it sounds.

    A joint's track becomes a position by the least-squares line from the true joint's track to the known
    positions: by one line for whatever is scored.

    Args:
        playing: The motion beside the sound.
        name: "slide", "bow" or "left_hand".
    """
    tracks = _known_tracks(playing, name)
    if tracks is None or np.ptp(tracks.real[tracks.mask]) == 0:
        return None
    known = playing.known[name].positions
    slope, offset = np.polyfit(tracks.real[tracks.mask], known[tracks.mask], 1)
    errors = np.abs(slope * tracks.predicted + offset - known) * 100
    return Events(np.flatnonzero(tracks.mask) / playing.fps, errors[tracks.mask])


def note_agreement(playing: Playing) -> Events | None:
    """Return for each moment in which a note is heard, and the hand seen, if the hand is where it belongs."""
    heard = _notes_and_hand(playing)
    if heard is None:
        return None
    hits = position_hits(*heard)
    judged = np.isfinite(hits)
    return Events(np.flatnonzero(judged) / playing.fps, hits[judged])


def note_agreement_chance(playing: Playing) -> float | None:
    """Return the note agreement of the hand's track shifted in time; None where nothing is judged."""
    heard = _notes_and_hand(playing)
    return None if heard is None else position_hits_by_chance(*heard)


def _notes_and_hand(playing: Playing) -> tuple[Values, Values, NotePositions] | None:
    """Return the notes that are heard while the hand is seen, where it is then, and where it usually is.

    The first two are [shape=(n,)].
    """
    positions = playing.positions
    if playing.notes is None or positions is None or positions.joint is None:
        return None
    notes = np.where(playing.visible[:, positions.joint], playing.notes, np.nan)
    return notes, positions.along(playing.predicted[:, positions.joint]), positions


def onset_f1(playing: Playing) -> Events:
    """Return which of the music's onsets and the hand's events have a partner; their mean is F1."""
    return _f1(playing.onsets, playing.hand_events)


def onset_f1_chance(playing: Playing) -> float | None:
    """Return the onset F1 of the hand's events shifted in time; None without onsets and events."""
    hits = by_chance(partial(event_hits, playing.onsets), playing.hand_events, playing.duration)
    return float(hits.mean()) if len(hits) else None


def bow_f1(playing: Playing) -> Events | None:
    """Return which true and predicted changes of the bow have a partner; their mean is F1.

    True changes are those of the known bow. Where none is known they are the true wrist's, if a bow is played
    at all.
    """
    known = _known_bow_f1(playing)
    if known is not None:
        return known
    if not playing.bowed or playing.wrist is None:
        return None
    return _f1(turns(playing.wrist.real, playing.fps), turns(playing.wrist.predicted, playing.fps))


def beats(playing: Playing) -> Events:
    """Return the `beat_alignment` of each rest of the motion."""
    times = motion_beats(playing.energy, playing.fps)
    return Events(times, beat_alignment(times, playing.onsets))


def _known_tracks(playing: Playing, name: str) -> Tracks | None:
    """Return the tracks of the joint that follows a known position, along the axis that follows it best."""
    if name not in playing.known or playing.known_sounding is None:
        return None
    positions, joint = playing.known[name]
    mask = playing.visible[:, joint] & playing.known_sounding
    if mask.sum() < LEAST_FRAMES:
        return None
    return playing.tracks(joint, playing_axis(playing.real[mask, joint], positions[mask]), mask)


def _known_bow_f1(playing: Playing) -> Events | None:
    tracks = _known_tracks(playing, "bow")
    if tracks is None:
        return None
    known = playing.known["bow"].positions
    if correlation(known, tracks.real, tracks.mask) is None:  # one stands still
        return None
    depth = TURN_DEPTH * float(known[tracks.mask].std() / tracks.real[tracks.mask].std())  # in the bow's unit
    return _f1(turns(known, playing.fps, depth), turns(tracks.predicted, playing.fps))


def _f1(reference: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64]) -> Events:
    hits = event_hits(reference, predicted).astype(np.float64)
    return Events(np.concatenate([reference, predicted]), hits)


METRICS: Final[tuple[Metric[Playing, RecordingValue], ...]] = (
    Metric(
        "slide_agreement", "slide", "r", "high", 3,
        "Correlation of the right wrist's track with the slide's true position, where it sounds.",
        "music", lambda playing: known_agreement(playing, "slide"), of_footage=True,
    ),
    Metric(
        "slide_error", "slide error", "cm", "low", 1,
        "Distance of the slide, as the right wrist's track shows it, from the true one, where it sounds.",
        "music", lambda playing: known_error(playing, "slide"), of_footage=True,
    ),
    Metric(
        "bow_agreement", "bow", "r", "high", 3,
        "Correlation of the right wrist's track with the bow's true position, where it sounds.",
        "music", lambda playing: known_agreement(playing, "bow"), of_footage=True,
    ),
    Metric(
        "bow_error", "bow error", "% of the bow", "low", 1,
        "Distance of the bow, as the right wrist's track shows it, from the true one, where it sounds.",
        "music", lambda playing: known_error(playing, "bow"), of_footage=True,
    ),
    Metric(
        "left_hand_agreement", "left hand on the string", "r", "high", 3,
        "Correlation of the left wrist's track with its true place, where it sounds.",
        "music", lambda playing: known_agreement(playing, "left_hand"), of_footage=True,
    ),
    Metric(
        "agreement", "agreement", "", "high", 3,
        "Pearson's correlation of the playing hand's track with the true one, where it sounds.",
        "music", wrist_agreement,
    ),
    Metric(
        "note_agreement", "note agreement", "", "high", 3,
        "Of the time in which notes are heard, the share in which the hand is where it was for 90 % of "
        "that note's time in training.",
        "music", note_agreement, of_footage=True,
    ),
    Metric(
        "note_agreement_chance", "note agreement by chance", "", None, 3,
        "Note agreement of the same hand's track shifted in time, which has nothing to do with the music.",
        "music", note_agreement_chance, of_footage=True,
    ),
    Metric(
        "onset_f1", "onset F1", "", "recording", 3,
        "F1 of the hands' arrivals (slide) or departures (bow) against the music's onsets, ± 80 ms.",
        "music", onset_f1, of_footage=True,
    ),
    Metric(
        "onset_f1_chance", "onset F1 by chance", "", None, 3,
        "Onset F1 of the same events shifted in time, which have nothing to do with the music.",
        "music", onset_f1_chance, of_footage=True,
    ),
    Metric(
        "bow_f1", "bow-change F1", "", "high", 3,
        "F1 of the bow hand's changes of direction, in the air too, against the true ones, ± 80 ms.",
        "music", bow_f1, of_footage=True,
    ),
    Metric(
        "beat_alignment", "beat alignment", "", "recording", 3,
        "exp(-d² / 2σ²), σ = 0.05 s, of each rest of the motion to the nearest onset (AIST++), mean.",
        "music", beats, of_footage=True,
    ),
    Metric(
        "lag", "lag", "s", "recording", 3,
        "Delay of the motion after the sound at which their energies correlate best, within 1 s.",
        "music", lambda playing: playing.lag and playing.lag.seconds, of_footage=True,
    ),
    Metric(
        "lag_correlation", "correlation at the lag", "", "recording", 3,
        "Correlation of the motion's energy with the onset strength at the best lag.",
        "music", lambda playing: playing.lag and playing.lag.correlation, of_footage=True,
    ),
)  # fmt: skip
