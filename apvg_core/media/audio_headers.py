"""Headers of sound files, compared with what follows them."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Final

import soundfile

from apvg_core.errors import MediaError
from apvg_core.files import as_bytes
from apvg_core.media.container import SLACK, track_end

_SIZES: Final = re.compile(
    r"(?:RIFF|riff|Riff size|FORM|[Dd]ata|Data Size|SSND)\s*: (\d+) \(should be (\d+)\)"
)
"""libsndfile's remark that a size in a header is wrong: the declared size, and the true one."""

_BYTE_RATE: Final = re.compile(r"Bytes/sec\s*: (\d+)")
_NO_CHUNK: Final = re.compile("Unknown chunk marker|Have 0 marker")
"""libsndfile's remark that what follows is no chunk of a wav."""

_PLACEHOLDERS: Final = (0, 2**31, 2**32)
"""Sizes that recorders write while they do not know the size yet (or a little less)."""

_EXACT = 0.1
"""Seconds by which a file may be shorter than a header that counts bytes."""

_MUCH = 1.0
"""Seconds; fewer uncounted bytes than this are no sound, but data that some program appended."""

_LARGEST_PAGE = 65_307
_BEGINS, _ENDS = 2, 4
_XING = (b"Xing", b"Info")


def count_readable_samples(path: Path) -> int | None:
    """Returns the number of samples per channel; None if libsndfile cannot read all of the file."""
    try:
        with soundfile.SoundFile(as_bytes(path)) as file:
            if not file.seekable() or not 0 < file.frames < 2**62:  # 2**62: unknown, in streamed FLAC
                return None
            if is_unfinished(path):
                return None
            samples: int = file.frames
            if file.subtype.startswith("MPEG"):  # the length may be guessed, so it is played through
                samples = sum(iter(lambda: len(file.read(65_536, "float32")), 0))
    except (soundfile.LibsndfileError, TypeError):  # TypeError: what is named .raw needs a rate
        return None
    if file.format == "OGG" and len(find_ogg_links(path)) > 1:
        return None
    if file.format in ("MP3", "FLAC"):  # of which the first may be followed by others, end to end
        with suppress(MediaError):
            if track_end(path, "audio") > samples / file.samplerate + SLACK:
                return None
    return samples


def is_unfinished(path: Path) -> bool:
    """Returns True if a wav goes on after what its header counts: the recorder never finished the header."""
    try:
        info = soundfile.info(as_bytes(path), verbose=True)
    except (soundfile.LibsndfileError, TypeError):
        return False
    rate = _BYTE_RATE.search(info.extra_info)
    if rate is None or int(rate[1]) == 0:
        return False
    uncounted = path.stat().st_size / int(rate[1]) - info.duration
    return info.frames == 0 or (uncounted > _MUCH and _NO_CHUNK.search(info.extra_info) is not None)


def describe_damage(path: Path, seconds: float) -> str | None:
    """Returns a sentence on what is missing of a file by its header, or None.

    Args:
        path: The file.
        seconds: The sound that it holds, in seconds.
    """
    if find_ogg_links(path):
        return None if _has_end(path) else _describe_truncation(path, "has no end", seconds)
    try:
        info = soundfile.info(as_bytes(path), verbose=True)
    except (soundfile.LibsndfileError, TypeError):
        return None
    if info.format == "MP3":
        declared = info.frames / info.samplerate
        known = declared > seconds + SLACK and _counts_frames(path)
        return _describe_truncation(path, f"should last {declared:.1f} s", seconds) if known else None
    sizes = [(int(declared), int(found)) for declared, found in _SIZES.findall(info.extra_info)]
    if is_unfinished(path) or any(_is_placeholder(declared) for declared, _ in sizes):
        return (
            f"{path} was never finished (did the recorder lose its power?): its header does not say how long "
            f"it is; what is there is played, {seconds:.1f} s."
        )
    for declared, found in sizes:
        missing = seconds * (declared / max(found, 1) - 1)
        if missing > _EXACT:
            return _describe_truncation(path, f"should last {seconds + missing:.1f} s", seconds)
    return None


def _describe_truncation(path: Path, promise: str, seconds: float) -> str:
    return (
        f"{path} {promise} and breaks off after {seconds:.1f} s: a copy or download was cut short; what is "
        "there is played."
    )


def _is_placeholder(size: int) -> bool:
    return any(0 <= limit - size < 2**16 for limit in _PLACEHOLDERS)


def _counts_frames(path: Path) -> bool:
    """Returns True if an mp3's first packet (Xing or Info) counts the others."""
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3":  # its size has 7 bits in each byte
            file.seek(sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True)), 1)
        else:
            file.seek(0)
        first = file.read(2048)
    return any(mark in first for mark in _XING)


def find_ogg_links(path: Path) -> list[range]:
    """Returns the byte range of each recording in an Ogg file, where several may lie end to end.

    It is empty for other files.
    """
    starts: list[int] = []
    begins = False
    with path.open("rb") as file:
        while (head := file.read(27))[:4] == b"OggS" and len(head) == 27:
            page, begun = file.tell() - 27, begins
            begins = bool(head[5] & _BEGINS)
            if begins and not begun:
                starts.append(page)
            file.seek(sum(file.read(head[26])), 1)
        size = file.seek(0, 2)
    return [range(*link) for link in zip(starts, [*starts[1:], size], strict=True)] if starts else []


def _has_end(path: Path) -> bool:
    """Returns True if an Ogg file's last page is marked as the last."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - _LARGEST_PAGE))
        data = file.read()
    page = data.rfind(b"OggS")
    return page >= 0 and len(data) > page + 5 and bool(data[page + 5] & _ENDS)
