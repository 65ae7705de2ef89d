"""Recordings found in folders and files."""

import pytest

from apvg_core.data.sources import find_recordings
from apvg_core.errors import ConfigError, MediaError


def test_folder(footage):
    found = find_recordings(footage)
    assert (found.layout, found.notes) == ("footage", [])
    assert [(r.instrument, r.performer, r.source) for r in found.recordings] == [
        ("tuba", "p1", "tuba/p1/take 1.mkv"),
        ("violin", "anna", "violin/anna/a.MOV"),
        ("violin", "anna", "violin/anna/b.mp4"),
        ("violin", "ben", "violin/ben/a.webm"),
    ]


def test_folder_narrowed_down(footage):
    found = find_recordings(footage, instruments=["violin"], performer="ben")
    assert [r.source for r in found.recordings] == ["violin/ben/a.webm"]
    assert len(find_recordings(footage, instruments=["violin", "tuba"]).recordings) == 4
    with pytest.raises(ConfigError, match="--instrument can be tuba, violin"):
        find_recordings(footage, instruments=["violin", "flute"])
    with pytest.raises(ConfigError, match="--performer can be p1"):
        find_recordings(footage, instruments=["tuba"], performer="ben")
    with pytest.raises(ConfigError, match="--split is for Sub-URMP"):
        find_recordings(footage, splits=["train"])


def test_limit(footage):
    assert [r.source for r in find_recordings(footage, limit=2).recordings] == [
        "tuba/p1/take 1.mkv",
        "violin/anna/a.MOV",
    ]
    assert len(find_recordings(footage, limit=9).recordings) == 4
    with pytest.raises(ConfigError, match="--limit 0"):
        find_recordings(footage, limit=0)


def test_single_video(footage):
    video = footage / "violin/anna/b.mp4"
    (found,) = find_recordings(video, instruments=["viola"]).recordings
    assert (found.instrument, found.performer, found.source) == ("viola", "p1", "anna/b.mp4")
    (found,) = find_recordings(video, instruments=["viola"], performer="eve").recordings
    assert found.performer == "eve"


@pytest.mark.parametrize("instruments", [[], ["violin", "viola"]])
def test_single_video_needs_its_instrument(footage, instruments):
    with pytest.raises(ConfigError, match=r"Which instrument is played in b\.mp4.*--instrument"):
        find_recordings(footage / "violin/anna/b.mp4", instruments=instruments)


@pytest.mark.parametrize("layout", ["sub-urmp", "urmp"])
def test_footage_is_no_dataset(footage, layout):
    for path in (footage, footage / "violin/anna/b.mp4"):
        with pytest.raises(MediaError, match="URMP"):
            find_recordings(path, layout=layout, instruments=["violin"])


def test_nothing_there(tmp_path):
    with pytest.raises(MediaError, match=r"nowhere does not exist"):
        find_recordings(tmp_path / "nowhere")
    (tmp_path / "loose.mp4").touch()
    with pytest.raises(MediaError, match=r"holds no videos.*<instrument>/<performer>"):
        find_recordings(tmp_path)
