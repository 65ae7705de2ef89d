import sys
from importlib import metadata

import numpy as np
import pytest
import swift_f0

from apvg_core.errors import DependencyError
from apvg_core.features import pitch as module
from apvg_core.features.pitch import track_pitch, tracker_name
from apvg_core.units import SAMPLE_RATE
from tests.notes import SCALE, sound_of_notes

FPS = 25.0


def track(sound: np.ndarray, **changes: object) -> module.Pitch:
    count = round(len(sound) / SAMPLE_RATE * FPS)
    return track_pitch([sound], **{"count": count, "fps": FPS, **changes})


def test_notes_are_found_to_within_ten_cents() -> None:
    pitch = track(sound_of_notes(SCALE))
    at = np.arange(len(pitch.midi)) / FPS
    inner = (at % 0.5 > 0.1) & (at % 0.5 < 0.4)
    played = np.array(SCALE)[(at / 0.5).astype(int)]
    assert np.abs(pitch.midi - played)[inner].max() < 0.1
    assert pitch.voiced[inner].all()
    assert (pitch.notes[inner] == played[inner]).all()


def test_silence_and_noise_have_no_notes() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
    for sound, sounding in ((np.zeros(SAMPLE_RATE, np.float32), False), (noise, True)):
        pitch = track(sound)
        assert pitch.sounding.mean() == sounding
        assert np.isnan(pitch.notes).all()
        assert np.isfinite(pitch.midi).all()


def test_what_fades_away_is_not_played() -> None:
    note = sound_of_notes([50], seconds=1)
    tail = sound_of_notes([50], seconds=2) * np.geomspace(0.2, 0.002, 2 * SAMPLE_RATE, dtype=np.float32)
    pitch = track(np.concatenate([note, tail]))
    assert pitch.sounding[3:22].all()
    assert not pitch.sounding[26:32].any()
    assert pitch.confidence[26:32].min() > 0.5  # though it could be tracked


def test_a_recording_has_its_own_tuning() -> None:
    pitch = track(sound_of_notes(SCALE, cents=-31))
    assert pitch.tuning == pytest.approx(-0.31, abs=0.03)
    assert set(pitch.notes[np.isfinite(pitch.notes)]) == set(SCALE)


def test_how_the_stream_is_cut_does_not_matter() -> None:
    sound = sound_of_notes(SCALE)
    whole = track(sound)
    pieces = track_pitch(np.array_split(sound, 7), count=len(whole.midi), fps=FPS)
    np.testing.assert_allclose(pieces.midi, whole.midi, atol=1e-3)
    np.testing.assert_allclose(pieces.confidence, whole.confidence, atol=1e-4)
    assert (pieces.sounding == whole.sounding).all()


def test_the_network_never_gets_much_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pushed = list[int]()
    push = swift_f0.PitchStream.push

    def noted(stream: swift_f0.PitchStream, audio: np.ndarray, rate: float) -> swift_f0.PitchResult:
        pushed.append(len(audio))
        return push(stream, audio, rate)

    monkeypatch.setattr(swift_f0.PitchStream, "push", noted)
    seconds = 25
    track(np.zeros(seconds * SAMPLE_RATE, np.float32))
    assert sum(pushed) == seconds * SAMPLE_RATE
    assert max(pushed) == 10 * SAMPLE_RATE


def test_frames_lie_where_they_are_heard() -> None:
    sound = np.concatenate([np.zeros(SAMPLE_RATE, np.float32), sound_of_notes([52], seconds=1)])
    at_once, later = track(sound), track(sound, offset=0.4)
    assert not at_once.voiced[:24].any()
    assert at_once.voiced[28:48].all()
    assert later.voiced[18:36].all()
    assert not later.voiced[41:].any()  # the sound is over
    assert not track(sound, offset=-1.5).voiced[:60].any()
    assert len(track_pitch([], count=3, fps=FPS).midi) == 3


def test_what_the_instrument_does_not_have_is_no_note() -> None:
    sound = sound_of_notes(SCALE)
    heard = track(sound, within=(50, 53)).notes
    assert set(heard[np.isfinite(heard)]) == {50, 52, 53}


def test_the_tracker_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tracker_name() == f"swift-f0 {metadata.version('swift-f0')}"
    monkeypatch.setitem(sys.modules, "swift_f0", None)
    with pytest.raises(
        DependencyError, match=r"needs swift-f0, which cannot be had .*; pip install swift-f0\."
    ):
        track(sound_of_notes([50]))


@pytest.mark.slow
def test_pyin_hears_the_same() -> None:
    import librosa

    steps = np.repeat(np.array([45, 57, 52, 64, 50], float), SAMPLE_RATE)
    times = np.arange(len(steps)) / SAMPLE_RATE
    midi = steps + 0.4 * np.sin(2 * np.pi * 5.5 * times)  # a vibrato of 40 cents
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((midi - 69) / 12)) / SAMPLE_RATE
    sound = sum(np.sin(k * phase) / k for k in range(1, 9)).astype(np.float32) * 0.1
    ours = track(sound)
    hertz, voiced, _ = librosa.pyin(
        sound, fmin=65, fmax=1000, sr=SAMPLE_RATE, hop_length=882, frame_length=4096
    )
    theirs = librosa.hz_to_midi(hertz)[::2][: len(ours.midi)]
    both = voiced[::2][: len(ours.midi)] & ours.voiced
    assert both.mean() > 0.9
    assert np.median(np.abs(ours.midi - theirs)[both]) < 0.1
    assert (np.abs(ours.midi - theirs)[both] < 0.5).mean() > 0.95
