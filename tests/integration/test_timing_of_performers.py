"""The timing metrics on performers whose truth is known: what they do tells more than chance would."""

from functools import partial

import numpy as np
import pytest

from apvg_core.metrics.agreement import correlation, main_axis
from apvg_core.metrics.motion import motion_arrivals, motion_energy, motion_onsets, turns
from apvg_core.metrics.onsets import onset_strength, onset_times, strength_of_steps
from apvg_core.metrics.timing import beat_alignment, by_chance, event_hits, lag
from apvg_core.skeleton import BODY_JOINTS
from apvg_core.virtual.cellist import Cellist
from apvg_core.virtual.manner import Mood
from apvg_core.virtual.recording import Recording, Take
from apvg_core.virtual.trombonist import Trombonist

SECONDS, FPS = 40.0, 25.0  # of which some are rests
TIMES = np.arange(int(SECONDS * FPS)) / FPS
WRIST = BODY_JOINTS.index("right_wrist")


def take(instrument: str, seed: int) -> Recording:
    return Recording(
        Take(
            instrument=instrument, performer=seed, seed=seed, number=0, seconds=SECONDS, timbre="additive",
            soundfont=None,
        )
    )  # fmt: skip


def joints(player: Trombonist | Cellist, recording: Recording) -> np.ndarray:
    motion = player.perform(recording.playing, Mood.at(recording.expression, TIMES), TIMES)
    return np.asarray(player.camera.project(motion.joints, 1.0))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_slide_arrives_with_its_notes(seed: int) -> None:
    recording = take("trombone", seed)
    hand = joints(Trombonist(seed), recording)[:, [WRIST]]
    energy = motion_energy(hand, FPS)
    strength = onset_strength([recording.sound()])
    onsets, arrivals = onset_times(strength), motion_arrivals(energy, FPS)
    for score in (partial(event_hits, onsets), partial(beat_alignment, onsets=onsets)):
        assert score(arrivals).mean() > by_chance(score, arrivals, SECONDS).mean() + 0.25
    found = lag(energy, strength_of_steps(strength, len(energy), FPS), FPS)
    assert found is not None
    assert -0.15 < found.seconds < 0  # it moves before the note
    assert found.correlation > 0.25
    track = hand[:, 0] @ main_axis(hand[:, 0])
    assert abs(correlation(recording.playing.position(TIMES), track)) > 0.95


@pytest.mark.parametrize("seed", [1, 2])
def test_a_bow_turns_with_its_notes(seed: int) -> None:
    recording = take("cello", seed)
    hand = joints(Cellist(seed), recording)[:, [WRIST]]
    found = turns(hand[:, 0] @ main_axis(hand[:, 0]), FPS)
    changes = TIMES[1:][np.diff(recording.playing.direction(TIMES)) != 0]
    assert event_hits(changes, found).mean() > 0.8
    departures = motion_onsets(motion_energy(hand, FPS), FPS)
    score = partial(event_hits, onset_times(onset_strength([recording.sound()])))
    assert score(departures).mean() > by_chance(score, departures, SECONDS).mean() + 0.25
