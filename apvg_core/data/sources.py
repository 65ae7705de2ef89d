"""What there is to extract: where footage lies on the disk, and which part of it is held out.

A layout of files is one function from a path to recordings, chosen in `find_recordings`; everything after
it knows only recordings.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apvg_core.data.shards import Split
from apvg_core.errors import ConfigError, MediaError

VIDEO_SUFFIXES: Final = (".mp4", ".mov", ".webm", ".mkv", ".avi")
SOUND_SUFFIXES: Final = (".wav", ".flac", ".mp3", ".m4a", ".ogg")
FIRST_PERFORMER: Final = "p1"


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One video of one player.

    Attributes:
        instrument: For example "violin".
        performer: Who plays, for example "p1".
        video: Path of the video.
        sound: Path of the sound: a sound file of the same stem beside the video, else the video itself.
        source: Path of the video relative to what was asked for, with forward slashes.
    """

    instrument: str
    performer: str
    video: Path
    sound: Path
    source: str

    @property
    def id(self) -> str:
        """A file name of plain characters, unique among the recordings of one folder."""
        whole = f"{self.instrument}/{self.performer}/{self.source}"
        readable = f"{self.instrument} {self.performer} {Path(self.source).stem}".lower()
        slug = re.sub(r"[^a-z0-9]+", "-", readable).strip("-")
        return f"{slug}-{hashlib.sha256(whole.encode()).hexdigest()[:6]}"


def find_recordings(
    path: Path, *, instrument: str | None = None, performer: str | None = None
) -> list[Recording]:
    """Find what is to be extracted, sorted by its relative path.

    Args:
        path: One video, or a folder `<instrument>/<performer>/*.mp4` (or mov, webm, mkv, avi).
        instrument: What is played in the one video; of a folder, the only instrument wanted.
        performer: Who plays in the one video ("p1" if not told); of a folder, the only performer wanted.

    Raises:
        MediaError: Nothing is at `path`, or no video is in the folder.
        ConfigError: `instrument` is not told for one video, a name cannot be part of a path, or a folder
            does not hold the instrument or performer wanted.
    """
    if path.is_dir():
        return _wanted(_footage_folder(path), instrument, performer)
    if path.is_file():
        return [_single_video(path, instrument, performer)]
    raise MediaError(f"{path} does not exist; give a video, or a folder <instrument>/<performer>/*.mp4.")


def _single_video(path: Path, instrument: str | None, performer: str | None) -> Recording:
    if instrument is None:
        raise ConfigError(f"What is played in {path.name}? Say it with --instrument, for example violin.")
    # With its folder's name: day1/film.mp4 and day2/film.mp4 are two recordings.
    source = f"{path.resolve().parent.name}/{path.name}"
    return _recording(path, source, instrument, performer or FIRST_PERFORMER)


def _footage_folder(root: Path) -> list[Recording]:
    """The user's own footage: <instrument>/<performer>/*.mp4 and its like; hidden files are passed over."""
    videos = [path for path in sorted(root.glob("*/*/*")) if path.suffix.lower() in VIDEO_SUFFIXES]
    relative = [(path, path.relative_to(root)) for path in videos]
    visible = [(path, below) for path, below in relative if not any(p.startswith(".") for p in below.parts)]
    if not visible:
        raise MediaError(
            f"{root} holds no videos; place them as <instrument>/<performer>/*.mp4 "
            "(or mov, webm, mkv, avi), or give one video and --instrument."
        )
    return [_recording(path, below.as_posix(), *below.parts[:2]) for path, below in visible]


def _recording(video: Path, source: str, instrument: str, performer: str) -> Recording:
    for name in (instrument, performer):
        if not re.fullmatch(r"\w[\w .-]*", name):
            raise ConfigError(
                f"{name!r} cannot name an instrument or performer; use letters, digits, '_', '-' and '.'."
            )
    beside = [video.with_suffix(suffix) for suffix in SOUND_SUFFIXES]
    sound = next((path for path in beside if path.is_file()), video)
    return Recording(instrument=instrument, performer=performer, video=video, sound=sound, source=source)


def _wanted(recordings: list[Recording], instrument: str | None, performer: str | None) -> list[Recording]:
    """Those of one instrument and performer, where they are named."""
    played = sorted({r.instrument for r in recordings})
    if instrument not in (None, *played):
        raise ConfigError(f"No footage of {instrument!r}; --instrument can be {', '.join(played)}.")
    fitting = [r for r in recordings if instrument in (None, r.instrument)]
    players = sorted({r.performer for r in fitting})
    if performer not in (None, *players):
        raise ConfigError(f"No footage of {performer!r}; --performer can be {', '.join(players)}.")
    return [r for r in fitting if performer in (None, r.performer)]


def assign_splits(
    recordings: Iterable[Recording], *, validation_fraction: float
) -> dict[Recording, Sequence[Split]]:
    """Decide what is held out, for each performer of each instrument by itself.

    Of several recordings the last in sorted order (about `validation_fraction` of them, at least one) are
    for validation. A single recording is split in time: it gets both splits, in their order in time.
    """
    groups: dict[tuple[str, str], list[Recording]] = defaultdict(list)
    for recording in recordings:
        groups[recording.instrument, recording.performer].append(recording)
    splits: dict[Recording, Sequence[Split]] = {}
    for group in groups.values():
        group.sort(key=lambda recording: recording.source)
        held_out = max(1, round(validation_fraction * len(group)))
        for place, recording in enumerate(group):
            if len(group) == 1:
                splits[recording] = ("train", "validation")
            else:
                splits[recording] = ("validation",) if place >= len(group) - held_out else ("train",)
    return splits
