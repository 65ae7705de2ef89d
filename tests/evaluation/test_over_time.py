"""Quality over time: what is played, which frames are scored, and what becomes of a quality that fades."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from apvg_core.data.manifest import read_manifest
from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError
from apvg_core.evaluation import over_time as module
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.measurements import Measurements
from apvg_core.evaluation.over_time import LongSong, in_frames, score_long_song, scores_over_time, takes
from apvg_core.evaluation.part_files import read_part
from apvg_core.evaluation.predictors import RunPredictor
from apvg_core.evaluation.results import OverTime, read_results
from apvg_core.evaluation.tables import all_tables
from apvg_core.generation.pipeline import Block
from apvg_core.progress import silent
from apvg_core.units import SAMPLE_RATE
from tests.conftest import FPS

WINDOW = round(module.WINDOW_S * FPS)


def test_recordings_are_repeated_and_begin_anew_after_a_rest_where_a_window_does() -> None:
    assert list(takes([3, 2], [0, 10], rest=2, end=14)) == [
        (0, 3), (1, 2), (0, 3), (None, 2), (0, 3), (1, 1),
    ]  # fmt: skip
    assert list(takes([3, 2], [1], rest=2, end=5)) == [(None, 1), (0, 3), (1, 1)]
    assert list(takes([9], [0], rest=2, end=4)) == [(0, 4)]


@pytest.mark.parametrize("fps", [10.0, 24_000 / 1001, 30_000 / 1001, 12.3])
def test_there_are_no_rests_in_windows(fps: float) -> None:
    starts, length, rest = in_frames([0.3 + 12 * k for k in range(40)], fps)
    end = starts[-1] + length
    song = [index for index, count in takes([19], starts, rest, end) for _ in range(count)]
    assert len(song) == end
    assert all(song[start : start + length] == [0] * length for start in starts)
    assert all(song[start - 1] is None for start in starts)


@pytest.mark.parametrize("fps", [7.0, 30_000 / 1001])
def test_each_recording_sounds_at_the_sample_of_its_frame(fps: float) -> None:
    @dataclass
    class Recording:
        level: int
        frames: int

        def audio(self) -> np.ndarray:
            return np.full(round(self.frames / fps * SAMPLE_RATE), self.level, np.int16)

    recordings = [Recording(2**13, 300), Recording(2**14, 101)]
    played = list(takes([300, 101], [0, 703], rest=21, end=1200))
    song = np.concatenate(list(module._sound(recordings, iter(played), fps)))
    assert len(song) == round(1200 / fps * SAMPLE_RATE)
    begin = 0
    for index, count in played:
        level = 0 if index is None else recordings[index].level / 2**15
        first, last = ((begin + frame) / fps * SAMPLE_RATE for frame in (0, count))
        assert song[round(first) : round(last) - 1].tolist() == [level] * (round(last) - 1 - round(first))
        begin += count


@pytest.fixture
def song(shards: Path, run: Path, tmp_path: Path) -> LongSong:
    """The run `whole` plays a recording of two seconds; windows begin after whole repetitions."""
    (entry,) = [entry for entry in read_manifest(shards) if entry.split == "validation"]
    predictor = RunPredictor("whole", run, ("khp", "cvg", "stu"), 0, "cpu")
    return LongSong(predictor, (entry,), shards, (0.0, 20.0, 60.0), tmp_path)


@pytest.fixture
def player(song: LongSong, monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """Who plays the recording itself in the run's place, but brighter by what stands here from a frame on."""
    with Shard(song.shards / song.recordings[0].path) as shard:
        frames = shard.frames(0, len(shard))
    brighter: dict[int, int] = {}

    def play(networks, sound, *, count, performer, seed, after) -> Iterator[Block]:  # type: ignore[no-untyped-def]
        samples = sum(len(block) for block in sound())
        assert samples == round((count + after) / FPS * SAMPLE_RATE)
        for first in range(0, count, 8):
            at = np.arange(first, min(first + 8, count))
            more = max([0, *(value for frame, value in brighter.items() if first >= frame)])
            yield Block(np.zeros((len(at), 1, 1)), None, None, frames[at % len(frames)] + np.uint8(more))

    monkeypatch.setattr(module, "generate_blocks", play)
    return brighter


def scored(song: LongSong) -> OverTime:
    score_long_song(song, silent)
    return scores_over_time("whole", [song], [read_part(song.path)])


def test_who_repeats_himself_does_not_change(song: LongSong, player: dict[int, int]) -> None:
    windows = scored(song).windows
    perfect = {"psnr": 100.0, "ssim": 1.0, "gradient_energy": 1.0}
    assert [(window.start, window.seconds) for window in windows] == [(0, 10), (20, 10), (60, 10)]
    assert all(window.scores == pytest.approx(perfect) for window in windows)
    assert windows[0].changes == {}
    assert windows[2].changes == pytest.approx(dict.fromkeys(perfect, 0.0), abs=1e-9)


def test_who_gets_worse_does(song: LongSong, player: dict[int, int]) -> None:
    player[400] = 15  # of 255: 24.61 dB, and as sharp as ever
    first, second, third = scored(song).windows
    assert first.scores == pytest.approx(second.scores)
    assert third.scores["psnr"] == pytest.approx(20 * np.log10(255 / 15))
    assert third.changes["psnr"] == pytest.approx(20 * np.log10(255 / 15) - 100)
    assert third.changes["gradient_energy"] == pytest.approx(0)


@pytest.mark.slow
def test_nothing_is_scored_or_kept_between_the_windows(
    song: LongSong, player: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    frames = Shard.frames
    monkeypatch.setattr(Shard, "frames", lambda shard, a, b: read.append(a) or frames(shard, a, b))

    def peak(seconds: float) -> int:
        tracemalloc.start()
        score_long_song(replace(song, starts=(0.0, seconds)), silent)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak(20)  # what is loaded once is loaded
    short = peak(22)
    read.clear()
    assert peak(300) - short < 2**20  # its frames alone would be 37 MB
    assert len(read) == 2 * WINDOW


def test_a_song_is_scored_once(
    song: LongSong, player: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scored(song)
    monkeypatch.delattr(module, "generate_blocks")
    assert scored(song) == first
    with pytest.raises(NameError):
        scored(replace(song, starts=(0.0, 20.0)))


def test_performers_are_pooled_and_what_has_no_value_is_left_out(song: LongSong) -> None:
    def measured(psnr: list[float]) -> Measurements:
        rows, none = np.array([[value * 2, 2] for value in psnr]), np.zeros((3, 2))
        return Measurements({"psnr": rows, "ssim": none, "gradient_energy": none})

    one, two = measured([20, 20, 20]), measured([40, 40, 10])
    windows = scores_over_time("both", [song, song], [one, two]).windows
    assert [window.scores["psnr"] for window in windows] == [30, 30, 15]
    assert windows[2].changes == {"psnr": -50}


def test_a_run_keeps_its_quality(shards: Path, run: Path, half_run: Path, tmp_path: Path) -> None:
    results = evaluate(shards, [half_run, run], tmp_path / "results", over_time=(0, 12, 30))
    (of_run,) = results.over_time  # the other one makes no frames
    assert (of_run.run, [window.start for window in of_run.windows]) == ("whole", [0, 12, 30])
    assert of_run.windows[0].scores["psnr"] > results.row("mean frame").scores["psnr"].value
    assert all(abs(change) < 5 for window in of_run.windows for change in window.changes.values())
    assert read_results(tmp_path / "results/results.json") == results
    assert all_tables(results)[-1].title == "Quality over time"


def test_times_and_runs_that_will_not_do(shards: Path, run: Path, half_run: Path, tmp_path: Path) -> None:
    for times in ((0,), (0, 11), (12, 0), (-1, 30), (0, float("nan")), (0, float("inf"))):
        with pytest.raises(
            ConfigError, match=r"^--at .* must be two or more times, each at least 12 s after"
        ):
            evaluate(shards, [run], tmp_path, over_time=times)
    with pytest.raises(ConfigError, match="--over-time needs a run whose last stage is trained"):
        evaluate(shards, [half_run], tmp_path, over_time=(0, 30))
