import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from apvg_core.errors import RunError
from apvg_core.files import sha256_of
from apvg_core.recipes import TINY
from apvg_core.run.conditions import Conditions, read_conditions, write_conditions
from apvg_core.run.info import RunInfo, read_run, write_run
from apvg_core.run.weights import load_weights, read_stage_config, write_stage
from apvg_core.stages.khp.network import KHP
from tests.conftest import FPS

INFO = RunInfo(
    instrument="saw", performers=("p1", "p2"), fps=29.97, size=64, cqt_mode="continuous",
    window_offset=0.1, recipe=TINY, data={"a": "0"},
)  # fmt: skip


def test_a_run_survives_the_disk(tmp_path: Path) -> None:
    write_run(tmp_path, INFO)
    assert read_run(tmp_path) == INFO
    keypoints, image = np.ones((2, 60, 2), np.float32), np.ones((2, 64, 64, 3), np.uint8)
    conditions = Conditions(keypoints, image, 2 * keypoints, 3 * image)
    write_conditions(tmp_path, conditions)
    again = read_conditions(tmp_path, INFO)
    np.testing.assert_array_equal(again.average, conditions.average)
    np.testing.assert_array_equal(again.reference, conditions.reference)
    np.testing.assert_array_equal(again.reference_keypoints, conditions.reference_keypoints)
    np.testing.assert_array_equal(again.plate, conditions.plate)
    np.testing.assert_array_equal(again.plates(), conditions.plate)
    write_conditions(tmp_path, replace(conditions, plate=None))
    with pytest.raises(RunError, match="has no plate"):
        read_conditions(tmp_path, INFO).plates()


def test_a_stage_survives_the_disk_and_is_listed(tmp_path: Path) -> None:
    write_run(tmp_path, INFO)
    network, other = KHP(TINY.khp, FPS), KHP(TINY.khp, FPS)
    write_stage(tmp_path, "khp", network, {"steps": 3})
    checksum = sha256_of(tmp_path / "khp/model.safetensors")
    assert read_run(tmp_path).stages == {"khp": {"steps": 3, "sha256": checksum}}
    load_weights(tmp_path, "khp", other)
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), other.parameters(), strict=True))


def test_what_is_wrong_with_a_run_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run"):
        read_run(tmp_path)
    write_run(tmp_path, INFO)
    with pytest.raises(RunError, match=r"conditions.safetensors is missing"):
        read_conditions(tmp_path, INFO)
    with pytest.raises(RunError, match="lacks the stage khp; train it with 'apvg train-khp"):
        read_stage_config(tmp_path, "khp")

    write_stage(tmp_path, "khp", KHP(TINY.khp, FPS), {})
    weights = tmp_path / "khp" / "model.safetensors"
    assert read_stage_config(tmp_path, "khp") == TINY.khp
    with pytest.raises(RunError, match="does not fit"):
        load_weights(tmp_path, "khp", KHP(replace(TINY.khp, hidden=8), FPS))
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(RunError, match=r"model.safetensors is damaged"):
        load_weights(tmp_path, "khp", KHP(TINY.khp, FPS))

    (tmp_path / "khp" / "config.json").write_text("[]")
    with pytest.raises(RunError, match=r"config.json is damaged"):
        read_stage_config(tmp_path, "khp")

    document = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps({**document, "schema_version": 1}))
    with pytest.raises(RunError, match="version 1"):
        read_run(tmp_path)
    for damage in ("{", "[]", "{}", json.dumps({**document, "recipe": {"name": "x"}})):
        (tmp_path / "run.json").write_text(damage)
        with pytest.raises(RunError, match="damaged"):
            read_run(tmp_path)
