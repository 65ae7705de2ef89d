import os
import time
from pathlib import Path

import pytest

from apvg_core.files import atomic_write, other_writers, remove_stale_parts, temporary_name, write_json
from apvg_core.files.atomic import STALE_SECONDS
from tests.files.limits import dead_pid, files_limited_to


def test_what_is_half_written_takes_no_place(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("before")
    with pytest.raises(ZeroDivisionError), atomic_write(tmp_path / "a") as temporary:
        temporary.write_text("half")
        _ = 1 / 0
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "before"


@pytest.mark.parametrize("name", ["a" * 255, "ä" * 127, "音" * 85, "\udce9" * 255])
def test_any_legal_name_can_be_written(tmp_path: Path, name: str) -> None:
    with atomic_write(tmp_path / name) as temporary:
        assert temporary.parent == tmp_path
        temporary.write_bytes(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_temporary_names_tell_long_names_apart() -> None:
    assert temporary_name(Path("x", "a" * 250 + "1")) != temporary_name(Path("x", "a" * 250 + "2"))


def test_what_killed_processes_left_is_removed(tmp_path: Path) -> None:
    dead, alive = dead_pid(), os.getppid()
    old = time.time() - 2 * STALE_SECONDS
    stays = {
        f"run.json.{alive}.part", f".song.mp4.{alive}.part", "no-number.part", f"x.{dead}.part.txt",
        "12.part", f"new.{dead}.part", f"x.{alive}.0123.{alive}.part",
    }  # fmt: skip
    goes = {f"run.json.{dead}.part", f".a.b.c.{dead}.part", f".mine.mp4.{dead}.part", f"x.1234.{dead}.part"}
    for name in stays | goes:
        (tmp_path / name).touch()
        if not name.startswith((".mine", "new")):
            os.utime(tmp_path / name, (old, old))
    images = tmp_path / f".pictures.{dead}.part"
    images.mkdir()
    (images / "000001.png").touch()
    os.utime(images, (old, old))
    remove_stale_parts(tmp_path, name="mine.mp4")
    assert {path.name for path in tmp_path.iterdir()} == stays
    assert other_writers(tmp_path / "song.mp4") == [alive]
    assert other_writers(tmp_path / "mine.mp4") == other_writers(tmp_path / "g.mp4") == []
    remove_stale_parts(tmp_path / "nowhere")


def test_a_full_disk_names_the_file_that_was_to_be(tmp_path: Path) -> None:
    with files_limited_to(100), pytest.raises(OSError, match="File too large") as caught:
        write_json(tmp_path / "a.json", list(range(1000)))
    assert caught.value.filename == str(tmp_path / "a.json")
    assert not list(tmp_path.iterdir())
