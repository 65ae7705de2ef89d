"""The key of a study, `key.json`: the run that made each video. Participants never see it."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from apvg_core.config_json import parse
from apvg_core.errors import ConfigError, StudyError
from apvg_core.files import read_json, write_json

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Video:
    """One video of a study.

    Attributes:
        id: Its random name.
        run: The name of the run that made it.
        made_from: Digest of song, run, performer and seed.
    """

    id: str
    run: str
    made_from: str


@dataclass(frozen=True)
class VideoSet:
    """A song and its videos, one of each run."""

    song: str
    videos: tuple[Video, ...]


@dataclass(frozen=True)
class Key:
    """The contents of `key.json`.

    Attributes:
        study: The study's random id, which votes on it carry.
        runs: The names of the runs.
        sets: The videos of each song.
    """

    study: str
    runs: tuple[str, ...]
    sets: tuple[VideoSet, ...]

    def videos(self) -> Iterator[Video]:
        """Return the videos of all sets."""
        for each in self.sets:
            yield from each.videos


def write_key(out: Path, key: Key) -> None:
    """Write a study's `key.json`."""
    write_json(out / "key.json", {"schema_version": SCHEMA_VERSION, **asdict(key)})


def read_key(out: Path) -> Key:
    """Read a study's `key.json`.

    Raises:
        StudyError: The folder holds none, or it is damaged or of another version.
    """
    path = out / "key.json"
    if not path.is_file():
        raise StudyError(f"{out} is not a study (no key.json); --out names the folder of one.")
    try:
        document = read_json(path)
        version = document["schema_version"]
        key: Key | None = None
        if version == SCHEMA_VERSION:
            key = parse(Key, {name: document[name] for name in ("study", "runs", "sets")})
            names = [key.study, *(video.id for video in key.videos())]  # of files, and in the page
            if not all(re.fullmatch(r"[\w-]{1,64}", name) for name in names):
                raise ValueError("no ids")
    except OSError as error:
        raise StudyError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    except (ValueError, KeyError, TypeError, ConfigError) as error:
        raise StudyError(f"{path} is damaged; restore it, or make the study again elsewhere.") from error
    if key is None:
        raise StudyError(
            f"{path} has schema version {repr(version)[:20]}, this apvg reads {SCHEMA_VERSION}; "
            "use the apvg that made the study."
        )
    return key
