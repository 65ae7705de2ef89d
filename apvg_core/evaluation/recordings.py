"""Choice of the recordings that an evaluation scores, and of those that its baselines learn from."""

import logging
from collections.abc import Sequence
from pathlib import Path

from apvg_core.config import Split
from apvg_core.data.manifest import ManifestEntry, read_manifest
from apvg_core.data.selection import LEAST_SECONDS, filmed, long_enough, select, select_for_run
from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError, MediaError, ShardError
from apvg_core.evaluation.part_files import video_path
from apvg_core.run.info import RunInfo

log = logging.getLogger(__name__)


def scored_recordings(
    shards: Path, runs: Sequence[Path], infos: Sequence[RunInfo], videos: Path | None, split: Split
) -> list[ManifestEntry]:
    """Return the recordings that every run can play, without those that are too short.

    Args:
        shards: The shard folder.
        runs: Run folders.
        infos: Facts about the runs.
        videos: Folder of any system's videos.
        split: Split of the recordings.

    Raises:
        ConfigError: Two runs have nothing in common.
        MediaError: There are no runs, and no videos of these recordings.
        ShardError: There are none, or they are of other settings.
    """
    _check_alike(runs, infos)
    if not infos:
        entries = read_manifest(shards)
        instrument = instrument_of(videos, entries, split) if videos else None
        return _without_short(filmed(select(entries, split=split, instrument=instrument)))
    common = filmed(select_for_run(shards, infos[0], split=split))
    for run, info in zip(runs[1:], infos[1:], strict=True):
        ids = {entry.id for entry in select_for_run(shards, info, split=split)}
        common = [entry for entry in common if entry.id in ids]
        if not common:
            raise ConfigError(f"{runs[0]} and {run} have no performer in common; evaluate them apart.")
    return _without_short(common)


def training_recordings(shards: Path, scored: Sequence[ManifestEntry]) -> list[ManifestEntry]:
    """Return what the baselines of scored recordings learn from, as keypoint prediction does: rehearsals too.

    Raises:
        ShardError: A performer has no training recordings.
    """
    performers = {entry.performer for entry in scored}
    training = [
        entry
        for entry in read_manifest(shards)
        if (entry.instrument, entry.split) == (scored[0].instrument, "train")
        and entry.performer in performers
    ]
    for performer in sorted(performers - {entry.performer for entry in filmed(training)}):
        raise ShardError(
            f"{shards} holds no filmed train recordings of {performer}, which the baselines need."
        )
    return training


def instrument_of(videos: Path, entries: Sequence[ManifestEntry], split: Split) -> str:
    """Return the instrument that is played in videos, which are named after the recordings.

    Raises:
        ConfigError: Several instruments.
        MediaError: There are no videos of these recordings.
    """
    found = {e.instrument for e in entries if e.split == split and video_path(videos, e.id).is_file()}
    if not found:
        wanted = next((video_path(videos, e.id) for e in entries if e.split == split), videos)
        raise MediaError(f"{wanted} is missing; --videos needs one for each recording.")
    if len(found) > 1:
        raise ConfigError(
            f"--videos {videos} holds films of {' and '.join(sorted(found))}; keep each instrument's in a "
            "folder of its own."
        )
    return found.pop()


def is_sub_urmp(path: Path) -> bool:
    """Return True if a shard was made from Sub-URMP, whose recordings are folders of images below `img`."""
    with Shard(path) as shard:
        return shard.info.source.startswith("img/")


def _check_alike(runs: Sequence[Path], infos: Sequence[RunInfo]) -> None:
    for run, info in zip(runs, infos, strict=True):
        for what in ("instrument", "fps", "size", "skeleton"):
            ours, theirs = getattr(infos[0], what), getattr(info, what)
            if ours != theirs:
                raise ConfigError(
                    f"{runs[0]} and {run} differ in {what} ({ours} and {theirs}); evaluate them apart."
                )


def _without_short(entries: list[ManifestEntry]) -> list[ManifestEntry]:
    """Return recordings without those that are too short, which are logged; all, where all are."""
    lasting = long_enough(entries)
    short = [entry.id for entry in entries if entry not in lasting]
    if short:
        what = "is left out" if lasting else "is all there is, so numbers say little"
        log.warning(
            "%s: less than %g s, too little to judge by; it %s.", ", ".join(short), LEAST_SECONDS, what
        )
    return lasting or entries
