"""Timing of the parts of a step, on a clock of our own."""

import time

import pytest

from apvg_core.training.step_times import WARM_UP, StepTimes


def test_rates_and_parts_leave_the_warm_up_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    times = StepTimes(first_step=10)

    def step(number: int, data: float, forward: float) -> None:
        now[0] += data
        times.add("data")
        now[0] += forward
        times.add("forward")
        times.end_step(number + 1, last=False)

    for number in range(10, 10 + WARM_UP):
        assert times.rates(number + 1, frames_a_step=8) == {}
        step(number, 5.0, 5.0)
    step(10 + WARM_UP, 1.0, 2.0)
    step(11 + WARM_UP, 2.0, 3.0)
    assert times.elapsed() == 10 * WARM_UP + 8
    assert times.rates(12 + WARM_UP, frames_a_step=8) == {"frames/s": 2 * 8 / 8, "% waiting": 100 * 3 / 8}
    assert times.milliseconds_a_step(12 + WARM_UP) == {
        "data": 1500, "forward": 2500, "backward": 0, "optimiser": 0, "records": 0
    }  # fmt: skip
