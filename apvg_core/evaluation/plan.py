"""Plan of an evaluation: its rows, checked before hours are spent on them."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from apvg_core.config import Split
from apvg_core.data.manifest import ManifestEntry, check_there
from apvg_core.data.provenance import origins
from apvg_core.data.selection import check_alike
from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError, MediaError
from apvg_core.evaluation.lesions import LESIONS, lesions_of
from apvg_core.evaluation.part_files import part_folder, video_path
from apvg_core.evaluation.predictors import (
    Predictor,
    RunPredictor,
    Videos,
    check_run,
    trained_stages,
)
from apvg_core.evaluation.results import RECORDINGS, Kind
from apvg_core.features.pose import prepare_estimator
from apvg_core.files import printable
from apvg_core.run.info import RunInfo, chosen_stages, read_run
from apvg_core.run.seeds import runs_in
from apvg_core.runtime.pytorch import load_discriminator
from apvg_core.truth import read_truth
from apvg_core.wording import listed

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PlannedRow:
    """A row of the results to be.

    Attributes:
        kind: Kind of predictor.
        recipe: Recipe of a run.
        predictor: None for the recordings themselves.
        others: Predictors of the row's further trainings, which differ in their seed.
        changes: Settings in which the run is not that recipe, by dotted key.
    """

    kind: Kind
    recipe: str | None
    predictor: Predictor | None
    changes: dict[str, Any] = field(default_factory=dict)
    others: tuple[Predictor, ...] = ()

    @property
    def predictors(self) -> tuple[Predictor | None, ...]:
        """One a training."""
        return (self.predictor, *self.others)

    @property
    def trainings(self) -> tuple[Path, ...]:
        """The folders of its runs; none of what was not trained here."""
        return tuple(each.folder for each in self.predictors if isinstance(each, RunPredictor))

    @property
    def name(self) -> str:
        """The row's name in the tables."""
        return self.predictor.name if self.predictor else RECORDINGS


@dataclass(frozen=True)
class PlannedLesions:
    """Rows of a run's lesions to be.

    Attributes:
        run: The run's name in the tables.
        rows: The whole run, then a row a lesion, by what is disabled.
    """

    run: str
    rows: dict[str, PlannedRow]


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
        runs: Run folders, or folders of several trainings.
        infos: Facts about the runs, or the first training.
        videos: Folder of any system's videos.
        baselines: Predictors that learn nothing.
        seed: Seed of the random variable z.
        device: "auto", "cpu", "cuda", ...

    Raises:
        ConfigError: Two rows would have the same name, or a row's trainings differ in more than their seed.
    """
    rows = list(_run_rows(runs, infos, seed=seed, device=device))
    if videos is not None:
        rows.append(PlannedRow("videos", None, Videos(videos, printable(videos.resolve().name))))
    rows += [PlannedRow("baseline", None, baseline) for baseline in baselines]
    check_names([each.name for row in rows for each in row.predictors if each])
    return [*rows, PlannedRow("recording", None, None)]


def plan_lesions(rows: Sequence[PlannedRow]) -> list[PlannedLesions]:
    """Return the lesions of each run among an evaluation's rows whose last stage is trained.

    Of a row of several trainings they are the first one's: whole and lesioned run share its noise.

    Raises:
        ConfigError: There is no such run, or two rows would have the same name.
    """
    planned = []
    for title, run in complete_runs(rows, "--lesions"):
        info = read_run(run.folder)
        lesioned = {
            LESIONS[key].title: PlannedRow(
                "lesion", info.recipe.name, replace(run, name=f"{run.name}, {LESIONS[key].title}", lesion=key)
            )
            for key in lesions_of(info)
        }
        planned.append(PlannedLesions(title, lesioned))
    of_lesions = [row.name for lesions in planned for row in lesions.rows.values()]
    check_names([*(row.name for row in rows if row.predictor), *of_lesions])
    return planned


def complete_runs(rows: Sequence[PlannedRow], flag: str) -> list[tuple[str, RunPredictor]]:
    """Return the runs among an evaluation's rows whose last stage is trained, by their names in tables.

    Of a row of several trainings it is the first one.

    Raises:
        ConfigError: There is none; the sentence names the flag that wants one.
    """
    found = [
        (f"{row.name}/{row.predictor.folder.name}" if row.others else row.name, row.predictor)
        for row in rows
        if row.kind == "run" and isinstance(row.predictor, RunPredictor) and "stu" in row.predictor.stages
    ]
    if not found:
        raise ConfigError(f"{flag} needs a run whose last stage is trained; name one with --run.")
    return found


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
        prepare_estimator()
    for run in runs:
        check_run(run)
    check_there(shards, scored)
    for entry in scored:
        if videos is not None and not video_path(videos, entry.id).is_file():
            raise MediaError(
                f"{video_path(videos, entry.id)} is missing; --videos needs one for each recording."
            )
        if truth is not None:
            with Shard(shards / entry.path) as shard:
                read_truth(truth, shard)


def check_judge(shards: Path, judge: Path, scored: Sequence[ManifestEntry]) -> None:
    """Check that a run's discriminator can judge these recordings.

    Raises:
        RunError: The run is damaged, or has none.
        ConfigError: It learned another instrument.
        ShardError: It learned from shards of other settings.
    """
    load_discriminator(judge)
    info = read_run(judge)
    if info.instrument != scored[0].instrument:
        raise ConfigError(
            f"--judge {judge} has learned the {info.instrument}, not the {scored[0].instrument}; name a run "
            "of these recordings' instrument."
        )
    check_alike(
        shards, scored, fps=info.fps, size=info.size, cqt=info.cqt_mode, window_offset=info.window_offset
    )


def warn_of_leaks(
    shards: Path, runs: Sequence[Path], infos: Sequence[RunInfo], scored: Sequence[ManifestEntry]
) -> None:
    """Log the runs that were trained on recordings, or moments of them, that are held out from them.

    Runs that do not tell all that they were trained on are logged as well.

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
        if unlisted := info.unlisted_stages:
            log.warning(
                "%s does not list all recordings that %s learned from, because an earlier version trained "
                "it; it may have learned from recordings that it is judged by.", run, listed(unlisted, 3),
            )  # fmt: skip


def warn_of_choices(runs: Sequence[Path], infos: Sequence[RunInfo], split: Split) -> None:
    """Log the runs whose weights were chosen on the split that they are scored on."""
    for run, info in zip(runs, infos, strict=True):
        if split == "validation" and (stages := chosen_stages(info)):
            log.warning(
                "The weights of %s (%s) were chosen as the best on validation recordings, so their scores on "
                "them are too good; score --split test.", run, ", ".join(stages),
            )  # fmt: skip


def _run_rows(
    runs: Sequence[Path], infos: Sequence[RunInfo], *, seed: int, device: str
) -> Iterator[PlannedRow]:
    for name, run, info in zip(run_names(runs), runs, infos, strict=True):
        trainings = runs_in(run)
        _check_alike(trainings)
        predictor, *others = (
            RunPredictor(_of_training(name, index, each), each, trained_stages(each), seed, device)
            for index, each in enumerate(trainings)
        )
        yield PlannedRow("run", info.recipe.name, predictor, info.changes, tuple(others))
        if {"khp", "stu"} <= set(predictor.stages):
            predictor, *others = (
                replace(
                    each,
                    name=_of_training(f"{name}, true keypoints", index, each.folder),
                    true_keypoints=True,
                )
                for index, each in enumerate([predictor, *others])
            )
            yield PlannedRow("true keypoints", info.recipe.name, predictor, info.changes, tuple(others))


def _of_training(row: str, index: int, run: Path) -> str:
    """Return the name of one training's predictor: the first's is the row's, whose films it gives."""
    return row if index == 0 else f"{row}, {run.name}"


def _check_alike(trainings: Sequence[Path]) -> None:
    """Check that the trainings of one row differ in nothing but their seed.

    Raises:
        ConfigError: One is of another recipe, or lacks a stage.
    """
    first, *others = ((read_run(run).recipe, trained_stages(run)) for run in trainings)
    for run, (recipe, stages) in zip(trainings[1:], others, strict=True):
        if (recipe, stages) != first:
            raise ConfigError(
                f"{run} has another recipe than {trainings[0].name} beside it, or fewer training steps; "
                "train it to the end with --resume auto, or name each training with its own --run."
            )


def check_names(names: Sequence[str]) -> None:
    """Check that every row has a name, and a folder for its parts, of its own.

    Raises:
        ConfigError: Two are alike.
    """
    taken = {part_folder(RECORDINGS)}
    for name in names:
        if part_folder(name) in taken:
            raise ConfigError(f"Two rows would be called {name}; name each --run once, or rename a folder.")
        taken.add(part_folder(name))
