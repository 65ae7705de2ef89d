"""What `run.json` tells of the shards that a stage was trained on, and how evaluation finds leaks by it."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import h5py
import pytest

from apvg_cli.app import run as apvg
from apvg_core.data.manifest import read_manifest, write_manifest
from apvg_core.data.provenance import origins
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.plan import warn_of_leaks
from apvg_core.run.info import read_run
from apvg_core.stages.khp import training as khp
from apvg_core.training.checkpoint import read_checkpoint, step_paths, write_checkpoint
from apvg_core.training.options import TrainOptions
from tests.conftest import write_shard

FILM = hashlib.sha256(b"a").hexdigest()


def shards_of(root: Path, *names: str, **changes: object) -> Path:
    for name in names:
        write_shard(root, name=name, split="train", seconds=3, seed=ord(name), **changes)
    write_manifest(root)
    return root


def test_a_stage_lists_all_shards_that_it_ever_learned_from(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    first, second = shards_of(tmp_path / "one", "a", "b"), shards_of(tmp_path / "two", "b", "c")
    khp.train(first, run, TrainOptions(recipe="tiny", steps=1))
    listed = read_run(run).stages["khp"]["shards"]
    assert listed[0] == {
        "id": "a", "sha256": read_manifest(first)[0].sha256, "performer": "p1", "source": "a.mp4",
        "source_sha256": FILM, "start": 0.0, "stop": 3.0,
    }  # fmt: skip
    assert [shard["id"] for shard in listed] == ["a", "b"]
    caplog.clear()
    khp.train(first, run, TrainOptions(steps=2, resume="last"))
    assert "These are not the shards" not in caplog.text
    khp.train(second, run, TrainOptions(steps=3, resume="last"))
    assert f"These are not the shards that khp of {run} has learned from; the new ones are c." in caplog.text
    info = read_run(run)
    assert [shard["id"] for shard in info.stages["khp"]["shards"]] == ["a", "b", "c"]
    assert info.data.keys() == {"a", "b"}  # that it was begun with
    assert apvg(["info", str(run)]) == 0
    assert "3 recordings, 9 seconds" in capsys.readouterr().out


def test_what_is_trained_already_names_films_that_were_added(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = tmp_path / "run"
    first, more = shards_of(tmp_path / "one", "a"), shards_of(tmp_path / "more", "a", "b")
    khp.train(first, run, TrainOptions(recipe="tiny", steps=1))
    khp.train(first, run, TrainOptions(resume="auto"))
    assert "the new ones" not in caplog.text
    khp.train(more, run, TrainOptions(resume="auto"))
    assert f"the new ones are b. To learn from them too, train into a new --run; --init {run}" in caplog.text


def forget(run: Path) -> None:
    """Make the checkpoints of `run` those of an earlier version, which did not list shards."""
    for path in step_paths(run, "khp"):
        checkpoint = read_checkpoint(path)
        facts = {k: v for k, v in checkpoint.facts.items() if k not in ("shards", "unlisted_steps")}
        write_checkpoint(path, replace(checkpoint, facts=facts))


def test_runs_from_before_there_were_such_lists_go_on(
    tmp_path: Path, shards: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    khp.train(shards, run, TrainOptions(recipe="tiny", steps=1))
    document = json.loads((run / "run.json").read_text())
    del document["stages"]["khp"]["shards"]
    (run / "run.json").write_text(json.dumps(document))
    info = read_run(run)
    assert info.learned_shards() == []
    assert info.unlisted_stages == ["khp"]
    assert apvg(["info", str(run)]) == 0
    assert "unknown" in capsys.readouterr().out
    warn_of_leaks(shards, [run], [info], read_manifest(shards))
    assert f"{run} was trained on 2 of the recordings that it is judged by." in caplog.text
    assert f"{run} does not list all recordings that khp learned from" in caplog.text


def test_what_an_old_checkpoint_learned_from_stays_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    first, second = shards_of(tmp_path / "one", "a", "b"), shards_of(tmp_path / "two", "b", "c")
    khp.train(first, run, TrainOptions(recipe="tiny", steps=2))
    forget(run)
    khp.train(second, run, TrainOptions(steps=3, resume="last"))
    khp.train(second, run, TrainOptions(steps=4, resume="last"))
    info = read_run(run)
    assert [shard.id for shard in info.learned_shards("khp")] == ["b", "c"]
    assert info.stages["khp"]["unlisted_steps"] == 2
    assert info.unlisted_stages == ["khp"]
    assert apvg(["info", str(run)]) == 0
    assert "2 and unknown" in capsys.readouterr().out


def test_a_checksum_that_counts_keypoints_does_not_tell_recordings_apart(tmp_path: Path) -> None:
    root = shards_of(tmp_path / "one", "a", settings={"keypoints": "poses"})
    [origin] = origins(root, read_manifest(root))
    assert (origin.source, origin.source_sha256) == ("a.mp4", "")


def test_evaluate_names_a_run_that_saw_the_held_out_moments(
    tmp_path: Path, half_run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The film a, which `half_run` learned from, is held out in another split."""
    root = shards_of(tmp_path / "anew", "b")
    write_shard(root, name="z", split="validation", seconds=2, seed=1, source_sha256=FILM)
    write_manifest(root)
    evaluate(root, [half_run], tmp_path / "results")
    assert f"{half_run} was trained on 1 of the recordings that it is judged by." in caplog.text
    results = json.loads((tmp_path / "results/results.json").read_text())
    assert results["rows"][0]["training"]["recordings"] == 2


def test_leaks_are_found_in_another_extraction_of_the_same_footage(
    tmp_path: Path, half_run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """`half_run` has learned from the films a and b, three seconds each."""
    info = read_run(half_run)
    anew = shards_of(tmp_path / "anew", "a", "d", size=32, source="films/x.mp4", source_sha256=FILM)
    with h5py.File(anew / "train/theremin/d.h5", "r+") as file:  # the same film's later part
        file["times"][:] += 3
        info_of_shard = {**json.loads(file.attrs["info"]), "first_column": 517}
        file.attrs["info"] = json.dumps(info_of_shard)
    write_manifest(anew)
    warn_of_leaks(anew, [half_run], [info], read_manifest(anew))
    assert caplog.messages == [f"{half_run} was trained on 1 of the recordings that it is judged by."]
    caplog.clear()
    later = [entry for entry in read_manifest(anew) if entry.id == "d"]
    warn_of_leaks(anew, [half_run], [info], later)
    assert not caplog.messages
    # by what stages have learned since, too
    khp_facts = dict(info.stages["khp"])
    khp_facts["shards"] = [{**khp_facts["shards"][0], "sha256": "x", "start": 3.0, "stop": 9.0}]
    warn_of_leaks(anew, [half_run], [replace(info, stages={"khp": khp_facts})], later)
    assert len(caplog.messages) == 1
