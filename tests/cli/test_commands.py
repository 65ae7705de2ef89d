"""Commands hand the core what was asked for, and print what it gives back; the core is faked."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from apvg_core.config import ExtractConfig


@pytest.fixture
def fake(monkeypatch):
    """Put a function in a core module's place; returns the list of its calls."""

    def arrange(module, name, result=None):
        calls = []

        def function(*args, on_progress, **kwargs):
            on_progress("task", 1, 2, loss=0.5)
            calls.append((args, kwargs))
            return result

        stand_in = ModuleType(module)
        setattr(stand_in, name, function)
        monkeypatch.setitem(sys.modules, module, stand_in)
        return calls

    return arrange


def report(**changes):
    entry = SimpleNamespace(path="train/violin/a.h5", performer="ann", frames=10, fps=5.0)
    return SimpleNamespace(**{"written": [entry], "damaged": [], "skipped": [], "failures": [], **changes})


def test_extract(apvg, fake):
    calls = fake("apvg_core.extract", "extract", report())
    outcome = apvg(
        "extract", "in", "--out", "out", "--size", 64, "--cqt", "clip", "--fps", 5, "--performer", "ann"
    )
    assert outcome.code == 0
    assert "train/violin/a.h5" in outcome.out
    config = ExtractConfig(size=64, cqt_mode="clip", fps=5.0)
    expected = (Path("in"), Path("out"), config), {"instrument": None, "performer": "ann", "executor": None}
    assert calls == [expected]


def test_extract_keeps_what_it_could_and_says_what_it_could_not(apvg, fake):
    fake("apvg_core.extract", "extract", report(failures=["b.mp4 has no sound.", "c.mp4 is cut short."]))
    outcome = apvg("extract", "in")
    assert outcome.code == 3
    assert "train/violin/a.h5" in outcome.out
    assert outcome.err.splitlines()[1:] == [
        "apvg: b.mp4 has no sound.",
        "apvg: c.mp4 is cut short.",
        "apvg: 2 of the recordings could not be extracted; the others' shards are kept.",
    ]


@pytest.mark.parametrize("stage", ["khp", "cvg", "stu"])
def test_train(apvg, fake, monkeypatch, stage):
    common = ModuleType("apvg_core.training.task")
    common.TrainOptions = SimpleNamespace
    monkeypatch.setitem(sys.modules, "apvg_core.training.task", common)
    calls = fake(f"apvg_core.training.{stage}", "train")
    weights = [] if stage == "khp" else ["--vgg-weights", "vgg.pth"]
    outcome = apvg(
        f"train-{stage}", "shards", "--run", "run", "--performer", "ann", "--performer", "bob", "--steps", 5,
        "--resume", *weights,
    )  # fmt: skip
    assert outcome.code == 0
    [((shards, run, options), _)] = calls
    assert (shards, run) == (Path("shards"), Path("run"))
    assert (options.recipe, options.performers, options.steps) == (None, ("ann", "bob"), 5)
    assert (options.resume, options.device, options.seed) == (True, "auto", None)
    assert getattr(options, "vgg_weights", None) == (Path("vgg.pth") if weights else None)


def test_generate(apvg, fake):
    calls = fake("apvg_core.generation.pipeline", "generate")
    outcome = apvg("generate", "song.wav", "--run", "run", "-o", "a [live].mp4", "--seed", 3)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "The video is a [live].mp4\n")
    expected = (
        (Path("song.wav"), Path("run"), Path("a [live].mp4")),
        {"performer": None, "seed": 3, "device": "auto"},
    )
    assert calls == [expected]


def test_evaluate(apvg, fake):
    row = SimpleNamespace(name="full", psnr=23.456, ssim=0.87654, keypoint_distance=None, frames=100)
    calls = fake("apvg_core.evaluation.evaluate", "evaluate", SimpleNamespace(rows=[row]))
    outcome = apvg("evaluate", "shards", "--run", "run", "--split", "train")
    assert outcome.code == 0
    assert outcome.out.splitlines()[1].split() == ["full", "23.46", "0.8765", "-", "100"]
    assert outcome.err == f"The results are {Path('results', 'results.json')}\n"
    expected = (Path("shards"), Path("run"), Path("results")), {"split": "train", "device": "auto", "seed": 0}
    assert calls == [expected]
