"""Temporary folders, and the removal of those that killed processes left."""

import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from apvg_core.files.processes import has_ended

SCRATCH_SECONDS: Final = 2 * 24 * 3600.0
"""Age from which the temporary folder of a process that has ended is removed."""


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a temporary folder; those of processes that were killed days ago are removed."""
    for left in Path(tempfile.gettempdir()).glob("apvg-*"):
        pid = re.match(r"apvg-(\d{1,9})-", left.name)
        with suppress(OSError):
            # nobody writes to the folder itself while a song that was decoded into it is played
            if pid and has_ended(int(pid[1])) and time.time() - left.stat().st_mtime > SCRATCH_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=f"apvg-{os.getpid()}-", ignore_cleanup_errors=True)
