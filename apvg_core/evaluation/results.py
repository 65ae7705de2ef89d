"""Results: one row a predictor, every number with its interval, as one JSON document.

`results.json` (schema version 3)::

    {"schema_version": 3, "apvg": …, "split": …, "seed": …, "instrument": …, "fps": …, "size": …,
     "through_mp4": …, "found_keypoints": …, "judge": "…" | null, "vgg": "…" | null, "shards": {id: sha256},
     "data_set": "Sub-URMP" | null,
     "rows": [{"name": …, "kind": "run", "recipe": …, "changes": {key: value}, "seeds": …, "frames": …,
               "scores": {metric: {"value": …, "low": …, "high": …, "difference": …, "significant": …,
                                    "of_seeds": [value, …]}},
               "recordings": {id: {metric: value}},
               "training": {"steps": {stage: …}, "recordings": …, "chosen": [stage, …]} | null}],
     "lesions": [{"run": …, "rows": [{"name": …, "kind": "lesion", …}]}],
     "over_time": [{"run": …, "windows": [{"start": …, "seconds": …, "scores": {metric: value},
                                           "changes": {metric: per cent}}]}]}

`difference` is the row's mean minus the first row's, `significant` true if its 95 % interval leaves out 0.
The rows of lesions are like the others; the first is the whole run, and their differences are from it.
"""

import reprlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from apvg_core.config import Split
from apvg_core.config_json import parse
from apvg_core.errors import ConfigError
from apvg_core.files import read_json, write_json
from apvg_core.former_names import VALUES
from apvg_core.wording import listed

SCHEMA_VERSION = 3

Kind = Literal["run", "true keypoints", "baseline", "videos", "recording", "lesion"]

SHOWN_CHANGES: Final = 3
"""Changed settings of a run that its name tells."""

RECORDINGS: Final = "the recordings"
"""Name of the footage's own row, be it filmed or rendered."""


@dataclass(frozen=True)
class Score:
    """A pooled mean.

    Attributes:
        value: The mean; of a row of several trainings the mean over them.
        low: Lower end of its 95 % interval; None of a single unit.
        high: Upper end.
        difference: The mean minus the first row's; None in the first row.
        significant: True if the interval of the difference leaves out 0; None where there is no difference.
        of_seeds: The mean of each training of a row of several, in their order; empty of a single one.
    """

    value: float
    low: float | None = None
    high: float | None = None
    difference: float | None = None
    significant: bool | None = None
    of_seeds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Training:
    """Facts about the training of a run.

    Attributes:
        steps: Steps of each stage; None where they are not known.
        recordings: Number of recordings that it was trained on.
        chosen: Stages whose weights were chosen as the best on the validation split.
    """

    steps: dict[str, int | None]
    recordings: int
    chosen: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """Scores of one predictor, or of the footage itself.

    Attributes:
        name: The run's folder, the baseline's name, or what a lesion disables.
        kind: Kind of predictor; "recording" is the footage itself.
        recipe: Recipe of a run.
        changes: Settings in which the run is not that recipe, by dotted key.
        seeds: Number of trainings that the scores are the mean of.
        frames: Number of scored frames.
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
    changes: dict[str, Any] = field(default_factory=dict)
    seeds: int = 1

    @property
    def method(self) -> str | None:
        """The recipe with what was changed of it: "fast, stu.training.steps=600"."""
        if self.recipe is None or not self.changes:
            return self.recipe
        return f"{self.recipe}, {shown_changes(self.changes)}"


def shown_changes(changes: Mapping[str, Any]) -> str:
    """Return changed settings as `--set` takes them, the first ones of many."""
    return listed([f"{key}={reprlib.repr(value)}" for key, value in sorted(changes.items())], SHOWN_CHANGES)


@dataclass(frozen=True)
class LesionRows:
    """Scores of a run, and of the same run with one part disabled at a time.

    Attributes:
        run: The run's name in the tables.
        rows: The whole run, then a row a lesion; differences are from the whole run.
    """

    run: str
    rows: list[Row]


@dataclass(frozen=True)
class Window:
    """Scores of a stretch of a long song.

    Attributes:
        start: Where it begins, in seconds.
        seconds: Its length.
        scores: By the keys of `metrics.registry.METRICS`.
        changes: By how many per cent they differ from those of the first window, which has none.
    """

    start: float
    seconds: float
    scores: dict[str, float]
    changes: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class OverTime:
    """Scores of a run over a long song.

    Attributes:
        run: The run's name in the tables.
        windows: Stretches of the song that show the same music, in order.
    """

    run: str
    windows: list[Window]


@dataclass(frozen=True, kw_only=True)
class Results:
    """Content of `results.json`.

    Attributes:
        apvg: Version that wrote it.
        split: Split of the scored footage.
        seed: Seed of the random variable z.
        instrument: Name of the instrument.
        performers: Names of the performers.
        fps: Frames a second.
        size: Edge of the frames in pixels.
        through_mp4: True if decoded videos were scored.
        found_keypoints: True if keypoints are those that the estimator finds in the images.
        judge: Run whose discriminator gave the sync scores, if any did.
        vgg: Layers and file of the VGG-19 that gave the perceptual distances, if one did.
        shards: The recordings: id to checksum.
        rows: One a predictor, in the order of the tables.
        data_set: "Sub-URMP", the paper's, where the recordings are from it.
        lesions: Those of each run; empty where none were asked for, and in files of before there were any.
        over_time: Each run's scores over a long song; likewise.
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
    judge: str | None = None
    vgg: str | None = None
    shards: dict[str, str]
    rows: list[Row]
    data_set: Literal["Sub-URMP"] | None = None
    lesions: list[LesionRows] = field(default_factory=list)
    over_time: list[OverTime] = field(default_factory=list)

    def row(self, name: str) -> Row:
        """Return the row of that name."""
        return next(row for row in self.rows if row.name == name)

    @property
    def chosen_on_scored(self) -> list[str]:
        """Names of the runs whose weights were chosen on the split that they are scored on."""
        if self.split != "validation":
            return []
        return [row.name for row in self.rows if row.training and row.training.chosen]

    def of_recordings(self, metric: str) -> float | None:
        """Return the recordings' own value of a metric; None where they have none."""
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
        results: Results | None = None
        if version == SCHEMA_VERSION:
            results = parse(Results, _with_todays_kinds(document))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        raise ConfigError(f"{path} is not a results file of apvg; evaluate again.") from error
    if results is None:
        raise ConfigError(f"{path} is of another version of apvg; evaluate again.")
    return results


def _with_todays_kinds(document: dict[str, Any]) -> dict[str, Any]:
    rows = [{**row, "kind": VALUES.get(row["kind"], row["kind"])} for row in document["rows"]]
    return {**document, "rows": rows}
