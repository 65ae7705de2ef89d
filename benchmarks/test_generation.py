"""How fast `apvg generate` is, start-up included; what takes the time; does memory grow with the song.

Recipe `fast` at 256 x 256 and 25 fps with untrained weights (they cost the same as trained ones); beside it,
in PyTorch, the baselines' generators at the sizes of their papers.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import soundfile
import torch

from apvg_core.generation.pipeline import coarse_blocks, final_blocks, sound_windows
from apvg_core.media.audio import mono_blocks, open_song
from apvg_core.media.video_writer import VideoWriter
from apvg_core.recipes import FAST, get_recipe
from apvg_core.run.conditions import Conditions, write_conditions
from apvg_core.run.info import RunInfo, write_run
from apvg_core.run.weights import write_stage
from apvg_core.runtime.devices import autocast, choose_precision, to_device
from apvg_core.runtime.load import Networks, load_networks
from apvg_core.stages.networks import build_network, initial_state
from apvg_core.stages.specs import stage_spec
from apvg_core.units import SAMPLE_RATE

SIZE, FPS = 256, 25.0

CHILD: Final = """
import json, re, resource, sys, time
from pathlib import Path
from apvg_cli.app import run
from apvg_core.media.video_writer import VideoWriter

write, first = VideoWriter.write, []

def noted(self, frame):
    first.append(time.time()) if not first else None
    write(self, frame)

VideoWriter.write = noted
code = run(sys.argv[2:])
usage = resource.getrusage(resource.RUSAGE_SELF)
# ru_maxrss would be the parent's, if that is larger
status = Path("/proc/self/status").read_text(encoding="utf-8")
print(json.dumps({
    "peak_mb": int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) / 1e3,
    "cpu_seconds": usage.ru_utime + usage.ru_stime,
    "first_frame": first[0] - float(sys.argv[1]),
}))
sys.exit(code)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("run")
    info = RunInfo(
        instrument="noise", performers=("p1",), fps=FPS, size=SIZE, cqt_mode=FAST.cqt_mode,
        window_offset=0.0, recipe=FAST, data={},
    )  # fmt: skip
    write_run(root, info)
    rng = np.random.default_rng(0)
    reference = rng.integers(0, 256, (1, SIZE, SIZE, 3), np.uint8)
    keypoints = rng.random((1, 60, 2), np.float32)
    write_conditions(root, Conditions(keypoints, reference, keypoints, reference))
    for stage in FAST.stages:
        write_stage(root, stage, build_network(getattr(FAST, stage), FPS), {})
    return root


def noise(folder: Path, seconds: float) -> Path:
    song = folder / f"{seconds:g}.wav"
    samples = np.random.default_rng(0).normal(0, 0.1, round(seconds * SAMPLE_RATE)).astype(np.float32)
    soundfile.write(song, samples, SAMPLE_RATE)
    return song


def generate(run: Path, song: Path, runtime: str = "auto") -> dict[str, float]:
    """Generate a video in a fresh process: its peak memory, CPU seconds, and seconds to the first frame."""
    out = song.with_suffix(".mp4")
    command = ["generate", str(song), "--run", str(run), "--out", str(out), "--overwrite"]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(time.time()), *command, "--runtime", runtime],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


@pytest.mark.parametrize("runtime", ["openvino", "torch"])
def test_speed(benchmark: Any, run: Path, tmp_path: Path, runtime: str) -> None:
    """Wall and CPU time of the whole command for a minute of music, once its networks are converted.

    On a machine that does other things, half of the CPU time is what two idle cores would need at best.
    """
    seconds = 60.0
    first_run = generate(run, noise(tmp_path, 1.0), runtime)
    measured = benchmark.pedantic(generate, args=(run, noise(tmp_path, seconds), runtime), rounds=1)
    wall = benchmark.stats.stats.median
    benchmark.extra_info.update(
        measured,
        first_run_cpu_seconds=first_run["cpu_seconds"],
        real_time_factor=wall / seconds,
        real_time_factor_of_two_idle_cores=measured["cpu_seconds"] / 2 / seconds,
    )


class Timed:
    """A function, and the CPU time it has taken."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.start = getattr(function, "start", None)
        self.seconds = 0.0

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        begin = time.process_time()
        result = self.function(*arguments, **more)
        self.seconds += time.process_time() - begin
        return result


@pytest.mark.parametrize("runtime", ["openvino", "torch"])
def test_share_of_each_stage(benchmark: Any, run: Path, tmp_path: Path, runtime: Any) -> None:
    """CPU milliseconds a frame, one stage after the other and on one core."""
    networks = load_networks(run, runtime=runtime, threads=1)
    steps: dict[str, Timed] = {stage: Timed(getattr(networks, stage)) for stage in FAST.stages}
    timed: Networks = replace(networks, **steps)  # type: ignore[arg-type]
    count = 200
    with open_song(noise(tmp_path, count / FPS)) as song:
        film = VideoWriter(tmp_path / "out.mp4", fps=FPS, width=SIZE, height=SIZE, song=song, metadata={})
        parts: dict[str, Timed] = {
            "windows": Timed(lambda: list(sound_windows(lambda: mono_blocks(song), networks.info, count)))
        }
        parts.update(steps, encode=Timed(film.write))

        def all_of_it() -> None:
            coarse = coarse_blocks(timed, parts["windows"](), performer=0, seed=0)
            with film:
                for block in final_blocks(timed, coarse, performer=0):
                    assert block.frames is not None
                    for frame in block.frames:
                        parts["encode"](frame)

        whole = Timed(all_of_it)
        benchmark.pedantic(whole, rounds=1)
    parts["all"] = whole
    benchmark.extra_info.update({name: 1000 * part.seconds / count for name, part in parts.items()})


def test_memory_does_not_grow_with_the_song(benchmark: Any, run: Path, tmp_path: Path) -> None:
    """Peak memory for two minutes over that for 15 s; both hold one block of sound and a few of frames."""
    generate(run, noise(tmp_path, 1.0))
    short = generate(run, noise(tmp_path, 15.0))["peak_mb"]
    long = benchmark.pedantic(generate, args=(run, noise(tmp_path, 120.0)), rounds=1)["peak_mb"]
    benchmark.extra_info.update(short_mb=short, long_mb=long, ratio=long / short)


def _frames(recipe_name: str) -> Callable[[], None]:
    """Make one frame with all of a recipe's networks."""
    recipe = get_recipe(recipe_name)
    device = torch.device("cpu")
    steps = []
    for stage in recipe.stages:
        network = build_network(getattr(recipe, stage), FPS).eval()
        spec = stage_spec(recipe, stage, SIZE, FPS)
        inputs = {array.name: torch.rand(array.shape(frames=1)) for array in spec.inputs}
        steps.append((to_device(network, device), inputs, initial_state(spec, inputs)))

    @torch.inference_mode()
    def frame() -> None:
        with autocast(device, choose_precision("auto", device)):
            for network, inputs, state in steps:
                network(inputs, state)

    return frame


def test_forward_beside_the_baselines(benchmark: Any) -> None:
    """One frame of `fast`, all three networks; and how many times as long the baselines' generators take."""
    ours = _frames(FAST.name)
    benchmark.pedantic(ours, rounds=20, warmup_rounds=3)
    for baseline in ("ebdn", "vid2vid"):
        theirs = _frames(f"paper+{baseline}")
        theirs()
        begun = time.perf_counter()
        theirs()
        seconds = time.perf_counter() - begun
        benchmark.extra_info[f"{baseline}_times_as_long"] = seconds / benchmark.stats.stats.median
