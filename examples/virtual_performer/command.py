"""The command line: which recordings, rendered by how many processes.

Exit codes are those of `apvg`: 0 done, 2 a wrong flag, 3 nowhere to write, 6 something to install,
130 interrupted.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

from apvg_core.errors import ApvgError, ConfigError, DependencyError, MediaError

if TYPE_CHECKING:
    from examples.virtual_performer.layouts import Job

MIN_SECONDS: Final = 4.0
INSTALL: Final = (
    "The virtual performers need their extra; in a checkout of the project: pip install -e '.[virtual]'"
)
INSTALL_FLUIDSYNTH: Final = "apt-get install fluidsynth fluid-soundfont-gm"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, render, and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        _render(options)
    except ApvgError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("moderngl", "glcontext", "scipy"):
            raise
        print(f"{INSTALL} ({error.name} is missing).", file=sys.stderr)
        return DependencyError.exit_code
    except OSError as error:
        print(
            f"{options.out} cannot be written to ({error.strerror}); choose another --out.", file=sys.stderr
        )
        return MediaError.exit_code
    except KeyboardInterrupt:
        said = "Interrupted; finished recordings stay, and the same command goes on from there."
        print(said, file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m examples.virtual_performer",
        description="Render a virtual performer playing generated music, with the truth about every frame. "
        "The same flags give the same recordings; finished ones are not rendered again.",
    )
    parser.add_argument("--instrument", choices=("trombone", "cello"), required=True)
    parser.add_argument(
        "--performer",
        type=int,
        action="append",
        metavar="N",
        help="number of the player: looks and manner; can be given several times (default: 1)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="of the music (default: %(default)s)"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=60.0,
        metavar="S",
        help="length of a recording (default: %(default)s)",
    )
    parser.add_argument(
        "--recordings", type=int, default=1, metavar="K", help="for each performer (default: %(default)s)"
    )
    parser.add_argument(
        "--layout",
        choices=("footage", "sub-urmp"),
        default="footage",
        help="footage: mp4 and wav; sub-urmp: a tree of pictures and chunks of sound (default: %(default)s)",
    )
    parser.add_argument(
        "--size",
        type=int,
        default=256,
        metavar="PIXELS",
        help="height of the pictures (default: %(default)s)",
    )
    parser.add_argument(
        "--timbre",
        choices=("mixed", "additive", "soundfont"),
        default="mixed",
        help="mixed: every second recording by FluidSynth, where that is installed (default: %(default)s)",
    )
    parser.add_argument(
        "--soundfont",
        type=Path,
        metavar="FILE",
        help="an sf2 file (default: FluidR3_GM.sf2 where Debian puts it)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="recordings rendered at a time (default: all cores)",
    )
    return parser


def _render(options: argparse.Namespace) -> None:
    from examples.virtual_performer.data_readme import write_readme
    from examples.virtual_performer.layouts import finished

    jobs = _jobs(options)
    waiting = [job for job in jobs if not finished(job)]
    if len(waiting) < len(jobs):
        print(f"{len(jobs) - len(waiting)} of {len(jobs)} recordings are there already.")
    started = time.monotonic()
    workers = max(1, min(options.jobs, len(waiting)))
    # spawned, not forked: OpenGL and threads do not survive a fork
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(_write, job): job for job in waiting}
        try:
            for count, future in enumerate(as_completed(futures), start=1):
                frames, seconds = future.result()
                name, speed = futures[future].name, frames / seconds
                print(f"[{count}/{len(waiting)}] {name}: {frames} frames, {speed:.1f} a second")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    write_readme(options.out)
    print(f"{len(jobs)} recordings are in {options.out} ({time.monotonic() - started:.0f} s).")


def _write(job: "Job") -> tuple[int, float]:
    """Write one recording, in a worker; returns its frames and the seconds it took."""
    from examples.virtual_performer.layouts import write_footage, write_sub_urmp

    started = time.monotonic()
    frames = (write_footage if job.layout == "footage" else write_sub_urmp)(job)
    return frames, time.monotonic() - started


def _jobs(options: argparse.Namespace) -> "list[Job]":
    """The recordings asked for.

    Raises:
        ConfigError: A number is out of range.
        DependencyError: The soundfont or FluidSynth is asked for and missing.
    """
    from examples.virtual_performer.layouts import Job, validation_count
    from examples.virtual_performer.recording import Take

    performers = options.performer or [1]
    _check_numbers(options, performers)
    path = _soundfont(options)
    jobs: list[Job] = []
    for performer in performers:
        for number in range(options.recordings):
            by_soundfont = path is not None and (options.timbre == "soundfont" or number % 2 == 1)
            take = Take(
                instrument=options.instrument,
                performer=performer,
                seed=options.seed,
                number=number,
                seconds=options.seconds,
                timbre="soundfont" if by_soundfont else "additive",
                soundfont=path if by_soundfont else None,
            )
            held_out = number >= options.recordings - validation_count(options.recordings)
            split = None if options.layout == "footage" else "validation" if held_out else "train"
            jobs.append(Job(take, options.out, options.size, options.layout, split, len(jobs) + 1))
    return jobs


def _check_numbers(options: argparse.Namespace, performers: Sequence[int]) -> None:
    """Refuse what cannot be rendered.

    Raises:
        ConfigError: A number is out of range.
    """
    if options.seconds < MIN_SECONDS or options.recordings < 1 or options.jobs < 1 or options.seed < 0:
        raise ConfigError(
            f"--seconds must be {MIN_SECONDS} or more, --recordings and --jobs 1 or more, --seed 0 or more."
        )
    if options.size < 64 or options.size % 2:
        raise ConfigError("--size must be an even number of 64 or more.")
    if options.layout == "sub-urmp" and len(performers) * options.recordings > 99:
        raise ConfigError(
            "Sub-URMP numbers recordings with two digits; ask for at most 99, or another --layout."
        )
    if min(performers) < 0:
        raise ConfigError("--performer must be 0 or more.")


def _soundfont(options: argparse.Namespace) -> Path | None:
    """The soundfont of the recordings that are to have one; None where every sound is additive.

    Raises:
        DependencyError: The soundfont or FluidSynth is asked for and missing.
    """
    from examples.virtual_performer.sound import soundfont

    if soundfont.available(options.soundfont):
        return None if options.timbre == "additive" else soundfont.find_soundfont(options.soundfont)
    if options.timbre == "soundfont" or options.soundfont is not None:
        raise DependencyError(f"FluidSynth or its soundfont is missing; on Debian: {INSTALL_FLUIDSYNTH}")
    if options.timbre == "mixed":
        print(f"FluidSynth is not installed: every sound is additive. On Debian: {INSTALL_FLUIDSYNTH}")
    return None
