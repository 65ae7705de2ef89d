"""The recording chain: every link does what it says, and none moves the sound in time."""

import numpy as np
import pytest
from scipy.signal import sosfreqz

from apvg_core.virtual.sound.capture import PEAK, Capture, _peak, compressed
from apvg_core.virtual.sound.codec import CODECS, coded
from apvg_core.virtual.sound.noises import applause, hiss, hum

RATE = 44_100


def pulses(seconds=3):
    """A short tone at the beginning of every second but the first."""
    sound = np.zeros(seconds * RATE)
    for k in range(1, seconds):
        times = np.arange(RATE // 5) / RATE
        sound[k * RATE : k * RATE + len(times)] = (
            0.5 * np.sin(2 * np.pi * 330 * times) * np.exp(-times / 0.05)
        )
    return sound


def decibels(sound):
    return 10 * np.log10(np.mean(sound**2))


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("end", ["least", "most"])
def test_a_codec_keeps_length_and_time(name, end):
    sound = pulses()
    heard = coded(sound, name, getattr(CODECS[name], end))
    assert heard.shape == sound.shape
    assert not np.array_equal(heard, sound)
    shifts = range(-40, 41)
    best = max(shifts, key=lambda shift: np.dot(np.roll(heard, -shift), sound))
    assert abs(best) <= 2  # samples
    assert np.corrcoef(np.roll(heard, -best), sound)[0, 1] > 0.98


def test_an_equaliser_has_its_gain_at_its_centre_and_none_far_away():
    places = np.array([50.0, 1000.0, 15_000.0])
    _, response = sosfreqz(_peak(1000.0, -9.0, 1.5)[None], places, fs=RATE)
    assert 20 * np.log10(np.abs(response)) == pytest.approx([0, -9, 0], abs=0.15)


def test_a_compressor_of_four_makes_eight_decibels_two():
    """The mean power of a quiet second and one 20 dB louder is 17.0 dB up: 3.0 dB over it become 0.75."""
    tone = np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)
    tone[:RATE] *= 0.1
    pressed = compressed(tone, 4.0)
    assert decibels(pressed[:RATE]) == pytest.approx(decibels(tone[:RATE]), abs=0.05)
    fall = decibels(tone[3 * RATE // 2 :]) - decibels(pressed[3 * RATE // 2 :])
    assert fall == pytest.approx((20 - 17.03) * 0.75, abs=0.1)


def test_noise_is_as_far_below_the_music_as_it_is_said():
    tone = np.sin(2 * np.pi * 440 * np.arange(4 * RATE) / RATE)
    tone[2 * RATE :] = 0
    heard = Capture(noise=20.0, level=-23.0).record(tone, np.random.default_rng(0))
    assert decibels(heard) == pytest.approx(-23, abs=0.1)
    # The tone fills half of the time, so it is 3 dB above the mean of all.
    assert decibels(heard[: 2 * RATE]) - decibels(heard[2 * RATE :]) == pytest.approx(23, abs=0.7)


def test_a_band_and_clipping_leave_what_they_say():
    noise = np.random.default_rng(1).standard_normal(2 * RATE)
    heard = Capture(band=(300.0, 3400.0), noise=90).record(noise, np.random.default_rng(0))
    power = np.abs(np.fft.rfft(heard)) ** 2
    assert power[2000:4000].mean() > 100 * power[:200].mean()
    assert power[2000:4000].mean() > 100 * power[24_000:40_000].mean()
    clipped = Capture(clipped=9.0, noise=90).record(noise, np.random.default_rng(0))
    assert np.mean(np.abs(clipped) > 0.999 * np.max(np.abs(clipped))) > 0.01


def test_hum_hiss_and_applause():
    rng = np.random.default_rng(0)
    power = np.abs(np.fft.rfft(hum(rng, 10 * RATE))) ** 2
    lines = max(
        sum(power[10 * k * mains - 15 : 10 * k * mains + 15].sum() for k in range(1, 7)) for mains in (50, 60)
    )
    assert lines > 0.98 * power.sum()
    for make in (hum, hiss):
        assert np.sqrt(np.mean(make(rng, RATE) ** 2)) == pytest.approx(1, abs=0.02)
        assert make(rng, 15 * RATE).shape == (15 * RATE,)
    low, high = (
        np.abs(np.fft.rfft(hiss(np.random.default_rng(0), 4 * RATE, fall))) ** 2 for fall in (0.1, 1.3)
    )
    assert high[200:400].sum() / high.sum() > 5 * low[200:400].sum() / low.sum()
    claps = applause(rng, 10 * RATE)
    assert not claps[: 5 * RATE].any()
    assert claps[-RATE:].std() > 0.5


@pytest.mark.parametrize("seed", range(12))
def test_any_chain_gives_a_decent_signal(seed):
    rng = np.random.default_rng(seed)
    capture = Capture.draw(rng)
    assert capture == Capture.draw(np.random.default_rng(seed))
    heard = capture.record(pulses(), rng)
    assert heard.shape == (3 * RATE,)
    assert np.isfinite(heard).all()
    assert np.max(np.abs(heard)) <= (1.2 if capture.codec else PEAK + 1e-9)
    assert decibels(heard) > -45


def test_chains_differ():
    chains = [Capture.draw(np.random.default_rng(seed)) for seed in range(200)]
    assert {chain.codec for chain in chains} == {None, *CODECS}
    for name in ("band", "ratio", "clipped", "hum", "applause"):
        assert 0 < sum(getattr(chain, name) is not None for chain in chains) < 100
