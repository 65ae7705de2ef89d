import os
import tempfile
import time
from pathlib import Path

import pytest

from apvg_core.files import scratch_folder
from apvg_core.files.scratch import SCRATCH_SECONDS
from tests.files.limits import dead_pid


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
