"""What is known of instruments: range, family, who bows, and which hand's position follows the notes."""

from typing import Final, NamedTuple

from apvg_core.skeleton import BODY_JOINTS

BOWED: Final = ("violin", "viola", "cello", "double_bass")
"""Instruments whose right hand bows."""

RANGES: Final = {
    "violin": (55, 103), "viola": (48, 93), "cello": (36, 84), "double_bass": (28, 67),
    "flute": (60, 98), "oboe": (58, 93), "clarinet": (50, 94), "saxophone": (49, 88), "bassoon": (34, 76),
    "trumpet": (52, 86), "horn": (34, 77), "trombone": (34, 77), "tuba": (26, 65),
    "guitar": (40, 88),
}  # fmt: skip
"""The lowest and the highest note of instruments, as they sound (MIDI numbers), of professional players
(Adler, The Study of Orchestration); saxophone: alto."""

_PLUCKED: Final = ("guitar", "bass_guitar", "lute", "banjo", "mandolin", "ukulele")

_FAMILIES: Final = (
    BOWED,
    _PLUCKED,
    ("flute", "oboe", "clarinet", "saxophone", "bassoon"),
    ("trumpet", "horn", "trombone", "tuba"),
)
"""Those that are played alike."""


class NoteHand(NamedTuple):
    """The hand whose position follows the notes.

    Attributes:
        joint: Index of its wrist.
        name: What its position says, in words: "slide", "left hand".
        rises: True if it moves towards greater positions for higher notes, as up a string; a slide goes out
            for lower ones.
    """

    joint: int
    name: str
    rises: bool


def of_one_family(instrument: str, other: str) -> bool:
    """Return True if two instruments are the same, or are played alike, as a violin and a cello are."""
    return instrument == other or any({instrument, other} <= set(family) for family in _FAMILIES)


def note_hand(instrument: str) -> NoteHand | None:
    """Return the hand whose position follows an instrument's notes; None where fingers alone make them."""
    if instrument in (*BOWED, *_PLUCKED):
        return NoteHand(BODY_JOINTS.index("left_wrist"), "left hand", rises=True)
    if instrument == "trombone":
        return NoteHand(BODY_JOINTS.index("right_wrist"), "slide", rises=False)
    return None
