"""The command line: which recordings, rendered by how many processes.

Exit codes are those of `apvg`: 0 done, 2 a wrong flag, 3 nowhere to write, 6 something to install,
130 interrupted.
"""

import argparse
import math
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Final

from apvg_core.cores import available_cores
from apvg_core.errors import ApvgError, ConfigError, DependencyError, MediaError

if TYPE_CHECKING:
    from apvg_core.virtual.layouts import Job

MIN_SECONDS: Final = 4.0
MAX_SIZE: Final = 2160
INSTALL: Final = (
    "The virtual performers need their extra; in a checkout of the project: pip install -e '.[virtual]'"
)
INSTALL_LIBRARIES: Final = "apt-get install libgl1 libglib2.0-0 libegl1 libegl-mesa0 libgl1-mesa-dri"
INSTALL_FLUIDSYNTH: Final = "apt-get install fluidsynth fluid-soundfont-gm"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, render, and return the exit code."""
    options = _parser().parse_args(arguments)
    return guarded(lambda: _render(options), options.out)


def guarded(work: Callable[[], None], out: Path) -> int:
    """Do what writes to `out`; returns the exit code, after a sentence about what went wrong."""
    try:
        work()
    except ApvgError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("moderngl", "glcontext", "scipy"):
            raise
        print(f"{INSTALL} ({error.name} is missing).", file=sys.stderr)
        return DependencyError.exit_code
    except ImportError as error:
        if ".so" not in str(error):
            raise
        print(
            f"A library of the system is missing ({error}); on Debian: {INSTALL_LIBRARIES}", file=sys.stderr
        )
        return DependencyError.exit_code
    except OSError as error:
        print(f"{out} cannot be written to ({error.strerror}); choose another --out.", file=sys.stderr)
        return MediaError.exit_code
    except BrokenProcessPool:
        said = "A worker died (out of memory?); repeat the command with fewer --jobs, it goes on from there."
        print(said, file=sys.stderr)
        return ApvgError.exit_code
    except KeyboardInterrupt:
        said = "Interrupted; finished recordings stay, and the same command goes on from there."
        print(said, file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m apvg_core.virtual",
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
        default=available_cores(),
        metavar="N",
        help="recordings rendered at a time (default: all cores)",
    )
    return parser


def _render(options: argparse.Namespace) -> None:
    from apvg_core.virtual.data_readme import is_foreign, write_readme
    from apvg_core.virtual.layouts import finished

    jobs = _jobs(options)
    if is_foreign(options.out):
        raise ConfigError(f"{options.out} holds a README.md of something else; choose another --out.")
    waiting = [job for job in jobs if not finished(job)]
    if len(waiting) < len(jobs):
        print(f"{len(jobs) - len(waiting)} of {len(jobs)} recordings are there already.")
    started = time.monotonic()
    workers = max(1, min(options.jobs, len(waiting)))
    # spawned, not forked: OpenGL and threads do not survive a fork
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin, initargs=(workers,)) as pool:
        futures = {pool.submit(_write, job): job for job in waiting}
        try:
            for count, future in enumerate(as_completed(futures), start=1):
                frames, seconds = future.result()
                name, speed = futures[future].name, frames / seconds
                print(f"[{count}/{len(waiting)}] {name}: {frames} frames, {speed:.1f} a second")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():  # or they would finish what they have begun
                worker.terminate()
            raise
    write_readme(options.out)
    what = "recording is" if len(jobs) == 1 else "recordings are"
    print(f"{len(jobs)} {what} in {options.out} ({time.monotonic() - started:.0f} s).")


def _begin(workers: int) -> None:
    """Have a worker draw with its share of the cores, and leave Ctrl-C to its parent, which sends SIGTERM."""
    os.environ.setdefault("LP_NUM_THREADS", str(max(1, available_cores() // workers)))  # of llvmpipe
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())


def _write(job: "Job") -> tuple[int, float]:
    """Write one recording, in a worker; returns its frames and the seconds it took."""
    from apvg_core.virtual.layouts import write_footage, write_sub_urmp

    started = time.monotonic()
    try:
        frames = (write_footage if job.layout == "footage" else write_sub_urmp)(job)
    except SystemExit:  # half-written files are removed by now; the executor would go on to the next job
        os._exit(1)
    return frames, time.monotonic() - started


def _jobs(options: argparse.Namespace) -> "list[Job]":
    """The recordings asked for.

    Raises:
        ConfigError: A number is out of range, or the file that is asked for is no soundfont.
        DependencyError: The soundfont or FluidSynth is asked for and missing.
    """
    from apvg_core.virtual.layouts import Job, validation_count
    from apvg_core.virtual.recording import Take

    performers = list(dict.fromkeys(options.performer or [1]))
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
    playable = MIN_SECONDS <= options.seconds < math.inf
    if not playable or options.recordings < 1 or options.jobs < 1 or options.seed < 0:
        raise ConfigError(
            f"--seconds must be {MIN_SECONDS} or more, --recordings and --jobs 1 or more, --seed 0 or more."
        )
    if not 64 <= options.size <= MAX_SIZE or options.size % 2:
        raise ConfigError(f"--size must be an even number from 64 to {MAX_SIZE}.")
    if options.layout == "sub-urmp" and len(performers) * options.recordings > 99:
        raise ConfigError(
            "Sub-URMP numbers recordings with two digits; ask for at most 99, or another --layout."
        )
    if min(performers) < 0:
        raise ConfigError("--performer must be 0 or more.")


def _soundfont(options: argparse.Namespace) -> Path | None:
    """The soundfont of the recordings that are to have one; None where every sound is additive.

    Raises:
        ConfigError: The file that is asked for is no soundfont.
        DependencyError: The soundfont or FluidSynth is asked for and missing.
    """
    from apvg_core.virtual.sound import soundfont

    given: Path | None = options.soundfont
    if given is not None and given.is_file() and not soundfont.is_soundfont(given):
        raise ConfigError(f"{given} is not a soundfont; give --soundfont an sf2 file.")
    if soundfont.available(given):
        return None if options.timbre == "additive" else soundfont.find_soundfont(given)
    if options.timbre == "soundfont" or given is not None:
        raise DependencyError(f"FluidSynth or its soundfont is missing; on Debian: {INSTALL_FLUIDSYNTH}")
    if options.timbre == "mixed":
        print(f"FluidSynth is not installed: every sound is additive. On Debian: {INSTALL_FLUIDSYNTH}")
    return None
