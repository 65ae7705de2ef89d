"""URMP: pieces whose players stand side by side in one film, each with a sound track of their own.

<NN_Name_inst1_inst2…>/  Vid_<piece>.mp4  AuSep_<k>_<inst>_<NN_Name>.wav
"""

import re
from pathlib import Path
from typing import Final

from apvg_core.data.sources.recording import Recording
from apvg_core.errors import MediaError
from apvg_core.media.frame_sources import VideoFrames

INSTRUMENTS: Final = {
    "vn": "violin", "va": "viola", "vc": "cello", "db": "double_bass",
    "fl": "flute", "ob": "oboe", "cl": "clarinet", "sax": "sax", "bn": "bassoon",
    "tpt": "trumpet", "hn": "horn", "tbn": "trombone", "tba": "tuba",
}  # fmt: skip

_CODE: Final = "|".join(INSTRUMENTS)
_PIECE: Final = re.compile(rf"(\d+_[A-Za-z0-9-]+?)((?:_(?:{_CODE}))+)")


def urmp_pieces(path: Path) -> list[Path]:
    """List the folders of the pieces at `path`: itself, or what is in it or in its folder Dataset."""
    if not path.is_dir():
        return []
    nested = (
        folder for root in (path, path / "Dataset") if root.is_dir() for folder in sorted(root.iterdir())
    )
    return [folder for folder in (path.resolve(), *nested) if _is_piece(folder)]


def find_urmp(path: Path) -> tuple[list[Recording], list[str]]:
    """Find the players of all pieces, in their order, and notes for the user.

    The folder's name says who plays what, as some files' names do not.

    Raises:
        MediaError: There is no piece with a film and a player's sound.
    """
    recordings: list[Recording] = []
    notes: list[str] = []
    for folder in urmp_pieces(path):
        found, said = _players(folder)
        recordings += found
        notes += said
    if not recordings:
        raise MediaError(
            f"{path} holds no piece of URMP with its film and sound; it needs folders like 01_Jupiter_vn_vc "
            "with Vid_*.mp4 and AuSep_*.wav."
        )
    notes.append("URMP names no performers: each player of each piece counts as one of their own.")
    return recordings, notes


def _is_piece(folder: Path) -> bool:
    return bool(_PIECE.fullmatch(folder.name)) and any(folder.glob("Vid_*.mp4"))


def _players(folder: Path) -> tuple[list[Recording], list[str]]:
    """The players whose sound exists, and notes about the others."""
    match = _PIECE.fullmatch(folder.name)
    assert match is not None
    piece, codes = match[1], match[2].strip("_").split("_")
    film = min(folder.glob("Vid_*.mp4"))
    recordings, notes = [], []
    for index, code in enumerate(codes):
        stem = min(folder.glob(f"AuSep_{index + 1}_*.wav"), default=None)
        if stem is None:
            notes.append(
                f"{folder.name}: the sound of player {index + 1} is missing (AuSep_{index + 1}_*.wav)."
            )
            continue
        if stem.name.split("_")[2] != code:
            notes.append(
                f"{folder.name}: player {index + 1} plays {code}, as the folder says, not {stem.name}."
            )
        recordings.append(
            Recording(
                instrument=INSTRUMENTS[code], performer=f"{piece}-{index + 1}", split=None,
                source=f"{folder.name}/{stem.name}", sound=stem,
                images=VideoFrames(film, (index, len(codes))),
            )
        )  # fmt: skip
    return recordings, notes
