"""Performers that a file names."""

import pytest

from apvg_core.data.sources import find_recordings
from apvg_core.errors import ConfigError


def test_performers_file_for_footage(footage):
    file = footage / "who.txt"
    file.write_text("# Tuesday\n\ntake 1 = carla  # the new one\nc=dora\n")
    found = find_recordings(footage, performers_file=file)
    assert [r.performer for r in found.recordings] == ["carla", "anna", "anna", "ben"]
    assert found.notes == ["The performers file names recordings that are not among these: c."]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_performers_file_in_json(footage, mark):
    file = footage / "who.json"
    file.write_bytes(mark + b'{"take 1": "carla"}')
    assert find_recordings(footage, performers_file=file).recordings[0].performer == "carla"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("cello01 = ann\ncello02", r"Line 2 of .*who\.txt names nobody"),
        ("= ann", "Line 1"),
        ("cello01 =", "Line 1"),
        ("cello01 = ../ann", "cannot name"),
        ('{"cello01": 3}', "names nobody for cello01"),
        ("{cello01", "is not valid JSON"),
        (b"\xff\xfe\x00", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_bad_performers_files(footage, text, complaint):
    file = footage / "who.txt"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match=complaint):
        find_recordings(footage, performers_file=file)
