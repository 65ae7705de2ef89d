"""Commands hand the core what was asked for, and print what it gives back; the core is faked."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from apvg_core import pretrained
from apvg_core.config import ExtractConfig
from apvg_core.data.manifest import Failure, read_manifest
from apvg_core.evaluation.results import LesionRows, Results, Row, Score
from apvg_core.progress import silent
from apvg_core.study.key import Key, Video, VideoSet, write_key


@pytest.fixture
def fake(monkeypatch):
    """Put a function in a core module's place; returns the list of its calls."""

    def arrange(module, name, result=None):
        calls = []

        def function(*args, on_progress=silent, **kwargs):
            on_progress("task", 1, 2, loss=0.5)
            calls.append((args, kwargs))
            return result

        stand_in = ModuleType(module)
        setattr(stand_in, name, function)
        monkeypatch.setitem(sys.modules, module, stand_in)
        return calls

    return arrange


@pytest.fixture
def extraction(fake, shards):
    """Arrange what is found and what comes of it; gives what both are called with."""

    def arrange(*failures):
        recordings = [SimpleNamespace(source="a.mp4")]
        found = fake(
            "apvg_core.data.sources",
            "find_recordings",
            SimpleNamespace(recordings=recordings, notes=["Found it."]),
        )
        report = SimpleNamespace(
            written=read_manifest(shards), damaged=[], skipped=[], failures=list(failures)
        )
        return found, fake("apvg_core.extract", "extract", report), recordings

    return arrange


def test_extract(apvg, extraction, shards):
    found, extracted, recordings = extraction()
    outcome = apvg(
        "extract", "in", "--out", shards, "--size", 64, "--cqt", "clip", "--fps", 5, "--performer", "ann",
        "--instrument", "violin", "--instrument", "cello", "--window", "end", "--split", "train", "--jobs", 3,
    )  # fmt: skip
    assert outcome.code == 0
    assert "Found it." in outcome.err
    assert "violin" in outcome.out
    wanted = {
        "layout": "auto", "instruments": ("violin", "cello"), "performer": "ann", "splits": ("train",),
        "limit": None, "window": "end", "performers_file": None,
    }  # fmt: skip
    assert found == [((Path("in"),), wanted)]
    config = ExtractConfig(size=64, cqt_mode="clip", fps=5.0)
    assert extracted == [((recordings, shards, config), {"overwrite": False, "jobs": 3, "cluster": None})]


def test_extract_keeps_what_it_could_and_says_what_it_could_not(apvg, extraction, shards):
    extraction(Failure("b.mp4", "b.mp4 has no sound."), Failure("c.mp4", "c.mp4 is cut short."))
    outcome = apvg("extract", "in", "--out", shards)
    assert outcome.code == 7
    assert "violin" in outcome.out
    assert outcome.err.splitlines()[2:] == [
        "Next, to see whether the sticks lie on the player:",
        f"    apvg info {shards} --sheet sheet.png",
        "Next, to train (you can stop it; --resume auto continues):",
        f"    apvg train {shards} --run runs/ann",
        "apvg: b.mp4 has no sound.",
        "apvg: c.mp4 is cut short.",
        f"apvg: 2 recordings could not be extracted (listed in {shards / 'manifest.json'}); "
        "the others' shards are kept.",
    ]


def test_a_scheduler_that_does_not_answer(apvg, extraction, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("apvg_cli.commands.extract.CONNECT_SECONDS", 0.2)
    extraction()
    outcome = apvg("extract", "in", "--scheduler", "tcp://127.0.0.1:9")
    assert outcome.code == 3
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in outcome.err


@pytest.fixture
def trainings(monkeypatch):
    """Put something in the place of the trainings; gives what they are called with."""
    calls = []

    def train(shards, run, options, on_progress):
        on_progress("train", 1, 2, loss=0.5)
        calls.append((shards, run, options))

    stages, options = ModuleType("apvg_core.training.stages"), ModuleType("apvg_core.training.options")
    stages.train_one = lambda _stage, *arguments: train(*arguments)
    stages.train_all = train
    options.TrainOptions = SimpleNamespace
    for module in (stages, options):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr("apvg_cli.commands.train._fetch_vgg", lambda *_, wanted: calls.append(wanted))
    monkeypatch.setattr("apvg_cli.commands.train.after_training", lambda *_: [("apvg next", "go on")])
    return calls


@pytest.mark.parametrize("command", ["train", "train-khp", "train-cvg", "train-stu"])
def test_train(apvg, trainings, command):
    outcome = apvg(
        command, "shards", "--run", "run", "--performer", "ann", "--performer", "bob", "--steps", 5,
        "--minutes", 0.5, "--resume",
        "--precision", "bf16", "--set", "khp.hidden=64", "--set", "stu.channels=[8, 16]", "--set",
        "khp.training.export=best", "--vgg-weights", "vgg.pth", "--reuse", "other", "--no-vgg-download",
        "--init", "cello",
    )  # fmt: skip
    assert (outcome.code, outcome.err) == (0, "Next, to go on:\n    apvg next\n")
    [wanted, (shards, run, options)] = trainings
    assert wanted is False
    assert (shards, run) == (Path("shards"), Path("run"))
    assert (options.recipe, options.config, options.performers) == (None, None, ("ann", "bob"))
    assert (options.steps, options.minutes, options.resume) == (5, 0.5, "last")
    assert (options.device, options.seed) == ("auto", None)
    assert (options.precision, options.vgg_weights, options.reuse) == ("bf16", Path("vgg.pth"), Path("other"))
    assert options.init == pretrained.FOLDER / "cello"
    assert options.changes == {
        "khp.hidden": 64, "stu.channels": [8, 16], "khp.training.export": "best"
    }  # fmt: skip


def test_a_name_that_is_neither_run_nor_performer(apvg, trainings):
    outcome = apvg("train", "shards", "--run", "run", "--init", "kazoo")
    assert (outcome.code, trainings) == (2, [])
    assert (
        "kazoo is neither a run folder nor a performer that came with apvg (cello, trombone)" in outcome.err
    )


@pytest.mark.parametrize(
    ("arguments", "init"), [([], "auto"), (["--init", "auto"], "auto"), (["--init", "none"], None)]
)
def test_which_weights_a_training_begins_with(apvg, trainings, arguments, init):
    assert apvg("train", "shards", "--run", "run", *arguments).code == 0
    assert trainings[1][2].init == init


@pytest.mark.parametrize(
    ("arguments", "resume"), [([], None), (["--resume"], "last"), (["--resume", "auto"], "auto")]
)
def test_resume_may_stand_alone(apvg, trainings, arguments, resume):
    assert apvg("train", *arguments, "shards", "--run", "run").code == 0
    assert trainings[1][2].resume == resume


@pytest.mark.parametrize(
    ("arguments", "how"),
    [([], "the same command with --resume auto"), (["--resume", "auto"], "the same command")],
)
def test_how_an_interrupted_training_goes_on(apvg, trainings, monkeypatch, tmp_path, arguments, how):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["apvg_core.training.stages"], "train_all", interrupt)
    (tmp_path / "state").mkdir()
    outcome = apvg("train", "shards", "--run", tmp_path, *arguments)
    assert outcome.code == 130
    assert f"What is done is kept in {tmp_path}; {how} continues." in outcome.err


def test_several_seeds_are_several_runs(apvg, trainings, monkeypatch):
    monkeypatch.setattr(
        "apvg_core.training.seeds.replace", lambda options, **new: SimpleNamespace(**{**vars(options), **new})
    )
    outcome = apvg("train", "shards", "--run", "row", "--seeds", 2, "--seed", 5, "--resume")
    assert outcome.code == 0
    assert [(run, options.seed, options.resume) for _, run, options in trainings[1:]] == [
        (Path("row/seed-0"), 5, "auto"), (Path("row/seed-1"), 6, "auto"),
    ]  # fmt: skip


def test_a_setting_without_a_value(apvg, trainings):
    outcome = apvg("train", "shards", "--run", "run", "--set", "khp.hidden")
    assert outcome.code == 2
    assert "--set khp.hidden must be KEY=VALUE" in outcome.err


def test_evaluate(apvg, fake, tmp_path):
    scores = {"psnr": Score(23.456, 23.1, 23.8), "keypoint_distance": Score(0.01)}
    rows = [
        Row("full", "run", "tiny", 100, scores, {}),
        Row("cut", "run", "tiny+without-gcn", 100, {"psnr": Score(22, 21, 23, -1.456, True)}, {}),
    ]
    results = Results(
        apvg="0", split="train", seed=0, instrument="saw", performers=["ann"], fps=10.0, size=64,
        through_mp4=False, shards={}, rows=rows,
    )  # fmt: skip
    calls = fake("apvg_core.evaluation.evaluate", "evaluate", results)
    out = tmp_path / "results"
    reports = fake("apvg_core.report.write", "write_report", out / "report.html")
    out.mkdir()
    outcome = apvg(
        "evaluate", "shards", "--run", "a", "--run", "b", "--split", "train", "--limit", 2, "--through-mp4",
        "--find-keypoints", "--jobs", 3, "--videos", "films", "--out", out, "--vgg-weights", "vgg.pth",
        "--over-time", "--at", 0, "--at", 60,
    )  # fmt: skip
    assert outcome.code == 0
    assert "full  23.46 ± 0.35" in outcome.out
    assert "cut   22.00 ± 1.00 *" in outcome.out
    assert "(d) w/o GCN  22.00 ± 1.00 *" in outcome.out
    assert "Table I: what each part brings" in outcome.err
    expected = (
        (Path("shards"), [Path("a"), Path("b")], out),
        {
            "videos": Path("films"), "truth": None, "split": "train", "limit": 2,
            "through_mp4": True, "find_keypoints": True, "lesions": False, "judge": None,
            "vgg_weights": Path("vgg.pth"), "over_time": [0, 60], "device": "auto", "seed": 0, "jobs": 3,
        },
    )  # fmt: skip
    assert calls == [expected]
    assert reports == [((out, Path("shards")), {"videos": Path("films")})]
    assert "Of the 2 runs with a PSNR, full comes closest to the footage: 23.46 dB." in outcome.err
    assert f"The report is {out / 'report.html'}; open it in a browser." in outcome.err
    apvg("evaluate", "shards", "--run", "a", "--run", "b", "--no-report", "--out", out)
    assert (len(calls), len(reports)) == (2, 1)
    assert sorted(path.name for path in out.glob("[!.]*")) == ["scores.csv", "tables.md", "tables.tex"]


def test_evaluate_prints_what_each_part_contributes(apvg, fake, tmp_path):
    run = Row("full", "run", "tiny", 100, {"psnr": Score(23.456, 23.1, 23.8)}, {})
    heatmap = {"psnr": Score(23.036, 22.7, 23.3, -0.42, True), "agreement": Score(0.5)}
    rows = [
        replace(run, name="whole run", kind="lesion"),
        Row("heatmap emptied", "lesion", "tiny", 100, heatmap, {}),
    ]
    results = Results(
        apvg="0", split="train", seed=0, instrument="saw", performers=["ann"], fps=10.0, size=64,
        through_mp4=False, shards={}, rows=[run], lesions=[LesionRows("full", rows)],
    )  # fmt: skip
    calls = fake("apvg_core.evaluation.evaluate", "evaluate", results)
    outcome = apvg("evaluate", "shards", "--run", "a", "--lesions", "--no-report", "--out", tmp_path)
    assert outcome.code == 0
    assert calls[0][1]["lesions"] is True
    assert "Lesions of full: what each part contributes" in outcome.err
    assert "heatmap emptied  23.04 ± 0.30 (-0.42 *)  0.500" in outcome.out


def test_evaluate_looks_at_half_an_hour_unless_told_otherwise(apvg, fake, tmp_path):
    results = SimpleNamespace(rows=[Row("a", "run", "tiny", 0, {}, {})])
    calls = fake("apvg_core.evaluation.evaluate", "evaluate", results)
    fake("apvg_core.evaluation.tables", "all_tables", [])
    sys.modules["apvg_core.evaluation.tables"].write_tables = lambda *_: None
    command = ("evaluate", "shards", "--run", "a", "--no-report", "--out", tmp_path)
    assert apvg(*command, "--over-time").code == 0
    assert apvg(*command).code == 0
    assert [call[1]["over_time"] for call in calls] == [(0, 90, 1800), ()]
    outcome = apvg(*command, "--at", 5)
    assert (outcome.code, len(calls)) == (2, 2)
    assert "--at goes with --over-time; add that, or leave out --at." in outcome.err


def test_evaluate_wants_something_to_judge(apvg):
    outcome = apvg("evaluate", "shards")
    assert outcome.code == 2
    assert "name a run folder with --run, a performer that came with apvg with --instrument" in outcome.err


def test_study(apvg, fake):
    calls = fake("apvg_core.study.make", "make_study")
    outcome = apvg("study", "--run", "a", "--run", "b", "1.wav", "2.wav", "--out", "study", "--seed", 3)
    page, videos, key = (Path("study", name) for name in ("index.html", "videos", "key.json"))
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.splitlines() == [
        f"Send {page} and {videos} to the participants, and keep {key}.",
        "Next, to count what the participants send you:",
        "    apvg study --tally votes/*.json --out study",
    ]
    songs, runs = [Path("1.wav"), Path("2.wav")], [Path("a"), Path("b")]
    assert calls == [((songs, runs, Path("study")), {"performer": None, "seed": 3, "device": "auto"})]


def test_study_tally(apvg, tmp_path):
    pair = VideoSet("song.wav", (Video("x", "plain", "1"), Video("y", "full", "2")))
    write_key(tmp_path, Key("s", ("plain", "full"), (pair,)))
    votes = tmp_path / "votes.json"
    vote = {"shown": ["y", "x"], "realistic": "y", "in_sync": None}
    votes.write_text(
        json.dumps({"schema_version": 1, "study": "s", "participant": "p", "votes": [vote]}), encoding="utf-8"
    )
    outcome = apvg("study", "--tally", votes, "--out", tmp_path)
    assert outcome.code == 0
    assert [line.split() for line in outcome.out.splitlines()[1:]] == [
        ["plain", "0.0", "%", "0.0", "%"],
        ["full", "100.0", "%", "0.0", "%"],
        ["cannot", "tell", "0.0", "%", "100.0", "%"],
    ]
    assert outcome.err.startswith(
        "1 participant gave 1 vote on each question about 1 set of videos; the tally is in "
    )
    assert outcome.err.endswith(f"\n    apvg study --tally votes/*.json --out {tmp_path}\n")
    twice = apvg("study", "--tally", votes, votes, "--out", tmp_path)
    assert (twice.code, twice.out) == (8, "")
    assert twice.err == f"apvg: {votes} is of the same participant as {votes}; count one of them.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.wav"], "A study compares runs; name two or more, by --run or --instrument."),
        (
            ["--tally", "a.json", "--instrument", "cello"],
            "--tally only counts votes; leave out --instrument.",
        ),
        (
            ["--tally", "a.json", "--run", "r"],
            "--tally only counts votes; leave out --run.",
        ),
        ([], "Missing argument 'FILES'. See 'apvg study --help'."),
    ],
)
def test_study_asks_for_what_it_needs(apvg, tmp_path, arguments, sentence):
    outcome = apvg("study", *arguments, "--out", tmp_path)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"apvg: {sentence}\n")


def test_the_performers_that_come_along_are_judged_and_compared_too(apvg, fake, tmp_path):
    """After the runs; each by its folder in the installation."""
    results = SimpleNamespace(rows=[Row("a", "run", "tiny", 0, {}, {})])
    judged = fake("apvg_core.evaluation.evaluate", "evaluate", results)
    fake("apvg_core.evaluation.tables", "all_tables", [])
    sys.modules["apvg_core.evaluation.tables"].write_tables = lambda *_: None
    fake("apvg_core.report.write", "write_report")
    arguments = ("--run", "a", "--instrument", "cello", "--instrument", "trombone")
    assert apvg("evaluate", "shards", *arguments, "--out", tmp_path, "--no-report").code == 0
    compared = fake("apvg_core.study.make", "make_study")
    assert apvg("study", "1.wav", *arguments, "--out", "study").code == 0
    runs = [Path("a"), pretrained.FOLDER / "cello", pretrained.FOLDER / "trombone"]
    assert judged[0][0][1] == compared[0][0][1] == runs
    outcome = apvg("evaluate", "shards", "--instrument", "tuba")
    assert outcome.code == 2
    assert "plays the tuba; --instrument can be cello, trombone" in outcome.err
