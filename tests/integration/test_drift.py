"""A long song does not wear the performers out."""

import numpy as np
import pytest

from apvg_core.generation.pipeline import generate_blocks
from apvg_core.metrics.images import psnr
from apvg_core.pretrained import embedded_run
from apvg_core.runtime.load import load_networks
from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.recording import Recording, Take

EXCERPT, SONG = 10, 300
"""Seconds."""

PLAYERS = {"trombone": 8, "cello": 14}
"""Who they are, as `examples/performers.sh` has it."""


def recording(instrument: str, number: int, seconds: float) -> Recording:
    """Music that nobody was trained on."""
    return Recording(
        Take(
            instrument=instrument, performer=PLAYERS[instrument], seed=77, number=number, seconds=seconds,
            timbre="additive", soundfont=None,
        )
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("instrument", PLAYERS)
def test_an_excerpt_scores_the_same_at_the_end_of_a_long_song_as_at_its_start(instrument: str) -> None:
    excerpt = recording(instrument, 0, EXCERPT)
    part = excerpt.sound()[: EXCERPT * SAMPLE_RATE]
    between = recording(instrument, 1, SONG - 2 * EXCERPT).sound()[: (SONG - 2 * EXCERPT) * SAMPLE_RATE]
    song = np.concatenate([part, between, part])
    networks = load_networks(embedded_run(instrument))
    fps, size = round(networks.info.fps), networks.info.size
    times = np.arange(EXCERPT * fps) / fps
    real = [image for image, _ in excerpt.images(times, size, size)]
    blocks = generate_blocks(networks, lambda: [song], count=SONG * fps, performer=0, seed=0)
    scores = []
    for block in blocks:
        for frame in block.frames:
            second = len(scores) // fps % (SONG - EXCERPT)
            scores.append(psnr(real[len(scores) % (EXCERPT * fps)], frame) if second < EXCERPT else np.nan)
    first, last = (np.mean(scores[at : at + EXCERPT * fps]) for at in (0, (SONG - EXCERPT) * fps))
    assert first > 24  # decibels: this is the player, and the music
    assert abs(first - last) < 0.5
