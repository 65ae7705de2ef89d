"""Plan of the videos: the file that each song becomes, settled before anything is rendered."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, get_args

from apvg_core.errors import ConfigError, MediaError
from apvg_core.files import path_exists
from apvg_core.media.container_formats import BY_SUFFIX, Quality
from apvg_core.media.image_encoders import holds_only_images

Format = Literal["mp4", "webm", "mov", "gif", "png"]

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
    see_through: bool = False,
    quality: Quality = "good",
) -> list[tuple[Path, Path]]:
    """Pair each song with the video to make of it.

    Args:
        songs: Songs, and folders of songs.
        out: A name that ends in .mp4, .webm, .mov or .gif: the video of the one song. Else a folder: every
            song becomes a video in it, named as the song is; of PNGs, a folder of its own. None: beside each
            song.
        form: Format of the videos in a folder; None is mp4.
        overwrite: Files that exist may be replaced.
        keypoints: Another file that is to be written, of the one song.
        see_through: The videos are to have transparency.
        quality: How finely they are to be encoded.

    Raises:
        ConfigError: `out` does not fit the songs, two songs would become one file, or a file is there; or the
            format has no transparency, or no such quality.
        MediaError: A folder holds no songs.
    """
    found = list(_found(songs))
    if out is not None and out.suffix and not out.is_dir():
        if out.suffix.lower() not in FILE_SUFFIXES:
            raise ConfigError(
                f"--out {out} must end in .mp4, .webm, .mov or .gif, or be the name of a folder."
            )
        if len(found) > 1:
            raise ConfigError(f"--out {out} is one film; for {len(found)} songs name a folder.")
        if form is not None:
            raise ConfigError(f"--format is for films in a folder, and --out {out} is a film; leave it out.")
        pairs = [(found[0], out)]
    else:
        if out is not None and path_exists(out) and not out.is_dir():
            raise ConfigError(
                f"--out {out} is a file; name a folder, or a film by .mp4, .webm, .mov or .gif."
            )
        suffix = "" if form == "png" else f".{form or 'mp4'}"
        pairs = [(song, (song.parent if out is None else out) / f"{song.stem}{suffix}") for song in found]
    _check_format(
        pairs[0][1].suffix.lower() if form != "png" else "", see_through=see_through, quality=quality
    )
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


def _check_format(suffix: str, *, see_through: bool, quality: Quality) -> None:
    container = BY_SUFFIX.get(suffix)
    has_transparency = suffix == "" or (container is not None and container.see_through is not None)
    if see_through and not has_transparency:
        raise ConfigError(
            f"--alpha needs a format with transparency, and {suffix} has none; name a .webm or .mov with "
            "--out, or choose --format webm, mov or png (a folder of images)."
        )
    if container is not None:
        container.settings(quality)
    elif quality != "good":
        raise ConfigError("--quality is for mp4 and webm; leave it out.")


def _check(pairs: Sequence[tuple[Path, Path]], form: Format | None, *, overwrite: bool) -> None:
    song_of: dict[Path, Path] = {}
    for song, target in pairs:
        if target in song_of:
            raise ConfigError(f"{song_of[target]} and {song} would both become {target}; rename one of them.")
        song_of[target] = song
        if form == "png" and target.suffix.lower() in FILE_SUFFIXES:
            raise ConfigError(f"{target} would not be a folder of images; rename {song}.")
        if not path_exists(target):
            continue
        if any(path_exists(other) and target.samefile(other) for other, _ in pairs):
            raise ConfigError(
                f"{target} is a song to be played, and would be replaced; choose another --out."
            )
        if not overwrite:
            raise ConfigError(f"{target} is there already; --overwrite replaces it, another name keeps it.")
        if form == "png" and not (target.is_dir() and holds_only_images(target)):
            raise ConfigError(f"{target} is not a folder of images; choose another --out.")
