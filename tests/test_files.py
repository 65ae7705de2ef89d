import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest

from apvg_core.files import (
    BEING_WRITTEN,
    SCRATCH_SECONDS,
    DeferredErrorFile,
    atomic_write,
    is_there,
    live_parts,
    printable,
    read_json,
    remove_stale_parts,
    scratch_folder,
    shortened,
    temporary_name,
    write_json,
)


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: like a full disk, but for the number of the error."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_is_half_written_takes_no_place(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("before")
    with pytest.raises(ZeroDivisionError), atomic_write(tmp_path / "a") as temporary:
        temporary.write_text("half")
        _ = 1 / 0
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "before"


def test_a_patient_file_is_a_file(tmp_path: Path) -> None:
    with DeferredErrorFile(tmp_path / "a") as disk:
        with h5py.File(disk, "w") as file:
            file["x"] = np.arange(100_000)
        disk.check()
    with h5py.File(tmp_path / "a") as file:
        np.testing.assert_array_equal(file["x"][:], np.arange(100_000))


def test_a_full_disk_is_told_when_asked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with DeferredErrorFile(tmp_path / "a") as disk, files_limited_to(20_000):
        with h5py.File(disk, "w") as file:
            file["x"] = np.arange(100_000)
        with pytest.raises(OSError, match="File too large") as caught:
            disk.check()
    assert caught.value.filename == str(tmp_path / "a")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["a" * 255, "ä" * 127, "音" * 85, "\udce9" * 255])
def test_any_legal_name_can_be_written(tmp_path: Path, name: str) -> None:
    with atomic_write(tmp_path / name) as temporary:
        assert temporary.parent == tmp_path
        temporary.write_bytes(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_temporary_names_tell_long_names_apart() -> None:
    assert temporary_name(Path("x", "a" * 250 + "1")) != temporary_name(Path("x", "a" * 250 + "2"))


def test_shortened() -> None:
    assert shortened("song.mp4") == "song.mp4"
    assert len(shortened("ä" * 200, 40).encode()) in (39, 40)
    assert shortened("ä" * 200, 40).startswith("ä" * 15)


def test_printable() -> None:
    assert printable("é 音") == "é 音"
    assert printable("a\udce9") == "a\ufffd"


def test_a_name_that_is_too_long_is_not_there(tmp_path: Path) -> None:
    assert not is_there(tmp_path / ("a" * 256))
    assert is_there(tmp_path)


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_killed_processes_left_is_removed(tmp_path: Path) -> None:
    dead, alive = dead_pid(), os.getppid()
    old = time.time() - 2 * BEING_WRITTEN
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
    assert live_parts(tmp_path / "song.mp4") == [alive]
    assert live_parts(tmp_path / "mine.mp4") == live_parts(tmp_path / "g.mp4") == []
    remove_stale_parts(tmp_path / "nowhere")


def test_a_full_disk_names_the_file_that_was_to_be(tmp_path: Path) -> None:
    with files_limited_to(100), pytest.raises(OSError, match="File too large") as caught:
        write_json(tmp_path / "a.json", list(range(1000)))
    assert caught.value.filename == str(tmp_path / "a.json")
    assert not list(tmp_path.iterdir())


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


def test_what_was_decoded_for_a_killed_process_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, alive, old = dead_pid(), os.getppid(), time.time() - 2 * SCRATCH_SECONDS
    for name, at in ((f"apvg-{dead}-a", old), (f"apvg-{dead}-b", time.time()), (f"apvg-{alive}-c", old)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "decoded.wav").touch()
        os.utime(tmp_path / name, (at, at))
    (tmp_path / "apvg-mine").mkdir()
    with scratch_folder() as scratch:
        left = {f"apvg-{dead}-b", f"apvg-{alive}-c", "apvg-mine"}
        assert {path.name for path in tmp_path.iterdir()} == left | {Path(scratch).name}
