from pathlib import Path

import pytest

from apvg_core.files import read_json, write_json


@pytest.mark.parametrize(
    "text",
    ["NaN", "-Infinity", "[1e999]", "1" * 30, "[" * 33 + "]" * 33, "[" * 10**5, '"\\ud800"', '{"a": 1,}', "",
     '{"a":' * 40 + "1" + "}" * 40],
)  # fmt: skip
def test_json_that_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=r"."):
        read_json(tmp_path / "a.json")


def test_json_that_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('\ufeff{"a": [1, -2.5, 18446744073709551615, null, "\\ud83d\\ude00"]}', encoding="utf-8")
    assert read_json(path) == {"a": [1, -2.5, 2**64 - 1, None, "\U0001f600"]}
    with pytest.raises(ValueError, match="more than 10 bytes"):
        read_json(path, limit=10)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    document = {"a": [1, 0.5, "é"], "b": None}
    write_json(tmp_path / "new" / "a.json", document)
    assert read_json(tmp_path / "new" / "a.json") == document
