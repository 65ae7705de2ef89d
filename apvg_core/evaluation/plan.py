"""Plan of an evaluation: its rows, checked before hours are spent on them."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from apvg_core.data.manifest import ManifestEntry, check_there
from apvg_core.data.provenance import origins
from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError, MediaError
from apvg_core.evaluation.part_files import part_folder, video_path
from apvg_core.evaluation.predictors import (
    Predictor,
    RunPredictor,
    Videos,
    check_run,
    trained_stages,
)
from apvg_core.evaluation.results import RECORDINGS, Kind
from apvg_core.features.pose import estimator_name
from apvg_core.files import printable
from apvg_core.run.info import RunInfo
from apvg_core.truth import read_truth

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PlannedRow:
    """A row of the results to be.

    Attributes:
        kind: Kind of predictor.
        recipe: Recipe of a run.
        predictor: None for the recordings themselves.
    """

    kind: Kind
    recipe: str | None
    predictor: Predictor | None

    @property
    def name(self) -> str:
        """The row's name in the tables."""
        return self.predictor.name if self.predictor else RECORDINGS


def plan_rows(
    runs: Sequence[Path],
    infos: Sequence[RunInfo],
    videos: Path | None,
    baselines: Sequence[Predictor],
    *,
    seed: int,
    device: str,
) -> list[PlannedRow]:
    """Return the rows: each run and what it makes of true keypoints, videos, baselines, the recordings.

    Args:
        runs: Run folders.
        infos: Facts about the runs.
        videos: Folder of any system's videos.
        baselines: Predictors that learn nothing.
        seed: Seed of the random variable z.
        device: "auto", "cpu", "cuda", ...

    Raises:
        ConfigError: Two rows would have the same name.
    """
    rows = list(_run_rows(runs, infos, seed=seed, device=device))
    if videos is not None:
        rows.append(PlannedRow("videos", None, Videos(videos, printable(videos.resolve().name))))
    rows += [PlannedRow("baseline", None, baseline) for baseline in baselines]
    _check_names([row.name for row in rows])
    return [*rows, PlannedRow("recording", None, None)]


def run_names(runs: Sequence[Path]) -> list[str]:
    """Return the runs' names in results: their folders', with their parents' where two are alike."""
    names = [printable(run.resolve().name) for run in runs]
    return [
        name if names.count(name) == 1 else printable(f"{run.resolve().parent.name}/{run.resolve().name}")
        for name, run in zip(names, runs, strict=True)
    ]


def check_inputs(
    shards: Path,
    runs: Sequence[Path],
    videos: Path | None,
    truth: Path | None,
    scored: Sequence[ManifestEntry],
    *,
    find_keypoints: bool,
) -> None:
    """Check that all inputs exist, before hours are spent on some.

    Args:
        shards: The shard folder.
        runs: Run folders.
        videos: Folder of any system's videos.
        truth: Folder of truth files.
        scored: The recordings.
        find_keypoints: True if the pose estimator is needed.

    Raises:
        ApvgError: One is missing.
    """
    if find_keypoints:
        estimator_name()  # which it has where it is installed
    for run in runs:
        check_run(run)
    check_there(shards, scored)
    for entry in scored:
        if videos is not None and not video_path(videos, entry.id).is_file():
            raise MediaError(f"{video_path(videos, entry.id)} is missing; --videos wants one a recording.")
        if truth is not None:
            with Shard(shards / entry.path) as shard:
                read_truth(truth, shard)


def warn_of_leaks(
    shards: Path, runs: Sequence[Path], infos: Sequence[RunInfo], scored: Sequence[ManifestEntry]
) -> None:
    """Log the runs that were trained on recordings, or moments of them, that are held out from them.

    Raises:
        ShardError: A shard is damaged.
    """
    judged = origins(shards, scored)
    for run, info in zip(runs, infos, strict=True):
        begun_with, learned = set(info.data.values()), info.learned_shards()
        leaks = [
            one for one in judged if one.sha256 in begun_with or any(one.overlaps(each) for each in learned)
        ]
        if leaks:
            log.warning("%s was trained on %d of the recordings that it is judged by.", run, len(leaks))


def _run_rows(
    runs: Sequence[Path], infos: Sequence[RunInfo], *, seed: int, device: str
) -> Iterator[PlannedRow]:
    for name, run, info in zip(run_names(runs), runs, infos, strict=True):
        predictor = RunPredictor(name, run, trained_stages(run), seed, device)
        yield PlannedRow("run", info.recipe.name, predictor)
        if {"khp", "stu"} <= set(predictor.stages):
            true = RunPredictor(
                f"{name}, true keypoints", run, predictor.stages, seed, device, true_keypoints=True
            )
            yield PlannedRow("true keypoints", info.recipe.name, true)


def _check_names(names: Sequence[str]) -> None:
    """Check that every row has a name, and a folder for its parts, of its own.

    Raises:
        ConfigError: Two are alike.
    """
    taken = {part_folder(RECORDINGS)}
    for name in names:
        if part_folder(name) in taken:
            raise ConfigError(f"Two rows would be called {name}; name each --run once, or rename a folder.")
        taken.add(part_folder(name))
