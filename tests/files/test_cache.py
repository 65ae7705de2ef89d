import os
import pwd
from pathlib import Path

import pytest

from apvg_core.files import cache_folder


def test_the_users_choice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "apvg"


@pytest.mark.parametrize("choice", [None, ""])
def test_else_the_home_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, choice: str | None) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    if choice is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", choice)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "apvg"


def test_nothing_can_be_written_without_a_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert cache_folder() == Path(os.devnull, "apvg")
