"""The performers that come with APVG: run folders beside this file.

Each has a README.md, which is its model card. One line of it begins with `license:`, and names that of the
weights.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apvg_core.errors import ConfigError
from apvg_core.run.info import RunInfo, read_run

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True)
class Embedded:
    """A performer at hand.

    Attributes:
        run: The run folder.
        info: Facts about the run.
        licence: The licence that its model card names; empty where it names none.
    """

    run: Path
    info: RunInfo
    licence: str


def embedded() -> list[Embedded]:
    """List the performers at hand, by the names of their folders.

    Raises:
        RunError: One is damaged.
    """
    runs = sorted(path.parent for path in FOLDER.glob("*/run.json"))
    return [Embedded(run, read_run(run), _licence(run / "README.md")) for run in runs]


def embedded_run(instrument: str, performer: str | None = None) -> Path:
    """Find the run that plays an instrument: of several the first, or the first with that performer.

    Raises:
        ConfigError: There is none.
        RunError: One is damaged.
    """
    performers = embedded()
    if not performers:
        raise ConfigError("No performer came with this installation; train one and name it with --run.")
    playing = [each for each in performers if each.info.instrument == instrument]
    if not playing:
        instruments = ", ".join(sorted({each.info.instrument for each in performers}))
        raise ConfigError(
            f"No performer that came with apvg plays the {instrument}; --instrument can be {instruments}, "
            "or train your own and name it with --run."
        )
    return next((each for each in playing if performer in each.info.performers), playing[0]).run


def run_or_embedded(name: str) -> Path:
    """Find a run by its folder, or by the name of a performer that came along.

    Raises:
        ConfigError: It is neither.
    """
    for run in (Path(name), FOLDER / name):
        if (run / "run.json").is_file():
            return run
    names = ", ".join(each.run.name for each in embedded())
    raise ConfigError(f"{name} is neither a run folder nor a performer that came with apvg ({names}).")


def _licence(card: Path) -> str:
    if not card.is_file():
        return ""
    line = re.search(r"^licen[cs]e:\s*(.+)$", card.read_text(encoding="utf-8"), re.IGNORECASE | re.MULTILINE)
    return line[1].strip() if line else ""
