"""Judges runs on shards, from audio alone, beside baselines of the same data."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import apvg_core
from apvg_core.config import Split
from apvg_core.data.conditions import measure_conditions
from apvg_core.data.manifest import ManifestEntry, check_there, read_manifest
from apvg_core.data.selection import LEAST_SECONDS, filmed, long_enough, select, select_for_run
from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError, MediaError, ShardError
from apvg_core.evaluation.baselines import mean_frame
from apvg_core.evaluation.judgement import Judgement
from apvg_core.evaluation.methods import (
    Films,
    MeanFrame,
    Method,
    NearestAudio,
    RunMethod,
    check_run,
    film_path,
    trained_stages,
)
from apvg_core.evaluation.part_files import part_folder, read_part
from apvg_core.evaluation.part_processes import default_jobs, judge_parts
from apvg_core.evaluation.parts import Part
from apvg_core.evaluation.results import RECORDINGS, Kind, Results, Row, Score, Training, write_results
from apvg_core.evaluation.truth import read_truth
from apvg_core.features.pose import estimator_name
from apvg_core.files import atomic_write, printable
from apvg_core.metrics.registry import METRICS
from apvg_core.metrics.uncertainty import Units, difference, interval, pooled, units
from apvg_core.progress import Progress, silent
from apvg_core.run import RunInfo, read_run
from apvg_core.runtime.devices import choose_device

log = logging.getLogger(__name__)

SHORT = 1000
"""Frames, over all methods, that are judged before more processes would have started."""


def evaluate(
    shards: Path,
    runs: Sequence[Path],
    out: Path,
    *,
    films: Path | None = None,
    truth: Path | None = None,
    split: Split = "validation",
    limit: int | None = None,
    through_mp4: bool = False,
    find_keypoints: bool = False,
    device: str = "auto",
    seed: int = 0,
    jobs: int | None = None,
    on_progress: Progress = silent,
) -> Results:
    """Judge runs on one split of shards and write `results.json`.

    Each shard's sound is played to each run as a song by itself, by the same code as `generate`. What is
    judged is kept under `out`, recording by recording: an evaluation that was stopped goes on where it was.

    Args:
        shards: The shard folder; its training split feeds the baselines.
        runs: Run folders; of one whose last stage is not trained only the keypoints are judged.
        out: Folder for the results.
        films: Folder of any system's films, named after the recordings: one more row.
        truth: Folder of the virtual performers' truth files: then also slide, bow and left hand are judged.
        split: "validation", or "train" to see what was learned by heart.
        limit: At most so many recordings.
        through_mp4: Judge the frames that come out of the encoder again.
        find_keypoints: Judge the keypoints that the pose estimator finds in the images, of films too.
        device: "auto", "cpu", "cuda", ...
        seed: Of the random variable z.
        jobs: Processes; None is one a core.
        on_progress: Called after each recording of each method.

    Raises:
        RunError: A run is damaged or lacks a stage.
        ShardError: The shards are damaged, of other settings, or lack the split.
        ConfigError: The runs do not fit each other, `out` cannot be made, or there is no such device.
        MediaError: A film cannot be used.
        DependencyError: Keypoints are to be found, and MediaPipe is not installed.
    """
    infos = [read_run(run) for run in runs]
    judged = _without_short(_judged_entries(shards, runs, infos, films, split))[:limit]
    training = _training_entries(shards, judged)
    _check(shards, runs, films, truth, judged, find_keypoints=find_keypoints)
    try:
        (out / "parts").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--out {out} cannot be made: {error.strerror}.") from error
    if split == "validation":
        for run, info in zip(runs, infos, strict=True):
            if seen := {entry.sha256 for entry in judged} & set(info.data.values()):
                log.warning("%s was trained on %d of the recordings that it is judged by.", run, len(seen))

    methods = _contestants(runs, infos, films, seed=seed, device=device)
    methods += [("baseline", None, baseline) for baseline in _baselines(shards, training, out)]
    methods.append(("recording", None, None))
    _check_names([method.name for _, _, method in methods if method])
    parts = [
        [
            Part(method, shards / entry.path, entry.sha256, out / "parts", through_mp4, truth, find_keypoints)
            for entry in judged
        ]
        for _, _, method in methods
    ]  # fmt: skip
    # One GPU serves one process best.
    default = default_jobs() if choose_device(device).type == "cpu" else 1
    _run(parts, judged, jobs or default, on_progress)
    judgements = [[read_part(part.path) for part in of_method] for of_method in parts]
    rows = [
        _row(kind, recipe, method, judged, found, judgements[0])
        for (kind, recipe, method), found in zip(methods, judgements, strict=True)
    ]
    first = judged[0]
    results = Results(
        apvg=apvg_core.__version__, split=split, seed=seed, instrument=first.instrument,
        performers=sorted({entry.performer for entry in judged}), fps=first.fps, size=first.size,
        through_mp4=through_mp4, found_keypoints=find_keypoints,
        shards={entry.id: entry.sha256 for entry in judged}, rows=rows,
        data_set="Sub-URMP" if _of_sub_urmp(shards / first.path) else None,
    )  # fmt: skip
    write_results(out / "results.json", results)
    return results


def _check(
    shards: Path,
    runs: Sequence[Path],
    films: Path | None,
    truth: Path | None,
    judged: Sequence[ManifestEntry],
    *,
    find_keypoints: bool,
) -> None:
    """See that everything is there that will be wanted, before hours are spent on the rest.

    Raises:
        ApvgError: Something is not.
    """
    if find_keypoints:
        estimator_name()  # which it has where it is installed
    for run in runs:
        check_run(run)
    check_there(shards, judged)
    for entry in judged:
        if films is not None and not film_path(films, entry.id).is_file():
            raise MediaError(f"{film_path(films, entry.id)} is missing; --videos wants one a recording.")
        if truth is not None:
            with Shard(shards / entry.path) as shard:
                read_truth(truth, shard)


Contestant = tuple[Kind, str | None, Method | None]
"""What a row is, its recipe, and what makes its performances; None is the recording itself."""


def _contestants(
    runs: Sequence[Path], infos: Sequence[RunInfo], films: Path | None, *, seed: int, device: str
) -> list[Contestant]:
    """The runs, each followed by what it would make of the true keypoints; then the films."""
    methods: list[Contestant] = []
    for name, run, info in zip(run_names(runs), runs, infos, strict=True):
        method = RunMethod(name, run, trained_stages(run), seed, device)
        methods.append(("run", info.recipe.name, method))
        if {"khp", "stu"} <= set(method.stages):
            true = RunMethod(f"{name}, true keypoints", run, method.stages, seed, device, true_keypoints=True)
            methods.append(("true keypoints", info.recipe.name, true))
    if films is not None:
        methods.append(("films", None, Films(films, printable(films.resolve().name))))
    return methods


def run_names(runs: Sequence[Path]) -> list[str]:
    """What runs are called in results: their folders' names, with their parents' where two are alike."""
    names = [printable(run.resolve().name) for run in runs]
    return [
        name if names.count(name) == 1 else printable(f"{run.resolve().parent.name}/{run.resolve().name}")
        for name, run in zip(names, runs, strict=True)
    ]


def _check_names(names: Sequence[str]) -> None:
    """See that every row has a name, and a place for its parts, of its own.

    Raises:
        ConfigError: Two are alike.
    """
    seen = {part_folder(RECORDINGS)}
    for name in names:
        if part_folder(name) in seen:
            raise ConfigError(f"Two rows would be called {name}; name each --run once, or rename a folder.")
        seen.add(part_folder(name))


def _judged_entries(
    shards: Path, runs: Sequence[Path], infos: Sequence[RunInfo], films: Path | None, split: Split
) -> list[ManifestEntry]:
    """The recordings that every run can play.

    Raises:
        ConfigError: Two runs have nothing in common.
        ShardError: There are none, or they are of other settings.
    """
    for run, info in zip(runs, infos, strict=True):
        for what in ("instrument", "fps", "size", "skeleton"):
            ours, theirs = getattr(infos[0], what), getattr(info, what)
            if ours != theirs:
                raise ConfigError(
                    f"{runs[0]} and {run} differ in {what} ({ours} and {theirs}); evaluate them apart."
                )
    if not infos:
        entries = read_manifest(shards)
        instrument = _instrument_of(films, entries, split) if films else None
        return filmed(select(entries, split=split, instrument=instrument))
    judged = filmed(select_for_run(shards, infos[0], split=split))
    for run, info in zip(runs[1:], infos[1:], strict=True):
        ids = {entry.id for entry in select_for_run(shards, info, split=split)}
        judged = [entry for entry in judged if entry.id in ids]
        if not judged:
            raise ConfigError(f"{runs[0]} and {run} have no performer in common; evaluate them apart.")
    return judged


def _without_short(entries: list[ManifestEntry]) -> list[ManifestEntry]:
    """Without recordings that are too short to judge by, which are named; all, where all are."""
    kept = long_enough(entries)
    short = [entry.id for entry in entries if entry not in kept]
    if short:
        what = "is left out" if kept else "is all there is, so numbers say little"
        log.warning(
            "%s: less than %g s, too little to judge by; it %s.", ", ".join(short), LEAST_SECONDS, what
        )
    return kept or entries


def _instrument_of(films: Path, entries: Sequence[ManifestEntry], split: Split) -> str:
    """What is played in the films, which are named after the recordings.

    Raises:
        ConfigError: Several instruments.
        MediaError: There are no films of these recordings.
    """
    shown = {e.instrument for e in entries if e.split == split and film_path(films, e.id).is_file()}
    if not shown:
        wanted = next((film_path(films, e.id) for e in entries if e.split == split), films)
        raise MediaError(f"{wanted} is missing; --videos wants one a recording.")
    if len(shown) > 1:
        raise ConfigError(
            f"--videos {films} holds films of {' and '.join(sorted(shown))}; keep each instrument's in a "
            "folder of its own."
        )
    return shown.pop()


def _of_sub_urmp(path: Path) -> bool:
    """Whether a shard was made from Sub-URMP, whose recordings are folders of images below `img`."""
    with Shard(path) as shard:
        return shard.info.source.startswith("img/")


def _training_entries(shards: Path, judged: Sequence[ManifestEntry]) -> list[ManifestEntry]:
    """What the baselines are made from.

    Raises:
        ShardError: A performer has no training recordings.
    """
    performers = {entry.performer for entry in judged}
    training = [
        entry
        for entry in filmed(read_manifest(shards))
        if (entry.instrument, entry.split) == (judged[0].instrument, "train")
        and entry.performer in performers
    ]
    for performer in sorted(performers - {entry.performer for entry in training}):
        raise ShardError(f"{shards} holds no train recordings of {performer}, which the baselines need.")
    return training


def _baselines(shards: Path, training: Sequence[ManifestEntry], out: Path) -> list[Method]:
    """Mean frame and nearest audio; the mean frames are drawn once and kept."""
    made_from: dict[str, Any] = {"training": {entry.id: entry.sha256 for entry in training}}
    performers = sorted({entry.performer for entry in training})
    images = {}
    for performer in performers:
        own = [entry for entry in training if entry.performer == performer]
        key = hashlib.sha256("".join(entry.sha256 for entry in own).encode()).hexdigest()
        images[performer] = out / "parts" / f"mean_frame_{key[:16]}.npy"
        if not images[performer].exists():
            with atomic_write(images[performer]) as temporary, temporary.open("wb") as handle:
                np.save(handle, mean_frame(shards, own))
    averages = measure_conditions(shards, training, performers).average
    usual = dict(zip(performers, averages, strict=True))
    return [
        MeanFrame(images, usual, made_from),
        NearestAudio(shards, tuple(training), made_from),
    ]


def _run(
    parts: Sequence[Sequence[Part]], judged: Sequence[ManifestEntry], jobs: int, on_progress: Progress
) -> None:
    frames = {entry.id: entry.frames for entry in judged}
    total = sum(frames.values()) * len(parts)
    wanted = 1 if total < SHORT else jobs
    done = 0
    # Recording by recording, so that an evaluation that is stopped has judged all methods on some.
    in_turn = [part for of_recording in zip(*parts, strict=True) for part in of_recording]
    for _, count in judge_parts(in_turn, jobs=wanted):
        done += count
        on_progress("evaluate", done, total)


def _row(
    kind: Kind, recipe: str | None, method: Method | None, judged: Sequence[ManifestEntry],
    found: Sequence[Judgement], first: Sequence[Judgement],
) -> Row:  # fmt: skip
    scores = {}
    for key in METRICS:
        ours = {k: judgement.units[key] for k, judgement in enumerate(found) if key in judgement.units}
        theirs = {k: judgement.units[key] for k, judgement in enumerate(first) if key in judgement.units}
        if score := _score(ours, theirs if found is not first else {}):
            scores[key] = score
    recordings = {
        entry.id: {
            k: v for k in METRICS if (v := pooled(judgement.units.get(k, np.zeros((1, 2))))) is not None
        }
        for entry, judgement in zip(judged, found, strict=True)
    }
    name = method.name if method else RECORDINGS
    frames = sum(judgement.frames for judgement in found)
    training = _training(method.folder) if isinstance(method, RunMethod) and kind == "run" else None
    return Row(name, kind, recipe, frames, scores, recordings, training)


def _training(run: Path) -> Training:
    info = read_run(run)
    return Training({stage: facts.get("steps") for stage, facts in info.stages.items()}, len(info.data))


LEAST_UNITS = 8
"""Of fewer recordings or blocks of time intervals come out far too narrow, so none is given."""


def _score(ours: Mapping[int, Units], theirs: Mapping[int, Units]) -> Score | None:
    """A metric's mean from each recording's units, and how far it is from the first row's.

    The difference is taken over the recordings that have a value in both rows.
    """
    if not ours or (value := pooled(np.concatenate(list(ours.values())))) is None:
        return None
    rows = units(list(ours.values()))
    around = interval(rows) if len(rows) >= LEAST_UNITS else None
    both = [k for k in ours if k in theirs]
    apart = None
    if both:
        pair = units([ours[k] for k in both]), units([theirs[k] for k in both])
        apart = difference(*pair) if len(pair[0]) >= LEAST_UNITS else None
    return Score(
        value,
        low=around.low if around else None,
        high=around.high if around else None,
        difference=apart.value if apart else None,
        real=apart.real if apart else None,
    )
