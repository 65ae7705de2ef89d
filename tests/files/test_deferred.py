from pathlib import Path

import h5py
import numpy as np
import pytest

from apvg_core.files import DeferredErrorFile
from tests.files.limits import files_limited_to


def test_without_errors_it_is_an_ordinary_file(tmp_path: Path) -> None:
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
