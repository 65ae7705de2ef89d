"""`apvg check`: whether the notes that are heard are those that are played, on any recording."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from apvg_cli import console
from apvg_cli.completion import instruments
from apvg_cli.next_steps import plot_check
from apvg_cli.options import Device, Performer, chosen_run
from apvg_core.errors import ConfigError
from apvg_core.wording import counted, note_name

if TYPE_CHECKING:
    from apvg_core.evaluation.note_check import NoteCheck

MOST_FAILURES: Final = 10
"""Failures that are printed, the longest; --json has all."""


def check(
    target: Annotated[
        Path,
        typer.Argument(
            metavar="VIDEO|RUN",
            help="A video of the performer, generated or filmed; or who is to play SONG: a run folder, or "
            "the instrument of a performer that came with apvg.",
            show_default=False,
            autocompletion=instruments,
        ),
    ],
    song: Annotated[
        Path | None,
        typer.Argument(metavar="SONG", help="The song. A video needs none: its own sound is used."),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option("--run", metavar="DIR", help="Run folder of the video's performer.", show_default=False),
    ] = None,
    instrument: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The video's performer, if it came with apvg.",
            show_default=False,
            autocompletion=instruments,
        ),
    ] = None,
    performer: Performer = None,
    shards: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Training shards of a run of an earlier version: learns from them where the hand is for "
            "each note, and keeps it in the run.",
            show_default="what the run keeps",
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all results as JSON.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png", help="Draw tracked pitch, expected and actual positions, and stills of VIDEO."
        ),
    ] = None,
    device: Device = "auto",
) -> None:
    """Check that the slide, or the left hand, is in the right place for the notes that are heard.

    The pitch is tracked in the sound, and compared with where the hand was for each note in the performer's
    training. It needs no annotation, so any recording can be checked.
    Reads a video, in which MediaPipe finds the keypoints; or a run and a song, whose keypoints the run
    predicts. Writes the files that --json and --plot name.

    Example: apvg check trombone song.wav

    Example: apvg check out.mp4 --run runs/ann --plot check.png
    """
    if plot is not None and plot.suffix.lower() not in (".png", ".jpg"):
        raise ConfigError(f"--plot {plot} must end in .png or .jpg.")
    from apvg_core.pretrained import FOLDER

    plays = _named_run(target, performer)
    if plays is None:
        if run is None and instrument is None and not target.exists():
            raise ConfigError(
                f"{target} is neither a video nor a run folder, nor an instrument that 'apvg generate "
                "--list' shows."
            )
    elif run is not None or instrument is not None:
        raise ConfigError(f"{target} is a performer itself; leave out --run and --instrument.")
    elif song is None:
        raise ConfigError(f"Name the song that {target} is to play: apvg check {console.quote(target)} SONG.")
    folder = plays or chosen_run(run, instrument, performer)
    if shards is not None and folder.parent == FOLDER:
        raise ConfigError("--shards is for your own runs; performers that came with apvg do not need it.")
    if plays and song:
        checked = _check_performance(folder, song, performer, shards, device)
    else:
        checked = _check_video(folder, target, song, performer, shards)
    title = f"{target.name} and {song.name}" if song else target.name
    title = f"{title}, by {folder.resolve().name}"
    _write(checked, json_file, plot, title, video=None if plays else target)
    _print(checked)
    for path in filter(None, (json_file, plot)):
        console.notice(f"{path} is written.")
    if plot is None:
        named = {"--run": run, "--instrument": instrument, "--performer": performer}
        console.next_steps(plot_check(target, song, named))
    else:
        console.notice(f"Open {plot} to see where they disagree.")


def _check_video(
    folder: Path, video: Path, song: Path | None, performer: str | None, shards: Path | None
) -> "NoteCheck":
    from apvg_core.evaluation.note_check import check_video, checkable_player

    with console.Progress() as progress:
        player = checkable_player(folder, performer, shards=shards, on_progress=progress)
        return check_video(player, video, song, on_progress=progress)


def _check_performance(
    folder: Path, song: Path, performer: str | None, shards: Path | None, device: str
) -> "NoteCheck":
    from apvg_core.evaluation.note_check import check_performance, checkable_player

    with console.Progress() as progress:
        player = checkable_player(folder, performer, shards=shards, on_progress=progress)
        return check_performance(player, song, device=device, on_progress=progress)


def _named_run(target: Path, performer: str | None) -> Path | None:
    """Return the run folder that the argument names; None if it is a video."""
    from apvg_core.pretrained import embedded, embedded_run

    if (target / "run.json").exists():
        return target
    if str(target) in {each.info.instrument for each in embedded()}:
        return embedded_run(str(target), performer)
    return target if target.is_dir() else None


def _write(
    checked: "NoteCheck", json_file: Path | None, plot: Path | None, title: str, *, video: Path | None
) -> None:
    """Write what --json and --plot ask for.

    Raises:
        ConfigError: It cannot be written.
    """
    from apvg_core.drawing.note_plot import write_note_plot
    from apvg_core.files import write_json

    for flag, path in (("--json", json_file), ("--plot", plot)):
        if path is None:
            continue
        try:
            if flag == "--json":
                write_json(path, checked.document())
            else:
                write_note_plot(path, checked, title.encode("ascii", "replace").decode(), video)
        except OSError as error:
            raise ConfigError(
                f"{flag} {path} cannot be written ({error.strerror}); choose another."
            ) from error


def _print(checked: "NoteCheck") -> None:
    """Print the main numbers, and where hand and pitch disagree longest."""
    assert checked.agreement is not None
    assert checked.by_chance is not None
    interval = checked.agreement_interval
    within = f" (95 % interval {100 * interval.low:.0f} to {100 * interval.high:.0f} %)" if interval else ""
    judged, voiced, beyond = map(checked.seconds, (checked.judged, checked.pitch.voiced, checked.beyond))
    console.facts(
        {
            f"{checked.hand.name.capitalize()} and pitch agree": f"{100 * checked.agreement:.1f} %{within}",
            "by chance": f"{100 * checked.by_chance:.1f} %",
            "judged": f"{judged:.1f} s of {voiced:.1f} s in which a note is heard",
            "notes that were not learned": f"{beyond:.1f} s",
            "tuning": f"{100 * checked.pitch.tuning:+.0f} cents",
        }
    )
    failures = checked.failures()
    if not failures:
        return
    longest = sorted(
        sorted(failures, key=lambda failure: failure.start - failure.stop)[:MOST_FAILURES],
        key=lambda failure: failure.start,
    )
    rest = len(failures) - len(longest)
    more = f"; {counted(rest, 'shorter one')} not shown" if rest else ""
    console.notice(f"Where they disagree ({checked.hand.name} in per cent of its reach in training{more}):")
    console.table(
        [
            {
                "from (s)": f"{each.start:.2f}", "to (s)": f"{each.stop:.2f}", "note": note_name(each.midi),
                "expected": " or ".join(f"{low:.0f} to {high:.0f}" for low, high in each.expected),
                "is": f"{each.actual:.0f}",
            }
            for each in longest
        ]
    )  # fmt: skip
