"""`apvg virtual`: musicians who are rendered, with the truth about every frame."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from apvg_cli import console
from apvg_cli.help import EXPERT, Command, Group
from apvg_cli.next_steps import after_filming
from apvg_cli.options import Device, Embedded, all_runs

if TYPE_CHECKING:
    from apvg_core.metrics.uncertainty import Interval

app = typer.Typer(
    cls=Group,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def virtual(context: typer.Context) -> None:
    """Render virtual performers: any amount of footage, with the truth of every frame known."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")]
Jobs = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="Number of processes.", show_default="all cores")
]
Sounds = Annotated[
    Path | None,
    typer.Option(
        "--sounds", metavar="DIR", help="Soundfonts and folders of single notes (examples/sounds.sh).",
        show_default="the soundfonts that are installed",
    ),
]  # fmt: skip


@app.command("film", cls=Command)
def film(
    instrument: Annotated[Literal["trombone", "cello"], typer.Option(help="What is played.")],
    out: Out,
    performers: Annotated[
        list[int] | None,
        typer.Option(
            "--performer",
            metavar="N",
            help="Number of the player, which gives looks and manner of playing (repeatable).",
            show_default="1",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Random seed of the music.")] = 1,
    seconds: Annotated[float, typer.Option(metavar="S", help="Length of a recording.")] = 60.0,
    recordings: Annotated[int, typer.Option(metavar="K", help="For each performer.")] = 1,
    layout: Annotated[
        Literal["footage", "sub-urmp"],
        typer.Option(
            help="footage: mp4 and wav; sub-urmp: a tree of images and chunks of sound.",
            rich_help_panel=EXPERT,
        ),
    ] = "footage",
    size: Annotated[int, typer.Option(metavar="PIXELS", help="Height of the images.")] = 256,
    timbre: Annotated[
        Literal["mixed", "additive", "soundfont"],
        typer.Option(
            help="mixed: every second recording by FluidSynth, where that is installed.",
            rich_help_panel=EXPERT,
        ),
    ] = "mixed",
    soundfont: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="An sf2 file.",
            show_default="FluidR3_GM.sf2 where Debian puts it",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    jobs: Jobs = None,
) -> None:
    """Render a virtual performer playing generated music.

    Reads nothing but the soundfont. Writes footage (or a tree like Sub-URMP's) and its truth to DIR. The same
    flags give the same recordings, and finished ones are not rendered again.

    Example: apvg virtual film --instrument trombone --recordings 10 --out data/
    """
    from apvg_core.virtual.requirements import explained
    from apvg_core.wording import counted

    with explained(out), console.Progress() as progress:
        from apvg_core.virtual.film import Films, film_all

        films = Films(
            instrument=instrument, out=out, performers=tuple(performers or (1,)), seed=seed, seconds=seconds,
            recordings=recordings, layout=layout, size=size, timbre=timbre, soundfont=soundfont,
        )  # fmt: skip
        count = film_all(films, jobs=jobs, on_progress=progress)
    console.notice(f"{counted(count, 'recording')} {'is' if count == 1 else 'are'} in {out}.")
    console.next_steps(after_filming(out))


@app.command("rehearse", cls=Command)
def rehearse(
    shards: Annotated[Path, typer.Argument(metavar="SHARDS", help="What apvg extract made of the films.")],
    truth: Annotated[Path, typer.Option("--truth", metavar="DIR", help="The films' truth/.")],
    out: Out,
    recordings: Annotated[int, typer.Option(metavar="K", help="For each performer.")] = 120,
    seconds: Annotated[float, typer.Option(metavar="S", help="Length of each.")] = 60.0,
    sounds: Sounds = None,
    jobs: Jobs = None,
) -> None:
    """Make more training data for keypoints: the performers of films play without being rendered.

    Reads the films' shards and truth, and recorded sounds if there are any. Writes shards without images to
    DIR, from which keypoint prediction learns, and puts the films' shards beside them: train on DIR. Each
    rehearsal has its own timbre, tuning, articulation, accompaniment, room, microphone and codec.

    Example: apvg virtual rehearse shards/ --truth data/truth --out rehearsals/
    """
    from apvg_core.virtual.requirements import explained
    from apvg_core.wording import counted

    with explained(out), console.Progress() as progress:
        from apvg_core.virtual.rehearse import rehearse_all

        count = rehearse_all(
            shards, truth, out, recordings=recordings, seconds=seconds, sounds=sounds, jobs=jobs,
            on_progress=progress,
        )  # fmt: skip
    console.notice(f"{counted(count, 'rehearsal')} and the films are in {out}.")
    console.next_steps([(f"apvg train {console.quote(out)} --run runs/mine", "train on them")])


@app.command("listen", cls=Command)
def listen(
    out: Out,
    run: Annotated[
        list[Path] | None,
        typer.Option("--run", metavar="DIR", help="Run folder (repeatable).", show_default=False),
    ] = None,
    instrument: Embedded = None,
    sounds: Sounds = None,
    recordings: Annotated[int, typer.Option(metavar="K", help="For each condition.")] = 4,
    seconds: Annotated[float, typer.Option(metavar="S", help="Length of each.")] = 30.0,
    device: Device = "auto",
    jobs: Jobs = None,
) -> None:
    """Measure how well runs follow new sounds: real notes, a guitar beside them, rests, a hall.

    Reads runs of trombones or cellos, and real notes that no rehearsal has (examples/sounds.sh). Writes the
    test recordings to DIR. Prints for each condition, with 95 % intervals: the correlation (r) of slide or
    left hand with the truth while notes sound; F1 of the hand's onsets and of the bow's changes, within
    80 ms; and the speed of hand and bow in rests of two seconds or more, as a share of their speed while
    notes sound (0: they rest).

    Example: apvg virtual listen --instrument cello --sounds sounds/ --out listening/
    """
    from apvg_core.errors import ConfigError
    from apvg_core.files import printable
    from apvg_core.virtual.requirements import explained

    runs = all_runs(run, instrument)
    if not runs:
        raise ConfigError(
            "Name what to measure: runs with --run, or performers that came with apvg with --instrument."
        )
    with explained(out), console.Progress() as progress:
        from apvg_core.virtual.listening.hearing import listen as listen_all

        heard = listen_all(
            runs, out, sounds=sounds, recordings=recordings, seconds=seconds, device=device, jobs=jobs,
            on_progress=progress,
        )  # fmt: skip
    for folder, conditions in heard.items():
        rows = []
        for name, of_condition in conditions.items():
            measured = of_condition._asdict().items()
            values = {key.replace("_", " "): _interval(value) for key, value in measured}
            rows.append({printable(folder.resolve().name): name, **values})
        console.table(rows)
    console.notice(f"The recordings of the test are in {out}; listen to them.")


def _interval(value: "Interval | None") -> str:
    return "-" if value is None else f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}]"


@app.command("check", cls=Command)
def check(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="What apvg virtual film wrote.")],
    jobs: Jobs = None,
) -> None:
    """Measure how well the pose estimator finds the performers, against the truth.

    Reads films and their truth. Writes nothing. Prints for each recording and each instrument: the share of
    frames in which body and hands are found, and are in the right place; the median distance in pixels; and
    the correlation (r) of the playing wrist with slide or bow.

    Example: apvg virtual check data/
    """
    from apvg_core.virtual.requirements import explained

    with explained(None), console.Progress() as progress:
        from apvg_core.virtual.check import check_all, summarise, truth_files

        total = len(truth_files(data))
        found = []
        for name, findings in check_all(data, jobs=jobs):
            found.append((name, findings))
            progress("check", len(found), total)
    instruments = sorted({name.split("_")[0] for name, _ in found})
    rows = [(name, [findings]) for name, findings in found]
    rows += [
        (f"all of {each}", [f for name, f in found if name.startswith(f"{each}_")]) for each in instruments
    ]
    console.table(
        [
            {"recording": name, **{key: _number(key, value) for key, value in summarise(some).items()}}
            for name, some in rows
        ]
    )
    console.next_steps(after_filming(data))


def _number(name: str, value: float) -> str:
    return f"{value:.1f}" if name.endswith("px") else f"{value:.3f}"
