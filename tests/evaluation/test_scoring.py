"""Scoring: known tracks, found keypoints, learned metrics."""

from pathlib import Path

import numpy as np
import pytest

from apvg_core.data.manifest import read_manifest
from apvg_core.data.shards import Shard
from apvg_core.evaluation import parts as parts_module
from apvg_core.evaluation import scoring
from apvg_core.evaluation.baselines import mean_frame
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.finder import Finder
from apvg_core.evaluation.predictors import Prediction
from apvg_core.evaluation.tables import all_tables
from apvg_core.features.pose import Pose
from apvg_core.media.video_writer import VideoWriter
from apvg_core.metrics.keypoints import keypoint_distance
from apvg_core.metrics.metric import Metric
from apvg_core.metrics.registry import METRICS
from apvg_core.metrics.uncertainty import pooled
from apvg_core.truth import read_truth
from tests.conftest import FPS, SIZE, melody
from tests.evaluation.helpers import Redness, values, write_truth


def test_the_slide_of_the_recording_and_of_the_run(shards: Path, run: Path, tmp_path: Path) -> None:
    results = evaluate(shards, [run], tmp_path / "results", truth=write_truth(tmp_path / "truth"))
    real = results.row("the recordings").scores["slide_agreement"].value
    assert real == pytest.approx(1, abs=1e-5)
    assert 0.7 < results.rows[0].scores["slide_agreement"].value < 1
    assert "slide_agreement" not in results.row("mean frame").scores
    backwards = [-value for value in melody(2, 2)[1].tolist()]
    other = evaluate(
        shards, [run], tmp_path / "results", truth=write_truth(tmp_path / "truth", slide_metres=backwards)
    )
    assert other.row("the recordings").scores["slide_agreement"].value == pytest.approx(1, abs=1e-5)


def test_the_bow_changes_where_its_known_track_turns(shards: Path, run: Path, tmp_path: Path) -> None:
    bow = 0.01 * melody(2, 2)[1]  # in whatever unit: how deep a turn is, the hand says
    for known, f1 in ((bow, 1.0), (np.arange(len(bow)), 0.0), (np.ones(len(bow)), None)):
        truth = write_truth(tmp_path / "truth", bow_position=known.tolist())
        results = evaluate(shards, [run], tmp_path / "results", truth=truth)
        score = results.row("the recordings").scores.get("bow_f1")
        assert (score and score.value) == f1  # of a bow that rests nothing is known
    with Shard(shards / "validation/theremin/c.h5") as shard:
        assert read_truth(truth, shard).tracks["bow"].tolist() == [1.0] * len(bow)


def test_keypoints_can_be_those_that_are_found_in_the_images(
    shards: Path, run: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Redness] = []
    monkeypatch.setattr(parts_module, "Finder", lambda: Finder(Redness(closed)))
    given = evaluate(shards, [run, half_run], tmp_path)
    found = evaluate(
        shards, [run, half_run], tmp_path, find_keypoints=True
    )  # what was scored otherwise serves not
    assert (given.found_keypoints, found.found_keypoints, len(closed)) == (False, True, 6)
    assert values(found.row("half")) == values(given.row("half"))  # it makes no images
    assert values(given.row("whole, true keypoints"))["keypoint_distance"] == 0
    with Shard(shards / "validation/theremin/c.h5") as shard:
        training = [entry for entry in read_manifest(shards) if entry.split == "train"]
        red = mean_frame(shards, training)[..., 0].mean() / 255
        apart = keypoint_distance(shard.keypoints, np.full_like(shard.keypoints, red), shard.visible)
    assert values(found.row("mean frame"))["keypoint_distance"] == pytest.approx(apart.mean(), abs=1e-4)
    for row in ("psnr", "ssim"):
        assert values(found.rows[0])[row] == values(given.rows[0])[row]


@pytest.mark.slow
def test_keypoints_are_found_in_films_and_behind_the_encoder(
    shards: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts_module, "Finder", lambda: Finder(Redness([])))
    videos = tmp_path / "theirs"
    videos.mkdir()
    with Shard(shards / "validation/theremin/c.h5") as shard:
        frames = shard.frames(0, len(shard))
    with VideoWriter(videos / "c.mp4", fps=FPS, width=SIZE, height=SIZE, song=None, metadata={}) as writer:
        for frame in frames:
            writer.write(255 - frame)  # the less red, the redder: nothing like the footage
    results = evaluate(
        shards, [run], tmp_path / "results", videos=videos, find_keypoints=True, through_mp4=True
    )
    row = results.row("theirs")
    assert row.kind == "videos"
    red = (255 - frames[..., 0]).mean((1, 2)) / 255
    with Shard(shards / "validation/theremin/c.h5") as shard:
        there = np.broadcast_to(red[:, None, None], shard.keypoints.shape).astype(np.float32)
        apart = keypoint_distance(shard.keypoints, there, shard.visible).mean()
    assert values(row)["keypoint_distance"] == pytest.approx(apart, rel=0.05)  # but for encoder and smoothing
    assert values(results.row("whole"))["keypoint_distance"] != pytest.approx(apart, rel=0.05)


def test_hands_are_looked_for_where_the_keypoints_say(shards: Path) -> None:
    class Hands(Redness):
        """Both hands where a first pixel says; none in a black picture."""

        def __call__(self, frame: np.ndarray) -> Pose:
            keypoints = np.full((60, 2), np.nan, np.float32)
            if frame.any():
                keypoints[18:] = frame[0, 0, :2] / np.float32(255)
            return Pose(keypoints, np.isfinite(keypoints[:, 0]).astype(np.float32))

    with Shard(shards / "validation/theremin/c.h5") as shard:
        count = len(shard)
        frames = np.zeros((count, SIZE, SIZE, 3), np.uint8)
        frames[: count // 4, 0, 0] = 51  # at 0.2; then nothing is drawn
        keypoints = np.full((count, 60, 2), 0.2, np.float32)
        keypoints[: count // 4, 39:] = 0.8  # the right hand should be elsewhere
        halves = [Prediction(frames[:7], keypoints[:7]), Prediction(frames[7:], keypoints[7:])]
        said = scoring.score_prediction(shard, iter(halves), finder=Finder(Hands([])))
        unsaid = scoring.score_prediction(shard, iter([Prediction(frames, None)]), finder=Finder(Hands([])))
        without = scoring.score_prediction(shard, iter(halves))
        unseen = scoring.score_prediction(
            shard, iter([Prediction(None, keypoints)]), finder=Finder(Hands([]))
        )
        footage = scoring.score_footage(shard, finder=Finder(Hands([])))
    hands = ("left_hand_found", "right_hand_found")
    assert [pooled(said.units[hand]) for hand in hands] == [0.25, 0]
    assert [pooled(unsaid.units[hand]) for hand in hands] == [0, 0]  # the recording's are elsewhere
    assert set(hands) <= footage.units.keys()
    assert not set(hands) & (without.units.keys() | unseen.units.keys())


def test_learned_metrics_are_columns_where_they_can_be_had(
    shards: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counting:
        def __init__(self) -> None:
            self.frames = 0

        def add(self, real: np.ndarray, generated: np.ndarray) -> None:
            assert real.shape == generated.shape
            self.frames += len(real)

        def value(self, name: str) -> float | None:
            return float(self.frames) if name == "lpips" else None

    plain = evaluate(shards, [run], tmp_path / "plain")
    assert "lpips" not in plain.rows[0].scores
    monkeypatch.setattr(scoring, "Learned", Counting)
    scores = evaluate(shards, [run], tmp_path / "with").rows[0].scores
    assert scores["lpips"].value == 20
    assert "fid" not in scores


def test_a_metric_that_is_declared_is_scored(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brightness = Metric(
        "brightness", "brightness", "of 255", 0.0, 1, "Mean brightness of the generated frames.",
        "images", lambda frames: frames.generated.mean(),
    )  # fmt: skip
    monkeypatch.setitem(METRICS, "brightness", brightness)
    results = evaluate(shards, [], tmp_path)
    training = [entry for entry in read_manifest(shards) if entry.split == "train"]
    assert values(results.row("mean frame"))["brightness"] == mean_frame(shards, training).mean()
    assert "brightness (of 255) → 0" in all_tables(results)[0].columns


def test_footage_has_what_needs_no_comparison(shards: Path) -> None:
    with Shard(shards / "validation/theremin/c.h5") as shard:
        measured = scoring.score_footage(shard)
    assert measured.units.keys() <= {key for key, metric in METRICS.items() if metric.of_footage}
    assert {"jerk", "jitter", "onset_f1"} <= measured.units.keys()
    assert (measured.frames, measured.curves) == (20, {})


def test_a_perfect_prediction(shards: Path) -> None:
    with Shard(shards / "validation/theremin/c.h5") as shard:
        frames, keypoints = shard.frames(0, len(shard)), shard.keypoints
        halves = [Prediction(frames[:7], keypoints[:7]), Prediction(frames[7:], keypoints[7:])]
        measured = scoring.score_prediction(shard, iter(halves))
        assert scoring.sounding(shard).all()
    assert set(measured.curves) == {"psnr", "ssim", "keypoint_distance"}
    assert (measured.curves["psnr"] == 100).all()
    np.testing.assert_array_equal(measured.keypoints, keypoints)
    assert pooled(measured.units["motion_ratio"]) == 1
    assert pooled(measured.units["agreement"]) == pytest.approx(1)
    assert "psnr_drift" not in measured.units  # of two seconds
