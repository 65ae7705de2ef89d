"""OpenVINO computes what PyTorch does, and converts a network once."""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from apvg_core.errors import ConfigError, DependencyError
from apvg_core.generation.pipeline import Block, generate_blocks
from apvg_core.recipes import TINY, get_recipe
from apvg_core.run.conditions import Conditions, write_conditions
from apvg_core.run.info import RunInfo, write_run
from apvg_core.run.weights import write_stage
from apvg_core.runtime import openvino as openvino_runtime
from apvg_core.runtime import openvino_cache
from apvg_core.runtime.load import Networks, load_networks
from apvg_core.runtime.openvino import OpenVINOStep
from apvg_core.runtime.pytorch import TorchStep
from apvg_core.stages.networks import build_network
from apvg_core.stages.spec import BLOCK_FRAMES
from tests.conftest import FPS, SIZE, melody


def play(networks: Networks, seconds: float) -> list[Block]:
    sound, _ = melody(seconds, 3)
    return list(generate_blocks(networks, lambda: [sound], count=round(10 * seconds), performer=0, seed=0))


def performance(run: Path, runtime: str, seconds: float = 3.0) -> tuple[np.ndarray, np.ndarray | None]:
    """Frames and keypoints."""
    networks = load_networks(run, device="cpu", runtime=runtime)
    blocks = play(networks, seconds)
    frames = np.concatenate([block.frames for block in blocks]).astype(float)
    if networks.khp is None:
        return frames, None
    return frames, np.concatenate([block.keypoints for block in blocks])


def psnr(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, np.square(ours - theirs).mean())))


def test_the_images_are_pytorchs(run: Path) -> None:
    (theirs, their_keypoints), (ours, our_keypoints) = (performance(run, r) for r in ("torch", "openvino"))
    assert psnr(ours, theirs) > 40
    assert psnr(ours[-5:], theirs[-5:]) > 40  # it does not drift away
    assert np.abs(our_keypoints - their_keypoints).max() * SIZE < 0.01


def test_the_coarse_frames_are_pytorchs(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though OpenVINO's network sees one frame at a time."""
    monkeypatch.setattr(openvino_runtime, "_precision", lambda spec: "f32")
    theirs, ours = (
        np.concatenate([block.coarse for block in play(load_networks(run, device="cpu", runtime=name), 3.0)])
        for name in ("torch", "openvino")
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["without-cvg", "without-khp", "without-cnn-gru", "baseline"])
def test_whatever_the_recipe_leaves_out(
    variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # in bfloat16 networks that have learned nothing may go each their own way
    monkeypatch.setattr(openvino_runtime, "_precision", lambda spec: "f32")
    torch.manual_seed(0)
    recipe = get_recipe(f"tiny+{variant}")
    info = RunInfo(
        instrument="saw", performers=("p1",), fps=10.0, size=32, cqt_mode="continuous", window_offset=0.0,
        recipe=recipe, data={},
    )  # fmt: skip
    write_run(tmp_path, info)
    image = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), np.uint8)
    write_conditions(
        tmp_path,
        Conditions(np.full((1, 60, 2), 0.4, np.float32), image, np.full((1, 60, 2), 0.6, np.float32), image),
    )
    for stage in recipe.stages:
        network = build_network(getattr(recipe, stage), FPS)
        for layer in network.modules():
            if isinstance(layer, torch.nn.Conv2d) and not layer.weight.any():
                torch.nn.init.normal_(layer.weight, std=0.02)
        write_stage(tmp_path, stage, network, {})
    (theirs, _), (ours, _) = (performance(tmp_path, r, 1.0) for r in ("torch", "openvino"))
    assert theirs.std() > 10
    assert psnr(ours, theirs) > 60


@pytest.fixture
def copy(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return shutil.copytree(run, tmp_path / "copy")


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The runs whose networks are converted, each time they are."""
    runs, whole = [], openvino_runtime.convert

    def convert(run: Path, *rest: object, **options: object) -> object:
        runs.append(run)
        return whole(run, *rest, **options)

    monkeypatch.setattr(openvino_runtime, "convert", convert)
    return runs


def predict(run: Path) -> None:
    """Compute keypoints."""
    khp = load_networks(run, runtime="openvino", stages=["khp"]).khp
    windows, average = np.zeros((1, BLOCK_FRAMES, 84, 87), np.float32), np.zeros((1, 60, 2), np.float32)
    keypoints, _ = khp({"windows": windows, "average": average}, khp.start({}))
    assert np.isfinite(keypoints).all()


def test_a_network_is_converted_once(
    copy: Path, converted: list[Path], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = copy.with_name("cache") / "apvg/openvino"
    with caplog.at_level(logging.INFO, "apvg_core"):
        predict(copy)
        predict(copy)
    assert caplog.messages == [f"Preparing {copy} for this machine; the next time it starts at once …"]
    assert converted == [copy]
    (kept,) = cache.glob("*.blob")

    predict(shutil.copytree(copy, copy.with_name("elsewhere")))
    assert converted == [copy]

    kept.write_bytes(kept.read_bytes()[:-100])
    predict(copy)
    predict(copy)
    assert converted == [copy] * 2

    write_stage(copy, "khp", build_network(TINY.khp, FPS), {})  # other weights
    predict(copy)
    assert converted == [copy] * 3
    assert len(list(cache.glob("*.blob"))) == 2

    monkeypatch.setattr(openvino_cache, "LARGEST", 1.5 * kept.stat().st_size)
    write_stage(copy, "khp", build_network(TINY.khp, FPS), {})
    predict(copy)
    assert len(list(cache.glob("*.blob"))) == 1
    predict(copy)
    assert converted == [copy] * 4


def flip_a_bit(kept: Path) -> None:
    data = bytearray(kept.read_bytes())
    data[len(data) // 2] ^= 4
    kept.write_bytes(data)


def let_all_write(kept: Path) -> None:
    kept.chmod(0o666)


@pytest.mark.parametrize("harm", [flip_a_bit, let_all_write])
def test_a_network_that_is_not_what_was_kept_is_made_anew(
    copy: Path, converted: list[Path], harm: Callable[[Path], None]
) -> None:
    predict(copy)
    (kept,) = copy.with_name("cache").glob("apvg/openvino/*.blob")
    harm(kept)
    predict(copy)
    predict(copy)
    assert converted == [copy] * 2


def foreign(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)


def open_to_all(folder: Path, _: pytest.MonkeyPatch) -> None:
    folder.chmod(0o777)


@pytest.mark.parametrize("harm", [foreign, open_to_all])
def test_a_cache_that_others_can_write_to_is_not_used(
    copy: Path, converted: list[Path], monkeypatch: pytest.MonkeyPatch, harm: Callable[..., None]
) -> None:
    predict(copy)
    folder = copy.with_name("cache") / "apvg/openvino"
    (kept,) = folder.glob("*.blob")
    before = kept.read_bytes()
    harm(folder, monkeypatch)
    flip_a_bit(kept)
    after = kept.read_bytes()
    predict(copy)
    assert converted == [copy] * 2
    assert kept.read_bytes() == after != before


def test_a_cache_that_cannot_be_looked_into_stops_nobody(
    copy: Path, converted: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path, **_: object) -> None:
        if "openvino" in path.parts and path.suffix in (".blob", ""):
            raise PermissionError(13, "Permission denied", str(path))
        return whole(path)

    whole = Path.stat
    monkeypatch.setattr(Path, "stat", denied)
    predict(copy)
    assert converted == [copy]


def test_without_a_cache_it_is_converted_each_time(
    copy: Path, converted: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    predict(copy)
    predict(copy)
    assert converted == [copy] * 2


@pytest.mark.slow
def test_processes_that_start_together_convert_once(copy: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import apvg_core.runtime.openvino as runtime;"
        "from apvg_core.runtime.load import load_networks; whole = runtime.convert;"
        "runtime.convert = lambda *a, **k: (print('converting'), whole(*a, **k))[1];"
        "load_networks(Path(sys.argv[1]), device='cpu', stages=['khp'])"
    )
    command = [sys.executable, "-c", code, str(copy)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0].split() for process in both].count(["converting"]) == 1
    assert [process.returncode for process in both] == [0, 0]


@pytest.mark.slow
def test_signals_arrive_after_networks_were_let_go_of(copy: Path) -> None:
    code = (
        "import gc, os, signal, sys; from pathlib import Path;"
        "from apvg_core.runtime.load import load_networks;"
        "both = [load_networks(Path(sys.argv[1]), device='cpu', stages=['khp']) for _ in range(2)];"
        "both.pop(0); gc.collect(); both.pop(); gc.collect();"
        "signal.signal(signal.SIGTERM, lambda *_: print('heard'));"
        "os.kill(os.getpid(), signal.SIGTERM)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(copy)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "heard\n")


def test_the_runtime_is_chosen_by_the_device(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def runtime(**flags: str) -> type:
        return type(load_networks(run, stages=["khp"], **flags).khp)

    assert runtime(device="cpu") is OpenVINOStep
    assert runtime(device="cpu", runtime="torch") is TorchStep
    with pytest.raises(ConfigError, match="leave out --device cuda"):
        runtime(device="cuda", runtime="openvino")
    monkeypatch.delitem(sys.modules, "apvg_core.runtime.openvino")
    monkeypatch.delattr("apvg_core.runtime.openvino")
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert runtime(device="cpu") is TorchStep
    with pytest.raises(DependencyError, match="pip install openvino"):
        runtime(runtime="openvino")


def test_nobody_is_told() -> None:
    """OpenVINO's own package reports each import, and each conversion, where nothing stands in its way."""
    code = (
        "import sys, apvg_core.runtime.openvino;"
        "print(*(name for name in sys.modules if name.startswith('openvino_telemetry.')))"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == []
