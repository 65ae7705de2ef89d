"""Sub-URMP: images, ten a second, each with the half second of sound about it.

    {img,chunk}/{train,validation}/<instrument>/<instrument><SS>_<T>.{jpg,wav}

<SS> is the number of a recording and <T> a time in it in milliseconds. Which moment of its chunk T is, and an
image shows, is nowhere written down: hence `Window`.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apvg_core.config import Split, Window
from apvg_core.data.sources.recording import Recording, check_name
from apvg_core.errors import MediaError
from apvg_core.media.chunks import Chunks
from apvg_core.media.frame_sources import ImageSequence
from apvg_core.wording import counted

ROOTS: Final = ("Sub-URMP", "Sub_URMP")
SPLITS: Final[dict[str, Split]] = {"train": "train", "validation": "validation", "test": "validation"}
PERIOD: Final = 100
"""Milliseconds from one image to the next."""

CHUNK: Final = 0.5
"""Length of a chunk in seconds."""

SHORTEST: Final = 1.0
"""Seconds a stretch between two holes must last."""

PUBLISHED: Final = {
    "bassoon": (1735, 390), "cello": (9800, 1030), "clarinet": (8125, 945), "double_bass": (1270, 1180),
    "flute": (5690, 925), "horn": (5540, 525), "oboe": (4505, 390), "sax": (7615, 910),
    "trombone": (8690, 805), "trumpet": (1015, 520), "tuba": (3285, 525), "viola": (6530, 485),
    "violin": (7430, 945),
}  # fmt: skip
"""Number of images for training and for validation."""

_OFFSETS: Final[dict[Window, float]] = {"start": 0.0, "middle": CHUNK / 2, "end": CHUNK}
_NAME: Final = re.compile(r"(.+?)(\d{2})_(\d+)\.(?:jpg|wav)")


@dataclass(frozen=True)
class _Folder:
    """The images and chunks of one instrument and split: times in ms to files, by number of recording."""

    instrument: str
    name: str
    images: dict[str, dict[int, Path]]
    chunks: dict[str, dict[int, Path]]

    @property
    def split(self) -> Split:
        return SPLITS[self.name]


def sub_urmp_root(path: Path) -> Path | None:
    """The folder that holds img and chunk: `path`, or Sub-URMP (or Sub_URMP) in it."""
    for root in (path, *(path / name for name in ROOTS)):
        if (root / "img").is_dir() and (root / "chunk").is_dir():
            return root
    return None


def sub_urmp_instruments(root: Path) -> list[str]:
    """The instruments there are images or chunks of."""
    found = {
        folder.name for kind in ("img", "chunk") for split in SPLITS for folder in _sub(root / kind / split)
    }
    return sorted(found)


def find_sub_urmp(
    root: Path, *, instruments: Sequence[str], window: Window
) -> tuple[list[Recording], dict[Split, list[str]]]:
    """The recordings of some instruments, one for each unbroken stretch, and what the user should know.

    All have the same performer, as nobody is named.

    Returns:
        The recordings, by instrument, number and time; and the notes about each split.

    Raises:
        MediaError: There are no images that have sound.
        ConfigError: A folder's name cannot be that of an instrument.
    """
    recordings: list[Recording] = []
    notes: dict[Split, list[str]] = {split: [] for split in SPLITS.values()}
    for instrument in instruments:
        folders = [_read(root, name, check_name(instrument)) for name in SPLITS]
        for split in notes:
            notes[split] += _unlike_published(instrument, split, folders)
        for folder in folders:
            notes[folder.split] += _unpaired(folder) + _broken(folder)
        in_order = sorted(((number, folder) for folder in folders for number in folder.images), key=_order)
        recordings += [
            _recording(root, folder, number, times, window)
            for number, folder in in_order
            for times in _stretches(folder, number)
            if not _too_short(times)
        ]
    if not recordings:
        raise MediaError(
            f"{root} holds no pictures with their sound, at least {SHORTEST:g} s in a row; it needs "
            "img/<split>/<instrument>/<instrument><SS>_<T>.jpg and the same under chunk/ as .wav."
        )
    return recordings, notes


def _order(numbered: tuple[str, _Folder]) -> tuple[str, str]:
    number, folder = numbered
    return number, folder.name


def _sub(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]


def _read(root: Path, split: str, instrument: str) -> _Folder:
    images, chunks = (
        _files(root / kind / split / instrument, instrument, suffix)
        for kind, suffix in (("img", ".jpg"), ("chunk", ".wav"))
    )
    return _Folder(instrument, split, images, chunks)


def _files(folder: Path, instrument: str, suffix: str) -> dict[str, dict[int, Path]]:
    """Times in ms to files, by number of recording; what is named otherwise is passed over."""
    found: dict[str, dict[int, Path]] = defaultdict(dict)
    if folder.is_dir():
        for path in folder.iterdir():
            match = _NAME.fullmatch(path.name)
            if match and match[1] == instrument and path.suffix == suffix:
                found[match[2]][int(match[3])] = path
    return found


def _stretches(folder: _Folder, number: str) -> list[list[int]]:
    """The times of a recording that have both image and sound, cut where one is missing."""
    stretches: list[list[int]] = []
    for time in sorted(folder.images[number].keys() & folder.chunks.get(number, {}).keys()):
        if stretches and time == stretches[-1][-1] + PERIOD:
            stretches[-1].append(time)
        else:
            stretches.append([time])
    return stretches


def _too_short(times: list[int]) -> bool:
    return len(times) * PERIOD < SHORTEST * 1000


def _recording(root: Path, folder: _Folder, number: str, times: list[int], window: Window) -> Recording:
    images, chunks = folder.images[number], folder.chunks[number]
    return Recording(
        instrument=folder.instrument, performer="p1", split=folder.split,
        source=images[times[0]].relative_to(root).with_suffix("").as_posix(),
        images=ImageSequence(tuple(images[t] for t in times), fps=1000 / PERIOD, start=_OFFSETS[window]),
        sound=Chunks(tuple(chunks[t] for t in times), step=PERIOD / 1000),
    )  # fmt: skip


def _unpaired(folder: _Folder) -> list[str]:
    """Sentences about images without sound, and the reverse."""
    images = {(number, time) for number, times in folder.images.items() for time in times}
    chunks = {(number, time) for number, times in folder.chunks.items() for time in times}
    notes = []
    for what, other, alone in (("images", "sound", images - chunks), ("chunks", "image", chunks - images)):
        if alone:
            number, time = min(alone)
            notes.append(
                f"{folder.instrument} {folder.name}: {len(alone)} {what} without {other} are left out, the "
                f"first {folder.instrument}{number}_{time}."
            )
    return notes


def _broken(folder: _Folder) -> list[str]:
    """Sentences about recordings with holes."""
    stretches = [_stretches(folder, number) for number in folder.images]
    pieces = sum(len(of_one) for of_one in stretches if len(of_one) > 1)
    short = sum(_too_short(times) for of_one in stretches for times in of_one)
    where = f"{folder.instrument} {folder.name}"
    notes = []
    if pieces:
        broken = sum(len(of_one) > 1 for of_one in stretches)
        notes.append(
            f"{where}: {broken} of {counted(len(stretches), 'recording')} {'has' if broken == 1 else 'have'} "
            f"holes and {'comes' if broken == 1 else 'come'} as {pieces} pieces."
        )
    if short:
        left_out = f"{counted(short, 'piece')} {'is' if short == 1 else 'are'} shorter than {SHORTEST:g} s"
        notes.append(f"{where}: {left_out} and left out.")
    return notes


def _unlike_published(instrument: str, split: Split, folders: Sequence[_Folder]) -> list[str]:
    if instrument not in PUBLISHED:
        return []
    found = sum(len(times) for f in folders if f.split == split for times in f.images.values())
    published = PUBLISHED[instrument][split == "validation"]
    if found == published:
        return []
    return [f"{instrument} {split}: {found} images are here; Sub-URMP was published with {published}."]
