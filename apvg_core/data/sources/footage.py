"""The user's own footage: one video, or a folder <instrument>/<performer>/*.mp4 and its like."""

from pathlib import Path
from typing import Final

from apvg_core.data.sources.recording import Recording, check_name
from apvg_core.errors import MediaError
from apvg_core.media.pictures import FilmPictures

VIDEO_SUFFIXES: Final = (".mp4", ".mov", ".webm", ".mkv", ".avi")
SOUND_SUFFIXES: Final = (".wav", ".flac", ".mp3", ".m4a", ".ogg")
FIRST_PERFORMER: Final = "p1"


def single_video(path: Path, instrument: str, performer: str | None) -> Recording:
    """The recording in one video; "p1" plays if nobody is named."""
    # With its folder's name: day1/film.mp4 and day2/film.mp4 are two recordings.
    source = f"{path.resolve().parent.name}/{path.name}"
    return _recording(path, source, instrument, performer or FIRST_PERFORMER)


def find_footage(root: Path) -> list[Recording]:
    """The recordings in a folder, sorted by path; hidden files are passed over.

    Raises:
        MediaError: No video is in the folder.
        ConfigError: A folder's name cannot be that of an instrument or performer.
    """
    videos = [path for path in sorted(root.glob("*/*/*")) if path.suffix.lower() in VIDEO_SUFFIXES]
    relative = [(path, path.relative_to(root)) for path in videos]
    visible = [(path, below) for path, below in relative if not any(p.startswith(".") for p in below.parts)]
    if not visible:
        raise MediaError(
            f"{root} holds no videos; place them as <instrument>/<performer>/*.mp4 "
            "(or mov, webm, mkv, avi), or give one video and --instrument, or a copy of Sub-URMP or URMP."
        )
    return [_recording(path, below.as_posix(), *below.parts[:2]) for path, below in visible]


def _recording(video: Path, source: str, instrument: str, performer: str) -> Recording:
    beside = [video.with_suffix(suffix) for suffix in SOUND_SUFFIXES]
    return Recording(
        instrument=check_name(instrument), performer=check_name(performer), source=source, split=None,
        pictures=FilmPictures(video), sound=next((path for path in beside if path.is_file()), video),
    )  # fmt: skip
