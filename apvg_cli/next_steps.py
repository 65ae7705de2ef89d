"""Next steps after each command: (command, purpose) pairs for `console.next_steps`."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from apvg_cli.console import quote

if TYPE_CHECKING:
    from apvg_core.data.manifest import ManifestEntry

NextSteps = list[tuple[str, str]]

CHECK_SKELETONS = "see whether the sticks lie on the player"


def after_extraction(shards: Path, entries: "Iterable[ManifestEntry]") -> NextSteps:
    """Check the shards, then train on them."""
    return [
        (f"apvg info {quote(shards)} --sheet sheet.png", CHECK_SKELETONS),
        *after_checking(shards, entries),
    ]


def after_checking(shards: Path, entries: "Iterable[ManifestEntry]") -> NextSteps:
    """Train on the shards of the first instrument, if there is anything to train on.

    The run is named after its performer, or its instrument if there are several performers.
    """
    entries = [entry for entry in entries if entry.split == "train"]
    if not entries:
        return []
    instruments = sorted({entry.instrument for entry in entries})
    performers = {entry.performer for entry in entries if entry.instrument == instruments[0]}
    name = performers.pop() if len(performers) == 1 else instruments[0]
    which = f" --instrument {quote(instruments[0])}" if len(instruments) > 1 else ""
    command = f"apvg train {quote(shards)} --run {quote(Path('runs', name))}{which}"
    return [(command, "train (you can stop it; --resume auto continues)")]


def after_training(run: Path, shards: Path | None = None) -> NextSteps:
    """Train the next stage, or generate and evaluate.

    Args:
        run: The run folder.
        shards: Its shards; None stands for shards/.

    Raises:
        RunError: The run is damaged.
    """
    from apvg_core.run.info import read_run
    from apvg_core.run.seeds import runs_in
    from apvg_core.run.weights import untrained

    folder, footage = quote(run), quote(shards or "shards/")
    if runs_in(run) != [run]:  # several trainings of one row
        return [(f"apvg evaluate {footage} --run {folder} --out results", "see how good it is")]
    if left := untrained(run, read_run(run)):
        again = " --resume auto" if (run / "state" / left[0]).is_dir() else ""
        return [(f"apvg train-{left[0]} {footage} --run {folder}{again}", f"train the stage {left[0]}")]
    return [
        (f"apvg generate song.wav --run {folder}", "make song.mp4"),
        (f"apvg evaluate {footage} --run {folder} --out results", "see how good it is"),
    ]


def after_learning(run: Path, sample: Path, results: Path | None) -> NextSteps:
    """Look at what came out, then play songs, or train on.

    Args:
        run: The run folder.
        sample: The sample video.
        results: The folder of the evaluation, if there was anything to judge.
    """
    report = f"the sample {sample}" + (f" and the report {results / 'report.html'}" if results else "")
    return [(f"apvg generate song.wav --run {quote(run)}", f"make song.mp4, if you like {report}")]


def after_film_check(
    videos: list[Path], instrument: str | None, sheet: Path | None, *, bad: bool
) -> NextSteps:
    """Film again, if something is to be filmed again; else make a performer.

    Args:
        videos: What was checked: films or folders.
        instrument: What is played, if it was named.
        sheet: The image of the worst moments, if one was asked for.
        bad: Something is to be filmed again.
    """
    named = ["--instrument", instrument] if instrument else []
    check: list[str | Path] = ["apvg", "film-check", *videos, *named]
    if bad and sheet is None:
        return [(quote(*check, "--sheet", "worst.png"), "see the worst moments before you film again")]
    if bad:
        return [(quote(*check), "check again when you have filmed again")]
    if len(videos) > 1:
        purpose = "make a performer, once the films are in my_footage/<instrument>/<performer>/"
        return [("apvg learn my_footage/ --run runs/me", purpose)]
    if videos[0].is_file():
        named = ["--instrument", instrument or "violin", "--performer", "ann"]
    return [(quote("apvg", "learn", videos[0], *named, "--run", "runs/me"), "make a performer")]


def after_filming(data: Path) -> NextSteps:
    """Make shards of what virtual performers were filmed playing, in either layout."""
    tree = data / "Sub-URMP"
    command = f"apvg extract {quote(tree)}" if tree.is_dir() else f"apvg extract {quote(data)} --crop center"
    return [(f"{command} --out shards/", "make shards to train on")]


def after_generating(song: Path, run: Path, instrument: str | None) -> NextSteps:
    """Check the performance, if the run knows where its player's hand is for each note.

    Args:
        song: What was played.
        run: The run folder.
        instrument: What it plays, if it is a performer that came with apvg.
    """
    from apvg_core.run.note_positions import NOTE_POSITIONS

    if not (run / NOTE_POSITIONS).is_file():
        return []
    command = f"apvg check {quote(instrument or run, song)}"
    return [(command, "check that the hand is in the right place for each note")]


def plot_check(target: Path, song: Path | None, named: Mapping[str, Path | str | None]) -> NextSteps:
    """Check the same again, with a plot.

    Args:
        target: What was checked: a video, or who plays.
        song: What is played, if it was named.
        named: Options of the command, and their values if they were given.
    """
    words: list[str | Path] = [target, *([song] if song else [])]
    for option, value in named.items():
        words += [option, value] if value else []
    return [(quote("apvg", "check", *words, "--plot", "check.png"), "see pitch and hand over time")]


def play_song(song: Path) -> NextSteps:
    """Let each performer that came with apvg play a song."""
    from apvg_core.pretrained import embedded

    return [generate_with(song, each.info.instrument) for each in embedded()]


def generate_with(song: str | Path, instrument: str) -> tuple[str, str]:
    """Let the performer of one instrument that came with apvg play a song."""
    return f"apvg generate {quote(song, '--instrument', instrument)}", f"make {Path(song).stem}.mp4"


def extract_video(video: Path) -> NextSteps:
    """Make shards from a video."""
    return [(f"apvg extract {quote(video)} --instrument violin --performer ann", "make shards to train on")]
