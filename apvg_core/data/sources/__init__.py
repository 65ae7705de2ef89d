"""What there is to extract: recordings, wherever they lie on the disk, and which of them are held out.

A layout of files is one module with a function from a folder to recordings, chosen in `find_recordings`;
everything after it knows only recordings.
"""

from apvg_core.data.sources.find import Found, Layout, find_recordings
from apvg_core.data.sources.recording import Recording
from apvg_core.data.sources.splits import assign_splits
from apvg_core.data.sources.sub_urmp import Window

__all__ = ["Found", "Layout", "Recording", "Window", "assign_splits", "find_recordings"]
