"""Sources of recordings: finds them wherever they lie on the disk, and chooses which are held out.

A layout of files is one module with a function from a folder to recordings, chosen in `find_recordings`;
everything after it knows only recordings.
"""

from apvg_core.data.sources.find import Found, find_recordings
from apvg_core.data.sources.recording import Recording
from apvg_core.data.sources.splits import assign_splits

__all__ = ["Found", "Recording", "assign_splits", "find_recordings"]
