"""`apvg train`, `train-khp`, `train-cvg` and `train-stu`: shards to the stages of a run."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from apvg_cli import console
from apvg_cli.completion import initial_weights, recipes
from apvg_cli.help import EXPERT
from apvg_cli.next_steps import after_training
from apvg_cli.options import Device, Run, Shards, VGGWeights
from apvg_core.config import STAGES, Stage
from apvg_core.errors import ConfigError

if TYPE_CHECKING:
    from apvg_core.training.options import TrainOptions

Recipe = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="paper, fast or tiny, or a variant of one, such as fast+without-gcn.",
        show_default="the run's, else fast",
        autocompletion=recipes,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Take the recipe from this run.json.",
        rich_help_panel=EXPERT,
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a setting, such as khp.training.batch=16 (repeatable).",
        rich_help_panel=EXPERT,
    ),
]
Steps = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Training steps of each stage.", show_default="the recipe's"),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        metavar="N",
        min=0.1,
        help="Train all stages together for about N minutes, or less if the recipe's steps take less. A "
        "stage that has begun keeps its number of steps.",
        show_default="as long as the steps take",
    ),
]
Instrument = Annotated[
    str | None, typer.Option(metavar="NAME", help="The instrument; needed if the shards hold several.")
]
Performers = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Only this performer (repeatable).", show_default="all"),
]
Precision = Annotated[
    Literal["auto", "fp32", "bf16"],
    typer.Option(
        help="Number format; auto is bf16 if the machine has instructions for it, else fp32.",
        rich_help_panel=EXPERT,
    ),
]
Resume = Annotated[
    Literal["last", "auto"] | None,
    typer.Option(
        help="last (or --resume alone): continue from the last checkpoint. auto: continue if there is one, "
        "and skip stages that are trained.",
        show_default="start afresh",
    ),
]
Reuse = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Copy khp and cvg from this run if settings and shards are the same.",
        rich_help_panel=EXPERT,
    ),
]
Init = Annotated[
    str,
    typer.Option(
        metavar="RUN",
        help="Begin with the weights of this run folder, or of a performer that came with apvg (its "
        "instrument), wherever their shapes fit. auto: those that came with apvg for the same instrument or "
        "its family, and to draw for any; none: random ones. A run goes on as it was begun.",
        rich_help_panel=EXPERT,
        autocompletion=initial_weights,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=0,
        help="The same seed gives the same result.",
        show_default="0, or the checkpoint's",
        rich_help_panel=EXPERT,
    ),
]
Seeds = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        max=1000,
        help="Train N times, with consecutive seeds, into DIR/seed-0, DIR/seed-1, …; 'evaluate --run DIR' "
        "makes one row of them.",
        show_default="once, into DIR",
        rich_help_panel=EXPERT,
    ),
]
VGGDownload = Annotated[
    bool | None,
    typer.Option(
        "--vgg-download/--no-vgg-download",
        help="Download a pretrained VGG-19 (550 MB) if there is none here. Without it, the last stage "
        "compares pixels.",
        show_default="asks in a terminal, else no",
        rich_help_panel=EXPERT,
    ),
]


def _command(stage: Stage | None, description: str) -> Callable[..., None]:
    """Returns the command that trains one stage, or all of them; they share their options."""

    def command(
        shards: Shards,
        run: Run,
        recipe: Recipe = None,
        config: Config = None,
        change: Changes = None,
        steps: Steps = None,
        minutes: Minutes = None,
        instrument: Instrument = None,
        performer: Performers = None,
        device: Device = "auto",
        precision: Precision = "auto",
        resume: Resume = None,
        reuse: Reuse = None,
        init: Init = "auto",
        seed: Seed = None,
        seeds: Seeds = None,
        vgg_weights: VGGWeights = None,
        vgg_download: VGGDownload = None,
    ) -> None:
        from apvg_core.training.options import TrainOptions
        from apvg_core.training.parallel import alone_in_run
        from apvg_core.training.seeds import trainings_of_seeds
        from apvg_core.training.stages import train_all, train_one

        options = TrainOptions(
            recipe=recipe, config=config, changes=_parse(change or ()), steps=steps, minutes=minutes,
            instrument=instrument, performers=tuple(performer or ()), device=device, precision=precision,
            resume=resume, reuse=reuse,
            init=_initial(init), seed=seed, vgg_weights=vgg_weights,
        )  # fmt: skip
        train = partial(train_one, stage) if stage else train_all
        trainings = [(run, options)] if seeds is None else trainings_of_seeds(run, seeds, options)
        for index, (folder, own) in enumerate(trainings):
            with alone_in_run(folder):
                if index == 0:
                    stages = STAGES if stage is None else (stage,)
                    _fetch_vgg(shards, folder, stages, own, wanted=vgg_download)
                with console.Progress() as progress:
                    try:
                        train(shards, folder, own, progress)
                    except KeyboardInterrupt:
                        if (folder / "state").is_dir():
                            how = "" if resume == "auto" else " with --resume auto"  # which learn gives
                            console.notice(f"What is done is kept in {run}; the same command{how} continues.")
                        raise
        console.next_steps(after_training(run, shards))

    command.__doc__ = description
    return command


def _fetch_vgg(
    shards: Path, run: Path, stages: Sequence[Stage], options: "TrainOptions", *, wanted: bool | None
) -> None:
    """Fetch the VGG-19 that a stage would learn from, or say that it does without, before hours of training.

    Raises:
        ApvgError: The options do not fit the run, there are no shards, or nothing can be fetched.
    """
    from apvg_core.data.manifest import read_manifest
    from apvg_core.layers.vgg_file import MEGABYTES, fetch
    from apvg_core.training.perception import lacks_vgg

    if not console.IS_FIRST_PROCESS or not lacks_vgg(run, stages, options):
        return
    read_manifest(shards)  # nobody should download for shards that are not there
    without = "the last stage compares pixels instead"
    if wanted is None and console.can_ask():
        question = f"There is no pretrained VGG-19 here. Download it now ({MEGABYTES} MB)? If not, {without}."
        wanted = console.confirm(question)
    if wanted:
        console.notice(f"A pretrained VGG-19 ({MEGABYTES} MB) is downloaded before the first stage.")
        with console.Progress() as progress:
            fetch(progress)
    else:
        console.notice(f"Without a pretrained VGG-19, {without} (--vgg-download fetches it, {MEGABYTES} MB).")


def _initial(name: str) -> "Path | Literal['auto'] | None":
    """Read --init.

    Raises:
        ConfigError: It is no run, and nobody that came with apvg.
    """
    from apvg_core.pretrained import run_or_embedded

    if name == "auto":
        return "auto"
    return None if name == "none" else run_or_embedded(name)


def _parse(settings: Sequence[str]) -> dict[str, Any]:
    """Parse `["khp.hidden=128"]` to `{"khp.hidden": 128}`; a value is JSON, or else a word.

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

    Reads shards. Writes the run folder. --resume auto continues, and skips what is trained already.

    Example: apvg train shards/ --run runs/ann
    """,
)
train_khp = _command(
    "khp",
    """Train the first stage: sound to keypoints (KHP).

    Reads shards. Starts the run folder and writes its khp/ stage.

    Example: apvg train-khp shards/ --run runs/ann
    """,
)
train_cvg = _command(
    "cvg",
    """Train the second stage: sound to a coarse video (CVG).

    Reads shards. Writes the cvg/ stage of the run.

    Example: apvg train-cvg shards/ --run runs/ann
    """,
)
train_stu = _command(
    "stu",
    """Train the last stage: keypoints and coarse video to the final frames (STU).

    Reads shards, and the khp/ and cvg/ stages of the run. Writes its stu/ stage.

    Example: apvg train-stu shards/ --run runs/ann
    """,
)
