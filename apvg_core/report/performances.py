"""Performances of recordings by each method, as `evaluate` kept them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apvg_core.errors import ConfigError
from apvg_core.evaluation.coarse_frames import Images
from apvg_core.evaluation.measurements import Measurements
from apvg_core.evaluation.part_files import part_file, read_coarse_frames, read_part, video_path
from apvg_core.evaluation.results import Results, Row

COLOURS: Final = 8
"""Colours of the page; a ninth run takes the first one's again."""

FOOTAGE: Final = "recording"
"""Name of the footage beside what was made of it, be it filmed or rendered."""

CONTESTANTS: Final = ("run", "videos")
"""Kinds of rows that are compared; all others are there for comparison."""


@dataclass(frozen=True)
class Label:
    """A name, with a dot in the colour of its lines where it has a style."""

    text: str
    style: str = ""


@dataclass(frozen=True, eq=False)
class Performance:
    """A method's performance of a recording.

    Attributes:
        row: The method's results.
        style: Classes of its lines: a colour for each run, dashes for the same run with true keypoints.
        measurements: Its measurements.
        video: The performance, if it has images and was filmed.
        coarse: Coarse frames of a run by their index [shape=(h, w, 3) each]; empty where none were kept.
    """

    row: Row
    style: str
    measurements: Measurements
    video: Path | None
    coarse: Images

    @property
    def name(self) -> str:
        """The method's name, as in the tables."""
        return self.row.name

    @property
    def label(self) -> Label:
        """The name in its colour."""
        return Label(self.name, self.style)


@dataclass(frozen=True)
class Recording:
    """One of the recordings that were scored.

    Attributes:
        id: Its name.
        shard: The file.
        performances: Those of all methods but the footage itself.
    """

    id: str
    shard: Path
    performances: list[Performance]

    @property
    def contestants(self) -> list[Performance]:
        """Performances of runs and of others' videos."""
        return [each for each in self.performances if each.row.kind in CONTESTANTS]

    @property
    def filmed(self) -> list[Performance]:
        """Performances that have a video."""
        return [each for each in self.performances if each.video is not None]


def row_styles(rows: Sequence[Row]) -> list[str]:
    """Return the classes of each row's lines and marks."""
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


def read_recording(name: str, results: Results, out: Path, shards: Path, videos: Path | None) -> Recording:
    """Read what was measured of a recording.

    Raises:
        ConfigError: It is missing or damaged.
    """
    performances = []
    for row, style in zip(results.rows, row_styles(results.rows), strict=True):
        if row.kind == "recording":
            continue
        part = part_file(out / "parts", row.name, name, "npz")
        video = _video(row, name, out, videos)
        for path in (part, video):
            if path is not None and not path.is_file():
                raise ConfigError(f"{path} is missing, so there can be no report; evaluate again.")
        performances.append(Performance(row, style, read_part(part), video, read_coarse_frames(part)))
    shard = shards / results.split / results.instrument / f"{name}.h5"
    return Recording(name, shard, performances)


def _video(row: Row, recording: str, out: Path, videos: Path | None) -> Path | None:
    if row.kind == "videos" and videos is not None:
        return video_path(videos, recording)
    if row.kind in ("run", "true keypoints") and "psnr" in row.scores:
        return part_file(out / "parts", row.name, recording, "mp4")
    return None
