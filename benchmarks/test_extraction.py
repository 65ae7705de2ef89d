"""Extraction beside two bare pose estimators, side by side on the same frames in the same run."""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytest_benchmark.fixture import BenchmarkFixture

from apvg_core.config import ExtractConfig
from apvg_core.data.sources import find_recordings
from apvg_core.extract import extract
from apvg_core.features.pose import HolisticEstimator
from apvg_core.media.video import read_frames
from apvg_core.media.video_writer import VideoWriter
from apvg_core.units import SAMPLE_RATE

FILMS = Path(__file__).parents[1] / "examples/recordings/trombone"


def _estimate(film: Path) -> int:
    """Decode a film and estimate the pose in each frame; returns how many there were."""
    with closing(HolisticEstimator(video=True)) as estimator:
        return len([estimator(frame) for frame in read_frames(film, 25.0)])


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _films(folder: Path, seconds: int) -> list[Path]:
    """Two minutes of the virtual trombonist in recordings of so many seconds, forwards and backwards."""
    folder.mkdir(parents=True)
    parts = [list(read_frames(part, 25.0)) for part in sorted(FILMS.glob("*/*.mp4"))]  # of 15 s
    parts += [part[::-1] for part in parts]  # recordings that are alike are extracted once
    together = seconds // 15
    films = [folder / f"{k}.mp4" for k in range(len(parts) // together)]
    for k, film in enumerate(films):
        with VideoWriter(film, fps=25.0, width=256, height=256, song=None, metadata={}) as writer:
            for frame in chain(*parts[k * together : (k + 1) * together]):
                writer.write(frame)
        soundfile.write(film.with_suffix(".wav"), np.zeros(seconds * SAMPLE_RATE), SAMPLE_RATE)
    return films


@pytest.mark.parametrize("seconds", [15, 60])
def test_extraction_beside_bare_estimators(benchmark: BenchmarkFixture, tmp_path: Path, seconds: int) -> None:
    films = _films(tmp_path / "footage/trombone/p8", seconds)
    recordings = find_recordings(tmp_path / "footage").recordings
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(_estimate, sorted(FILMS.glob("*/*.mp4"))[:2]))  # the processes start, the models load
        bare = _seconds(lambda: list(pool.map(_estimate, films)))
    run = partial(extract, recordings, tmp_path / "shards", ExtractConfig(), jobs=2)
    ours = benchmark.pedantic(_seconds, args=(run,), rounds=1)  # type: ignore[no-untyped-call]
    benchmark.extra_info["share_of_the_bare_frame_rate"] = bare / ours
