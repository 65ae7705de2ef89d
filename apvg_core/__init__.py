"""Turns music into a video of a musician playing it (audio-driven performance video generation)."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apvg_core.performer import load_performer

__all__ = ["load_performer"]
__version__ = "0.3.0"


def __getattr__(name: str) -> Any:
    """Import the door for programs when it is used: the command line wants its version alone, at once."""
    if name != "load_performer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from apvg_core.performer import load_performer

    return load_performer
