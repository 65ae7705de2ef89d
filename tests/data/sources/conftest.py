"""Footage of three performers, in empty files."""

import pytest


@pytest.fixture
def footage(tmp_path):
    for name in ("violin/anna/b.mp4", "violin/anna/a.MOV", "violin/ben/a.webm", "tuba/p1/take 1.mkv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "violin/anna/b.flac").touch()
    (tmp_path / "violin/anna/notes.txt").touch()
    (tmp_path / "violin/anna/._b.mp4").touch()
    return tmp_path
