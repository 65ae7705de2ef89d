"""Plan of the videos: the file that each song becomes, settled before anything is rendered."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, get_args

from apvg_core.errors import ConfigError, MediaError
from apvg_core.files import path_exists
from apvg_core.media.image_encoders import holds_only_images

Format = Literal["mp4", "webm", "gif", "png"]

FILE_SUFFIXES: Final = tuple(f".{name}" for name in get_args(Format) if name != "png")

SONG_SUFFIXES: Final = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".wma")
"""What is taken for a song in a folder."""


def plan_outputs(
    songs: Sequence[Path],
    out: Path | None,
    *,
    form: Format | None = None,
    overwrite: bool = False,
    keypoints: Path | None = None,
) -> list[tuple[Path, Path]]:
    """Pair each song with the video to make of it.

    Args:
        songs: Songs, and folders of songs.
        out: A name that ends in .mp4, .webm or .gif: the video of the one song. Else a folder: every song
            becomes a video in it, named as the song is; of PNGs, a folder of its own. None: beside each song.
        form: Format of the videos in a folder; None is mp4.
        overwrite: Files that exist may be replaced.
        keypoints: Another file that is to be written, of the one song.

    Raises:
        ConfigError: `out` does not fit the songs, two songs would become one file, or a file is there.
        MediaError: A folder holds no songs.
    """
    found = list(_found(songs))
    if out is not None and out.suffix and not out.is_dir():
        if out.suffix.lower() not in FILE_SUFFIXES:
            raise ConfigError(f"--out {out} must end in .mp4, .webm or .gif, or be the name of a folder.")
        if len(found) > 1:
            raise ConfigError(f"--out {out} is one film; for {len(found)} songs name a folder.")
        if form is not None:
            raise ConfigError(f"--format is for films in a folder, and --out {out} is a film; leave it out.")
        pairs = [(found[0], out)]
    else:
        if out is not None and path_exists(out) and not out.is_dir():
            raise ConfigError(f"--out {out} is a file; name a folder, or a film by .mp4, .webm or .gif.")
        suffix = "" if form == "png" else f".{form or 'mp4'}"
        pairs = [(song, (song.parent if out is None else out) / f"{song.stem}{suffix}") for song in found]
    if keypoints is not None and len(pairs) > 1:
        raise ConfigError(f"--keypoints {keypoints} is one file; give one song with it.")
    files = pairs if keypoints is None else [*pairs, (pairs[0][0], keypoints)]
    _check(files, form, overwrite=overwrite)
    return pairs


def _found(songs: Sequence[Path]) -> Iterator[Path]:
    for song in songs:
        if not (path_exists(song) and song.is_dir()):
            yield song
            continue
        inside = sorted(
            path
            for path in song.iterdir()
            # hidden files are not songs: a Mac leaves a ._song.wav beside each on foreign disks
            if path.suffix.lower() in SONG_SUFFIXES and not path.name.startswith(".")
        )
        if not inside:
            raise MediaError(f"{song} holds no songs ({', '.join(SONG_SUFFIXES)}); name another folder.")
        yield from inside


def _check(pairs: Sequence[tuple[Path, Path]], form: Format | None, *, overwrite: bool) -> None:
    song_of: dict[Path, Path] = {}
    for song, target in pairs:
        if target in song_of:
            raise ConfigError(f"{song_of[target]} and {song} would both become {target}; rename one of them.")
        song_of[target] = song
        if form == "png" and target.suffix.lower() in FILE_SUFFIXES:
            raise ConfigError(f"{target} would not be a folder of pictures; rename {song}.")
        if not path_exists(target):
            continue
        if any(path_exists(other) and target.samefile(other) for other, _ in pairs):
            raise ConfigError(f"{target} is a song to be played, and would be replaced; --out names another.")
        if not overwrite:
            raise ConfigError(f"{target} is there already; --overwrite replaces it, another name keeps it.")
        if form == "png" and not (target.is_dir() and holds_only_images(target)):
            raise ConfigError(f"{target} is no folder of pictures; choose another --out.")
