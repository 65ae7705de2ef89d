"""What every layout of files comes down to: ids, names and files of a recording."""

import re

import pytest

from apvg_core.data.sources import find_recordings
from apvg_core.errors import ConfigError


def test_ids_are_unique_plain_and_stable(footage):
    (footage / "tuba/p1/take-1.mkv").touch()
    (footage / "tuba/p1/take 1.mp4").touch()
    ids = [r.id for r in find_recordings(footage).recordings]
    assert len(set(ids)) == 6
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in ids)
    assert ids == [r.id for r in find_recordings(footage).recordings]
    assert ids[0].startswith("tuba-p1-take-1-")


def test_files_of_a_recording(footage):
    files = {r.source: [path.name for path in r.files()] for r in find_recordings(footage).recordings}
    assert files["violin/anna/b.mp4"] == ["b.mp4", "b.flac"]
    assert files["violin/anna/a.MOV"] == ["a.MOV"]


@pytest.mark.parametrize("name", ["../x", "a/b", "", " ", ".hidden"])
def test_names_that_cannot_be_folders(footage, name):
    with pytest.raises(ConfigError, match="cannot name"):
        find_recordings(footage / "violin/anna/b.mp4", instruments=[name])
