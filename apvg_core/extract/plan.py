"""Plans an extraction into a shard folder: adds and keeps; replaces only on request."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from apvg_core.config import ExtractConfig, Split
from apvg_core.data.manifest import shard_paths
from apvg_core.data.shards import Shard, ShardInfo
from apvg_core.data.sources import assign_splits
from apvg_core.errors import ConfigError, ShardError
from apvg_core.extract.unit import Unit, recorded_settings

log = logging.getLogger(__name__)

Existing = Mapping[str, Sequence[ShardInfo]]
"""The shards of a folder: of each recording, by its id, the `ShardInfo` of each of its shards."""

_NAMES: Final = {
    "cqt_mode": "--cqt", "start": "--window", "estimator": "the pose estimator",
    "instrument": "the instrument", "performer": "the performer",
}  # fmt: skip
_NOTHING: Final = {"fps": "the source's", "keypoints": "left out"}
_NOT_KNOWN: Final = "not recorded"


def read_folder(out: Path) -> Existing:
    """Read the infos of the shards in `out`, but for damaged ones, which will be written anew."""
    existing: dict[str, list[ShardInfo]] = {}
    for path in shard_paths(out):
        try:
            with Shard(path) as shard:
                existing.setdefault(recording_id(path), []).append(shard.info)
        except ShardError:
            continue
    return existing


def recording_id(shard: Path) -> str:
    """Return the id of the recording that the shard at this path belongs to."""
    return shard.stem.removesuffix(f"-{shard.parent.parent.name}")


def plan(
    units: Sequence[Unit], out: Path, existing: Existing, config: ExtractConfig, *, overwrite: bool
) -> list[Unit]:
    """Choose the recordings that are to be in the folder, each once, and their splits.

    Recordings that are held out stay so when others are added.

    Args:
        units: The requested recordings, their checksums known as far as their files can be read.
        out: The shard folder.
        existing: The shards in it.
        config: The requested settings.
        overwrite: Shards of other settings or contents may be replaced.

    Raises:
        ConfigError: They may not; or others in the folder, which stay, have settings that one training
            cannot have together with these.
    """
    _check_others(units, out, existing, config)
    units = _without_copies(units, existing)
    if not overwrite:
        _check_same(units, out, existing)
    kept = {
        unit.recording: infos[0].settings["splits"]
        for unit in units
        if (infos := existing.get(unit.recording.id)) and _may_stay(unit, infos[0])
    }
    requested = {unit.recording.id for unit in units}
    others: dict[tuple[str, str], set[Split]] = {}
    for info in (info for name, infos in existing.items() if name not in requested for info in infos):
        others.setdefault((info.instrument, info.performer), set()).add(info.split)
    splits = assign_splits(
        [unit.recording for unit in units], validation_fraction=config.validation_fraction,
        test_fraction=config.test_fraction, kept=kept, others=others,
    )  # fmt: skip
    return [unit.in_splits(splits[unit.recording]) for unit in units]


def _may_stay(unit: Unit, info: ShardInfo) -> bool:
    """Return True if a recording may stay in the splits that it is in."""
    same = ("instrument", "performer", "validation_fraction", "test_fraction")
    settings = recorded_settings(info)
    return "splits" in settings and all(settings.get(k) == unit.settings[k] for k in same)


def _content(info: ShardInfo) -> tuple[Any, ...]:
    """Identity of a recording, whatever its name; one film may show players of two instruments."""
    return info.source_sha256, info.instrument, info.settings.get("start")


def _content_of(unit: Unit) -> tuple[Any, ...]:
    return unit.known_sha256, unit.recording.instrument, unit.recording.images.start


def _without_copies(units: Sequence[Unit], existing: Existing) -> list[Unit]:
    """The units but for copies of others, or of what is in the folder under another name; these are named."""
    requested = {unit.recording.id: unit for unit in units}
    owners: dict[tuple[Any, ...], str] = {}
    for name, infos in existing.items():
        for info in infos:
            # what has changed is no longer what the folder says
            if name not in requested or _content_of(requested[name]) == _content(info):
                owners.setdefault(_content(info), name)
    chosen = []
    for unit in units:
        name = unit.recording.id
        if unit.known_sha256 is None or name in existing:
            chosen.append(unit)
            continue
        owner = owners.setdefault(_content_of(unit), name)
        if owner == name:
            chosen.append(unit)
        else:
            source = requested[owner].recording.source if owner in requested else existing[owner][0].source
            where = "which is in the folder already" if owner in existing else "which is extracted"
            log.info("%s is skipped: it has the same content as %s (%s), %s.",
                     unit.recording.source, source, owner, where)  # fmt: skip
    return chosen


def _check_same(units: Iterable[Unit], out: Path, existing: Existing) -> None:
    """Raise a ConfigError that says what differs, if shards that are there would be replaced."""
    others = 0
    differences: dict[str, None] = {}  # a set that keeps its order
    for unit in units:
        infos = existing.get(unit.recording.id, ())
        found = [difference for info in infos for difference in _differences(unit, info)]
        others += bool(found)
        differences |= dict.fromkeys(found)
    if others:
        listed = list(differences)[:5] + ["…"] * (len(differences) > 5)
        what = "1 of these recordings" if others == 1 else f"{others} of these recordings"
        raise ConfigError(
            f"{out} holds shards of {what} that were made with other settings or from other files: "
            f"{'; '.join(listed)}. --overwrite replaces them; another --out keeps both."
        )


def _differences(unit: Unit, info: ShardInfo) -> list[str]:
    """Sentences about the settings and files in which a recording's shards differ; splits do not count."""
    found = []
    before = recorded_settings(info)
    for name in sorted((unit.settings.keys() | before.keys()) - {"splits"}):
        was, now = (settings.get(name, _NOT_KNOWN) for settings in (before, unit.settings))
        if was != now:
            flag = _NAMES.get(name, f"--{name.replace('_', '-')}")
            found.append(f"{flag} was {_formatted(name, was)}, now it is {_formatted(name, now)}")
    if unit.known_sha256 not in (None, info.source_sha256):
        found.append(f"the files of {unit.recording.source} have changed")
    return found


def _formatted(name: str, value: object) -> str:
    if value is None:
        return _NOTHING.get(name, "nothing")
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _check_others(units: Sequence[Unit], out: Path, existing: Existing, config: ExtractConfig) -> None:
    """Raise a ConfigError if what stays in the folder could not be trained on together with the units."""
    requested = {unit.recording.id for unit in units}
    instruments = {unit.recording.instrument for unit in units}
    for name, infos in existing.items():
        for info in infos:
            if name not in requested and info.instrument in instruments and (apart := _apart(info, config)):
                flag, was, now = apart
                raise ConfigError(
                    f"{out} holds another recording of {info.instrument}, {info.source}, made with {flag} "
                    f"{was}, not {now}, and one training needs the same for all: give {flag} {was}, choose "
                    f"another --out, or remove that recording with --remove {name}."
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
            return flag, _formatted("", was), _formatted("", now)
    return None
