"""Lesions: each does what it says, and its row is compared with its own run's."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from apvg_core.config import RecipeConfig
from apvg_core.errors import ConfigError
from apvg_core.evaluation import parts
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.lesions import LESIONS, WHOLE, average_nodes, lesions_of
from apvg_core.evaluation.predictors import RunPredictor
from apvg_core.evaluation.results import read_results
from apvg_core.evaluation.tables import LESIONS_KEY, all_tables, write_tables
from apvg_core.generation.pipeline import coarse_blocks, final_blocks
from apvg_core.recipes import get_recipe
from apvg_core.run.info import read_run
from apvg_core.runtime.load import Networks, load_networks
from apvg_core.runtime.step import Step
from apvg_core.stages.stu.gcn import JointGraph
from apvg_core.stages.stu.network import STU
from apvg_core.units import CQT_FLOOR_DB


class Recorder:
    """A step that keeps the inputs of its calls."""

    def __init__(self, step: Step) -> None:
        self.spec, self.start = step.spec, step.start
        self._step = step
        self.inputs: list[dict[str, np.ndarray]] = []

    def __call__(self, inputs: Any, state: Any) -> Any:
        self.inputs.append(dict(inputs))
        return self._step(inputs, state)

    def seen(self, name: str) -> np.ndarray:
        return np.concatenate([inputs[name][0] for inputs in self.inputs])


@dataclass
class Played:
    """What stages were given, and what came of it, over two blocks of frames."""

    cvg: Recorder
    stu: Recorder
    keypoints: np.ndarray
    frames: np.ndarray


@pytest.fixture(scope="module")
def networks(run: Path) -> Networks:
    return load_networks(run, runtime="torch")


def play(networks: Networks, lesion: str = WHOLE) -> Played:
    cvg, stu = Recorder(networks.cvg), Recorder(networks.stu)
    if lesion == "graph":  # it reaches into the network
        stu = Recorder(LESIONS[lesion].disable(networks).stu)
        lesioned = replace(networks, cvg=cvg, stu=stu)
    else:
        lesioned = LESIONS[lesion].disable(replace(networks, cvg=cvg, stu=stu))
    rng = np.random.default_rng(0)
    windows = [rng.uniform(-80, 0, (8, 84, 87)).astype(np.float32) for _ in range(2)]
    blocks = list(final_blocks(lesioned, coarse_blocks(lesioned, windows, performer=0, seed=0), performer=0))
    keypoints = np.concatenate([block.keypoints for block in blocks])
    return Played(cvg, stu, keypoints, np.concatenate([block.frames for block in blocks]))


@pytest.fixture(scope="module")
def whole(networks: Networks) -> Played:
    return play(networks)


def unchanged(ours: Recorder, theirs: Recorder, *but: str) -> bool:
    """All inputs of a step, but those that are named, are the same."""
    names = set(ours.spec.names) - set(but)
    return all(np.array_equal(ours.seen(name), theirs.seen(name)) for name in names)


@pytest.mark.parametrize(("lesion", "stage"), [("last-stage-silence", "stu"), ("coarse-silence", "cvg")])
def test_silence_is_heard_by_one_stage(networks: Networks, whole: Played, lesion: str, stage: str) -> None:
    played = play(networks, lesion)
    deaf = getattr(played, stage)
    assert (deaf.seen("windows") == CQT_FLOOR_DB).all()
    assert unchanged(deaf, getattr(whole, stage), "windows")
    np.testing.assert_array_equal(played.keypoints, whole.keypoints)
    if stage == "cvg":
        assert unchanged(played.stu, whole.stu, "coarse")


def test_z_is_drawn_anew_and_always_the_same(networks: Networks, whole: Played) -> None:
    played, again = play(networks, "noise"), play(networks, "noise")
    drawn = played.cvg.seen("noise")
    assert not np.isclose(drawn, whole.cvg.seen("noise")).any()
    np.testing.assert_array_equal(drawn, again.cvg.seen("noise"))
    first, *others = (inputs["noise"] for inputs in played.cvg.inputs)
    for other in others:  # one for a whole video
        np.testing.assert_array_equal(first, other)
    assert unchanged(played.cvg, whole.cvg, "noise")


def test_the_reference_frame_in_the_coarse_videos_place(networks: Networks, whole: Played) -> None:
    played = play(networks, "coarse-reference")
    coarse = played.stu.seen("coarse")
    pixels = networks.conditions.reference[0].astype(np.float32) / 255
    edge, by = coarse.shape[-1], len(pixels) // coarse.shape[-1]
    small = pixels.reshape(edge, by, edge, by, 3).mean((1, 3)).transpose(2, 0, 1)
    np.testing.assert_allclose(coarse, np.broadcast_to(small, (16, *small.shape)), atol=1e-6)
    assert unchanged(played.stu, whole.stu, "coarse")


def test_the_coarse_video_stays_at_its_first_frame(networks: Networks, whole: Played) -> None:
    coarse, first = play(networks, "coarse-frozen").stu.seen("coarse"), whole.stu.seen("coarse")[0]
    np.testing.assert_array_equal(coarse, np.broadcast_to(first, coarse.shape))
    assert not np.array_equal(whole.stu.seen("coarse")[-1], first)


def test_the_heatmap_is_empty(networks: Networks, whole: Played) -> None:
    played = play(networks, "heatmap")
    assert not played.stu.seen("heatmap").any()
    assert whole.stu.seen("heatmap").any()
    assert unchanged(played.stu, whole.stu, "heatmap")


def test_keypoints_stay_at_the_average(networks: Networks) -> None:
    played, average = play(networks, "keypoints"), networks.conditions.average[0]
    for keypoints in (played.keypoints, played.stu.seen("keypoints")):
        np.testing.assert_array_equal(keypoints, np.broadcast_to(average, (16, 60, 2)))
    heatmaps = played.stu.seen("heatmap")
    assert heatmaps.any()
    np.testing.assert_array_equal(heatmaps, np.broadcast_to(heatmaps[0], heatmaps.shape))
    displacements = networks.conditions.reference_keypoints[0] - average
    np.testing.assert_allclose(played.stu.seen("displacements")[-1], displacements)


def test_without_memory_each_frame_is_the_first(networks: Networks, whole: Played) -> None:
    played = play(networks, "memory")
    step = networks.stu
    inputs = whole.stu.inputs[1]
    for t in (0, 5):
        moving = {spec.name for spec in step.spec.inputs if "frames" in spec.axes}
        alone = {name: x[:, t : t + 1] if name in moving else x for name, x in inputs.items()}
        expected, _ = step(alone, step.start({}))
        np.testing.assert_array_equal(played.frames[8 + t], expected[0, 0])
    assert not np.array_equal(played.frames[8:], whole.frames[8:])


def test_cvg_sees_the_reference_in_its_last_frames_place(networks: Networks, whole: Played) -> None:
    step, inputs = networks.cvg, whole.cvg.inputs[0]
    state, frames = step.start(inputs), []
    reference = state[0]
    for t in range(8):
        frame, (_, *heard) = step({**inputs, "windows": inputs["windows"][:, t : t + 1]}, state)
        state = (reference, *heard)  # it remembers what it has heard
        frames.append(frame)
    lesioned = LESIONS["coarse-previous"].disable(networks).cvg
    made, _ = lesioned(inputs, lesioned.start(inputs))
    np.testing.assert_array_equal(made, np.concatenate(frames, 1))
    whole_one, _ = step(inputs, step.start(inputs))
    assert not np.array_equal(made, whole_one)


def test_the_graph_takes_the_mean_of_its_nodes(networks: Networks, whole: Played) -> None:
    graph = STU(networks.info.recipe.stu).unet.structure
    assert isinstance(graph, JointGraph)
    nodes = torch.rand(2, 60, graph.gcn.first.in_features)
    mean = nodes.mean(1, keepdim=True).repeat(1, 60, 1)
    expected = graph.gcn(mean)
    assert not torch.allclose(graph.gcn(nodes), expected)

    network = STU(networks.info.recipe.stu)
    network.unet.structure.gcn.load_state_dict(graph.gcn.state_dict())
    average_nodes(network)
    torch.testing.assert_close(network.unet.structure.gcn(nodes), expected)

    played = play(networks, "graph")
    assert unchanged(played.stu, whole.stu)
    assert not np.array_equal(played.frames, whole.frames)
    np.testing.assert_array_equal(play(networks).frames, whole.frames)  # the run's own network is whole


def test_the_whole_run_is_the_run(networks: Networks) -> None:
    assert next(iter(LESIONS)) == WHOLE
    assert LESIONS[WHOLE].disable(networks) is networks


def recipe_lesions(run: Path, name: str) -> set[str]:
    recipe: RecipeConfig = get_recipe(name)
    return set(lesions_of(replace(read_run(run), recipe=recipe)))


def test_a_run_has_only_lesions_of_its_parts(run: Path) -> None:
    everything = set(LESIONS)
    assert recipe_lesions(run, "fast") == everything
    assert recipe_lesions(run, "fast+without-gcn") == everything - {"graph"}
    assert recipe_lesions(run, "fast+without-cnn-gru") == everything - {"memory"}
    coarse = {"coarse-silence", "coarse-previous", "noise", "coarse-reference", "coarse-frozen"}
    assert recipe_lesions(run, "fast+without-cvg") == everything - coarse
    assert recipe_lesions(run, "fast+without-khp") == everything - {"keypoints", "heatmap", "graph"}
    for rival in ("fast+ebdn", "fast+vid2vid"):
        assert recipe_lesions(run, rival) == {WHOLE, "memory", "heatmap", "keypoints"}


@pytest.mark.slow
def test_rows_are_compared_with_their_own_run(
    shards: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apvg_core.metrics.uncertainty.LEAST_UNITS", 2)  # of four blocks of time
    plain = evaluate(shards, [run], tmp_path, split="train")
    assert plain.lesions == []
    results = evaluate(shards, [run], tmp_path, split="train", lesions=True)
    assert results.rows == plain.rows
    assert read_results(tmp_path / "results.json") == results
    (lesions,) = results.lesions
    assert lesions.run == "whole"
    assert [row.name for row in lesions.rows] == [lesion.title for lesion in LESIONS.values()]
    assert {row.kind for row in lesions.rows} == {"lesion"}
    first, *others = (row.scores["psnr"] for row in lesions.rows)
    assert first.difference is None
    assert first.value == pytest.approx(results.row("whole").scores["psnr"].value, abs=0.01)  # OpenVINO's
    for score in others:
        assert score.difference == pytest.approx(score.value - first.value)
    frozen = next(row for row in lesions.rows if row.name == "keypoints frozen")
    assert "agreement" in lesions.rows[0].scores
    assert "agreement" not in frozen.scores  # what stands still agrees with nothing

    *_, table = all_tables(results)
    assert (table.key, len(table.rows)) == (LESIONS_KEY, len(LESIONS))
    write_tables(tmp_path, results)
    lines = list(csv.DictReader((tmp_path / "scores.csv").read_text(encoding="utf-8").splitlines()))
    assert {"whole, heatmap emptied"} < {line["method"] for line in lines if line["kind"] == "lesion"}


@pytest.mark.parametrize("through_mp4", [False, True])
def test_lesions_are_encoded_only_to_be_scored_and_leave_no_video(
    shards: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, through_mp4: bool
) -> None:
    encoded: list[Path] = []
    record = parts.record_video
    monkeypatch.setattr(
        parts, "record_video", lambda frames, path, shard: encoded.append(path) or record(frames, path, shard)
    )
    predictor = RunPredictor("lesioned", run, ("khp", "cvg", "stu"), 0, "cpu", lesion="noise")
    parts.score_part(parts.Part(predictor, shards / "validation/theremin/c.h5", "", tmp_path, through_mp4))
    assert len(encoded) == through_mp4
    assert [path.name for path in tmp_path.rglob("*.*")] == ["c.npz"]


def test_lesions_want_a_run_with_its_last_stage(shards: Path, half_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--lesions .* --run"):
        evaluate(shards, [half_run], tmp_path, lesions=True)
