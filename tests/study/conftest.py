"""Runs, songs, and a study of two sets."""

from pathlib import Path

import pytest

from apvg_core.runtime.load import Networks
from apvg_core.study import make
from apvg_core.study.key import Key, Video, VideoSet, write_key
from tests.study.helpers import other_run
from tests.synth import tone, write_wav


@pytest.fixture
def rival(run: Path, tmp_path: Path) -> Path:
    """Another run."""
    return other_run(run, tmp_path / "rival")


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    return [write_wav(tmp_path / f"nocturne{n}.wav", tone(1, hertz=220 * n)) for n in (1, 2)]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Generating costs nothing now; the (song, run) of each video that is made, in order."""
    videos: list[tuple[str, str]] = []

    def render(song: Path, networks: Networks, out: Path, **_: object) -> None:
        out.write_bytes(f"mp4 of {networks.name}".encode())
        videos.append((song.stem, networks.name))

    monkeypatch.setattr(make, "render", render)
    return videos


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Two sets of two runs: a1 and b1, a2 and b2."""
    sets = (
        VideoSet(f"song{n}.wav", (Video(f"a{n}", "a", f"a{n}"), Video(f"b{n}", "b", f"b{n}"))) for n in (1, 2)
    )
    write_key(tmp_path, Key("this", ("a", "b"), tuple(sets)))
    return tmp_path
