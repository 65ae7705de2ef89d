"""Signals to stop a training."""

import os
import signal
from pathlib import Path

import pytest

from apvg_core.run.info import read_run
from apvg_core.stages.khp import training as khp
from apvg_core.training.options import TrainOptions


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_whoever_answers_a_signal_has_the_last_word(
    shards: Path, tmp_path: Path, number: signal.Signals
) -> None:
    answered: list[int] = []
    kept = signal.signal(number, lambda number, _: answered.append(number))

    def interrupt(task: str, done: float, total: float, /, **facts: float) -> None:
        if done == 3:  # the last step: the stage is kept, and nothing else begun
            os.kill(os.getpid(), number)

    try:
        with pytest.raises(KeyboardInterrupt):
            khp.train(shards, tmp_path / "run", TrainOptions(recipe="tiny", steps=3), interrupt)
    finally:
        signal.signal(number, kept)
    assert answered == [number]
    assert "khp" in read_run(tmp_path / "run").stages


def test_nohup_is_obeyed(shards: Path, tmp_path: Path) -> None:
    kept = signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def hang_up(task: str, done: float, total: float, /, **facts: float) -> None:
        os.kill(os.getpid(), signal.SIGHUP)

    try:
        khp.train(shards, tmp_path / "run", TrainOptions(recipe="tiny", steps=3), hang_up)
    finally:
        signal.signal(signal.SIGHUP, kept)
