"""Hearing: runs predict keypoints for the recordings of the listening test."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from apvg_core.errors import ConfigError
from apvg_core.generation.pipeline import coarse_blocks, sound_windows
from apvg_core.media.audio import mono_blocks, open_song
from apvg_core.progress import Progress, silent
from apvg_core.run.info import read_run
from apvg_core.runtime.load import Networks, load_networks
from apvg_core.virtual.listening.measures import Heard, Hearing, measure
from apvg_core.virtual.listening.recordings import CONDITIONS, Excerpt, make, plan
from apvg_core.virtual.recording import check_amount

INSTRUMENTS: Final = ("trombone", "cello")


def listen(
    runs: Sequence[Path],
    out: Path,
    *,
    sounds: Path | None = None,
    recordings: int = 4,
    seconds: float = 30.0,
    device: str = "auto",
    jobs: int | None = None,
    on_progress: Progress = silent,
) -> dict[Path, dict[str, Heard]]:
    """Make the test's recordings, unless they are there, and let runs hear them.

    Args:
        runs: Run folders of trombones and cellos; of each only the keypoints are predicted.
        out: The folder of the recordings, which can be listened to.
        sounds: A folder of sounds with the notes that are held out (`sound.timbres.HELD_OUT`).
        recordings: How many for each condition.
        seconds: Length of each.
        device: "auto", "cpu", "cuda", ...
        jobs: Recordings made at a time; None is one a core.
        on_progress: Called after each recording that was made, and each that was heard.

    Returns:
        What each run heard, by condition.

    Raises:
        ConfigError: A number is out of range, the held-out notes or FluidSynth are missing, or a run plays
            another instrument.
        RunError: A run is damaged or has no keypoint prediction.
    """
    check_amount(recordings, seconds)
    instruments = {run: read_run(run).instrument for run in runs}
    for run, instrument in instruments.items():
        if instrument not in INSTRUMENTS:
            raise ConfigError(f"{run} plays the {instrument}; the listening test has trombone and cello.")
    tests = {
        instrument: plan(instrument, out, sounds, recordings, seconds)
        for instrument in dict.fromkeys(instruments.values())
    }
    make([each for test in tests.values() for each in test], jobs, on_progress)
    return {run: _hear(run, tests[instruments[run]], device, on_progress) for run in runs}


def _hear(run: Path, tests: Sequence[Excerpt], device: str, on_progress: Progress) -> dict[str, Heard]:
    networks = load_networks(run, device=device, stages=("khp",))
    hearings: dict[str, list[Hearing]] = {name: [] for name in CONDITIONS}
    for count, test in enumerate(tests, start=1):
        hearings[test.condition].append(_heard(networks, test))
        on_progress("hear", count, len(tests))
    return measure(hearings)


def _heard(networks: Networks, test: Excerpt) -> Hearing:
    """Let a run hear a recording."""
    info = networks.info
    count = round(test.take.seconds * info.fps)
    with open_song(test.path) as song:
        windows = sound_windows(lambda: mono_blocks(song), info, count)
        blocks = coarse_blocks(networks, windows, performer=0, seed=0)
        keypoints = np.concatenate([block.keypoints for block in blocks if block.keypoints is not None])
    return Hearing(test.recording.playing, keypoints, info.fps)
