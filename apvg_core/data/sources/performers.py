"""Names performers where the dataset does not: as the user says, or by their appearance."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from apvg_core.data.sources.appearance import group_by_appearance, measure_appearance
from apvg_core.data.sources.recording import Recording, check_name
from apvg_core.errors import ConfigError
from apvg_core.files import parse_json
from apvg_core.media.frame_sources import ImageSequence


def recording_name(recording: Recording) -> str:
    """Return a recording's name in a performers file: its file's, without suffix, as cello01 in Sub-URMP."""
    stem = Path(recording.source).stem
    return stem.rpartition("_")[0] if isinstance(recording.images, ImageSequence) else stem


def read_performers(path: Path) -> dict[str, str]:
    """Read who plays in which recording: lines like `cello01 = ann`, or a JSON object of the same.

    Raises:
        ConfigError: The file cannot be read, or a line is no such line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read; give a text file of lines like cello01 = ann.") from error
    named = _from_json(path, text) if text.lstrip().startswith("{") else _from_lines(path, text)
    return {name: check_name(performer) for name, performer in named.items()}


def name_performers(
    recordings: Sequence[Recording], named: Mapping[str, str]
) -> tuple[list[Recording], list[str]]:
    """Give the recordings the performers a file names; also says which of its names fit no recording."""
    renamed = [replace(r, performer=named.get(recording_name(r), r.performer)) for r in recordings]
    unknown = sorted(named.keys() - {recording_name(r) for r in recordings})
    if not unknown:
        return renamed, []
    return renamed, [f"The performers file names recordings that are not among these: {', '.join(unknown)}."]


def group_performers(
    recordings: Sequence[Recording], named: Mapping[str, str]
) -> tuple[list[Recording], list[str]]:
    """Name the performers of recordings nobody named, p1 and so on, by their appearance.

    Each instrument is grouped by itself, and numbered in the order of the recordings.
    """
    instruments: dict[str, dict[str, list[Recording]]] = defaultdict(lambda: defaultdict(list))
    for recording in recordings:
        if recording_name(recording) not in named:
            stem = recording.source.rpartition("_")[0]  # the pieces of one recording belong together
            instruments[recording.instrument][stem].append(recording)
    taken = set(named.values())
    free = [
        name for name in (f"p{k}" for k in range(1, len(recordings) + len(taken) + 1)) if name not in taken
    ]
    performers: dict[str, str] = {}
    notes = []
    for instrument, by_stem in instruments.items():
        appearances = [
            measure_appearance([r.images for r in pieces if isinstance(r.images, ImageSequence)])
            for pieces in by_stem.values()
        ]
        groups: dict[str, list[str]] = defaultdict(list)
        for stem, group in zip(by_stem, group_by_appearance(appearances), strict=True):
            performers[stem] = free[group]
            groups[free[group]].append(Path(stem).name)
        members = "; ".join(f"{performer} = {', '.join(names)}" for performer, names in groups.items())
        notes.append(
            f"{instrument}: by their looks, the performers are {members} (--performers FILE says otherwise)."
        )
    grouped = [
        replace(r, performer=performers.get(r.source.rpartition("_")[0], r.performer)) for r in recordings
    ]
    return grouped, notes


def _from_json(path: Path, text: str) -> dict[str, str]:
    try:
        named = parse_json(text)
    except ValueError as error:
        raise ConfigError(
            f"{path} is not valid JSON ({error}); correct it, or write lines like cello01 = ann."
        ) from error
    for name, performer in named.items():
        if not isinstance(performer, str):
            raise ConfigError(f'{path} names nobody for {name}; write "{name}": "ann".')
    return dict(named)


def _from_lines(path: Path, text: str) -> dict[str, str]:
    named = {}
    for number, line in zip(count(1), text.splitlines(), strict=False):
        content = line.partition("#")[0].strip()
        if content:
            name, _, performer = (part.strip() for part in content.partition("="))
            if not name or not performer:
                raise ConfigError(f"Line {number} of {path} names nobody; write it like cello01 = ann.")
            named[name] = performer
    return named
