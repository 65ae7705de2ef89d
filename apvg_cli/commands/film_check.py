"""`apvg film-check`: what will go wrong with footage, before anybody films an hour or trains."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apvg_cli import console
from apvg_cli.completion import known_instruments
from apvg_cli.next_steps import after_film_check
from apvg_core.errors import ConfigError, MediaError, PartialError
from apvg_core.wording import counted

if TYPE_CHECKING:
    from apvg_core.data.sources import Recording
    from apvg_core.filmcheck.film import Film
    from apvg_core.filmcheck.findings import Finding

WORDS = {"good": "good", "look": "look at it", "bad": "film again"}


def film_check(
    videos: Annotated[
        list[Path],
        typer.Argument(metavar="VIDEO…", help="Videos, or folders of footage.", show_default=False),
    ],
    instrument: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The instrument, so that its range can be checked. Of folders, only this instrument is "
            "checked.",
            show_default=False,
            autocompletion=known_instruments,
        ),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw the worst moments into this image.", show_default=False),
    ] = None,
) -> None:
    """Check footage before you film more of it: hands, light, camera, sound.

    Looks at up to ten short parts of each film, and at fewer if that takes more than 40 s. Checks hands,
    edges of the picture, light, blur, camera, frame rate, other people, other instruments, rests, range and
    tempo.
    Reads videos, or folders of <instrument>/<performer>/ videos. Writes only the image that --sheet names.

    Example: apvg film-check take1.mp4 --instrument trombone --sheet worst.png
    """
    if sheet is not None and sheet.suffix.lower() not in (".png", ".jpg"):
        raise ConfigError(f"--sheet {sheet} must end in .png or .jpg.")
    from apvg_core.data.sources import find_recordings

    recordings: list[Recording] = []
    for video in videos:
        names = () if instrument is None else (instrument,)
        if video.is_file():
            names = names or ("unknown",)  # which `find_recordings` would ask for
        recordings += find_recordings(video, instruments=names).recordings
    checked, failures = check_films(recordings, sheet)
    if checked:
        bad = any(finding.verdict == "bad" for _, findings in checked for finding in findings)
        console.next_steps(after_film_check(videos, instrument, sheet, bad=bad))
    _raise(failures, some=bool(checked))


def check_films(
    recordings: "Sequence[Recording]", sheet: Path | None
) -> "tuple[list[tuple[Film, list[Finding]]], list[MediaError]]":
    """Check films, print what was found, and draw the worst moments.

    Returns:
        The films with what was found, and why others could not be checked.
    """
    from apvg_core.filmcheck.findings import judge
    from apvg_core.filmcheck.measure import measure
    from apvg_core.filmcheck.windows import windows_each
    from apvg_core.media.isolate import IsolatedProcess

    checked: list[tuple[Film, list[Finding]]] = []
    failures: list[MediaError] = []
    # one process for all films, which loads the models once
    with console.Progress() as progress, closing(IsolatedProcess()) as process:
        for recording in recordings:
            path = recording.files()[0]
            try:
                film = process.call(
                    measure, recording, windows_each(len(recordings)), path=path, on_progress=progress
                )
            except MediaError as error:
                failures.append(error)
                continue
            checked.append((film, judge(film)))
    for film, findings in checked:
        _print(film, findings)
    if sheet is not None and checked:
        _draw(sheet, checked)
    return checked, failures


def _raise(failures: list[MediaError], *, some: bool) -> None:
    """Say what could not be checked.

    Raises:
        MediaError: No film could be.
        PartialError: Some were.
    """
    if not failures:
        return
    if len(failures) == 1 and not some:
        raise failures[0]
    for failure in failures:
        console.error(str(failure))
    if not some:
        raise MediaError("None of the films could be checked.")
    raise PartialError(f"{counted(len(failures), 'film')} could not be checked; the others were.")


def _print(film: "Film", findings: "list[Finding]") -> None:
    looked = len(film.windows)
    part = "" if looked == film.planned else f" (time for {looked} of {counted(film.planned, 'part')} only)"
    console.notice(f"{film.recording.source}{part}:")
    console.table(
        [{"what": each.topic, "is": WORDS[each.verdict], "measured": each.sentence} for each in findings]
    )


def _draw(path: Path, checked: "list[tuple[Film, list[Finding]]]") -> None:
    """Draw the worst moments.

    Raises:
        ConfigError: The image cannot be written.
    """
    from apvg_core.drawing.image_file import write_image
    from apvg_core.filmcheck.sheet import draw_worst

    image = draw_worst(checked)
    if image is None:
        console.notice(f"No picture shows anything wrong, so {path} is not written.")
        return
    try:
        write_image(path, image)
    except OSError as error:
        raise ConfigError(f"--sheet {path} cannot be written ({error.strerror}); choose another.") from error
    console.notice(f"The worst moments are in {path}.")
