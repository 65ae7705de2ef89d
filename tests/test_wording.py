import pytest

from apvg_core.wording import counted, lasting, listed, note_name


def test_singular_and_plural():
    said = [
        counted(1, "recording"),
        counted(2, "recording"),
        counted(0, "step"),
        counted(2, "entry", "entries"),
    ]
    assert said == ["1 recording", "2 recordings", "0 steps", "2 entries"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0 seconds"), (1, "1 second"), (1.26, "1.3 seconds"), (45, "45 seconds"), (89, "89 seconds"),
        (90, "1.5 minutes"), (600, "10 minutes"), (1815, "30 minutes"), (5400, "1.5 hours"),
        (36_000, "10 hours"),
    ],
)  # fmt: skip
def test_lengths_of_time(seconds, said):
    assert lasting(seconds) == said


@pytest.mark.parametrize(("most", "said"), [(1, "a and 2 more"), (2, "a, b and 1 more"), (3, "a, b, c")])
def test_no_more_names_than_wanted(most, said):
    assert listed(["a", "b", "c"], most) == said


def test_notes_have_names():
    assert [note_name(midi) for midi in (60, 69, 46, 0, 127)] == ["C4", "A4", "A#2", "C-1", "G9"]
