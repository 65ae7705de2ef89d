import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apvg_core.errors import ConfigError, RunError
from apvg_core.run.note_positions import (
    NOTE_POSITIONS,
    Note,
    NotePositions,
    keep_note_positions,
    read_note_positions,
    write_note_positions,
)
from tests.notes import POSITIONS, SCALE

PLACES = st.lists(st.floats(-5, 5), max_size=6, unique=True).map(
    lambda ends: tuple(zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False))
)
NOTES = st.dictionaries(st.integers(0, 127), st.tuples(st.floats(0, 1e4), PLACES)).map(
    lambda notes: tuple(
        Note(midi=midi, seconds=seconds, positions=places)
        for midi, (seconds, places) in sorted(notes.items())
    )
)


@settings(max_examples=25)  # each is a file
@given(
    performers=st.dictionaries(st.text(max_size=5), NOTES, max_size=3), joint=st.none() | st.integers(0, 59)
)
def test_what_is_written_is_read(
    performers: dict[str, tuple[Note, ...]], joint: int | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / NOTE_POSITIONS
    written = {
        name: NotePositions(notes=notes, joint=joint, axis=(0.6, -0.8)) for name, notes in performers.items()
    }
    write_note_positions(path, written)
    assert read_note_positions(path) == written


def test_positions_and_range() -> None:
    assert list(POSITIONS.known) == list(SCALE)
    assert POSITIONS.reach == pytest.approx((-0.91, -0.54))  # the lowest note at .9 of the height
    np.testing.assert_allclose(POSITIONS.along(np.array([[0.3, 0.9], [0.4, 0.55]])), [-0.9, -0.55])
    for seconds, lowest in ((0.19, 48), (0.21, 30)):
        rare = replace(POSITIONS, notes=(Note(midi=30, seconds=seconds), *POSITIONS.notes))
        assert rare.range == (lowest, 55)
        assert 30 not in rare.known
    often = tuple(replace(note, seconds=200.0) for note in POSITIONS.notes)
    assert replace(rare, notes=(rare.notes[0], *often)).range == (48, 55)  # less than a thousandth
    assert replace(POSITIONS, notes=()).range is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"axis": (1.0, 1.0)}, "axis must have the length 1"),
        ({"joint": 60}, "joint must be from 0 to 59"),
        ({"notes": POSITIONS.notes[::-1]}, "notes must be from low to high"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        replace(POSITIONS, **change)
    for note in (
        {"midi": 128},
        {"seconds": -1.0},
        {"positions": ((0.2, 0.1),)},
        {"positions": ((0.0, 99.0),)},
    ):
        with pytest.raises(ConfigError, match="must be"):
            replace(POSITIONS.notes[0], **note)


def test_a_file_may_be_missing_or_damaged(tmp_path: Path) -> None:
    path = tmp_path / NOTE_POSITIONS
    assert read_note_positions(path) is None
    keep_note_positions(tmp_path, {"ann": POSITIONS})
    good = json.loads(path.read_text())
    for text, reason in (
        ("{", "is damaged"),
        ("[]", "is damaged"),
        (json.dumps(good | {"schema_version": 9}), "has schema version 9, this apvg reads 1"),
        (json.dumps(good | {"performers": {"ann": {"notes": [{"midi": 1}]}}}), r"is damaged \(.*seconds"),
        (path.read_text().replace("0.0,", "7.0,"), r"is damaged \(axis must have the length 1\)"),
    ):
        path.write_text(text)
        with pytest.raises(RunError, match=reason) as error:
            read_note_positions(path)
        assert str(path) in str(error.value)


def test_a_run_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="cannot be written"):
        keep_note_positions(tmp_path / "file", {})
