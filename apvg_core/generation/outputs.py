"""Which song becomes which file: settled before anything is rendered."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, get_args

from apvg_core.errors import ConfigError, MediaError

Format = Literal["mp4", "webm", "gif", "png"]

FILE_SUFFIXES: Final = tuple(f".{name}" for name in get_args(Format) if name != "png")

SONG_SUFFIXES: Final = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".wma")
"""What is taken for a song in a folder."""


def plan_outputs(
    songs: Sequence[Path], out: Path, *, form: Format = "mp4", overwrite: bool = False
) -> list[tuple[Path, Path]]:
    """Each song with the film to make of it.

    Args:
        songs: Songs, and folders of songs.
        out: A name that ends in .mp4, .webm or .gif: the film of the one song. Else a folder: every song
            becomes a film in it, named as the song is; of PNGs, a folder of its own.
        form: What the films in a folder are.
        overwrite: Films that are there already may be replaced.

    Raises:
        ConfigError: `out` does not fit the songs, two songs would become one film, or a film is there.
        MediaError: A folder holds no songs.
    """
    found = list(_found(songs))
    if out.suffix and not out.is_dir():
        if out.suffix.lower() not in FILE_SUFFIXES:
            raise ConfigError(f"--out {out} must end in .mp4, .webm or .gif, or be the name of a folder.")
        if len(found) > 1:
            raise ConfigError(f"--out {out} is one film; for {len(found)} songs name a folder.")
        pairs = [(found[0], out)]
    else:
        suffix = "" if form == "png" else f".{form}"
        pairs = [(song, out / f"{song.stem}{suffix}") for song in found]
    _check(pairs, overwrite=overwrite)
    return pairs


def _found(songs: Sequence[Path]) -> Iterator[Path]:
    for song in songs:
        if not song.is_dir():
            yield song
            continue
        inside = sorted(path for path in song.iterdir() if path.suffix.lower() in SONG_SUFFIXES)
        if not inside:
            raise MediaError(f"{song} holds no songs ({', '.join(SONG_SUFFIXES)}); name another folder.")
        yield from inside


def _check(pairs: Sequence[tuple[Path, Path]], *, overwrite: bool) -> None:
    made_of: dict[Path, Path] = {}
    for song, film in pairs:
        if film in made_of:
            raise ConfigError(f"{made_of[film]} and {song} would both become {film}; rename one of them.")
        made_of[film] = song
        if not film.exists():
            continue
        if not overwrite:
            raise ConfigError(f"{film} is there already; --overwrite replaces it, another --out keeps it.")
        if any(other.exists() and film.samefile(other) for other, _ in pairs):
            raise ConfigError(f"{film} is a song to be played, and would be replaced; choose another --out.")
