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
        ConfigError: A number is out of range, the held-out notes or FluidSynth are missing, there is no such
            device, or a run plays another instrument or predicts no keypoints.
        RunError: A run is damaged, or its keypoint prediction is not trained.
    """
    check_amount(recordings, seconds)
    infos = {run: read_run(run) for run in runs}
    for run, info in infos.items():
        if info.instrument not in INSTRUMENTS:
            raise ConfigError(
                f"{run} plays the {info.instrument}; the listening test has trombone and cello."
            )
        if "khp" not in info.recipe.stages:
            raise ConfigError(f"{run} predicts no keypoints, so what it hears cannot be measured.")
    tests = {
        instrument: plan(instrument, out, sounds, recordings, seconds)
        for instrument in dict.fromkeys(info.instrument for info in infos.values())
    }
    # Before minutes are spent on the recordings.
    networks = {run: load_networks(run, device=device, stages=("khp",)) for run in runs}
    make([each for test in tests.values() for each in test], jobs, on_progress)
    return {run: _hear(networks[run], tests[info.instrument], on_progress) for run, info in infos.items()}


def _hear(networks: Networks, tests: Sequence[Excerpt], on_progress: Progress) -> dict[str, Heard]:
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
