"""The short way in for programs."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from apvg_core import load_performer
from apvg_core.errors import ConfigError, RunError
from apvg_core.media.video import probe, read_frames
from apvg_core.run.info import read_run
from apvg_core.units import SAMPLE_RATE
from tests.conftest import FPS, SIZE, melody


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    soundfile.write(path, melody(1.5, 3)[0], SAMPLE_RATE)
    return path


def test_a_performer_plays_a_song(run: Path, song: Path, tmp_path: Path) -> None:
    performer = load_performer(str(run))
    assert performer.info.performers == ("p1",)
    performer.render(str(song), str(tmp_path / "out.mp4"), performer="p1")
    video = probe(tmp_path / "out.mp4")
    assert (video.width, video.height, round(video.duration * FPS)) == (SIZE, SIZE, 15)


def test_its_frames_are_those_of_the_video(run: Path, song: Path, tmp_path: Path) -> None:
    performer = load_performer(run, runtime="torch")
    blocks = list(performer.blocks(song, seed=1))
    frames = np.concatenate([block.frames for block in blocks])
    assert frames.shape == (15, SIZE, SIZE, 3)
    assert np.concatenate([block.keypoints for block in blocks]).shape == (15, 60, 2)
    performer.render(song, tmp_path / "out.mp4", seed=1)
    decoded = np.stack(list(read_frames(tmp_path / "out.mp4", FPS))).astype(float)
    assert np.abs(decoded - frames).mean() < 10  # what H.264 costs


def test_a_program_has_the_same_choices(run: Path, song: Path, tmp_path: Path) -> None:
    performer = load_performer(run)
    performer.render(song, tmp_path / "a.mp4", canvas="128x64", background="navy", quality="draft")
    assert next(read_frames(tmp_path / "a.mp4", FPS)).shape == (64, 128, 3)
    performer.render(song, tmp_path / "a.webm", alpha=True)
    with pytest.raises(ConfigError, match="--alpha needs a format with transparency"):
        performer.render(song, tmp_path / "b.mp4", alpha=True)


def test_who_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"kazoo is neither a run folder nor .* \(cello, trombone\)"):
        load_performer("kazoo")
    with pytest.raises(RunError, match="is not a run"):
        load_performer(tmp_path)


def test_footage_of_the_same_name_does_not_hide_a_performer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trombone").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("apvg_core.performer.load_networks", lambda run, **_: read_networks(run))
    assert load_performer("trombone").info.instrument == "trombone"


def read_networks(run: Path) -> SimpleNamespace:
    return SimpleNamespace(info=read_run(run))


@pytest.mark.parametrize("out", ["song.wav", "out.avi"])
def test_the_song_and_unknown_formats_are_not_written(run: Path, song: Path, out: str) -> None:
    before = song.read_bytes()
    performer = load_performer(run)
    with pytest.raises(ConfigError, match=r"must end in \.mp4"):
        performer.render(song, song.with_name(out))
    with pytest.raises(ConfigError, match="is a song to be played, and would be replaced"):
        performer.render(song, song.with_name("out.mp4"), keypoints=song)
    assert song.read_bytes() == before
    assert [path.name for path in song.parent.iterdir()] == ["song.wav"]


def test_the_door_costs_nothing_until_it_is_used() -> None:
    code = "import sys, apvg_core; print('numpy' in sys.modules, hasattr(apvg_core, 'nothing'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
