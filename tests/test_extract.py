"""Extraction end to end, on a virtual cellist."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from apvg_core.config import ExtractConfig
from apvg_core.data.shards import Shard, read_manifest
from apvg_core.errors import ConfigError
from apvg_core.extract import extract
from apvg_core.features.cqt import stream_windows
from apvg_core.features.loudness import normalising_gain
from apvg_core.media.audio import mono_blocks, open_song
from apvg_core.skeleton import BODY_JOINTS, LEFT_HAND, RIGHT_HAND
from apvg_core.units import SAMPLE_RATE
from tests.synth import excerpt, noise, truncate, write_video, write_wav

SECONDS = 2.0
CONFIG = ExtractConfig(size=64, fps=10.0)
RIGHT_WRIST = BODY_JOINTS.index("right_wrist")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return excerpt(tmp_path_factory.mktemp("film") / "film.mp4", SECONDS)


@pytest.fixture(scope="module")
def extracted(film, tmp_path_factory):
    """A single recording, hence split in time, and the progress it made."""
    out = tmp_path_factory.mktemp("extracted")
    calls = []
    report = extract(
        film, out, CONFIG, instrument="cello", on_progress=lambda *call, **facts: calls.append(call)
    )
    return out, report, calls


def opened(out, split):
    (entry,) = [entry for entry in read_manifest(out) if entry.split == split]
    return Shard(out / entry.path)


def test_report_and_manifest(extracted):
    out, report, calls = extracted
    assert (report.skipped, report.failures) == ([], [])
    assert [(e.split, e.frames) for e in report.written] == [("train", 16), ("validation", 4)]
    assert report.written == read_manifest(out)
    assert ("extract film0/film.mp4", 20, 20) in calls
    assert calls[-1] == ("extract", 1, 1)
    assert not list(out.glob("**/*.part"))


def test_segments_keep_the_recordings_clock(extracted):
    out, _, _ = extracted
    with opened(out, "train") as train, opened(out, "validation") as validation:
        np.testing.assert_allclose(train.times, np.arange(16) / 10)
        np.testing.assert_allclose(validation.times, np.arange(16, 20) / 10)
        assert (train.info.first_sample, train.info.first_column) == (0, 0)
        assert validation.info.first_sample == round(1.6 * SAMPLE_RATE)
        assert len(train.audio()) == round(1.6 * SAMPLE_RATE)
        assert len(validation.audio()) == pytest.approx(0.4 * SAMPLE_RATE, abs=1)


def test_sound_is_the_recordings(extracted, film):
    out, _, _ = extracted
    with open_song(film) as song:
        mono = np.concatenate(list(mono_blocks(song)))
        gain = normalising_gain(mono_blocks(song))
    windows = stream_windows(
        [mono * np.float32(gain)], count=20, fps=10.0, mode="continuous", offset=0.0, batch=20
    )
    (expected,) = windows
    with opened(out, "train") as train, opened(out, "validation") as validation:
        np.testing.assert_allclose(train.windows(0, 16), expected[:16], atol=1e-3)
        np.testing.assert_allclose(validation.windows(0, 4), expected[16:], atol=1e-3)
        first = validation.info.first_sample
        heard = validation.audio()
        np.testing.assert_allclose(heard / 32767, mono[first : first + len(heard)], atol=1e-4)


def test_the_player_is_seen(extracted):
    out, _, _ = extracted
    with opened(out, "train") as train:
        assert train.frames(0, 16).shape == (16, 64, 64, 3)
        assert train.keypoints.min() >= 0
        assert train.keypoints.max() <= 1
        assert train.visible[:, RIGHT_WRIST].mean() > 0.9
        assert train.visible[:, RIGHT_HAND].mean() > 0.8
        assert train.visible[:, LEFT_HAND].mean() > 0.9
        np.testing.assert_array_equal(train.imputed, train.confidence == 0)
        x, y, side = train.info.crop
        assert side % 2 == 0
        assert 0 <= x <= 256 - side
        assert 0 <= y <= 256 - side


def test_rerun_passes_over_what_is_done(extracted, film):
    out, _, _ = extracted
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/*/*.h5")}
    again = extract(film, out, CONFIG, instrument="cello")
    assert (again.written, again.failures) == ([], [])
    assert len(again.skipped) == 1
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/*/*.h5")} == before


@pytest.mark.slow
def test_other_settings_and_damage_are_made_anew(extracted, film, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(extracted[0], out)
    config = ExtractConfig(size=32, fps=5.0, cqt_mode="clip", lossless=True)
    report = extract(film, out, config, instrument="cello")
    assert [(e.size, e.frames, e.cqt_mode) for e in read_manifest(out)] == [(32, 8, "clip"), (32, 2, "clip")]
    with opened(out, "validation") as shard:
        assert shard.windows(0, 2).shape == (2, 84, 87)
    truncate(out / report.written[0].path, 0.5)
    (out / report.written[0].path).with_suffix(".1.part").touch()
    assert len(extract(film, out, config, instrument="cello").written) == 2
    assert not list(out.glob("**/*.part"))


def test_a_bad_file_costs_its_sentence_and_nothing_else(film, tmp_path):
    folder = tmp_path / "footage" / "cello" / "p1"
    folder.mkdir(parents=True)
    shutil.copy(film, folder / "a.mp4")
    (folder / "b.mp4").write_text("not a video")
    shutil.copy(film, folder / "c.mp4")
    truncate(folder / "c.mp4", 0.5)
    write_video(folder / "d_silent.mp4", seconds=1.0)
    write_video(folder / "e_nobody.mp4", seconds=1.0, sound=noise(1.0))
    config = ExtractConfig(size=32, fps=2.0)
    with ThreadPoolExecutor(2) as pool:
        report = extract(tmp_path / "footage", tmp_path / "out", config, executor=pool)
    assert [(e.split, e.frames) for e in report.written] == [("train", 4)]
    unreadable, cut, silent, empty = report.failures
    assert "b.mp4" in unreadable
    assert "c.mp4" in cut
    assert "d_silent.mp4 has no sound" in silent
    assert "No person found" in empty
    assert "e_nobody.mp4" in empty
    assert not any("\n" in failure for failure in report.failures)


@pytest.mark.slow
def test_sound_beside_a_silent_video(film, tmp_path):
    folder = tmp_path / "footage" / "cello" / "p1"
    folder.mkdir(parents=True)
    shutil.copy(film, folder / "a.mp4")
    write_wav(folder / "a.wav", noise(1.0))
    config = ExtractConfig(size=32, fps=2.0)
    assert len(extract(tmp_path / "footage", tmp_path / "out", config).written) == 2
    with opened(tmp_path / "out", "train") as shard:
        assert len(shard.audio()) == SAMPLE_RATE  # shorter than the 1.5 s of pictures
    write_wav(folder / "a.wav", noise(2.0))
    assert len(extract(tmp_path / "footage", tmp_path / "out", config).written) == 2


def test_out_must_be_a_folder(film, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="choose another"):
        extract(film, tmp_path / "file", CONFIG, instrument="cello")
