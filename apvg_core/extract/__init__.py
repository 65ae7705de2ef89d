"""Footage to shards: what the player does (pose) and what is heard (CQT), frame by frame.

A recording goes through steps, each a process of its own, as a damaged video can crash the decoder: a survey
finds the player and what is behind (after which films of a still camera are given one square), parts of a
minute are looked at (in any order, so that one long film uses all cores), and the parts are put together with
the sound. Every step leaves its result in a file, whole or not at
all, so what is done is done: a run may be killed at any moment and repeated.
"""

import logging
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from filelock import FileLock, Timeout

from apvg_core.config import ExtractConfig, Split
from apvg_core.data.manifest import Failure, ManifestEntry, write_manifest
from apvg_core.data.sources import assign_splits
from apvg_core.data.sources.recording import Recording
from apvg_core.errors import ConfigError
from apvg_core.extract.schedule import Outcome, run
from apvg_core.extract.unit import WORK, Unit
from apvg_core.features.pose import estimator_name
from apvg_core.media.isolate import IsolatedProcess, kill_all
from apvg_core.progress import Progress, silent

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ExtractReport:
    """What an extraction came to.

    Attributes:
        written: The shards that were made.
        damaged: A sentence for each damaged shard found beside them.
        skipped: Ids of the recordings whose shards were there already, made from the same files with the
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
    jobs: int = 1,
    cluster: Executor | None = None,
    on_progress: Progress = silent,
) -> ExtractReport:
    """Extract recordings into the shard folder `out`, beside what is there already.

    Args:
        recordings: What `find_recordings` found.
        out: The shard folder, made if there is none.
        config: The settings. Shards of the same recordings made with others are made anew.
        jobs: Steps at a time.
        cluster: Where the steps run, `jobs` of them at a time, if not on this machine; it must see the same
            files, and looks after its processes by itself.
        on_progress: Told of each recording that is done and, on this machine, of each frame.

    Raises:
        ConfigError: `out` cannot be a folder.
        DependencyError: MediaPipe is not installed.
    """
    splits = assign_splits(recordings, validation_fraction=config.validation_fraction)
    estimator = "openpose" if config.keypoints is not None else estimator_name()
    units = [
        Unit(recording=recording, splits=splits[recording], out=out, config=config, estimator=estimator)
        for recording in recordings
    ]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{out} cannot be made a folder ({error.strerror}); choose another.") from error
    outcomes: list[Outcome] = []
    with _alone_in(out):
        try:
            for outcome in _outcomes(units, jobs, cluster, on_progress):
                outcomes.append(outcome)
                on_progress("extract", len(outcomes), len(units))
        finally:  # also when we are interrupted: what is finished is listed
            failures = [
                Failure(o.unit.recording.source, o.failure) for o in outcomes if o.failure is not None
            ]
            tried = {outcome.unit.recording.source for outcome in outcomes}
            entries, damaged = write_manifest(out, failures, tried)
        _remove_left_over(out, {o.unit.recording.id for o in outcomes if o.failure is not None})
    _warn_of_missing_splits(entries)
    made = {
        o.unit.shard_id(split)
        for o in outcomes
        if o.failure is None and not o.skipped
        for split in o.unit.splits
    }
    return ExtractReport(
        written=[entry for entry in entries if entry.id in made],
        damaged=damaged,
        skipped=[outcome.unit.recording.id for outcome in outcomes if outcome.skipped],
        failures=failures,
    )


@contextmanager
def _alone_in(out: Path) -> Iterator[None]:
    """Hold the shard folder, whose half-done work two runs would take from each other.

    Raises:
        ConfigError: Another run holds it.
    """
    lock = FileLock(out / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise ConfigError(
            f"Another extraction is writing to {out}; wait for it, or choose another --out."
        ) from error
    except OSError as error:
        raise ConfigError(f"{out} cannot be written to ({error.strerror}); choose another.") from error
    try:
        yield
    finally:
        lock.release()


def _remove_left_over(out: Path, failed: Collection[str]) -> None:
    """Remove half-done work, but for that of recordings which may succeed another time."""
    for folder in (out / WORK).glob("*"):
        if folder.name not in failed:
            shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        (out / WORK).rmdir()


def _outcomes(
    units: Sequence[Unit], jobs: int, cluster: Executor | None, on_progress: Progress
) -> Iterable[Outcome]:
    if cluster is not None:
        yield from run(units, cluster, run_here, width=jobs)
        return
    lock = threading.Lock()
    mine = threading.local()
    done_of: dict[str, dict[tuple[Any, ...], float]] = defaultdict(dict)

    def isolated(unit: Unit, step: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if not hasattr(mine, "process"):
            mine.process = IsolatedProcess()
        path = Path(unit.recording.source)

        def told(task: str, done: float, total: float, /, **facts: float) -> None:
            with lock:  # parts are looked at side by side, and each tells of itself
                done_of[task][arguments] = done
                on_progress(task, min(sum(done_of[task].values()), total), total, **facts)

        return mine.process.call(step, unit, *arguments, path=path, on_progress=told)

    # threads, each with a process of its own
    with ThreadPoolExecutor(jobs) as threads:
        try:
            yield from run(units, threads, isolated, width=jobs)
        finally:  # also when we are interrupted
            threads.shutdown(wait=False, cancel_futures=True)
            kill_all()


def run_here(unit: Unit, step: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Run a step in this process: a worker of a cluster, which is its own protection."""
    return step(unit, *arguments, progress=silent)


def _warn_of_missing_splits(entries: Sequence[ManifestEntry]) -> None:
    """Say whose held-out recordings all failed: there is nothing to judge them by (or to learn from)."""
    splits: dict[tuple[str, str], set[str]] = {}
    for entry in entries:
        splits.setdefault((entry.instrument, entry.performer), set()).add(entry.split)
    for (instrument, performer), there in splits.items():
        for missing in set(get_args(Split)) - there:
            log.warning("There are no %s shards of %s, %s.", missing, instrument, performer)
