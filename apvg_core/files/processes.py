"""Processes of this machine, by their number."""

import os
import sys


def has_ended(pid: int) -> bool:
    """Returns True if this machine has no process of that number; False where that cannot be found out."""
    if pid != 0 and sys.platform != "win32":  # there, to ask a process is to end it
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        except OSError:  # another user's
            return False
    return False
