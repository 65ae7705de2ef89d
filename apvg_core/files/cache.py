"""The user's cache folder."""

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Returns the folder for files that can be made again; it may be missing, or not writable.

    It is the system's (`$XDG_CACHE_HOME/apvg`, else `~/.cache/apvg` on Linux). A user without a home
    directory has a path at which nothing can be written.
    """
    try:
        return platformdirs.user_cache_path("apvg", appauthor=False, opinion=False)
    except RuntimeError:  # no home directory
        return Path(os.devnull, "apvg")
