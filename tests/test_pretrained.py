from dataclasses import replace
from pathlib import Path

import pytest

from apvg_core import pretrained
from apvg_core.errors import ConfigError, RunError
from apvg_core.pretrained import embedded, embedded_run
from apvg_core.run.info import write_run
from apvg_core.run.note_positions import NOTE_POSITIONS, read_note_positions
from tests.run.test_weights import INFO


@pytest.fixture
def at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of performers of our own in the place of the one that came with apvg."""
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    return tmp_path


def add(folder: Path, instrument: str, performers: tuple[str, ...], card: str = "") -> None:
    write_run(folder, replace(INFO, instrument=instrument, performers=performers))
    (folder / "README.md").write_text(card)


def test_those_at_hand_by_name_and_licence(at_hand: Path) -> None:
    add(at_hand / "b", "cello", ("bo",), "---\nlicense: cc-by-4.0\n---\n# A cellist\n")
    add(at_hand / "a", "trombone", ("al", "di"), "A trombonist.\nLicence: none; ask.\n")
    add(at_hand / "c", "cello", ("cy",))
    (at_hand / "notes").mkdir()
    assert [(each.run.name, each.info.instrument, each.licence) for each in embedded()] == [
        ("a", "trombone", "none; ask."), ("b", "cello", "cc-by-4.0"), ("c", "cello", ""),
    ]  # fmt: skip
    assert embedded_run("trombone") == at_hand / "a"
    assert embedded_run("cello") == at_hand / "b"
    assert embedded_run("cello", "cy") == at_hand / "c"
    assert embedded_run("cello", "zoe") == at_hand / "b"  # which then says whom it holds
    with pytest.raises(ConfigError, match="plays the kazoo; --instrument can be cello, trombone, or train"):
        embedded_run("kazoo")


def test_none_at_hand(at_hand: Path) -> None:
    assert embedded() == []
    with pytest.raises(ConfigError, match="No performer came with this installation; train one and name it"):
        embedded_run("cello")


def test_a_damaged_one_is_named(at_hand: Path) -> None:
    add(at_hand / "a", "cello", ("bo",))
    (at_hand / "a" / "run.json").write_text("{")
    with pytest.raises(RunError, match=r"a/run\.json is damaged"):
        embedded()


def test_what_came_with_apvg_can_be_read() -> None:
    there = embedded()
    assert {each.info.instrument for each in there} == {"trombone", "cello"}
    assert all(each.licence for each in there)
    for each in there:
        known = read_note_positions(each.run / NOTE_POSITIONS)
        assert known is not None
        assert set(known) == set(each.info.performers)
        assert all(len(positions.known) > 30 for positions in known.values())
