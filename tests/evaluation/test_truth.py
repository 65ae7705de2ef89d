"""What is known of a player: slide, bow and left hand beside what a run plays."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError
from apvg_core.evaluation import judge
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.truth import read_truth
from tests.conftest import FPS, melody


def write_truth(folder: Path, **tracks: list[float]) -> Path:
    """Of the shard `c`, by default a slide that follows the notes."""
    notes = melody(2, 2)[1]
    frames = {"time": (np.arange(len(notes)) / FPS).tolist(), "loudness": [1.0] * len(notes)}
    folder.mkdir(exist_ok=True)
    document = {"frames": {**frames, **(tracks or {"slide_metres": notes.tolist()})}}
    (folder / "c.json").write_text(json.dumps(document))
    return folder


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


@pytest.mark.parametrize("text", ["hello", "{}", '{"frames": {"time": [0]}}', None])
def test_no_truth_is_one_sentence(shards: Path, run: Path, tmp_path: Path, text: str | None) -> None:
    (tmp_path / "truth").mkdir()
    if text is not None:
        (tmp_path / "truth/c.json").write_text(text)
    with pytest.raises(ConfigError, match=r"--truth .*c.json is (missing or no truth file|not of c.mp4)"):
        evaluate(shards, [run], tmp_path / "results", truth=tmp_path / "truth")


def test_learned_metrics_are_columns_where_they_can_be_had(
    shards: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Learned:
        def __init__(self) -> None:
            self.seen = 0

        def add(self, real: np.ndarray, made: np.ndarray) -> None:
            assert real.shape == made.shape
            self.seen += len(real)

        @property
        def values(self) -> dict[str, float]:
            return {"lpips": float(self.seen)}

    plain = evaluate(shards, [run], tmp_path / "plain")
    assert "lpips" not in plain.rows[0].scores
    module = sys.modules[judge.__name__]
    monkeypatch.setattr(module, "available", lambda: ["lpips"])
    monkeypatch.setattr(module, "Learned", Learned)
    assert evaluate(shards, [run], tmp_path / "with").rows[0].scores["lpips"].value == 20
