import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest

from apvg_core.files import PatientFile, is_there, printable, shortened, temporary_name, written_whole


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
    with pytest.raises(ZeroDivisionError), written_whole(tmp_path / "a") as temporary:
        temporary.write_text("half")
        _ = 1 / 0
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "before"


def test_a_patient_file_is_a_file(tmp_path: Path) -> None:
    with PatientFile(tmp_path / "a") as disk:
        with h5py.File(disk, "w") as file:
            file["x"] = np.arange(100_000)
        disk.check()
    with h5py.File(tmp_path / "a") as file:
        np.testing.assert_array_equal(file["x"][:], np.arange(100_000))


def test_a_full_disk_is_told_when_asked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with PatientFile(tmp_path / "a") as disk, files_limited_to(20_000):
        with h5py.File(disk, "w") as file:
            file["x"] = np.arange(100_000)
        with pytest.raises(OSError, match="File too large") as caught:
            disk.check()
    assert caught.value.filename == str(tmp_path / "a")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["a" * 255, "ä" * 127, "音" * 85, "\udce9" * 255])
def test_any_legal_name_can_be_written(tmp_path: Path, name: str) -> None:
    with written_whole(tmp_path / name) as temporary:
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
