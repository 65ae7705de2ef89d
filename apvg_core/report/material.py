"""What the report is drawn from: of each recording its shard, and of each method what was judged of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apvg_core.errors import ConfigError
from apvg_core.evaluation.measurements import Measurements
from apvg_core.evaluation.parts import part_file, read_part
from apvg_core.evaluation.results import Results, Row
from apvg_core.report.html import Html, element, joined

COLOURS: Final = 8
"""Of the page; a ninth run takes the first one's again."""

FOOTAGE: Final = "recording"
"""What the footage is called beside what was made of it, be it filmed or rendered."""

CONTESTANTS: Final = ("run", "videos")
"""What is compared; all else is there for comparison."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A method on one recording.

    Attributes:
        row: Its results.
        look: Classes of its lines: a colour for each run, dashes for the same run with true keypoints.
        judgement: What was found.
        film: Its performance, if it has images and was filmed.
    """

    row: Row
    look: str
    judgement: Measurements
    film: Path | None

    @property
    def name(self) -> str:
        """As it stands in the tables."""
        return self.row.name

    @property
    def label(self) -> Html:
        """The name, with a dot in its colour."""
        return label(self.name, self.look)


@dataclass(frozen=True)
class Recording:
    """One of the recordings that were judged.

    Attributes:
        id: Its name.
        shard: The file.
        methods: All but the footage itself.
    """

    id: str
    shard: Path
    methods: list[Shown]

    @property
    def contestants(self) -> list[Shown]:
        """Runs and others' films."""
        return [shown for shown in self.methods if shown.row.kind in CONTESTANTS]

    @property
    def filmed(self) -> list[Shown]:
        """Those whose images can be shown."""
        return [shown for shown in self.methods if shown.film is not None]


def label(name: str, look: str) -> Html:
    """A name with a dot in the colour of its lines."""
    return joined([element("i", class_=f"dot {look}"), name])


def looks(rows: Sequence[Row]) -> list[str]:
    """Classes of each row's lines and marks."""
    found, colour, baselines = [], -1, 0
    for row in rows:
        if row.kind in CONTESTANTS:
            colour += 1
        match row.kind:
            case "run" | "videos":
                found.append(f"c{colour % COLOURS}")
            case "true keypoints":
                found.append(f"c{colour % COLOURS} dashed")
            case "baseline":
                found.append("base" if baselines else "base dotted")
                baselines += 1
            case "recording":
                found.append("truth")
    return found


def read_recording(name: str, results: Results, out: Path, shards: Path, films: Path | None) -> Recording:
    """Read what was judged of a recording.

    Raises:
        ConfigError: It is not there any more.
    """
    methods = []
    for row, look in zip(results.rows, looks(results.rows), strict=True):
        if row.kind == "recording":
            continue
        judged = part_file(out / "parts", row.name, name, "npz")
        film = _film(row, name, out, films)
        for path in (judged, film):
            if path is not None and not path.is_file():
                raise ConfigError(f"{path} is missing, so there can be no report; evaluate again.")
        methods.append(Shown(row, look, read_part(judged), film))
    shard = shards / results.split / results.instrument / f"{name}.h5"
    return Recording(name, shard, methods)


def _film(row: Row, recording: str, out: Path, films: Path | None) -> Path | None:
    if row.kind == "videos" and films is not None:
        return films / f"{recording}.mp4"
    if row.kind in ("run", "true keypoints") and "psnr" in row.scores:
        return part_file(out / "parts", row.name, recording, "mp4")
    return None
