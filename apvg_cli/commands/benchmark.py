"""`apvg benchmark`: how fast this machine generates, in numbers that people can compare."""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from apvg_cli import console
from apvg_cli.completion import instruments
from apvg_cli.options import Device, Json
from apvg_core.errors import DependencyError

if TYPE_CHECKING:
    from apvg_core.pretrained import Embedded

CANVASES: Final = (None, "1920x1080")
"""Sizes of the video: the performer's own square, and a whole picture around it."""

CROWDED: Final = 0.25
"""Processes by core that compute beside this one, above which the numbers say less about the machine."""


def benchmark(
    seconds: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="Length of the song.")] = 10.0,
    instrument: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Only the performers of this instrument; see 'apvg generate --list'.",
            show_default="all",
            autocompletion=instruments,
        ),
    ] = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Measure how fast this machine makes videos.

    Reads the performers that came with apvg. Writes nothing. Each plays a song of tones. Warm: the song
    alone, with all networks loaded. Cold: the whole command in a new process. The conversion of the networks,
    which happens once on each machine, is not counted.

    Example: apvg benchmark --json > speed.json
    """
    from apvg_core.machine import describe_machine, load_per_core
    from apvg_core.pretrained import embedded, embedded_run

    wanted = embedded_run(instrument) if instrument else None
    performers = [each for each in embedded() if wanted is None or each.run == wanted]
    load = load_per_core()
    if load is not None and load > CROWDED:
        console.notice(
            f"Other programs are running, too ({load:.1f} busy processes per core); alone, this machine is "
            "faster."
        )
    with TemporaryDirectory(prefix="apvg-benchmark-") as folder:
        song = _write_song(Path(folder), seconds)
        rows = [row for each in performers for row in _measure(each, song, seconds, device)]
    if as_json:
        console.document({"machine": describe_machine(), "load per core": load, "speed": rows})
        return
    console.facts(describe_machine())
    console.table(rows)
    console.next_steps([("apvg benchmark --json", "get all numbers as JSON, to report them")])


def _write_song(folder: Path, seconds: float) -> Path:
    """Write a song of half-second tones that both a trombone and a cello can play, from A2 up a scale."""
    import numpy as np
    import soundfile

    rate = 44100
    t = np.arange(round(seconds * rate)) / rate
    steps = np.array([0, 2, 4, 5, 7, 9, 11, 12])[(2 * t).astype(int) % 8]
    phase = np.cumsum(2 * np.pi * 110.0 * 2 ** (steps / 12)) / rate
    tone = sum(np.sin(k * phase) / k for k in range(1, 6))
    path = folder / "song.wav"
    soundfile.write(path, 0.2 * tone, rate, subtype="PCM_16")
    return path


def _measure(performer: "Embedded", song: Path, seconds: float, device: str) -> list[dict[str, Any]]:
    """Returns a row for each size: seconds warm and cold, frames a second, and times real time."""
    from apvg_core.generation.render import needed_stages, render
    from apvg_core.generation.scene import Scene
    from apvg_core.runtime.load import load_networks

    info = performer.info
    rows = []
    for canvas in CANVASES:
        scene = Scene.read(canvas, None, see_through=False)
        stages = needed_stages(info.recipe, "final", keypoints=False, scene=scene)
        networks = load_networks(performer.run, device=device, stages=stages)
        video = song.with_suffix(".mp4")
        render(song, networks, video, duration=1.0, scene=scene, warn=False)  # memory, clocks, caches
        started = time.perf_counter()
        render(song, networks, video, scene=scene, warn=False)
        warm = time.perf_counter() - started
        rows.append(
            {
                "performer": ", ".join(info.performers),
                "size": canvas or f"{info.size}x{info.size}",
                "warm s": warm,
                "cold s": _cold_seconds(performer.run, song, canvas, device),
                "warm frames/s": seconds * info.fps / warm,
                "times real time": seconds / warm,
            }
        )
    return rows


def _cold_seconds(run: Path, song: Path, canvas: str | None, device: str) -> float:
    """Returns how long the command takes that plays the song, in a process of its own.

    Raises:
        DependencyError: It fails.
    """
    command = [sys.executable, "-m", "apvg_cli", "generate", str(song), "--run", str(run), "--device", device]
    command += [
        "--out",
        str(song.with_name("cold.mp4")),
        "--overwrite",
        *(["--canvas", canvas] if canvas else []),
    ]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")  # noqa: S603
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1].removeprefix("apvg: ")
        raise DependencyError(
            f"'apvg generate' fails on this machine ({reason}); 'apvg doctor' says what is missing."
        )
    return time.perf_counter() - started
