"""One recording of one player: what every layout of files comes down to."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from apvg_core.config import Split
from apvg_core.errors import ConfigError
from apvg_core.media.chunks import Chunks, Sound
from apvg_core.media.frame_sources import FrameSource


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One unbroken recording of one player.

    Attributes:
        instrument: For example "violin".
        performer: Who plays, for example "p1".
        source: Its path, relative to what is extracted, with forward slashes; unique among recordings.
        split: Its split in the dataset; None if that has none.
        images: Its images.
        sound: Its sound.
    """

    instrument: str
    performer: str
    source: str
    split: Split | None
    images: FrameSource
    sound: Sound

    @property
    def id(self) -> str:
        """A file name of plain characters, unique among the recordings of one folder.

        It is the source's alone: a recording whose performer gets another name stays the same recording.
        """
        readable = " ".join(Path(self.source).with_suffix("").parts[-3:]).lower()
        slug = re.sub(r"[^a-z0-9]+", "-", readable).strip("-")
        data = self.source.encode("utf-8", "surrogateescape")  # a name need not be text
        return f"{slug}-{hashlib.sha256(data).hexdigest()[:6]}"

    def files(self) -> list[Path]:
        """List its files: the images' in their order, then the sound's."""
        images = self.images.files()
        sound = self.sound.paths if isinstance(self.sound, Chunks) else (self.sound,)
        return [*images, *(path for path in sound if path not in images)]


def check_name(name: str) -> str:
    """Return the name of an instrument or performer.

    Raises:
        ConfigError: It cannot be part of a path.
    """
    if not re.fullmatch(r"\w[\w .-]*", name):
        raise ConfigError(
            f"{name!r} cannot name an instrument or performer; use letters, digits, '_', '-' and '.'."
        )
    return name
