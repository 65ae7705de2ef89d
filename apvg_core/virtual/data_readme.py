"""The README beside the data: what there is, how it was made, under which terms."""

import json
import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from apvg_core.files import atomic_write
from apvg_core.virtual.layouts import SUB_URMP

_TITLE = "# Virtual performers"
_TEXT = (
    _TITLE
    + """

Rendered musicians whose motion follows music that was composed by rule. Made by `apvg virtual`. Everybody
and everything here is synthetic.

The files in `truth/` hold, for each recording: the notes (onset and duration in seconds, pitch as MIDI
number, how it is played), beats, for every frame the pitch and loudness that sound and the slide's position,
or string, stopped semitone, left hand, bow position, direction and contact, and the 60 joints in [0, 1] of
the image (x right, y down). `slide_metres` is a real slide's; the one in the image is drawn at about half
of it, as far as the player's arm reaches.

| recording | split | performer | seed | seconds | fps | sound |
|---|---|---|---|---|---|---|
{rows}

Made with {versions}.
The same command gives the same files where these versions and the machine's Mesa are the same.

## Terms

The recordings are dedicated to the public domain (CC0 1.0). They contain: bodies from MakeHuman's base mesh
(CC0); instruments, music and the "additive" sound by this program (CC0); where the sound says "soundfont",
samples of the soundfont named (FluidR3 GM: MIT, Frank Wen).
"""
)


def is_foreign(out: Path) -> bool:
    """Return True if `out` holds a `README.md` that is not ours to write over."""
    readme = out / "README.md"
    return readme.is_file() and not readme.read_text(encoding="utf-8", errors="replace").startswith(_TITLE)


def write_readme(out: Path) -> None:
    """Write `README.md` from the truth files in `out`."""
    rows = [_row(truth) for truth in _truths(out)]
    with atomic_write(out / "README.md") as temporary:
        temporary.write_text(_TEXT.format(rows="\n".join(rows), versions=_versions()), encoding="utf-8")


def _truths(out: Path) -> Iterator[dict[str, Any]]:
    for path in sorted([*out.glob("truth/*.json"), *out.glob(f"{SUB_URMP}/truth/*.json")]):
        yield json.loads(path.read_text(encoding="utf-8"))


def _row(truth: dict[str, Any]) -> str:
    sound = f"soundfont {truth['soundfont']}" if truth["timbre"] == "soundfont" else "additive"
    cells = [truth["media"], truth["split"] or "", truth["performer"], f"{truth['seed']}.{truth['number']}"]
    return "| " + " | ".join(str(cell) for cell in (*cells, truth["seconds"], truth["fps"], sound)) + " |"


def _versions() -> str:
    packages = ("apvg", "numpy", "scipy", "moderngl", "opencv-python", "av")
    return ", ".join(
        [f"Python {platform.python_version()}", *(f"{name} {metadata.version(name)}" for name in packages)]
    )
