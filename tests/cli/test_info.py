import json
import shlex

import cv2
import h5py
import numpy as np
import pytest
import soundfile

from apvg_cli import console
from apvg_core.data.manifest import Failure, write_manifest
from tests.conftest import write_shard


def test_shard_folder(apvg, shards):
    outcome = apvg("info", shards)
    assert outcome.code == 0
    header, train, validation = outcome.out.splitlines()
    assert header.split("  ")[0] == "split"
    assert train.split() == ["train", "violin", "ann", "1", "4", "0.5", "8", "32", "1", "0.5", "1"]
    assert validation.split()[0] == "validation"


def test_shard_folder_as_json(apvg, shards):
    rows = json.loads(apvg("info", shards, "--json").out)
    assert [row["split"] for row in rows] == ["train", "validation"]
    assert rows[0]["left hand"] == 0.5


def test_shard(apvg, shards):
    facts = json.loads(apvg("info", shards / "train/violin/a.h5", "--json").out)
    assert (facts["performer"], facts["frames"], facts["body"]) == ("ann", 4, 1.0)


def test_shards_are_compared_with_their_checksums(apvg, shards, tmp_path):
    assert apvg("info", shards, "--verify").code == 0
    path = shards / "train/violin/a.h5"
    with h5py.File(path, "a") as file:
        file["audio"][5] = 1
    outcome = apvg("info", shards, "--verify")
    assert outcome.code == 4
    named, counted = outcome.err.splitlines()
    assert str(path) in named
    assert "1 of the 2 shards" in counted
    assert apvg("info", tmp_path, "--verify").code == 2


def test_json_has_no_numbers_that_are_none(capsys):
    console.document({"a": [float("nan"), 1.5], "b": {"c": float("-inf")}})
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == {
        "a": [None, 1.5],
        "b": {"c": None},
    }


def test_a_damaged_shard_is_named(apvg, shards):
    path = shards / "train/violin/a.h5"
    path.write_bytes(path.read_bytes()[:1000])
    outcome = apvg("info", shards)
    assert outcome.code == 4
    assert str(path) in outcome.err


@pytest.mark.parametrize(("name", "word"), [("", "holds neither"), ("nothing", "does not exist")])
def test_unknown_path(apvg, tmp_path, name, word):
    outcome = apvg("info", tmp_path / name)
    assert outcome.code == 2
    assert word in outcome.err
    assert outcome.err.count("\n") == 1


def test_unreadable_run(apvg, tmp_path):
    (tmp_path / "run.json").write_text("{")
    assert apvg("info", tmp_path).code == 5


def test_song(apvg, tmp_path):
    path = tmp_path / "song.wav"
    soundfile.write(path, np.zeros((4410, 2)), 44100)
    facts = json.loads(apvg("info", path, "--json").out)
    assert facts == {"sample rate": 44100, "channels": 2, "duration": 0.1}


def test_text_is_no_song(apvg, tmp_path):
    path = tmp_path / "song.wav"
    path.write_text("la la la")
    outcome = apvg("info", path)
    assert outcome.code == 3
    assert outcome.err.startswith(f"apvg: {path} ")


def test_what_could_not_be_extracted_is_told(apvg, shards):
    write_manifest(shards, [Failure("c.mp4", "c.mp4 has no sound.")], {"c.mp4"})
    assert "Not extracted: c.mp4 has no sound." in apvg("info", shards).err
    write_manifest(shards, [], {"c.mp4"})
    assert "Not extracted" not in apvg("info", shards).err


def test_a_shard_is_drawn(apvg, shards, tmp_path):
    outcome = apvg("info", shards, "--sheet", tmp_path / "sheet.png")
    assert outcome.code == 0
    image = cv2.imread(str(tmp_path / "sheet.png"))
    assert image.shape[1] == 6 * 256
    assert image.std() > 10
    assert apvg("info", shards, "--sheet", tmp_path / "sheet.gif").code == 2
    assert apvg("info", shards, "--sheet", tmp_path / "none" / "x.png").code == 0


def test_after_a_shard_is_drawn_its_folder_is_trained_on(apvg, shards, tmp_path):
    (shard, *_) = sorted(shards.rglob("*.h5"))
    for drawn in (shards, shard):
        outcome = apvg("info", drawn, "--sheet", tmp_path / "sheet.png")
        assert outcome.err.splitlines()[-1].startswith(f"    apvg train {shards} --run ")


def test_a_performer_that_came_along(apvg):
    outcome = apvg("info", "--instrument", "cello")
    assert "cello" in outcome.out
    assert "    apvg generate song.wav --instrument cello" in outcome.err.splitlines()
    for arguments in ([], ["x", "--instrument", "cello"]):
        outcome = apvg("info", *arguments)
        assert (outcome.code, outcome.err.count("\n")) == (2, 1)
        assert "Name one thing" in outcome.err


def test_next_commands_can_be_copied_whatever_the_names(apvg, tmp_path):
    """As a shell reads them, they are the arguments that were meant."""
    root = tmp_path / "my shards; $(x)"
    for name, instrument in (("a", "viola d'amore"), ("b", "zither")):
        write_shard(root, name=name, split="train", seconds=1, seed=0, instrument=instrument, performer="a b")
    write_manifest(root)
    commands = [shlex.split(line) for line in apvg("info", root).err.splitlines() if "    apvg" in line]
    assert commands == [
        ["apvg", "info", str(root), "--sheet", "sheet.png"],
        ["apvg", "train", str(root), "--run", "runs/a b", "--instrument", "viola d'amore"],
    ]
