"""Runs that somebody sent: whatever is damaged in them is refused in a sentence."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from apvg_core.config import STAGES
from apvg_core.errors import RunError
from apvg_core.files import sha256_of
from apvg_core.recipes import TINY
from apvg_core.run.conditions import Conditions, read_conditions, write_conditions
from apvg_core.run.info import RunInfo, read_run, write_run
from apvg_core.run.weights import read_stage_config, write_stage
from apvg_core.runtime.pytorch import load_network
from apvg_core.stages.networks import build_network
from tests.conftest import FPS

INFO = RunInfo(
    instrument="saw", performers=("p1", "p2"), fps=FPS, size=64, cqt_mode="continuous", window_offset=0.0,
    recipe=TINY, data={"a": "0"},
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has learned nothing. Read only."""
    root = tmp_path_factory.mktemp("hostile") / "run"
    write_run(root, INFO)
    places, images = np.full((2, 60, 2), 0.4, np.float32), np.zeros((2, 64, 64, 3), np.uint8)
    write_conditions(root, Conditions(places, images, places, images))
    for stage in STAGES:
        facts = {"steps": 3, "seed": 0, "precision": "fp32", "losses": {"pixel": 0.1}, "best": {}}
        write_stage(root, stage, build_network(getattr(TINY, stage), FPS), facts)
    return root


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "run")


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value of a JSON document."""
    yield path
    if isinstance(document, list):
        document = dict(enumerate(document))
    for key, value in document.items() if isinstance(document, dict) else ():
        yield from places(value, (*path, key))


def changed(document: Any, path: tuple[Any, ...], value: object) -> Any:
    """A copy with another value in a place."""
    whole = {"": copy.deepcopy(document)}
    inner: Any = whole
    for key in ("", *path)[:-1]:
        inner = inner[key]
    inner[("", *path)[-1]] = value
    return whole[""]


def nested(depth: int) -> list[Any]:
    document: list[Any] = []
    for _ in range(depth):
        document = [document]
    return document


WRONG = st.sampled_from(
    [
        None, -1, 0, 1e308, float("nan"), float("-inf"), "", "\x1b[2J", "\ud800", [], {}, [[]], 10**25, 2**62,
        5000, True, nested(40), nested(500), "A" * 10_000,
    ]
)  # fmt: skip


def read(run: Path) -> RunInfo:
    info = read_run(run)
    read_conditions(run, info)
    for stage in STAGES:
        read_stage_config(run, stage)
    return info


@given(data=st.data(), value=WRONG)
@pytest.mark.parametrize("name", ["run.json", *(f"{stage}/config.json" for stage in STAGES)])
def test_any_other_value_is_one_sentence_or_within_bounds(
    whole: Path, name: str, data: st.DataObject, value: object
) -> None:
    path = whole / name
    text = path.read_text()
    document = json.loads(text)
    place = data.draw(st.sampled_from(list(places(document))))
    path.write_text(json.dumps(changed(document, place, value)))
    try:
        info = read(whole)
    except RunError as error:
        sentence = str(error)
    else:
        sentence = f"{whole} is read."
        assert np.isfinite(info.fps)
        assert max(getattr(info.recipe.khp, "hidden", 0), *info.recipe.stu.channels) <= 4096
        json.dumps(read_run(whole).stages, allow_nan=False)
    finally:
        path.write_text(text)
    assert str(whole) in sentence
    assert sentence.isprintable()
    assert len(sentence) < 700


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("fps",), 0), (("fps",), 1e9), (("fps",), float("nan")), (("size",), 8), (("size",), 100_000),
        (("size",), 72), (("performers",), []), (("performers",), "p1"), (("performers",), ["p1", "p1"]),
        (("performers",), ["p1", 2]), (("performers",), ["p1", ""]), (("cqt_mode",), "clip"),
        (("window_offset",), 3.0), (("skeleton",), "other"), (("recipe", "khp", "hidden"), 10**6),
        (("recipe", "khp", "layers"), 1000), (("recipe", "stu", "channels"), [8, 10**7, 24]),
        (("recipe", "khp", "training", "lr"), 1e300), (("recipe", "khp", "training", "batch"), 10**9),
        (("stages", "khp", "seed"), "x"), (("stages", "khp", "precision"), "fp8"),
        (("stages", "khp", "losses"), {"pixel": float("nan")}), (("stages", "drums"), {}), (("data",), []),
    ],
)  # fmt: skip
def test_what_no_run_can_be(run: Path, place: tuple[str, ...], value: object) -> None:
    document = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(changed(document, place, value)))
    with pytest.raises(RunError, match=r"run\.json is damaged \("):
        read_run(run)


@pytest.mark.parametrize("size", [4096, 1024])
def test_no_settings_ask_for_more_memory_than_there_is(run: Path, size: int) -> None:
    document = json.loads((run / "run.json").read_text())
    wide = changed(document, ("recipe", "stu", "channels"), [4096, 16, 16])
    (run / "run.json").write_text(json.dumps(changed(wide, ("size",), size)))
    with pytest.raises(RunError, match="too many channels"):
        read_run(run)


@pytest.mark.parametrize("text", ["", "[" * 100_000, "\xff", "1", '"run"', "[]", "nul", "{" * 5000])
@pytest.mark.parametrize("name", ["run.json", "khp/config.json"])
def test_what_is_no_json(run: Path, name: str, text: str) -> None:
    (run / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(RunError, match="is damaged"):
        read(run)


def test_settings_that_are_not_the_runs(run: Path) -> None:
    document = json.loads((run / "khp/config.json").read_text())
    (run / "khp/config.json").write_text(json.dumps({**document, "hidden": 64}))
    with pytest.raises(RunError, match=r"config\.json is not what .*run\.json says"):
        read_stage_config(run, "khp")
    document["training"]["steps"] += 1  # a training that went on
    (run / "khp/config.json").write_text(json.dumps(document))
    assert read_stage_config(run, "khp").hidden == TINY.khp.hidden


def rewrite(run: Path, change: Callable[[dict[str, torch.Tensor]], object], *, trusted: bool = True) -> None:
    """Change the weights of `khp`; `trusted`, as if they had been trained so."""
    path = run / "khp/model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    if trusted:
        document = json.loads((run / "run.json").read_text())
        document["stages"]["khp"]["sha256"] = sha256_of(path)
        (run / "run.json").write_text(json.dumps(document))


def set_one(value: float) -> Callable[[dict[str, torch.Tensor]], object]:
    return lambda tensors: tensors["head.bias"].__setitem__(3, value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -3e38])
def test_weights_that_are_none(run: Path, value: float) -> None:
    rewrite(run, set_one(value))
    with pytest.raises(RunError, match=r"model\.safetensors is damaged \(head\.bias has values"):
        load_network(run, "khp")


def to(kind: torch.dtype) -> Callable[[dict[str, torch.Tensor]], object]:
    return lambda tensors: tensors.update({name: tensor.to(kind) for name, tensor in tensors.items()})


def test_weights_of_any_floating_point(run: Path) -> None:
    exact = load_network(run, "khp").state_dict()
    for kind in (torch.bfloat16, torch.float16, torch.float64):
        rewrite(run, to(kind))
        for name, tensor in load_network(run, "khp").state_dict().items():
            assert tensor.dtype == torch.float32
            torch.testing.assert_close(tensor, exact[name], rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(
    "change",
    [
        to(torch.int32),
        lambda tensors: tensors.pop("head.bias"),
        lambda tensors: tensors.update(more=torch.zeros(3)),
        lambda tensors: tensors.update({"head.bias": torch.zeros(4)}),
        lambda tensors: tensors.update({"head.bias": torch.zeros(0)}),
        lambda tensors: tensors.clear(),
    ],
)
def test_weights_of_another_network(run: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    rewrite(run, change)
    with pytest.raises(RunError, match=r"does not fit its config\.json"):
        load_network(run, "khp")


def test_flipped_bits_are_noticed(run: Path) -> None:
    rewrite(run, set_one(0.25), trusted=False)
    with pytest.raises(RunError, match=r"its checksum is not the one in run\.json"):
        load_network(run, "khp")
    document = json.loads((run / "run.json").read_text())
    del document["stages"]["khp"]["sha256"]  # an older run
    (run / "run.json").write_text(json.dumps(document))
    assert load_network(run, "khp").state_dict()["head.bias"][3] == 0.25


@settings(max_examples=20)
@given(cut=st.integers(0, 2000), claim=st.sampled_from([b"\xff" * 8, b"\x00" * 8, b"\x10" + b"\x00" * 7]))
def test_a_file_that_is_no_weights(whole: Path, cut: int, claim: bytes) -> None:
    path = whole / "khp/model.safetensors"
    data = path.read_bytes()
    try:
        for damaged in (data[:cut], claim + data[8:], data + b"0", data[: cut // 2] + b"\x00" + data[cut:]):
            path.write_bytes(damaged)
            with pytest.raises(RunError, match=r"model\.safetensors"):
                load_network(whole, "khp")
    finally:
        path.write_bytes(data)


GOOD = np.full((2, 60, 2), 0.4, np.float32)
IMAGES = np.zeros((2, 64, 64, 3), np.uint8)


@pytest.mark.parametrize(
    "changes",
    [
        {"average": np.where(np.arange(120).reshape(60, 2) == 7, np.inf, GOOD).astype(np.float32)},
        {"reference_keypoints": np.full_like(GOOD, np.nan)},
        {"average": GOOD.astype(np.float64) * 1e300},
        {"average": GOOD[:1]}, {"average": GOOD[:, :59]}, {"reference": IMAGES[:, :32]},
        {"reference": IMAGES.astype(np.float32)}, {"average": GOOD.astype(np.uint8)},
        {"plate": IMAGES[..., :1]}, {"more": GOOD}, {"reference": None},
    ],
)  # fmt: skip
def test_conditions_that_are_none(run: Path, changes: dict[str, np.ndarray | None]) -> None:
    arrays = {"average": GOOD, "reference": IMAGES, "reference_keypoints": GOOD, **changes}
    tensors = {k: torch.from_numpy(v.copy()) for k, v in arrays.items() if v is not None}
    save_file(tensors, run / "conditions.safetensors")
    with pytest.raises(RunError, match=r"conditions\.safetensors"):
        read_conditions(run, read_run(run))


def test_conditions_in_bfloat16_are_a_sentence(run: Path) -> None:
    tensors = {"average": torch.zeros(2, 60, 2).bfloat16(), "reference": torch.from_numpy(IMAGES)}
    save_file(tensors, run / "conditions.safetensors")
    with pytest.raises(RunError, match="numbers of an unknown kind"):
        read_conditions(run, read_run(run))
