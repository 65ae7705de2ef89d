"""The user's own footage: one video, or a folder <instrument>/<performer>/*.mp4 and its like."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from mimetypes import MimeTypes
from pathlib import Path
from typing import Final

from apvg_core.data.sources.recording import Recording, check_name
from apvg_core.errors import MediaError
from apvg_core.media.frame_sources import VideoFrames
from apvg_core.wording import listed

VIDEO_SUFFIXES: Final = frozenset({
    ".mp4", ".m4v", ".mov", ".qt", ".mkv", ".webm", ".avi", ".divx", ".wmv", ".asf", ".flv", ".f4v",
    ".mpg", ".mpeg", ".mpe", ".m2v", ".vob", ".mod", ".tod", ".ts", ".m2t", ".mts", ".m2ts", ".dv", ".dif",
    ".mxf", ".gxf", ".3gp", ".3g2", ".ogv", ".ogm", ".rm", ".rmvb", ".wtv", ".nut", ".y4m",
})  # fmt: skip
SOUND_SUFFIXES: Final = (
    ".wav", ".wave", ".bwf", ".rf64", ".w64", ".flac", ".aif", ".aiff", ".aifc", ".caf", ".au", ".wv", ".ape",
    ".m4a", ".aac", ".opus", ".ogg", ".oga", ".mka", ".mp3", ".mp2", ".wma", ".ac3", ".eac3", ".amr",
)  # fmt: skip
"""The best first: where two sounds lie beside a film, that is the order in which they are wanted."""

OTHER_MEDIA: Final = frozenset({".braw", ".r3d", ".insv", ".lrv", ".360"})
"""Cameras' files that are no usual films: raw, round, or a small copy of another."""

FIRST_PERFORMER: Final = "p1"
NAMED: Final = 4
"""Files that a sentence names; of more it gives the number."""

_TYPES: Final = MimeTypes()  # those Python knows: the machine's own list would make a difference


def single_video(path: Path, instrument: str, performer: str | None) -> tuple[Recording, list[str]]:
    """Return the recording in one video, and notes for the user; "p1" plays if nobody is named."""
    # With its folder's name: day1/film.mp4 and day2/film.mp4 are two recordings.
    source = f"{path.resolve().parent.name}/{path.name}"
    sounds = _sounds_of(path, path.parent.glob("*"))
    return _recording(path, source, instrument, performer or FIRST_PERFORMER, sounds)


def find_footage(root: Path) -> tuple[list[Recording], list[str]]:
    """Find the recordings in a folder, sorted by path, and notes for the user: what is passed over.

    Hidden files, as Macs leave beside each file on others' disks, are passed over without a word.

    Raises:
        MediaError: No video is in the folder.
        ConfigError: A folder's name cannot be that of an instrument or performer.
    """
    paths = (path for path in sorted(root.glob("*/*/*")) if path.is_file())
    folders: dict[Path, list[Path]] = defaultdict(list)
    for path in paths:
        if not any(part.startswith(".") for part in path.relative_to(root).parts):
            folders[path.parent].append(path)
    recordings: list[Recording] = []
    notes: list[str] = []
    used: set[Path] = set()
    for video in (path for files in folders.values() for path in files):
        if video.suffix.lower() in VIDEO_SUFFIXES:
            relative = video.relative_to(root)
            instrument, performer, _ = relative.parts
            sounds = _sounds_of(video, folders[video.parent])
            recording, said = _recording(video, relative.as_posix(), instrument, performer, sounds)
            recordings.append(recording)
            notes += said
            used.update((video, *sounds))
    passed_over = sorted(path for path in _visible(root) if _is_media(path) and path not in used)
    if not recordings:
        others = f" (there is {_listed(root, passed_over)})" if passed_over else ""
        raise MediaError(
            f"{root} holds no videos where they are expected{others}: store them as "
            "<instrument>/<performer>/*.mp4 "
            "(or mov, mts, mkv, webm, avi, …), or give one video and --instrument, or a copy of Sub-URMP or "
            "URMP."
        )
    if passed_over:
        notes.append(
            f"Passed over, as neither <instrument>/<performer>/ films nor the sound of one: "
            f"{_listed(root, passed_over)}."
        )
    return recordings, notes


def _visible(root: Path) -> Iterator[Path]:
    """The files in a folder, however deep, but for hidden ones."""
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in files if not name.startswith("."))


def _is_media(path: Path) -> bool:
    suffix = path.suffix.lower()
    kind = _TYPES.types_map[1].get(suffix, "")
    known = suffix in VIDEO_SUFFIXES or suffix in SOUND_SUFFIXES or suffix in OTHER_MEDIA
    return known or kind.startswith(("video/", "audio/"))


def _listed(root: Path, paths: list[Path]) -> str:
    return listed([path.relative_to(root).as_posix() for path in paths], NAMED)


def _recording(
    video: Path, source: str, instrument: str, performer: str, sounds: Sequence[Path]
) -> tuple[Recording, list[str]]:
    """A film heard in the first of some sounds, or in its own; and which sounds it is not heard in."""
    recording = Recording(
        instrument=check_name(instrument), performer=check_name(performer), source=source, split=None,
        images=VideoFrames(video), sound=sounds[0] if sounds else video,
    )  # fmt: skip
    if len(sounds) < 2:
        return recording, []
    others = ", ".join(path.name for path in sounds[1:])
    return recording, [f"{source} is heard in {sounds[0].name}, not in {others}."]


def _sounds_of(video: Path, beside: Iterable[Path]) -> list[Path]:
    """The sounds of a film's name, the best first; recorders write TAKE1.WAV where cameras take1.mp4."""
    named = (path for path in beside if path.stem.casefold() == video.stem.casefold())
    return sorted(
        (path for path in named if path.suffix.lower() in SOUND_SUFFIXES and path.is_file()),
        key=lambda path: (path.stem != video.stem, SOUND_SUFFIXES.index(path.suffix.lower()), path.name),
    )
