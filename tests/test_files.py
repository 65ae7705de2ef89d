import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest

from apvg_core.files import PatientFile, written_whole


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
