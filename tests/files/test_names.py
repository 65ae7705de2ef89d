import os
import sys
from pathlib import Path

import pytest

from apvg_core.files import as_bytes, path_exists, printable, shortened


def test_shortened() -> None:
    assert shortened("song.mp4") == "song.mp4"
    assert len(shortened("ä" * 200, 40).encode()) in (39, 40)
    assert shortened("ä" * 200, 40).startswith("ä" * 15)


def test_printable() -> None:
    assert printable("é 音") == "é 音"
    assert printable("a\udce9") == "a\ufffd"


def test_a_name_that_is_too_long_is_not_there(tmp_path: Path) -> None:
    assert not path_exists(tmp_path / ("a" * 256))
    assert path_exists(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_undecodable_names_keep_their_bytes() -> None:
    assert as_bytes(Path("a\udce9")) == b"a\xe9" == os.fsencode("a\udce9")
