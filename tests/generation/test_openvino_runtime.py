"""OpenVINO computes what PyTorch does, and converts a network once."""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from apvg_core.config import STAGES
from apvg_core.errors import ConfigError, DependencyError
from apvg_core.generation import openvino_runtime
from apvg_core.generation.networks import load_networks
from apvg_core.generation.openvino_runtime import OpenVINOStep
from apvg_core.generation.pipeline import generate_blocks
from apvg_core.generation.runtime import BUILDERS
from apvg_core.generation.torch_runtime import TorchStep
from apvg_core.recipes import TINY, get_recipe
from apvg_core.run import Conditions, RunInfo, write_conditions, write_run, write_stage
from tests.conftest import SIZE, melody


def performance(run: Path, runtime: str, seconds: float = 3.0) -> tuple[np.ndarray, np.ndarray | None]:
    """Frames and keypoints."""
    sound, _ = melody(seconds, 3)
    networks = load_networks(run, runtime=runtime)
    blocks = list(generate_blocks(networks, lambda: [sound], count=round(10 * seconds), performer=0, seed=0))
    frames = np.concatenate([block.frames for block in blocks]).astype(float)
    if networks.khp is None:
        return frames, None
    return frames, np.concatenate([block.keypoints for block in blocks])


def psnr(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, np.square(ours - theirs).mean())))


def test_the_pictures_are_pytorchs(run: Path) -> None:
    (theirs, their_keypoints), (ours, our_keypoints) = (performance(run, r) for r in ("torch", "openvino"))
    assert psnr(ours, theirs) > 40
    assert psnr(ours[-5:], theirs[-5:]) > 40  # it does not drift away
    assert np.abs(our_keypoints - their_keypoints).max() * SIZE < 0.01


@pytest.mark.parametrize("variant", ["without-cvg", "without-khp", "without-cnn-gru", "baseline"])
def test_whatever_the_recipe_leaves_out(
    variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # in bfloat16 networks that have learned nothing may go each their own way
    monkeypatch.setattr(openvino_runtime, "EXACT", STAGES)
    torch.manual_seed(0)
    recipe = get_recipe(f"tiny+{variant}")
    info = RunInfo(
        instrument="saw", performers=("p1",), fps=10.0, size=32, cqt_mode="continuous", window_offset=0.0,
        recipe=recipe, data={},
    )  # fmt: skip
    write_run(tmp_path, info)
    picture = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), np.uint8)
    write_conditions(tmp_path, Conditions(np.full((1, 60, 2), 0.4, np.float32), picture))
    for stage in recipe.stages:
        network = BUILDERS[stage](getattr(recipe, stage))
        for layer in network.modules():
            if isinstance(layer, torch.nn.Conv2d) and not layer.weight.any():
                torch.nn.init.normal_(layer.weight, std=0.05)
        write_stage(tmp_path, stage, network, {})
    (theirs, _), (ours, _) = (performance(tmp_path, r, 1.0) for r in ("torch", "openvino"))
    assert theirs.std() > 10
    assert psnr(ours, theirs) > 60


@pytest.fixture
def copy(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return shutil.copytree(run, tmp_path / "copy")


def conversions(run: Path, caplog: pytest.LogCaptureFixture) -> int:
    """How many networks are converted when the keypoints of a run are to be computed."""
    caplog.clear()
    with caplog.at_level(logging.INFO, "apvg_core"):
        step = load_networks(run, runtime="openvino", stages=["khp"]).khp
    output, _ = step(
        np.zeros((1, 8, 84, 87), np.float32), np.zeros((1, 60, 2), np.float32), state=step.start()
    )
    assert np.isfinite(output).all()
    return sum("Preparing the network khp" in message for message in caplog.messages)


def test_a_network_is_converted_once(
    copy: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = copy.with_name("cache") / "apvg/openvino"
    assert conversions(copy, caplog) == 1
    (kept,) = cache.glob("*.blob")
    assert conversions(copy, caplog) == 0
    assert conversions(shutil.copytree(copy, copy.with_name("again")), caplog) == 0  # wherever it lies

    kept.write_bytes(b"nonsense")
    assert conversions(copy, caplog) == 1
    assert conversions(copy, caplog) == 0

    other = BUILDERS["khp"](TINY.khp)
    write_stage(copy, "khp", other, {})
    assert conversions(copy, caplog) == 1
    assert len(list(cache.glob("*.blob"))) == 2

    monkeypatch.setattr(openvino_runtime, "KEPT", 1)
    write_stage(copy, "khp", BUILDERS["khp"](TINY.khp), {})
    os.utime(kept, (0, 0))
    assert conversions(copy, caplog) == 1
    assert len(list(cache.glob("*.blob"))) == 1


def test_without_a_cache_it_is_converted_each_time(
    copy: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    assert conversions(copy, caplog) == 1
    assert conversions(copy, caplog) == 1


def test_the_runtime_is_chosen_by_the_device(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def runtime(**flags: str) -> type:
        return type(load_networks(run, stages=["khp"], **flags).khp)

    assert runtime(device="cpu") is OpenVINOStep
    assert runtime(device="cpu", runtime="torch") is TorchStep
    with pytest.raises(ConfigError, match="leave out --device cuda"):
        runtime(device="cuda", runtime="openvino")
    monkeypatch.delitem(sys.modules, "apvg_core.generation.openvino_runtime")
    monkeypatch.delattr("apvg_core.generation.openvino_runtime")
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert runtime(device="cpu") is TorchStep
    with pytest.raises(DependencyError, match="pip install openvino"):
        runtime(runtime="openvino")


def test_nobody_is_told() -> None:
    """OpenVINO's own package reports each import, and each conversion, where nothing stands in its way."""
    code = (
        "import sys, apvg_core.generation.openvino_runtime;"
        "print(*(name for name in sys.modules if name.startswith('openvino_telemetry.')))"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == []
