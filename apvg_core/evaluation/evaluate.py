"""Evaluation of runs on shards, from audio alone, beside baselines of the same data."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Final

import apvg_core
from apvg_core.config import Split
from apvg_core.cores import available_cores
from apvg_core.data.manifest import ManifestEntry
from apvg_core.errors import ConfigError
from apvg_core.evaluation.baselines import baselines
from apvg_core.evaluation.note_positions import training_positions
from apvg_core.evaluation.over_time import plan_over_time, score_long_song, scores_over_time
from apvg_core.evaluation.part_files import read_part
from apvg_core.evaluation.part_processes import score_parts
from apvg_core.evaluation.parts import Part
from apvg_core.evaluation.perceptual import VGGFile, compared_layers
from apvg_core.evaluation.plan import (
    PlannedRow,
    check_inputs,
    check_judge,
    plan_lesions,
    plan_rows,
    warn_of_choices,
    warn_of_leaks,
)
from apvg_core.evaluation.recordings import is_sub_urmp, scored_recordings, training_recordings
from apvg_core.evaluation.results import LesionRows, Results, Row, write_results
from apvg_core.evaluation.rows import assemble_row
from apvg_core.files import printable, sha256_of
from apvg_core.layers.vgg import find_weights
from apvg_core.layers.vgg_file import cached_path
from apvg_core.progress import Progress, silent
from apvg_core.run.info import read_run
from apvg_core.run.seeds import run_title, runs_in
from apvg_core.runtime.devices import choose_device
from apvg_core.runtime.pytorch import has_discriminator

SHORT: Final = 1000
"""Frames, over all rows, that are scored before more processes would have started."""


def evaluate(
    shards: Path,
    runs: Sequence[Path],
    out: Path,
    *,
    videos: Path | None = None,
    truth: Path | None = None,
    split: Split = "validation",
    limit: int | None = None,
    through_mp4: bool = False,
    find_keypoints: bool = False,
    lesions: bool = False,
    judge: Path | None = None,
    vgg_weights: Path | None = None,
    over_time: Sequence[float] = (),
    device: str = "auto",
    seed: int = 0,
    jobs: int | None = None,
    on_progress: Progress = silent,
) -> Results:
    """Score runs on one split of shards and write `results.json`.

    Each shard's sound is played to each run as a song by itself, by the same code as `generate`. What is
    measured is kept under `out`, recording by recording: an evaluation that was stopped continues from there.

    Args:
        shards: The shard folder; its training split feeds the baselines.
        runs: Run folders, or folders of several trainings (`run.seeds`), a row each; of a run whose last
            stage is not trained only the keypoints are scored.
        out: Folder for the results.
        videos: Folder of any system's videos, named after the recordings: one more row.
        truth: Folder of the virtual performers' truth files: then also slide, bow and left hand are scored.
        split: "validation", "test", or "train" to see what was learned by heart.
        limit: Largest number of recordings.
        through_mp4: Score the frames that come out of the encoder again.
        find_keypoints: Score the keypoints that the pose estimator finds in the images, of videos too.
        lesions: Score each run with one of its parts disabled at a time, too: what the parts contribute.
        judge: Run (the first of several trainings) whose discriminator judges whether images and sound
            belong together; None is the first of `runs` that has one.
        vgg_weights: Pretrained VGG-19 of the perceptual distance; None is torch's cache, where it may lack.
        over_time: Seconds of a long song at which windows begin that each run is scored in, too (usually
            `over_time.STARTS`); none for no such song.
        device: "auto", "cpu", "cuda", ...
        seed: Seed of the random variable z.
        jobs: Processes; None is one a core.
        on_progress: Called after each recording of each row.

    Raises:
        RunError: A run is damaged or lacks a stage.
        ShardError: The shards are damaged, of other settings, or lack the split.
        ConfigError: The runs do not fit each other, `out` cannot be made, there is no such device,
            `vgg_weights` is no VGG-19, or the times of `over_time` are too near to each other.
        MediaError: A video cannot be used.
        DependencyError: Keypoints are to be found, and MediaPipe is not installed.
    """
    named, runs = runs, [each for run in runs for each in runs_in(run)]
    infos = [read_run(run) for run in runs]
    scored = scored_recordings(shards, runs, infos, videos, split)[:limit]
    training = training_recordings(shards, scored)
    check_inputs(shards, runs, videos, truth, scored, find_keypoints=find_keypoints)
    judge = runs_in(judge)[0] if judge else next(filter(has_discriminator, runs), None)
    if judge:
        check_judge(shards, judge, scored)
    vgg = find_weights(vgg_weights)
    vgg_path = vgg_weights or cached_path()
    vgg_file = VGGFile(vgg_path, sha256_of(vgg_path)) if vgg else None
    folder = _parts_folder(out)
    if split != "train":
        every_run = [*runs, *([judge] if judge and judge not in runs else [])]
        warn_of_leaks(shards, every_run, [read_run(run) for run in every_run], scored)
    warn_of_choices(runs, infos, split)

    first_infos = [infos[runs.index(runs_in(run)[0])] for run in named]
    learn_nothing = baselines(shards, training, folder)
    positions = training_positions(shards, training, folder, on_progress)
    rows = plan_rows(named, first_infos, videos, learn_nothing, seed=seed, device=device)
    lesioned = plan_lesions(rows) if lesions else []
    songs = plan_over_time(rows, shards, scored, over_time, folder) if over_time else {}
    every_row = [*rows, *(row for of_run in lesioned for row in of_run.rows.values())]
    parts = [
        [
            Part(
                predictor,
                shards / entry.path,
                entry.sha256,
                folder,
                through_mp4,
                truth,
                find_keypoints,
                judge,
                positions,
                vgg_file,
            )
            for entry in scored
        ]
        for row in every_row
        for predictor in row.predictors
    ]
    # One GPU serves one process best.
    default = available_cores() if choose_device(device).type == "cpu" else 1
    _score(parts, scored, jobs or default, on_progress)

    for song in chain.from_iterable(songs.values()):
        score_long_song(song, on_progress)

    of_predictors = iter([[read_part(part.path) for part in of_one] for of_one in parts])
    measured = {row.name: list(islice(of_predictors, len(row.predictors))) for row in every_row}
    ids = [entry.id for entry in scored]

    def assembled(rows: Sequence[PlannedRow]) -> list[Row]:
        first = rows[0]
        return [assemble_row(row, ids, measured[row.name], first, measured[first.name]) for row in rows]

    first = scored[0]
    results = Results(
        apvg=apvg_core.__version__, split=split, seed=seed, instrument=first.instrument,
        performers=sorted({entry.performer for entry in scored}), fps=first.fps, size=first.size,
        through_mp4=through_mp4, found_keypoints=find_keypoints,
        judge=printable(run_title(judge.resolve())) if judge else None,
        vgg=printable(compared_layers(vgg)) if vgg else None,
        shards={entry.id: entry.sha256 for entry in scored},
        rows=assembled(rows),
        data_set="Sub-URMP" if is_sub_urmp(shards / first.path) else None,
        lesions=[
            LesionRows(of_run.run, [
                replace(row, name=title)
                for title, row in zip(of_run.rows, assembled([*of_run.rows.values()]), strict=True)
            ])
            for of_run in lesioned
        ],
        over_time=[
            scores_over_time(run, of_run, [read_part(song.path) for song in of_run])
            for run, of_run in songs.items()
        ],
    )  # fmt: skip
    write_results(out / "results.json", results)
    return results


def _parts_folder(out: Path) -> Path:
    folder = out / "parts"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--out {out} cannot be made: {error.strerror}.") from error
    return folder


def _score(
    parts: Sequence[Sequence[Part]], scored: Sequence[ManifestEntry], jobs: int, on_progress: Progress
) -> None:
    """Score the parts of each row, recording by recording: if that is stopped, some have all their rows."""
    total = sum(entry.frames for entry in scored) * len(parts)
    done = 0
    in_turn = [part for of_recording in zip(*parts, strict=True) for part in of_recording]
    for _, count in score_parts(in_turn, jobs=1 if total < SHORT else jobs):
        done += count
        on_progress("evaluate", done, total)
