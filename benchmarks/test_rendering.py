"""How many frames a second of a virtual performer one core renders at 256 x 256, posing and all."""

import os
import sys
import time

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from apvg_core.virtual.recording import Recording, Take

FRAMES = 100


@pytest.mark.parametrize("instrument", ["trombone", "cello"])
def test_frames_a_second(benchmark: BenchmarkFixture, instrument: str) -> None:
    if sys.platform == "linux":  # llvmpipe would take every core
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    take = Take(
        instrument=instrument, performer=1, seed=1, number=0, seconds=20, timbre="additive", soundfont=None
    )

    def render() -> float:
        images = Recording(take).images(np.arange(FRAMES) / 25, 256, 256)
        next(images)  # the scene is built, and the shaders compiled
        started = time.perf_counter()
        drawn = sum(1 for _ in images)
        return drawn / (time.perf_counter() - started)

    benchmark.extra_info["frames_a_second"] = benchmark(render)
