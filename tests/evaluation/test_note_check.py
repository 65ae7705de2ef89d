import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from apvg_core.errors import ConfigError, MediaError
from apvg_core.evaluation import note_check as module
from apvg_core.evaluation.note_check import (
    FoundKeypoints,
    NoteCheck,
    Player,
    check_performance,
    check_video,
    checkable_player,
)
from apvg_core.features.pitch import Pitch
from apvg_core.generation.pipeline import Block
from apvg_core.instruments import note_hand
from apvg_core.pretrained import embedded_run
from apvg_core.run.info import read_run
from apvg_core.run.note_positions import Note, NotePositions, keep_note_positions
from tests.notes import POSITIONS, height_of, played, sound_of_notes
from tests.synth import CELLIST, excerpt, write_video, write_wav

FPS = 10.0
HAND = note_hand("cello")


def made(notes: list[float], hands: list[float], visible: list[bool] | None = None) -> NoteCheck:
    """A hand at the places of some notes while others sound; 0 is silence."""
    assert HAND is not None
    midi = np.array(notes, float)
    pitch = Pitch(midi, np.where(midi > 0, 0.9, 0.0), midi > 0)
    seen = np.ones(len(midi), bool) if visible is None else np.array(visible)
    along = -np.array([height_of(note) for note in hands])
    return NoteCheck(fps=FPS, pitch=pitch, along=along, visible=seen, positions=POSITIONS, hand=HAND)


def test_the_share_of_the_time_in_which_hand_and_pitch_agree() -> None:
    notes = [48.0] * 20 + [52.0] * 20 + [0.0] * 10 + [60.0] * 10
    check = made(notes, [48.0] * 24 + [52.0] * 36)  # four frames late
    assert check.agreement == pytest.approx(36 / 40)
    assert check.seconds(check.judged) == 4.0
    assert check.seconds(check.beyond) == 1.0  # of which nothing was learned
    assert check.by_chance is not None
    assert check.by_chance < check.agreement


def test_two_blocks_of_two_seconds_have_no_interval() -> None:
    def agreeing(rests: int) -> NoteCheck:
        return made([48.0] * 40 + [0.0] * rests, [48.0] * 36 + [52.0] * (4 + rests))

    assert agreeing(0).agreement_interval is None
    assert agreeing(200).agreement_interval is None  # ten blocks of which nothing is judged
    notes = [48.0] * 160
    found = made(notes, [48.0] * 144 + [52.0] * 16).agreement_interval
    assert found is not None
    assert found.low < 0.9 < found.high


def test_where_the_hand_was_not_seen_nothing_is_judged() -> None:
    unseen = made([48.0] * 10, [60.0] * 10, [False] * 10)
    assert unseen.agreement is None
    assert unseen.by_chance is None
    assert unseen.agreement_interval is None
    half = made([48.0] * 10, [48.0] * 5 + [60.0] * 5, [True] * 5 + [False] * 5)
    assert half.agreement == 1


def test_failures_have_time_note_and_places() -> None:
    notes = [48.0] * 10 + [50.0] * 10 + [0.0] * 5
    check = made(notes, [48.0] * 4 + [55.0] * 2 + [48.0] * 9 + [50.0] * 4 + [48.0] + [50.0] * 5)
    first, second = check.failures()  # the last one lasts a single frame
    assert (first.start, first.stop, first.midi) == (0.4, 0.6, 48)
    assert (second.start, second.stop, second.midi) == (1.0, 1.5, 50)
    # from .54 to .91 of the height: 48 is at .9, 50 at .8, 55 at .55
    assert first.expected == (pytest.approx((0, 2 / 37 * 100)),)
    assert first.actual == pytest.approx(36 / 37 * 100)
    assert second.actual == pytest.approx(1 / 37 * 100)
    document = json.loads(json.dumps(check.document(), allow_nan=False))
    assert document["agreement"] == pytest.approx(12 / 20)
    assert [failure["note"] for failure in document["failures"]] == ["C3", "D3"]
    assert document["seconds"] == {
        "all": 2.5, "sounding": 2.0, "note_heard": 2.0, "judged": 2.0, "not_learned": 0.0
    }  # fmt: skip


def test_not_every_instrument_can_be_checked(half_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not tell which note a theremin plays"):
        checkable_player(half_run)
    cellist = shutil.copytree(embedded_run("cello"), tmp_path / "cellist")
    assert checkable_player(cellist).hand == HAND
    with pytest.raises(ConfigError, match="--performer zoe is not in the run; it holds p14"):
        checkable_player(cellist, "zoe")
    keep_note_positions(cellist, {"p14": NotePositions(notes=(Note(midi=50, seconds=1.0),))})
    with pytest.raises(ConfigError, match="The left hand of p14 was seen too rarely in training"):
        checkable_player(cellist)


@pytest.fixture
def predict(monkeypatch: pytest.MonkeyPatch) -> Callable[[npt.NDArray[np.float32]], None]:
    """Let a run predict these keypoints [shape=(n, 60, 2)], whatever it hears."""

    def set_up(keypoints: npt.NDArray[np.float32]) -> None:
        def generate_blocks(*_: object, **__: object) -> Iterator[Block]:
            windows = np.zeros((len(keypoints), 84, 87), np.float32)
            yield Block(windows=windows, keypoints=keypoints, coarse=None)

        monkeypatch.setattr(module, "load_networks", lambda *_, **__: None)
        monkeypatch.setattr(module, "generate_blocks", generate_blocks)

    return set_up


def cellist(offset: float = 0.0) -> Player:
    """Somebody with a run whose frames have their sound so many seconds later."""
    run = embedded_run("cello")
    assert HAND is not None
    return Player(run, replace(read_run(run), fps=FPS, window_offset=offset), "p14", POSITIONS, HAND)


def test_a_run_is_judged_by_the_sound_that_it_was_trained_with(
    tmp_path: Path, predict: Callable[[npt.NDArray[np.float32]], None]
) -> None:
    """The hand is 0.3 s early: right if that is how it was filmed, else three of ten frames are wrong."""
    song = write_wav(tmp_path / "song.wav", sound_of_notes([48, 52], seconds=1))
    predict(np.roll(played([48, 52], seconds=1), -3, axis=0))
    assert check_performance(cellist(0.3), song).agreement > 0.9
    assert check_performance(cellist(0.0), song).agreement < 0.75


def test_a_video_of_it_is_judged_by_the_same_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    early = np.roll(played([48, 52], seconds=1), -3, axis=0)
    found = FoundKeypoints(early, np.ones(early.shape[:2], np.bool_), FPS)
    monkeypatch.setattr(module, "run_isolated", lambda *_, **__: found)
    monkeypatch.setattr(module, "aligned", lambda keypoints, *_: keypoints)
    video = write_wav(tmp_path / "video.wav", sound_of_notes([48, 52], seconds=1))
    assert check_video(cellist(0.3), video).agreement > 0.9
    assert check_video(cellist(0.0), video).agreement < 0.75


def test_notes_that_were_never_played_are_not_judged(
    tmp_path: Path, predict: Callable[[npt.NDArray[np.float32]], None]
) -> None:
    song = write_wav(tmp_path / "high.wav", sound_of_notes([90, 92], seconds=1))
    predict(played([48, 52], seconds=1))
    with pytest.raises(MediaError, match=r"high\.wav can be judged: no note that p14 played in training is"):
        check_performance(cellist(), song)


@pytest.mark.slow
@pytest.mark.parametrize("instrument", ["trombone", "cello"])
def test_the_performers_play_the_right_notes(instrument: str) -> None:
    song = Path(__file__).parents[2] / f"examples/songs/{instrument}.ogg"
    told = list[tuple[str, float, float]]()
    check = check_performance(
        checkable_player(embedded_run(instrument)), song, on_progress=lambda *call, **_: told.append(call)
    )
    assert told[-1] == (song.name, len(check.along), len(check.along))
    assert check.agreement is not None
    assert check.by_chance is not None
    assert check.agreement > 0.85
    if instrument == "trombone":  # the cellist's hand need not leave its first position for this song
        assert check.agreement > check.by_chance + 0.3


@pytest.mark.slow
def test_a_film_is_checked_by_what_the_pose_estimator_finds(tmp_path: Path) -> None:
    player = checkable_player(embedded_run("cello"))
    film = excerpt(tmp_path / "film.mp4", 5, film=CELLIST)
    told = list[tuple[str, float, float]]()
    check = check_video(player, film, on_progress=lambda *call, **_: told.append(call))
    assert len(check.along) == 125
    assert told[-1] == ("film.mp4", 125, 125)
    assert check.agreement is not None
    assert check.agreement > 0.85
    nobody = write_video(tmp_path / "nobody.mp4", sound=np.zeros((88_200, 1), np.float32))
    with pytest.raises(MediaError, match=r"Nobody is seen in .*nobody\.mp4"):
        check_video(player, nobody)
    with pytest.raises(MediaError, match="has no sound"):
        check_video(player, write_video(tmp_path / "mute.mp4"))
    with pytest.raises(MediaError, match=r"nowhere\.mp4 does not exist"):
        check_video(player, tmp_path / "nowhere.mp4", film)
