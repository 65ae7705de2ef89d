"""Results: one row a method, every number with its interval, as one JSON document.

`results.json` (schema version 3)::

    {"schema_version": 3, "apvg": …, "split": …, "seed": …, "instrument": …, "fps": …, "size": …,
     "through_mp4": …, "found_keypoints": …, "shards": {id: sha256}, "data_set": "Sub-URMP" | null,
     "rows": [{"name": …, "kind": "run", "recipe": …, "frames": …,
               "scores": {metric: {"value": …, "low": …, "high": …, "difference": …, "real": …}},
               "recordings": {id: {metric: value}},
               "training": {"steps": {stage: …}, "recordings": …} | null}]}

`difference` is the row's mean minus the first row's, `real` whether its 95 % interval leaves out 0.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from apvg_core.config import Split
from apvg_core.config_json import parse
from apvg_core.errors import ConfigError
from apvg_core.files import read_json, write_json

SCHEMA_VERSION = 3

Kind = Literal["run", "true keypoints", "baseline", "films", "recording"]

RECORDINGS: Final = "the recordings"
"""What the row of the footage itself is called, be it filmed or rendered."""


@dataclass(frozen=True)
class Score:
    """A pooled mean.

    Attributes:
        value: The mean.
        low: Lower end of its 95 % interval; None of a single unit.
        high: Upper end.
        difference: The mean minus the first row's; None in the first row.
        real: Whether the interval of the difference leaves out 0.
    """

    value: float
    low: float | None = None
    high: float | None = None
    difference: float | None = None
    real: bool | None = None


@dataclass(frozen=True)
class Training:
    """Facts about the training of a run.

    Attributes:
        steps: Steps of each stage; None where they are not known.
        recordings: Number of recordings that it was trained on.
    """

    steps: dict[str, int | None]
    recordings: int


@dataclass(frozen=True)
class Row:
    """What became of one method.

    Attributes:
        name: The run's folder, or what the baseline is called.
        kind: What it is.
        recipe: Of a run.
        frames: How many were judged.
        scores: By the keys of `metrics.registry.METRICS`; a metric that has no value is absent.
        recordings: Means of each recording.
        training: Facts about a run's training; None of other methods, and in files of before they were kept.
    """

    name: str
    kind: Kind
    recipe: str | None
    frames: int
    scores: dict[str, Score]
    recordings: dict[str, dict[str, float]]
    training: Training | None = None


@dataclass(frozen=True, kw_only=True)
class Results:
    """What `results.json` says.

    Attributes:
        apvg: Version that made it.
        split: Which footage was judged.
        seed: Of the random variable z.
        instrument: What is played.
        performers: Who plays.
        fps: Frames a second.
        size: Edge of the frames in pixels.
        through_mp4: Whether decoded films were judged.
        found_keypoints: Whether keypoints are those that the estimator finds in the images.
        shards: The recordings: id to checksum.
        rows: The methods, in the order of the tables.
        data_set: "Sub-URMP", the paper's, where the recordings are from it.
    """

    apvg: str
    split: Split
    seed: int
    instrument: str
    performers: list[str]
    fps: float
    size: int
    through_mp4: bool
    found_keypoints: bool = False
    shards: dict[str, str]
    rows: list[Row]
    data_set: Literal["Sub-URMP"] | None = None

    def row(self, name: str) -> Row:
        """The row of that name."""
        return next(row for row in self.rows if row.name == name)

    def of_recordings(self, metric: str) -> float | None:
        """What the recordings themselves have of a metric; None where they have no value."""
        own = (row.scores.get(metric) for row in self.rows if row.kind == "recording")
        return next((score.value for score in own if score), None)


def write_results(path: Path, results: Results) -> None:
    """Write `results.json`."""
    write_json(path, {"schema_version": SCHEMA_VERSION, **asdict(results)})


def read_results(path: Path) -> Results:
    """Read `results.json`.

    Raises:
        ConfigError: It is missing, damaged, or of another version.
    """
    try:
        document = read_json(path)
        version = document.pop("schema_version")
        results: Results | None = parse(Results, document) if version == SCHEMA_VERSION else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        raise ConfigError(f"{path} is no results file of apvg; evaluate again.") from error
    if results is None:
        raise ConfigError(f"{path} is of another version of apvg; evaluate again.")
    return results
