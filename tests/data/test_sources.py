"""What there is to extract, and what is held out."""

import re

import pytest

from apvg_core.data.sources import Recording, assign_splits, find_recordings
from apvg_core.errors import ConfigError, MediaError


@pytest.fixture
def footage(tmp_path):
    for name in ("violin/anna/b.mp4", "violin/anna/a.MOV", "violin/ben/a.webm", "tuba/p1/take 1.mkv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "violin/anna/b.flac").touch()
    (tmp_path / "violin/anna/notes.txt").touch()
    (tmp_path / "violin/anna/._b.mp4").touch()
    return tmp_path


def test_folder(footage):
    found = find_recordings(footage)
    assert [(r.instrument, r.performer, r.source) for r in found] == [
        ("tuba", "p1", "tuba/p1/take 1.mkv"),
        ("violin", "anna", "violin/anna/a.MOV"),
        ("violin", "anna", "violin/anna/b.mp4"),
        ("violin", "ben", "violin/ben/a.webm"),
    ]


def test_ids_are_unique_plain_and_stable(footage):
    (footage / "tuba/p1/take-1.mkv").touch()
    (footage / "tuba/p1/take 1.mp4").touch()
    ids = [r.id for r in find_recordings(footage)]
    assert len(set(ids)) == 6
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in ids)
    assert ids == [r.id for r in find_recordings(footage)]
    assert ids[0].startswith("tuba-p1-take-1-")


def test_sound_beside_the_video_is_taken(footage):
    sounds = {r.source: r.sound.name for r in find_recordings(footage)}
    assert sounds["violin/anna/b.mp4"] == "b.flac"
    assert sounds["violin/anna/a.MOV"] == "a.MOV"


def test_folder_narrowed_down(footage):
    assert [r.source for r in find_recordings(footage, instrument="violin", performer="ben")] == [
        "violin/ben/a.webm"
    ]
    with pytest.raises(ConfigError, match="--instrument can be tuba, violin"):
        find_recordings(footage, instrument="flute")
    with pytest.raises(ConfigError, match="--performer can be p1"):
        find_recordings(footage, instrument="tuba", performer="ben")


def test_single_video(footage):
    video = footage / "violin/anna/b.mp4"
    (found,) = find_recordings(video, instrument="viola")
    assert (found.instrument, found.performer, found.source) == ("viola", "p1", "anna/b.mp4")
    (found,) = find_recordings(video, instrument="viola", performer="eve")
    assert found.performer == "eve"


def test_single_video_needs_its_instrument(footage):
    with pytest.raises(ConfigError, match="--instrument"):
        find_recordings(footage / "violin/anna/b.mp4")


@pytest.mark.parametrize("name", ["../x", "a/b", "", " ", ".hidden"])
def test_names_that_cannot_be_folders(footage, name):
    with pytest.raises(ConfigError, match="cannot name"):
        find_recordings(footage / "violin/anna/b.mp4", instrument=name)


def test_nothing_there(tmp_path):
    with pytest.raises(MediaError, match=r"nowhere does not exist"):
        find_recordings(tmp_path / "nowhere")
    (tmp_path / "loose.mp4").touch()
    with pytest.raises(MediaError, match=r"holds no videos.*<instrument>/<performer>"):
        find_recordings(tmp_path)


def recording(source, tmp_path):
    instrument, performer, _ = source.split("/")
    video = tmp_path / source
    return Recording(instrument=instrument, performer=performer, video=video, sound=video, source=source)


def test_the_last_recordings_are_held_out(tmp_path):
    many = [recording(f"violin/anna/{k:02}.mp4", tmp_path) for k in range(10)]
    two = [recording(f"violin/ben/{name}.mp4", tmp_path) for name in "ba"]
    one = [recording("tuba/anna/x.mp4", tmp_path)]
    splits = assign_splits([*many, *two, *one], validation_fraction=0.2)
    assert [splits[r] for r in many] == [("train",)] * 8 + [("validation",)] * 2
    assert [splits[r] for r in two] == [("validation",), ("train",)]
    assert splits[one[0]] == ("train", "validation")
