"""What an extraction may do in a shard folder: add and keep; replace only what it is asked to replace."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from apvg_core.config import ExtractConfig, Split
from apvg_core.data.manifest import shard_paths
from apvg_core.data.shards import Shard, ShardInfo
from apvg_core.data.sources import assign_splits
from apvg_core.errors import ConfigError, ShardError
from apvg_core.extract.unit import Unit

log = logging.getLogger(__name__)

There = Mapping[str, Sequence[ShardInfo]]
"""What a shard folder holds: of each recording, by its id, what its shards say about themselves."""

_NAMES: Final = {
    "cqt_mode": "--cqt", "start": "--window", "estimator": "the pose estimator",
    "instrument": "the instrument", "performer": "the performer",
}  # fmt: skip
_NOTHING: Final = {"fps": "the source's", "keypoints": "left out"}
_NOT_KNOWN: Final = "not recorded"


def read_folder(out: Path) -> There:
    """What the shard folder `out` holds; damaged shards, which will be made anew, are not in it."""
    there: dict[str, list[ShardInfo]] = {}
    for path in shard_paths(out):
        try:
            with Shard(path) as shard:
                there.setdefault(recording_id(path), []).append(shard.info)
        except ShardError:
            continue
    return there


def recording_id(shard: Path) -> str:
    """The id of the recording that a shard, by its path, belongs to."""
    return shard.stem.removesuffix(f"-{shard.parent.parent.name}")


def plan(
    units: Sequence[Unit], out: Path, there: There, config: ExtractConfig, *, overwrite: bool
) -> list[Unit]:
    """Those recordings that are to be in the folder, and in which splits; each is in it once.

    What is held out stays so when films are added.

    Args:
        units: The recordings asked for, their checksums known as far as their files can be read.
        out: The shard folder.
        there: What it holds.
        config: The settings asked for.
        overwrite: Shards of other settings or contents may be replaced.

    Raises:
        ConfigError: They may not; or others in the folder, which stay, have settings that one training
            cannot have together with these.
    """
    _check_others(units, out, there, config)
    units = _without_copies(units, there)
    if not overwrite:
        _check_same(units, out, there)
    kept = {
        unit.recording: infos[0].settings["splits"]
        for unit in units
        if (infos := there.get(unit.recording.id)) and _may_stay(unit, infos[0])
    }
    asked = {unit.recording.id for unit in units}
    others: dict[tuple[str, str], set[Split]] = {}
    for info in (info for name, infos in there.items() if name not in asked for info in infos):
        others.setdefault((info.instrument, info.performer), set()).add(info.split)
    splits = assign_splits(
        [unit.recording for unit in units], validation_fraction=config.validation_fraction,
        kept=kept, others=others,
    )  # fmt: skip
    return [unit.in_splits(splits[unit.recording]) for unit in units]


def _may_stay(unit: Unit, info: ShardInfo) -> bool:
    """Whether a recording may stay in the splits that it is in."""
    same = ("instrument", "performer", "validation_fraction")
    return "splits" in info.settings and all(info.settings.get(k) == unit.settings[k] for k in same)


def _content(info: ShardInfo) -> tuple[Any, ...]:
    """What makes a recording the same by whatever name; one film may show players of two instruments."""
    return info.source_sha256, info.instrument, info.settings.get("start")


def _content_of(unit: Unit) -> tuple[Any, ...]:
    return unit.known_sha256, unit.recording.instrument, unit.recording.images.start


def _without_copies(units: Sequence[Unit], there: There) -> list[Unit]:
    """The units but for copies of others, or of what is in the folder under another name; these are named."""
    asked = {unit.recording.id: unit for unit in units}
    owners: dict[tuple[Any, ...], str] = {}
    for name, infos in there.items():
        for info in infos:
            # what has changed is no longer what the folder says
            if name not in asked or _content_of(asked[name]) == _content(info):
                owners.setdefault(_content(info), name)
    chosen = []
    for unit in units:
        name = unit.recording.id
        if unit.known_sha256 is None or name in there:
            chosen.append(unit)
            continue
        owner = owners.setdefault(_content_of(unit), name)
        if owner == name:
            chosen.append(unit)
        else:
            source = asked[owner].recording.source if owner in asked else there[owner][0].source
            where = "which is here already" if owner in there else "which is taken"
            log.info("%s is passed over: its content is that of %s (%s), %s.",
                     unit.recording.source, source, owner, where)  # fmt: skip
    return chosen


def _check_same(units: Iterable[Unit], out: Path, there: There) -> None:
    """Raise a ConfigError that says what differs, if shards that are there would be replaced."""
    others = 0
    differences: dict[str, None] = {}  # a set that keeps its order
    for unit in units:
        found = [
            difference for info in there.get(unit.recording.id, ()) for difference in _differences(unit, info)
        ]
        others += bool(found)
        differences |= dict.fromkeys(found)
    if others:
        shown = list(differences)[:5] + ["…"] * (len(differences) > 5)
        what = "1 of these recordings" if others == 1 else f"{others} of these recordings"
        raise ConfigError(
            f"{out} holds shards of {what} that were made otherwise: {'; '.join(shown)}. "
            "--overwrite makes them anew and loses the old ones; another --out keeps both."
        )


def _differences(unit: Unit, info: ShardInfo) -> list[str]:
    """What a recording's shards were made otherwise with; in which split they are makes no difference."""
    found = []
    for name in sorted((unit.settings.keys() | info.settings.keys()) - {"splits"}):
        was, now = (settings.get(name, _NOT_KNOWN) for settings in (info.settings, unit.settings))
        if was != now:
            flag = _NAMES.get(name, f"--{name.replace('_', '-')}")
            found.append(f"{flag} was {_shown(name, was)} and is {_shown(name, now)} now")
    if unit.known_sha256 not in (None, info.source_sha256):
        found.append(f"the files of {unit.recording.source} have changed")
    return found


def _shown(name: str, value: object) -> str:
    if value is None:
        return _NOTHING.get(name, "nothing")
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _check_others(units: Sequence[Unit], out: Path, there: There, config: ExtractConfig) -> None:
    """Raise a ConfigError if what stays in the folder could not be trained on together with the units."""
    asked = {unit.recording.id for unit in units}
    instruments = {unit.recording.instrument for unit in units}
    for name, infos in there.items():
        for info in infos:
            if name not in asked and info.instrument in instruments and (apart := _apart(info, config)):
                flag, was, now = apart
                raise ConfigError(
                    f"{out} holds another recording of {info.instrument}, {info.source}, made with "
                    f"{flag} {was}, and one training cannot have {now} beside it: give {flag} {was} or "
                    f"another --out, or take it out with --remove {name}."
                )


def _apart(info: ShardInfo, config: ExtractConfig) -> tuple[str, str, str] | None:
    """The first setting by which one training cannot have both: its flag, what it was and what it is now."""
    for flag, was, now in (
        ("--size", info.size, config.size),
        ("--fps", info.fps, config.fps or info.fps),  # the source's own is not known yet
        ("--cqt", info.cqt_mode, config.cqt_mode),
        ("--window-offset", info.window_offset, config.window_offset),
    ):
        if was != now:
            return flag, _shown("", was), _shown("", now)
    return None
