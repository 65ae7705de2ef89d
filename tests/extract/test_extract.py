"""Extraction end to end, on a virtual cellist."""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from apvg_core.config import ExtractConfig
from apvg_core.data.manifest import read_failures, read_manifest
from apvg_core.data.shards import Shard
from apvg_core.data.sources import find_recordings
from apvg_core.errors import ConfigError
from apvg_core.extract import ExtractReport
from apvg_core.extract import extract as run_extract
from apvg_core.extract.recording import is_done
from apvg_core.extract.unit import Unit
from apvg_core.features.cqt import stream_windows
from apvg_core.features.loudness import normalising_gain
from apvg_core.media.audio import mono_blocks, open_song
from apvg_core.media.video import read_frames
from apvg_core.media.video_writer import VideoWriter
from apvg_core.skeleton import BODY_JOINTS, LEFT_HAND, RIGHT_HAND
from apvg_core.units import SAMPLE_RATE
from tests.synth import excerpt, noise, truncate, write_video, write_wav

SECONDS = 2.0
CONFIG = ExtractConfig(size=64, fps=10.0)


def extract(path, out, config, *, instruments=(), **options) -> ExtractReport:
    return run_extract(find_recordings(path, instruments=instruments).recordings, out, config, **options)


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
        film, out, CONFIG, instruments=("cello",), on_progress=lambda *call, **facts: calls.append(call)
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
    again = extract(film, out, CONFIG, instruments=("cello",))
    assert (again.written, again.failures) == ([], [])
    assert len(again.skipped) == 1
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/*/*.h5")} == before


@pytest.mark.slow
def test_other_settings_and_damage_are_made_anew(extracted, film, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(extracted[0], out)
    config = ExtractConfig(size=32, fps=5.0, cqt_mode="clip", lossless=True)
    report = extract(film, out, config, instruments=("cello",), overwrite=True)
    assert [(e.size, e.frames, e.cqt_mode) for e in read_manifest(out)] == [(32, 8, "clip"), (32, 2, "clip")]
    with opened(out, "validation") as shard:
        assert shard.windows(0, 2).shape == (2, 84, 87)
    truncate(out / report.written[0].path, 0.5)
    (out / report.written[0].path).with_suffix(".1.part").touch()
    assert len(extract(film, out, config, instruments=("cello",)).written) == 2
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
    report = extract(tmp_path / "footage", tmp_path / "out", config, jobs=2)
    assert [(e.split, e.frames) for e in report.written] == [("train", 4)]
    assert read_failures(tmp_path / "out") == sorted(report.failures, key=lambda failure: failure.source)
    unreadable, cut, silent, empty = (f.reason for f in sorted(report.failures, key=lambda f: f.source))
    assert "b.mp4" in unreadable
    assert "c.mp4" in cut
    assert "d_silent.mp4 has no sound" in silent
    assert "No person found" in empty
    assert "e_nobody.mp4" in empty
    assert not any("\n" in failure.reason for failure in report.failures)


@pytest.mark.slow
def test_sound_beside_a_silent_video(film, tmp_path, caplog):
    folder = tmp_path / "footage" / "cello" / "p1"
    folder.mkdir(parents=True)
    shutil.copy(film, folder / "a.mp4")
    write_wav(folder / "a.wav", noise(1.0))
    config = ExtractConfig(size=32, fps=4.0)
    report = extract(tmp_path / "footage", tmp_path / "out", config)
    assert [entry.frames for entry in report.written] == [3, 1]  # of the one second that is heard
    assert "a.wav lasts 1.0 s and the pictures of cello/p1/a.mp4 last 2.0 s" in caplog.text
    with opened(tmp_path / "out", "train") as shard:
        assert len(shard.audio()) == 0.75 * SAMPLE_RATE
    write_wav(folder / "a.wav", noise(2.0))
    with pytest.raises(ConfigError, match=r"files of cello/p1/a\.mp4 have changed.*--overwrite"):
        extract(tmp_path / "footage", tmp_path / "out", config)
    report = extract(tmp_path / "footage", tmp_path / "out", config, overwrite=True)
    assert [entry.frames for entry in report.written] == [6, 2]


def test_out_must_be_a_folder(film, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="choose another"):
        extract(film, tmp_path / "file", CONFIG, instruments=("cello",))


def content_of(out):
    """All that the shards hold, but for when they were made."""
    found = {}
    for path in sorted(out.glob("*/*/*.h5")):
        with Shard(path) as shard:
            found[path.relative_to(out)] = (
                shard.info, shard.frames(0, len(shard)), shard.windows(0, len(shard)), shard.keypoints,
                shard.confidence, shard.imputed, shard.audio(),
            )  # fmt: skip
    return found


def assert_same(one, other, atol=0.0):
    assert one.keys() == other.keys()
    for path in one:
        assert one[path][0] == other[path][0]
        for a, b in zip(one[path][1:], other[path][1:], strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=atol)


@pytest.mark.slow
def test_a_long_film_comes_out_the_same_from_any_number_of_jobs(film, tmp_path):
    """Seventy seconds are two parts, the second with a warm-up."""
    long = tmp_path / "long.mp4"
    frames = list(read_frames(film, fps=4.0))
    wav = write_wav(tmp_path / "noise.wav", noise(70.0))
    with (
        open_song(wav) as song,
        VideoWriter(long, fps=4.0, width=256, height=256, song=song, metadata={}) as writer,
    ):
        for index in range(280):
            writer.write(frames[index % len(frames)])
    config = ExtractConfig(size=32, fps=4.0)
    for jobs, out in ((1, tmp_path / "one"), (3, tmp_path / "three")):
        report = extract(long, out, config, instruments=("cello",), jobs=jobs)
        assert [entry.frames for entry in report.written] == [224, 56]
        assert not (out / ".work").exists()
    assert_same(content_of(tmp_path / "one"), content_of(tmp_path / "three"))


@pytest.mark.slow
def test_a_killed_run_is_gone_on_with(film, tmp_path):
    """SIGKILL while the frames are looked at: in the end the shards are those of a run without a break."""
    out, whole = tmp_path / "out", tmp_path / "whole"
    script = (
        "from pathlib import Path; from apvg_core.data.sources import find_recordings;"
        "from apvg_core.config import ExtractConfig; from apvg_core.extract import extract\n"
        "if __name__ == '__main__':\n"
        f"    found = find_recordings(Path({str(film)!r}), instruments=('cello',))\n"
        f"    extract(found.recordings, Path({str(out)!r}), ExtractConfig(size=64, fps=10.0))\n"
    )
    file = tmp_path / "run.py"
    file.write_text(script)
    process = subprocess.Popen(
        [sys.executable, str(file)], cwd=Path(__file__).parents[2], start_new_session=True
    )
    while process.poll() is None and not list(out.glob(".work/*/*/survey.json")):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not list(out.glob("*/*/*.h5"))
    assert list(out.glob(".work/*/*/survey.json"))
    assert len(extract(film, out, CONFIG, instruments=("cello",)).written) == 2
    extract(film, whole, CONFIG, instruments=("cello",))
    assert_same(content_of(out), content_of(whole))


class Forgetful(ThreadPoolExecutor):
    """A cluster that loses each worker right after its last line, so that every step is run again."""

    def submit(self, runner, *arguments):
        super().submit(runner, *arguments).result()
        return super().submit(runner, *arguments)


@pytest.mark.slow
def test_a_step_may_be_run_again_after_its_end(film, tmp_path):
    config = ExtractConfig(size=32, fps=2.0)
    with Forgetful(1) as cluster:
        report = extract(film, tmp_path, config, instruments=("cello",), cluster=cluster)
    assert report.failures == []
    assert len(report.written) == 2


@pytest.mark.slow
def test_crops(film, tmp_path):
    for crop, square in (("center", (0, 0, 256)), ("20,40,200", (20, 40, 200))):
        config = ExtractConfig(size=32, fps=2.0, crop=crop)
        report = extract(film, tmp_path / crop, config, instruments=("cello",))
        with Shard(tmp_path / crop / report.written[0].path) as shard:
            assert shard.info.crop == square
    report = extract(
        film, tmp_path / "x", ExtractConfig(size=32, fps=2.0, crop="200,0,100"), instruments=("cello",)
    )
    assert "reaches out of the picture, which is 256 x 256" in report.failures[0].reason


def test_openpose_keypoints(film, tmp_path):
    """Of a film of 50 images, extracted at 10 a second, each frame has the keypoints of its image."""
    folder = tmp_path / "keypoints" / film.stem
    folder.mkdir(parents=True)
    for index in range(50):
        body = [(64 + 2 * index, 50 + 5 * joint, 0.9) for joint in range(len(BODY_JOINTS))]
        person = {"pose_keypoints_2d": list(np.ravel(body))}
        (folder / f"film_{index:012}_keypoints.json").write_text(json.dumps({"people": [person]}))
    config = ExtractConfig(size=32, fps=10.0, keypoints=str(tmp_path / "keypoints"))
    out = tmp_path / "out"
    assert extract(film, out, config, instruments=("cello",)).failures == []
    with opened(out, "train") as shard:
        x, _, side = shard.info.crop
        assert side < 256
        nose = shard.keypoints[:, 0, 0] * side + x
        np.testing.assert_allclose(nose, 64 + 2 * (np.arange(16) * 50 // 20), atol=3)  # smoothed
        assert not shard.visible[:, LEFT_HAND].any()
    for path in folder.glob("*_00000000004?_*"):
        path.unlink()
    report = extract(film, out, config, instruments=("cello",), overwrite=True)  # other keypoints
    (failure,) = report.failures
    assert "describes 40 pictures and film0/film.mp4 has 50" in failure.reason


def test_each_file_is_read_for_its_checksum_once(film, tmp_path, monkeypatch):
    """Not at every step of a recording; films are large."""
    unit = Unit(
        recording=find_recordings(film, instruments=("cello",)).recordings[0], splits=("train",),
        out=tmp_path, config=CONFIG, estimator="none",
    )  # fmt: skip
    done, returned = is_done(unit)
    assert not done
    monkeypatch.delattr("apvg_core.extract.unit.sha256_of")
    assert pickle.loads(pickle.dumps(returned)).source_sha256 == unit.source_sha256


@pytest.mark.slow
def test_a_performers_new_name_leaves_no_second_copy(film, tmp_path):
    config = ExtractConfig(size=32, fps=2.0)
    for performer in ("ann", "bob"):
        recordings = find_recordings(film, instruments=("cello",), performer=performer).recordings
        assert len(run_extract(recordings, tmp_path, config, overwrite=True).written) == 2
    assert [entry.performer for entry in read_manifest(tmp_path)] == ["bob", "bob"]
    recordings = find_recordings(film, instruments=("violin",), performer="bob").recordings
    run_extract(recordings, tmp_path, config, overwrite=True)
    assert [entry.instrument for entry in read_manifest(tmp_path)] == ["violin", "violin"]


def test_two_runs_at_once_are_refused(film, tmp_path):
    with FileLock(tmp_path / ".lock"), pytest.raises(ConfigError, match="Another extraction is writing"):
        extract(film, tmp_path, CONFIG, instruments=("cello",))
