"""`apvg train`, `train-khp`, `train-cvg` and `train-stu`: shards to the stages of a run."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from apvg_cli import console
from apvg_cli.options import Device, Run, Shards
from apvg_core.errors import ConfigError

Recipe = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="paper, fast or tiny, or one of its variants as in fast+without-gcn.",
        show_default="the run's, else fast",
    ),
]
Config = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Take the recipe of that run.json instead of a named one.")
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Change a setting, as in khp.training.batch=16 (repeatable)."
    ),
]
Steps = Annotated[
    int | None, typer.Option(min=1, help="Training steps of each stage.", show_default="the recipe's")
]
Instrument = Annotated[str | None, typer.Option(help="Which instrument, if the shards hold several.")]
Performers = Annotated[
    list[str] | None, typer.Option(help="Only this performer (repeatable).", show_default="all")
]
Precision = Annotated[
    Literal["auto", "fp32", "bf16"],
    typer.Option(help="Arithmetic; auto is bf16 where the machine has instructions for it."),
]
Resume = Annotated[
    Literal["last", "auto"] | None,
    typer.Option(
        help="Go on from the last checkpoint (--resume alone means that); auto: from where there is one, "
        "and leave alone what is trained.",
        show_default="start afresh",
    ),
]
Reuse = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Take over this run's khp and cvg where settings and shards are alike."),
]
Seed = Annotated[
    int | None,
    typer.Option(min=0, help="The same seed gives the same result.", show_default="0, or the checkpoint's"),
]
VGGWeights = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="VGG-19 weights.", show_default="torch's cache, else downloaded"),
]


def _command(stage: str | None, description: str, done: str) -> Callable[..., None]:
    """The command that trains one stage, or all of them: they have their options in common."""

    def command(
        shards: Shards,
        run: Run,
        recipe: Recipe = None,
        config: Config = None,
        change: Changes = None,
        steps: Steps = None,
        instrument: Instrument = None,
        performer: Performers = None,
        device: Device = "auto",
        precision: Precision = "auto",
        resume: Resume = None,
        reuse: Reuse = None,
        seed: Seed = None,
        vgg_weights: VGGWeights = None,
    ) -> None:
        from apvg_core.training.parallel import alone_in_run
        from apvg_core.training.stages import TRAININGS, train_all
        from apvg_core.training.task import TrainOptions

        options = TrainOptions(
            recipe=recipe, config=config, changes=_parse(change or ()), steps=steps, instrument=instrument,
            performers=tuple(performer or ()), device=device, precision=precision, resume=resume, reuse=reuse,
            seed=seed, vgg_weights=vgg_weights,
        )  # fmt: skip
        train = TRAININGS[stage] if stage else train_all  # type: ignore[index]
        with alone_in_run(run), console.Progress() as progress:
            train(shards, run, options, progress)
        console.notice(done.format(run=run, shards=shards))

    command.__doc__ = description
    return command


def _parse(settings: Sequence[str]) -> dict[str, Any]:
    """`["khp.hidden=128"]` to `{"khp.hidden": 128}`; a value is JSON, or else a word.

    Raises:
        ConfigError: One has no equals sign.
    """
    from apvg_core.files import parse_json

    changes: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set {setting} must be KEY=VALUE, as in --set khp.training.batch=16.")
        try:
            changes[key.strip()] = parse_json(value)
        except ValueError:
            changes[key.strip()] = value.strip()
    return changes


train = _command(
    None,
    """Train all stages, one after the other, each with the same options.

    Reads shards. Writes the run folder. What is trained already is left alone with --resume auto.

    Example: apvg train shards/ --run runs/ann
    """,
    "{run} is complete; next: apvg generate song.wav --run {run} --out song.mp4",
)
train_khp = _command(
    "khp",
    """Train the first stage: sound to keypoints (KHP).

    Reads shards. Starts the run folder and writes its khp/ stage.

    Example: apvg train-khp shards/ --run runs/ann
    """,
    "{run} has keypoints now; next: apvg train-cvg {shards} --run {run}",
)
train_cvg = _command(
    "cvg",
    """Train the second stage: sound to a coarse video (CVG).

    Reads shards. Writes the cvg/ stage of the run.

    Example: apvg train-cvg shards/ --run runs/ann
    """,
    "{run} has a coarse video now; next: apvg train-stu {shards} --run {run}",
)
train_stu = _command(
    "stu",
    """Train the last stage: keypoints and coarse video to the final frames (STU).

    Reads shards, and the khp/ and cvg/ stages of the run. Writes its stu/ stage.

    Example: apvg train-stu shards/ --run runs/ann
    """,
    "{run} is complete; next: apvg generate song.wav --run {run} --out song.mp4",
)
