"""Worlds: what is at hand, what is held out, and that a rehearsal's sound follows from its numbers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from mido import Message

from apvg_core.errors import ConfigError
from apvg_core.features.pitch import track_pitch
from apvg_core.virtual.music.accompaniment import Part, Tone
from apvg_core.virtual.music.interpretation import Interpretation
from apvg_core.virtual.music.score import RANGES
from apvg_core.virtual.recording import Recording, Take
from apvg_core.virtual.sound import fluidsynth, timbres
from apvg_core.virtual.sound.band import band
from apvg_core.virtual.sound.capture import Capture
from apvg_core.virtual.sound.room import Room
from apvg_core.virtual.sound.soundfont import PROGRAMS
from apvg_core.virtual.sound.timbres import HELD_OUT, RELATED, Additive, Notes, Sounds
from apvg_core.virtual.world import Backing, World
from tests.notes import write_notes

RATE = 44_100
DRY = Room(decay=0.2, distance=1.0, wet=-40.0)
needs_fluidsynth = pytest.mark.skipif(
    not fluidsynth.available(), reason="needs `apt-get install fluidsynth fluid-soundfont-gm`"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Single notes of four instruments, two of them trombones."""
    for name in ("tonejs-trombone", "mine-trombone", "tonejs-french-horn", "tonejs-cello"):
        write_notes(tmp_path / name)
    return tmp_path


def names(some: tuple[timbres.Timbre, ...]) -> set[str]:
    return {each.name for each in some}


def test_what_is_at_hand_and_what_is_held_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timbres, "installed", lambda: False)
    sounds = Sounds.find("trombone", folder)
    assert names(sounds.own) == {"additive", "mine-trombone"}
    assert names(sounds.related) == {"tonejs-french-horn"}
    assert sounds.fonts == ()
    assert sounds.held_out == Notes((folder / HELD_OUT["trombone"],))
    drawn = {sounds.draw(np.random.default_rng(k)).name for k in range(100)}
    assert drawn == {"additive", "mine-trombone", "tonejs-french-horn"}
    for world in (World.draw(sounds, [1, k]) for k in range(40)):
        assert world.backing is None

    alone = Sounds.find("cello")
    assert alone == Sounds((Additive(),), (), (), None)
    with pytest.raises(ConfigError, match=r"is not a folder; examples/sounds\.sh"):
        Sounds.find("cello", folder / "none")


@pytest.mark.parametrize("name", ["cello", "mine-cello", "a-b-cello"])
def test_folders_are_known_by_their_names(tmp_path: Path, name: str) -> None:
    for other in ("cellos", "mycello", "cello-mine"):
        (tmp_path / other).mkdir()
    (tmp_path / name).mkdir()
    assert Notes((tmp_path / name,)) in Sounds.find("cello", tmp_path).own
    assert not names(Sounds.find("cello", tmp_path).own) & {"cellos", "mycello", "cello-mine"}


def test_soundfonts_are_found_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sf3").mkdir()
    head = b"RIFF\0\0\0\0sfbk"
    (tmp_path / "sf3" / "a.sf3").write_bytes(head)
    (tmp_path / "sf3" / "default.sf3").symlink_to(tmp_path / "sf3" / "a.sf3")
    (tmp_path / "b.sf2").write_bytes(head)
    (tmp_path / "c.sf2").write_bytes(b"something else")
    monkeypatch.setattr(fluidsynth, "PLACES", (tmp_path / "sf3", tmp_path / "none"))
    assert fluidsynth.find_soundfonts(tmp_path) == (tmp_path / "sf3" / "a.sf3", tmp_path / "b.sf2")
    assert fluidsynth.find_soundfonts() == (tmp_path / "sf3" / "a.sf3",)


def test_a_world_and_its_sound_follow_from_the_numbers(folder: Path) -> None:
    sounds = replace(Sounds.find("trombone", folder), fonts=())
    world = World.draw(sounds, [5, 1])
    assert world == World.draw(sounds, [5, 1]) != World.draw(sounds, [5, 2])
    assert json.loads(json.dumps(world.facts())) == world.facts()
    world = replace(world, timbre=Notes((folder / "mine-trombone",)))
    take = Take(
        instrument="trombone", performer=1, seed=5, number=1, seconds=4.0, interpretation=world.interpretation
    )
    sound = world.heard(Recording(take).playing, [5, 1])
    assert sound.shape == (4 * RATE,)
    assert sound.dtype == np.float32
    assert np.array_equal(sound, world.heard(Recording(take).playing, [5, 1]))
    assert not np.array_equal(sound, world.heard(Recording(take).playing, [5, 2]))


@pytest.mark.parametrize("level", [12.0, 0.0])
def test_the_player_is_so_many_decibels_above_the_accompaniment(
    level: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The accompaniment is a tone that the trombone does not have, so that it can be told apart."""
    monkeypatch.setattr(
        "apvg_core.virtual.world.band", lambda *args: np.sin(2 * np.pi * 9000 * np.arange(6 * RATE) / RATE)
    )
    take = Take(instrument="trombone", performer=1, seed=5, number=1, seconds=6.0)
    playing = Recording(take).playing
    world = World(
        timbre=Additive(), interpretation=take.interpretation, room=DRY, capture=Capture(noise=90.0),
        backing=Backing("pads", Path("any.sf2"), level),
    )  # fmt: skip
    sound = world.heard(playing, [1])
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    band = slice(8990 * 6, 9010 * 6)
    other = spectrum[band].sum() / len(sound)
    loud = playing.loudness(np.arange(len(sound)) / RATE) > 0
    solo = (spectrum.sum() - spectrum[band].sum()) / len(sound) / loud.mean()
    # The room's tilt has up to 1.5 dB an octave, three octaves from the trombone to the tone.
    assert 10 * np.log10(solo / other) == pytest.approx(level, abs=6)


@needs_fluidsynth
@pytest.mark.parametrize("instrument", RANGES)
def test_whatever_plays_has_all_usual_notes(instrument: str) -> None:
    """Not every program has: FluidR3's double bass is silent above A3."""
    lowest, highest, _ = RANGES[instrument]
    pitches = range(lowest, highest + 1, 3)
    font = fluidsynth.find_soundfont()
    assert font is not None
    for program in (PROGRAMS[instrument], *RELATED[instrument]):
        messages = fluidsynth.set_up(0, program)
        for k, pitch in enumerate(pitches):
            messages.append((250 * k, 2, Message("note_on", note=pitch, velocity=100)))
            messages.append((250 * k + 200, 0, Message("note_off", note=pitch, velocity=0)))
        seconds = 0.25 * len(pitches)
        sound = fluidsynth.play(fluidsynth.midi_file(messages, seconds), font, seconds)
        levels = np.sqrt(np.mean(sound.reshape(len(pitches), -1) ** 2, axis=1))
        assert levels.min() > levels.max() / 20, program


@needs_fluidsynth
def test_fonts_play_in_tune_with_their_accompaniment_which_is_heard_before_they_begin() -> None:
    sounds = Sounds.find("cello")
    font = next(each for each in sounds.own if isinstance(each, timbres.Font))
    way = Interpretation(tuning=-0.31)
    takes = (
        Take(
            instrument="cello", performer=1, seed=5, number=number, seconds=8.0, breaks=True,
            interpretation=way,
        )
        for number in range(100)
    )  # fmt: skip
    playing = next(p for p in (Recording(take).playing for take in takes) if p.score.notes[0].onset > 2)
    world = World(
        timbre=font,
        interpretation=way,
        backing=Backing("chords", font.path, 6.0),
        room=DRY,
        capture=Capture(),
    )
    sound = world.heard(playing, [1])
    alone = replace(world, backing=None).heard(playing, [1])
    assert tuning(alone) == pytest.approx(-0.31, abs=0.05)
    bass = Part(42, tuple(Tone(k, k + 0.9, pitch, 90) for k, pitch in enumerate((43, 45, 47, 48, 50))))
    assert tuning(band([bass], font.path, 5.0, way.tuning)) == pytest.approx(-0.31, abs=0.05)
    rest = slice(0, round(playing.score.notes[0].onset * RATE) - 1)
    assert np.std(sound[rest]) > 3 * np.std(alone[rest])


def tuning(sound: npt.NDArray[np.floating[Any]]) -> float:
    """Semitones above a' = 440 Hz."""
    loud = (0.1 * sound / np.std(sound)).astype(np.float32)
    return track_pitch([loud], count=round(len(sound) / RATE * 20), fps=20.0).tuning
