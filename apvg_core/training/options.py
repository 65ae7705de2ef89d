"""Options of a training, as a person gives them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from apvg_core.config import Precision
from apvg_core.stages.settings import require

Resume = Literal["last", "auto"]
"""Go on from the last checkpoint; "auto": where there is one, and leave alone what is trained already."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """Options of every training.

    Attributes:
        recipe: Name of the recipe; None is the run's own, or `recipes.DEFAULT` for a new run.
        config: A JSON file with a recipe, for example another run's run.json, in place of a name.
        changes: Settings of the recipe that shall be others, by dotted key.
        instrument: Which of the shards' instruments; may be None where there is one.
        performers: Which of its performers; empty means all.
        steps: Instead of the recipe's.
        minutes: The time for all stages, in place of the recipe's steps; see `budget.steps_within`.
        device: "auto", "cpu", "cuda", ...
        precision: Arithmetic; "auto" is the checkpoint's, else bfloat16 where the device has it.
        resume: Go on with a training that was stopped; None starts one.
        reuse: Another run whose KHP and CVG are taken over where recipe and shards are the same.
        init: Another run whose weights a stage begins with, where they fit; "auto": one that came with apvg,
            see `initial_run`; None: random weights, or those that the stage was begun with.
        seed: Seed of the initial weights and of everything drawn; None is 0, or the checkpoint's.
        vgg_weights: File with a pretrained VGG-19, for the stages that can use one.
    """

    recipe: str | None = None
    config: Path | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    instrument: str | None = None
    performers: tuple[str, ...] = ()
    steps: int | None = None
    minutes: float | None = None
    device: str = "auto"
    precision: Precision = "auto"
    resume: Resume | None = None
    reuse: Path | None = None
    init: Path | Literal["auto"] | None = None
    seed: int | None = None
    vgg_weights: Path | None = None

    def __post_init__(self) -> None:
        """Refuse options that contradict each other.

        Raises:
            ConfigError: There are both `steps` and `minutes`.
        """
        require(
            self.steps is None or self.minutes is None,
            "--steps and --minutes both limit the training; give one of them.",
        )
