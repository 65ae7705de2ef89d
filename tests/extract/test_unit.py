"""A unit: its checksum, its settings and its paths."""

import hashlib
from dataclasses import replace

import pytest

from apvg_core.config import ExtractConfig
from apvg_core.data.sources import Recording
from apvg_core.extract.unit import Unit
from apvg_core.media.frame_sources import VideoFrames


@pytest.fixture
def unit(tmp_path):
    film, sound = tmp_path / "a.mp4", tmp_path / "a.wav"
    film.write_bytes(b"film")
    sound.write_bytes(b"sound")
    recording = Recording(
        instrument="cello", performer="ann", source="cello/ann/a.mp4", split=None, images=VideoFrames(film),
        sound=sound,
    )  # fmt: skip
    return Unit(
        recording=recording, splits=("train",), out=tmp_path / "out", config=ExtractConfig(), estimator="x"
    )


def test_the_checksum_is_of_the_files_contents(unit):
    digests = [hashlib.sha256(data).hexdigest() for data in (b"film", b"sound")]
    assert unit.known_sha256 is None
    assert unit.source_sha256 == hashlib.sha256("".join(digests).encode()).hexdigest()
    assert unit.in_splits(("validation",)).known_sha256 == unit.source_sha256


def test_other_settings_have_another_folder_for_unfinished_work(unit):
    other = replace(unit, config=ExtractConfig(size=32))
    assert unit.work != other.work
    assert unit.work.parent == other.work.parent == unit.out / ".work" / unit.recording.id


def test_shards_lie_by_split_and_instrument(unit):
    name = f"{unit.recording.id}-train"
    assert unit.shard_id("train") == name
    assert unit.shard_path("train") == unit.out / "train" / "cello" / f"{name}.h5"
    assert not unit.is_done()


def test_keypoints_are_read_only_where_a_folder_is_given(unit):
    assert unit.keypoint_folder() is None
