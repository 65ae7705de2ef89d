"""Footage to shards: the player's keypoints (pose) and the sound (CQT), frame by frame.

`recording.extract_recording` declares the steps that a recording goes through, `scheduler` runs them, and
`workers` gives each a process of its own, as a damaged video can crash the decoder. A survey finds the player
and the background, after which films of a still camera are given one square. Poses are estimated in parts of
a minute, in any order, so that one long film uses all cores. At last the parts and the sound become shards.
Every step leaves its result in a file, whole or not at all: a run may be killed at any moment and repeated.
"""

import shutil
from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from apvg_core.config import ExtractConfig
from apvg_core.data.manifest import Failure, ManifestEntry, write_manifest
from apvg_core.data.sources.recording import Recording
from apvg_core.extract.fitness import warn_of_unfit
from apvg_core.extract.plan import plan, read_folder
from apvg_core.extract.recording import Outcome, extract_recording, identify_recording
from apvg_core.extract.scheduler import Submit, run
from apvg_core.extract.unit import WORK, Unit
from apvg_core.extract.workers import workers
from apvg_core.features.pose import estimator_name, prepare_estimator
from apvg_core.files import printable
from apvg_core.locks import alone_in
from apvg_core.progress import Progress, silent


@dataclass(frozen=True, kw_only=True)
class ExtractReport:
    """The result of an extraction.

    Attributes:
        written: The shards that were written.
        damaged: A sentence for each damaged shard found beside them.
        skipped: Ids of the recordings whose shards existed already, written from the same files with the
            same settings.
        failures: The recordings that could not be extracted, and why.
    """

    written: list[ManifestEntry]
    damaged: list[str]
    skipped: list[str]
    failures: list[Failure]


def extract(
    recordings: Sequence[Recording],
    out: Path,
    config: ExtractConfig,
    *,
    overwrite: bool = False,
    jobs: int = 1,
    cluster: Executor | None = None,
    on_progress: Progress = silent,
) -> ExtractReport:
    """Extract recordings into the shard folder `out`, beside the shards in it.

    A recording whose content is in it under another name is passed over, with a notice.

    Args:
        recordings: The recordings, as `find_recordings` finds them.
        out: The shard folder, made if there is none.
        config: The settings.
        overwrite: Replace shards of the same recordings that have other settings or other content.
        jobs: Steps at a time.
        cluster: Runs the steps, `jobs` of them at a time, in place of this machine. It must see the same
            files, and looks after its processes by itself.
        on_progress: Called for each recording that is done and, on this machine, for each frame.

    Raises:
        ConfigError: `out` cannot be a folder, another extraction writes to it, or shards in it would be
            replaced, or could not be trained on beside these; see `plan`.
        DependencyError: MediaPipe is not installed.
    """
    estimator = "openpose"
    if config.keypoints is None:
        prepare_estimator()  # here, so that no worker of `jobs` has to
        estimator = estimator_name()
    units = [
        Unit(recording=recording, splits=(), out=out, config=config, estimator=estimator)
        for recording in recordings
    ]
    outcomes: list[Outcome] = []
    with _alone(out), workers(jobs, cluster, on_progress) as submit:
        identified = _identified(units, submit, jobs, on_progress)
        planned = plan(identified, out, read_folder(out), config, overwrite=overwrite)
        try:
            for outcome in run(map(extract_recording, planned), submit, width=jobs):
                outcomes.append(outcome)
                on_progress("extract", len(outcomes), len(planned))
        finally:  # also when we are interrupted: what is finished is listed
            failures = [
                Failure(printable(o.unit.recording.source), printable(o.failure))
                for o in outcomes
                if o.failure is not None
            ]
            tried = {printable(outcome.unit.recording.source) for outcome in outcomes}
            entries, damaged = write_manifest(out, failures, tried)
        _remove_left_over(out, {o.unit.recording.id for o in outcomes if o.failure is not None})
    warn_of_unfit(out, entries)
    written = {
        o.unit.shard_id(split)
        for o in outcomes
        if o.failure is None and not o.skipped
        for split in o.unit.splits
    }
    return ExtractReport(
        written=[entry for entry in entries if entry.id in written],
        damaged=damaged,
        skipped=[outcome.unit.recording.id for outcome in outcomes if outcome.skipped],
        failures=failures,
    )


def _alone(out: Path) -> AbstractContextManager[None]:
    """Hold the shard folder, whose half-done work two runs would take from each other; see `alone_in`."""
    return alone_in(out, other="Another extraction", flag="--out")


def _identified(units: Sequence[Unit], submit: Submit, jobs: int, on_progress: Progress) -> list[Unit]:
    """The units with their checksums, in their order; see `identify_recording`."""
    found: dict[Recording, Unit] = {}
    for unit in run(map(identify_recording, units), submit, width=jobs):
        found[unit.recording] = unit
        on_progress("checksums", len(found), len(units))
    return [found[unit.recording] for unit in units]


def _remove_left_over(out: Path, failed: Collection[str]) -> None:
    """Remove half-done work, but for that of recordings which may succeed another time."""
    for folder in (out / WORK).glob("*"):
        if folder.name not in failed:
            shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        (out / WORK).rmdir()
