"""The table of methods on the smallest shards: what stands in it, that it can be trusted and repeated."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from apvg_core.data.manifest import read_manifest, write_manifest
from apvg_core.data.selection import select
from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError, MediaError, RunError, ShardError
from apvg_core.evaluation import evaluate as evaluation
from apvg_core.evaluation import parts as parts_module
from apvg_core.evaluation.baselines import mean_frame, nearest_audio
from apvg_core.evaluation.evaluate import _instrument_of, evaluate
from apvg_core.evaluation.finder import Finder
from apvg_core.evaluation.results import Row, read_results
from apvg_core.features.pose import Pose
from apvg_core.files import sha256_of
from apvg_core.media.encode import FilmWriter
from apvg_core.metrics.images import psnr
from apvg_core.metrics.keypoints import keypoint_distance
from apvg_core.run import SCHEMA_VERSION, read_run, write_run
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.stages.stu import training as stu
from apvg_core.training.setup import TrainOptions
from tests.conftest import FPS, SIZE, write_shard


def test_mean_frame_is_the_mean(shards: Path) -> None:
    training = select(read_manifest(shards), split="train")
    frames = []
    for entry in training:
        with Shard(shards / entry.path) as shard:
            frames.append(shard.frames(0, len(shard)))
    expected = np.concatenate(frames).mean(0)
    np.testing.assert_allclose(mean_frame(shards, training), expected, atol=0.51)


def test_nearest_audio_finds_a_training_window_again(shards: Path) -> None:
    training = select(read_manifest(shards), split="train")
    opened = [Shard(shards / entry.path) for entry in training]
    windows = opened[1].windows(3, 9)
    assert nearest_audio(opened, windows) == [(1, k) for k in range(3, 9)]


def values(row: Row) -> dict[str, float]:
    return {key: score.value for key, score in row.scores.items()}


def test_runs_stand_beside_baselines_and_what_true_keypoints_would_give(
    shards: Path, run: Path, tmp_path: Path
) -> None:
    results = evaluate(shards, [run], tmp_path / "results")
    assert [(row.name, row.kind) for row in results.rows] == [
        ("whole", "run"), ("whole, true keypoints", "true keypoints"), ("mean frame", "baseline"),
        ("nearest audio", "baseline"), ("the recordings", "recording"),
    ]  # fmt: skip
    assert (results.split, results.rows[0].recipe, list(results.shards)) == ("validation", "tiny", ["c"])
    assert read_results(tmp_path / "results/results.json") == results

    training = select(read_manifest(shards), split="train")
    average = mean_frame(shards, training)
    with Shard(shards / "validation/theremin/c.h5") as shard:
        frames = shard.frames(0, len(shard))
    expected = np.mean([psnr(frame, average) for frame in frames])
    ours, true, mean, _, real = (values(row) for row in results.rows)
    assert mean["psnr"] == pytest.approx(expected)
    assert results.row("mean frame").frames == len(frames)
    assert results.row("mean frame").recordings["c"]["psnr"] == pytest.approx(expected)
    assert mean["motion_ratio"] == 0
    assert "agreement" not in mean  # what stands still agrees with nothing
    assert ours["keypoint_distance"] < mean["keypoint_distance"]  # it has learned something
    assert ours["agreement"] > 0.7
    assert true["keypoint_distance"] == 0
    assert "psnr" not in real
    assert results.of_recordings("jerk") == real["jerk"]
    assert results.of_recordings("psnr") is None
    assert real["jerk"] > 0
    assert results.rows[0].scores["psnr"].low is None  # two seconds are one block, which says nothing


def test_the_same_to_the_last_digit_whatever_the_processes(shards: Path, run: Path, tmp_path: Path) -> None:
    first = evaluate(shards, [run], tmp_path / "one")
    assert evaluate(shards, [run], tmp_path / "again") == first


@pytest.mark.slow
def test_many_processes_change_nothing(
    shards: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = evaluate(shards, [run], tmp_path / "one", split="train")
    monkeypatch.setattr("apvg_core.evaluation.evaluate.SHORT", 0)
    other = evaluate(shards, [run], tmp_path / "two", split="train", jobs=2)
    for one, two in zip(first.rows, other.rows, strict=True):
        assert (two.name, two.recordings.keys()) == (one.name, one.recordings.keys())
        # On some CPUs a process of its own rounds differently: scores were seen to differ by some millionths,
        # those of the images' motion by .06 %.
        for key, value in values(one).items():
            near = 2e-3 if key in ("temporal_error", "motion_ratio") else 1e-4
            assert values(two)[key] == pytest.approx(value, rel=near, abs=1e-6, nan_ok=True)


def test_an_evaluation_that_was_stopped_goes_on(
    shards: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real = parts_module._judge
    monkeypatch.setattr(
        parts_module,
        "_judge",
        lambda part, shard, sampler: seen.append(str(part.path)) or real(part, shard, sampler),
    )

    def interrupt(task: str, done: float, total: float, /, **facts: float) -> None:
        if done >= 3 * 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(shards, [run], tmp_path, split="train", on_progress=interrupt)
    assert len(seen) == 3
    results = evaluate(shards, [run], tmp_path, split="train")
    assert len(seen) == len(set(seen)) == 10
    evaluate(shards, [run], tmp_path, split="train", seed=1)
    assert len(seen) == 14  # the run's own depend on the seed; baselines and recordings do not
    assert sorted(results.rows[0].recordings) == ["a", "b"]
    assert values(results.row("nearest audio"))["keypoint_distance"] == pytest.approx(0, abs=1e-6)


def test_through_the_encoder(shards: Path, run: Path, tmp_path: Path) -> None:
    plain = evaluate(shards, [run], tmp_path / "plain")
    through = evaluate(shards, [run], tmp_path / "through", through_mp4=True)
    one, other = (values(results.rows[0]) for results in (plain, through))
    assert one["psnr"] != other["psnr"]
    assert one["psnr"] == pytest.approx(other["psnr"], abs=1.5)
    assert one["keypoint_distance"] == other["keypoint_distance"]
    assert (tmp_path / "plain/parts/whole/c.mp4").is_file()


class Redness:
    """Every joint is the further down, the redder the image."""

    def __init__(self, closed: list["Redness"]) -> None:
        self.closed = closed

    def __call__(self, frame: np.ndarray) -> Pose:
        return Pose(np.full((60, 2), frame[..., 0].mean() / 255, np.float32), np.ones(60, np.float32))

    def close(self) -> None:
        self.closed.append(self)


def test_keypoints_can_be_those_that_are_found_in_the_images(
    shards: Path, run: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Redness] = []
    monkeypatch.setattr(parts_module, "Finder", lambda: Finder(Redness(closed)))
    told = evaluate(shards, [run, half_run], tmp_path)
    found = evaluate(
        shards, [run, half_run], tmp_path, find_keypoints=True
    )  # what was judged otherwise serves not
    assert (told.found_keypoints, found.found_keypoints, len(closed)) == (False, True, 6)
    assert values(found.row("half")) == values(told.row("half"))  # it makes no images
    assert values(told.row("whole, true keypoints"))["keypoint_distance"] == 0
    with Shard(shards / "validation/theremin/c.h5") as shard:
        training = [entry for entry in read_manifest(shards) if entry.split == "train"]
        red = mean_frame(shards, training)[..., 0].mean() / 255
        apart = keypoint_distance(shard.keypoints, np.full_like(shard.keypoints, red), shard.visible)
    assert values(found.row("mean frame"))["keypoint_distance"] == pytest.approx(apart.mean(), abs=1e-4)
    for row in ("psnr", "ssim"):
        assert values(found.rows[0])[row] == values(told.rows[0])[row]


def test_keypoints_are_found_in_films_and_behind_the_encoder(
    shards: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts_module, "Finder", lambda: Finder(Redness([])))
    films = tmp_path / "theirs"
    films.mkdir()
    with Shard(shards / "validation/theremin/c.h5") as shard:
        frames = shard.frames(0, len(shard))
    with FilmWriter(films / "c.mp4", fps=FPS, width=SIZE, height=SIZE, song=None, metadata={}) as writer:
        for frame in frames:
            writer.write(255 - frame)  # the less red, the redder: nothing like the footage
    results = evaluate(
        shards, [run], tmp_path / "results", films=films, find_keypoints=True, through_mp4=True
    )
    row = results.row("theirs")
    assert row.kind == "films"
    red = (255 - frames[..., 0]).mean((1, 2)) / 255
    with Shard(shards / "validation/theremin/c.h5") as shard:
        there = np.broadcast_to(red[:, None, None], shard.keypoints.shape).astype(np.float32)
        apart = keypoint_distance(shard.keypoints, there, shard.visible).mean()
    assert values(row)["keypoint_distance"] == pytest.approx(apart, rel=0.05)  # but for encoder and smoothing
    assert values(results.row("whole"))["keypoint_distance"] != pytest.approx(apart, rel=0.05)


def test_a_still_is_looked_at_once() -> None:
    looked: list[np.ndarray] = []

    class Counting(Redness):
        def __call__(self, frame: np.ndarray) -> Pose:
            looked.append(frame)
            return super().__call__(frame)

    finder = Finder(Counting([]))
    dark, red = (np.full((4, 4, 3), value, np.uint8) for value in (0, 255))
    for frame in (dark, dark.copy(), red, red, dark):
        finder.add(frame)
    assert [frame.max() for frame in looked] == [0, 255, 0]
    assert finder.found(10.0).shape == (5, 60, 2)


def test_several_runs_and_one_that_has_only_keypoints(
    shards: Path, run: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "LEAST_UNITS", 2)  # of four blocks of time
    results = evaluate(shards, [run, half_run], tmp_path, split="train")
    assert [row.name for row in results.rows[:3]] == ["whole", "whole, true keypoints", "half"]
    whole, half = results.row("whole"), results.row("half")
    assert "psnr" not in half.scores
    assert half.scores["keypoint_distance"].value == whole.scores["keypoint_distance"].value
    assert half.scores["keypoint_distance"].difference == 0
    assert half.scores["keypoint_distance"].real is False
    mean = results.row("mean frame").scores["psnr"]
    assert mean.low < mean.value < mean.high
    assert mean.difference == pytest.approx(mean.value - whole.scores["psnr"].value)
    assert mean.real is True  # what was learned by heart is far better than the mean


def test_any_systems_films(shards: Path, run: Path, tmp_path: Path) -> None:
    films = tmp_path / "theirs"
    films.mkdir()
    with Shard(shards / "validation/theremin/c.h5") as shard:
        frames = shard.frames(0, len(shard))

    def film(count: int, size: int = SIZE) -> None:
        with FilmWriter(films / "c.mp4", fps=FPS, width=size, height=size, song=None, metadata={}) as writer:
            for frame in frames[:count, :size, :size]:
                writer.write(frame)

    film(len(frames))
    results = evaluate(shards, [], tmp_path / "results", films=films)
    assert results.rows[0].kind == "films"
    assert values(results.rows[0])["psnr"] > 25  # the frames themselves, encoded
    film(len(frames) // 2)
    with pytest.raises(MediaError, match=r"c.mp4 has 10 frames .* its recording 20"):
        evaluate(shards, [], tmp_path / "results", films=films)
    film(len(frames), 32)
    with pytest.raises(MediaError, match=r"c.mp4 has 20 frames of 32 x 32"):
        evaluate(shards, [], tmp_path / "results", films=films)
    (films / "c.mp4").write_text("hello")
    with pytest.raises(MediaError, match=r"c.mp4"):
        evaluate(shards, [], tmp_path / "results", films=films)
    (films / "c.mp4").unlink()
    with pytest.raises(MediaError, match=r"c.mp4"):
        evaluate(shards, [], tmp_path / "results", films=films)


def test_films_tell_their_instrument(tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    for name, instrument in (("a", "saw"), ("b", "theremin")):
        write_shard(tmp_path, name=name, split="validation", seconds=0.5, seed=0, instrument=instrument)
    write_manifest(tmp_path)
    entries = read_manifest(tmp_path)
    with pytest.raises(MediaError, match=r"a.mp4 is missing; --videos wants one a recording"):
        _instrument_of(films, entries, "validation")
    (films / "b.mp4").touch()
    assert _instrument_of(films, entries, "validation") == "theremin"
    (films / "a.mp4").touch()
    with pytest.raises(ConfigError, match="holds films of saw and theremin"):
        _instrument_of(films, entries, "validation")


def test_rows_that_would_be_taken_for_each_other(shards: Path, run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Two rows would be called"):
        evaluate(shards, [run, run], tmp_path)
    for name in ("whole", "mean frame", "the recordings"):
        films = tmp_path / name
        films.mkdir()
        (films / "c.mp4").write_text("hello")
        with pytest.raises(ConfigError, match=f"Two rows would be called {name}"):
            evaluate(shards, [run], tmp_path / "results", films=films)


def test_a_run_that_lacks_something_is_found_before_anything_is_judged(
    shards: Path, run: Path, tmp_path: Path
) -> None:
    for lost in ("khp/model.safetensors", "cvg/config.json", "conditions.safetensors"):
        copy = tmp_path / lost.replace("/", "-")
        shutil.copytree(run, copy, ignore=shutil.ignore_patterns("state", "logs"))
        (copy / lost).unlink()
        with pytest.raises(RunError, match=lost.split("/")[0].split(".")[0]):
            evaluate(shards, [run, copy], tmp_path / "results")
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("damage", [b"", b"PK cut short", None])
def test_a_damaged_part_is_judged_again(
    shards: Path, run: Path, tmp_path: Path, damage: bytes | None
) -> None:
    first = evaluate(shards, [run], tmp_path)
    part = tmp_path / "parts/whole/c.npz"
    part.write_bytes(part.read_bytes()[:-200] if damage is None else damage)
    assert evaluate(shards, [run], tmp_path) == first


def test_other_weights_in_the_same_place_are_judged_anew(shards: Path, run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run, copy, ignore=shutil.ignore_patterns("state", "logs"))
    before = evaluate(shards, [copy], tmp_path / "results")
    weights = load_file(copy / "khp/model.safetensors")
    weights["head.bias"] = weights["head.bias"] + 0.1
    save_file(weights, copy / "khp/model.safetensors")
    info = read_run(copy)
    khp = {**info.stages["khp"], "sha256": sha256_of(copy / "khp/model.safetensors")}
    write_run(copy, replace(info, stages={**info.stages, "khp": khp}))
    after = evaluate(shards, [copy], tmp_path / "results")
    assert after.rows[0].scores["keypoint_distance"] != before.rows[0].scores["keypoint_distance"]


def test_differences_pair_the_same_recordings_and_few_units_prove_nothing() -> None:
    def units(value: float) -> np.ndarray:
        return np.column_stack([value + np.arange(5) / 10, np.ones(5)])

    ours, theirs = {0: units(1.0), 1: units(5.0)}, {1: units(5.0), 2: units(9.0)}
    score = evaluation._score(ours, theirs)
    assert score is not None
    assert (score.value, score.difference, score.real) == (pytest.approx(3.2), None, None)  # five units
    assert score.low is not None
    wide = {k: np.repeat(value, 2, axis=0) for k, value in ours.items()}
    other = {k: np.repeat(value, 2, axis=0) for k, value in theirs.items()}
    score = evaluation._score(wide, other)
    assert score is not None
    assert (score.difference, score.real) == (0, False)  # of recording 1 alone, which both have


def test_runs_that_do_not_fit_each_other(shards: Path, run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(run, other, ignore=shutil.ignore_patterns("state", "logs"))
    for change, what in (
        ({"fps": 12.0}, "fps"), ({"instrument": "saw"}, "instrument"), ({"size": 32}, "size"),
    ):  # fmt: skip
        document = json.loads((run / "run.json").read_text())
        (other / "run.json").write_text(json.dumps({**document, **change}))
        with pytest.raises(ConfigError, match=rf"differ in {what} .*; evaluate them apart"):
            evaluate(shards, [run, other], tmp_path / "results")
    document = {**asdict(read_run(run)), "schema_version": SCHEMA_VERSION, "performers": ["bob"]}
    (other / "run.json").write_text(json.dumps(document))
    with pytest.raises(ShardError, match="no validation recordings of theremin by bob"):
        evaluate(shards, [run, other], tmp_path / "results")


def test_shards_without_a_validation_split(shards: Path, run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "shards"
    shutil.copytree(shards / "train", copy / "train")
    write_manifest(copy)
    with pytest.raises(ShardError, match="no validation recordings"):
        evaluate(copy, [run], tmp_path / "results")


def test_shards_of_other_settings(run: Path, tmp_path: Path) -> None:
    write_shard(tmp_path, name="a", split="validation", seconds=1, seed=0, window_offset=0.25)
    write_manifest(tmp_path)
    with pytest.raises(ShardError, match=r"has --window-offset 0.25 where 0 is wanted"):
        evaluate(tmp_path, [run], tmp_path / "results")


def test_a_performer_without_training_recordings(tmp_path: Path) -> None:
    for name, split, performer in (("a", "train", "ann"), ("b", "train", "bob"), ("c", "validation", "bob")):
        write_shard(tmp_path, name=name, split=split, seconds=1.5, seed=0, performer=performer)
    write_manifest(tmp_path)
    run = tmp_path / "run"
    for train in (khp.train, cvg.train, stu.train):
        train(tmp_path, run, TrainOptions(recipe="tiny", steps=1))
    (tmp_path / "train/theremin/b.h5").unlink()
    write_manifest(tmp_path)
    with pytest.raises(ShardError, match="no train recordings of bob"):
        evaluate(tmp_path, [run], tmp_path / "results")


def test_results_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    for text in ("hello", "{}", '{"schema_version": 1}', "[]"):
        path.write_text(text)
        with pytest.raises(ConfigError, match=r"results.json .*evaluate again"):
            read_results(path)


def test_results_of_before_a_metric_was_renamed_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    flicker = {"flicker": {"value": 1.2, "low": None, "high": None, "difference": None, "real": None}}
    row = {"name": "a", "kind": "run", "recipe": "fast", "frames": 1, "scores": flicker, "recordings": {}}
    path.write_text(json.dumps({"schema_version": 2, "apvg": "0.1.0", "rows": [row]}))
    with pytest.raises(ConfigError, match=r"results.json is of another version of apvg; evaluate again\."):
        read_results(path)
