"""How fast `apvg generate` is, start-up included, and whether its memory grows with the song.

Recipe `fast` at 256 x 256 and 25 fps with untrained weights (they cost the same as trained ones).
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from apvg_core.generation.runtime import BUILDERS
from apvg_core.recipes import FAST
from apvg_core.run import Conditions, RunInfo, write_conditions, write_run, write_stage
from apvg_core.units import SAMPLE_RATE

SIZE, FPS = 256, 25.0


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("run")
    info = RunInfo(
        instrument="noise", performers=("p1",), fps=FPS, size=SIZE, cqt_mode=FAST.cqt_mode,
        window_offset=0.0, recipe=FAST, data={},
    )  # fmt: skip
    write_run(root, info)
    reference = torch.randint(0, 256, (1, SIZE, SIZE, 3), dtype=torch.uint8)
    write_conditions(root, Conditions(torch.rand(1, 60, 2), reference))
    for stage in FAST.stages:
        write_stage(root, stage, BUILDERS[stage](getattr(FAST, stage)), {})
    return root


def generate(run: Path, folder: Path, seconds: float) -> float:
    """Generate a video in a fresh process and return that process's peak memory in MB."""
    song = folder / f"{seconds:g}.wav"
    noise = np.random.default_rng(0).normal(0, 0.1, round(seconds * SAMPLE_RATE)).astype(np.float32)
    soundfile.write(song, noise, SAMPLE_RATE)
    code = (
        "import json, resource, sys; from apvg_cli.app import run; code = run(sys.argv[1:]);"
        "print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)); sys.exit(code)"
    )
    command = ["generate", str(song), "--run", str(run), "--out", str(folder / "out.mp4")]
    done = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return float(json.loads(done.stdout.splitlines()[-1])) / unit


def test_speed(benchmark: Any, run: Path, tmp_path: Path) -> None:
    """Wall time of the whole command for 20 s of music; `times_real_time` is what users feel."""
    seconds = 20.0
    benchmark.pedantic(generate, args=(run, tmp_path, seconds), rounds=3, warmup_rounds=1)
    benchmark.extra_info["times_real_time"] = seconds / benchmark.stats.stats.median


def test_memory_does_not_grow_with_the_song(benchmark: Any, run: Path, tmp_path: Path) -> None:
    """Peak memory for 60 s over that for 15 s; both hold one block of sound and one of frames."""
    short = generate(run, tmp_path, 15.0)
    long = benchmark.pedantic(generate, args=(run, tmp_path, 60.0), rounds=1)
    benchmark.extra_info.update(short_mb=short, long_mb=long, ratio=long / short)
