"""Films of virtual performers: which recordings, rendered by how many processes."""

import logging
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from apvg_core.cores import available_cores
from apvg_core.errors import ConfigError, DependencyError
from apvg_core.progress import Progress, silent
from apvg_core.virtual.data_readme import is_foreign, write_readme
from apvg_core.virtual.layouts import Job, Layout, finished, validation_count, write_footage, write_sub_urmp
from apvg_core.virtual.recording import Take, check_amount
from apvg_core.virtual.requirements import INSTALL_FLUIDSYNTH
from apvg_core.virtual.sound import fluidsynth

MAX_SIZE: Final = 2160

TimbreChoice = Literal["mixed", "additive", "soundfont"]
"""The sound of the recordings; mixed: every second one by FluidSynth, where that is installed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Films:
    """The recordings that are to be made; the same ones come out the same.

    Attributes:
        instrument: "trombone" or "cello".
        out: Folder of the data set.
        performers: Numbers of the players: looks and manner.
        seed: Seed of the music.
        seconds: Length of a recording.
        recordings: How many for each performer.
        layout: "footage" (mp4 and wav), or "sub-urmp" (a tree of images and chunks of sound).
        size: Height of the images in pixels.
        timbre: The sound of the recordings.
        soundfont: An sf2 file; None is FluidR3 where distributions put it.

    Raises:
        ConfigError: A number is out of range.
    """

    instrument: str
    out: Path
    performers: tuple[int, ...] = (1,)
    seed: int = 1
    seconds: float = 60.0
    recordings: int = 1
    layout: Layout = "footage"
    size: int = 256
    timbre: TimbreChoice = "mixed"
    soundfont: Path | None = None

    def __post_init__(self) -> None:
        check_amount(self.recordings, self.seconds)
        if self.seed < 0:
            raise ConfigError("--seed must be 0 or more.")
        if not 64 <= self.size <= MAX_SIZE or self.size % 2:
            raise ConfigError(f"--size must be an even number from 64 to {MAX_SIZE}.")
        if self.layout == "sub-urmp" and len(self.performers) * self.recordings > 99:
            raise ConfigError(
                "Sub-URMP numbers recordings with two digits; ask for at most 99, or another --layout."
            )
        if min(self.performers) < 0:
            raise ConfigError("--performer must be 0 or more.")


def film_all(films: Films, *, jobs: int | None = None, on_progress: Progress = silent) -> int:
    """Render recordings, with the truth about every frame; those that are there already stay.

    Args:
        films: Which.
        jobs: Recordings rendered at a time; None is one a core.
        on_progress: Called after each recording.

    Returns:
        How many there are.

    Raises:
        ConfigError: Something else is in the way.
        OSError: The folder cannot be written to.
        DependencyError: OpenGL, FluidSynth or its soundfont is missing.
    """
    wanted = plan(films)
    if is_foreign(films.out):
        raise ConfigError(f"{films.out} holds a README.md of something else; choose another --out.")
    waiting = [job for job in wanted if not finished(job)]
    if len(waiting) < len(wanted):
        log.info("%d of %d recordings are there already.", len(wanted) - len(waiting), len(wanted))
    for done in _write_all(waiting, jobs or available_cores()):
        on_progress("film", done, len(waiting))
    write_readme(films.out)
    return len(wanted)


def plan(films: Films) -> list[Job]:
    """List the recordings in order, each performer's last ones held out in the Sub-URMP layout.

    Raises:
        ConfigError: The file that is asked for is no soundfont.
        DependencyError: The soundfont or FluidSynth is asked for and missing.
    """
    font = _soundfont(films)
    jobs: list[Job] = []
    for performer in dict.fromkeys(films.performers):
        for number in range(films.recordings):
            by_soundfont = font is not None and (films.timbre == "soundfont" or number % 2 == 1)
            take = Take(
                instrument=films.instrument, performer=performer, seed=films.seed, number=number,
                seconds=films.seconds, timbre="soundfont" if by_soundfont else "additive",
                soundfont=font if by_soundfont else None,
            )  # fmt: skip
            held_out = number >= films.recordings - validation_count(films.recordings)
            split = None if films.layout == "footage" else "validation" if held_out else "train"
            jobs.append(Job(take, films.out, films.size, films.layout, split, len(jobs) + 1))
    return jobs


def _soundfont(films: Films) -> Path | None:
    """The soundfont of the recordings that are to have one; None where every sound is additive."""
    given = films.soundfont
    if given is not None and given.is_file() and not fluidsynth.is_soundfont(given):
        raise ConfigError(f"{given} is not a soundfont; give --soundfont an sf2 file.")
    if fluidsynth.available(given):
        return None if films.timbre == "additive" else fluidsynth.find_soundfont(given)
    if films.timbre == "soundfont" or given is not None:
        raise DependencyError(f"FluidSynth or its soundfont is missing; on Debian: {INSTALL_FLUIDSYNTH}")
    if films.timbre == "mixed":
        log.info("FluidSynth is not installed: every sound is additive. On Debian: %s", INSTALL_FLUIDSYNTH)
    return None


def _write_all(jobs: list[Job], processes: int) -> Iterator[int]:
    """Write recordings, some at a time; yields how many are done after each."""
    workers = max(1, min(processes, len(jobs)))
    # spawned, not forked: OpenGL and threads do not survive a fork
    spawn = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin, initargs=(workers,)) as pool:
        futures = {pool.submit(_write, job): job for job in jobs}
        try:
            for count, future in enumerate(as_completed(futures), start=1):
                frames, seconds = future.result()
                log.info("%s: %d frames, %.1f a second.", futures[future].name, frames, frames / seconds)
                yield count
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in (
                set(multiprocessing.active_children()) - others
            ):  # or they would finish what they have begun
                worker.terminate()
            raise


def _begin(workers: int) -> None:
    """Have a worker draw with its share of the cores, and leave Ctrl-C to its parent, which sends SIGTERM."""
    os.environ.setdefault("LP_NUM_THREADS", str(max(1, available_cores() // workers)))  # of llvmpipe
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())


def _write(job: Job) -> tuple[int, float]:
    """Write one recording, in a worker; returns its frames and the seconds it took."""
    started = time.monotonic()
    try:
        frames = (write_footage if job.layout == "footage" else write_sub_urmp)(job)
    except SystemExit:  # half-written files are removed by now; the executor would go on to the next job
        os._exit(1)
    return frames, time.monotonic() - started
