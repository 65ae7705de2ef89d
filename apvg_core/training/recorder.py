"""Keeps the record of one training: learning rate, losses, sample pictures, checkpoints, Ctrl-C."""

import json
import logging
import math
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from apvg_core.errors import RunError
from apvg_core.progress import Progress
from apvg_core.run import read_run, write_conditions, write_run, write_stage
from apvg_core.training.checkpoint import (
    Checkpoint,
    checkpoint_path,
    gather_tensors,
    restore_tensors,
    write_checkpoint,
)
from apvg_core.training.task import Task

LOG_EVERY = 10

log = logging.getLogger(__name__)


class Recorder:
    """A context manager around the loop; call `begin`, `descend` and `end` in each step, then `finish`.

    Args:
        task: What is trained on what. Its checkpoint, if any, is loaded into networks and optimisers.
        networks: Everything with weights, by name; "network" is the one that generates.
        optimisers: By name.
        facts: What is worth knowing of the stage; goes into `run.json`.
        on_progress: Told of each step.

    Attributes:
        first_step: Where training starts or goes on.

    Raises:
        RunError: The checkpoint is another network's.
    """

    def __init__(
        self,
        task: Task,
        networks: Mapping[str, nn.Module],
        optimisers: Mapping[str, torch.optim.Optimizer],
        *,
        facts: Mapping[str, Any],
        on_progress: Progress,
    ) -> None:
        self._task, self._facts, self._progress = task, dict(facts), on_progress
        self._networks, self._optimisers = networks, optimisers
        self._logs = task.run / "logs" / task.stage
        self._stopping = False
        self._averages: dict[str, float] = {}
        self._seconds_before, self.first_step = 0.0, 0
        if task.checkpoint:
            restore_tensors(task.checkpoint.tensors, networks, optimisers)
            self._averages = dict(task.checkpoint.averages)
            self._seconds_before, self.first_step = task.checkpoint.seconds, task.checkpoint.steps_done

    def __enter__(self) -> Self:
        from torch.utils.tensorboard.writer import SummaryWriter

        if not (self._task.run / "run.json").exists():
            write_conditions(self._task.run, self._task.conditions)
            write_run(self._task.run, self._task.info)
        (self._logs / "samples").mkdir(parents=True, exist_ok=True)
        metrics = self._logs / "metrics.jsonl"
        earlier = _lines_before(metrics, self.first_step)
        self._metrics = metrics.open("w")
        self._metrics.write(earlier)
        self._board = SummaryWriter(str(self._logs), purge_step=self.first_step)
        self._started = time.perf_counter()
        self._handlers: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._stop_soon)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._metrics.close()
        self._board.close()

    def _stop_soon(self, _number: int, _frame: FrameType | None) -> None:
        """Let the step come to its end first (half a step would be neither here nor there); once."""
        if self._stopping:
            raise KeyboardInterrupt
        self._stopping = True
        log.info("Finishing this step and writing a checkpoint; once more stops at once.")

    def begin(self, step: int) -> None:
        """Set the step's learning rate: from lr to lr_end, geometrically (section IV.A)."""
        training = self._task.training
        share = min(1.0, step / max(1, training.steps - 1))
        rate = training.lr * (training.lr_end / training.lr) ** share
        for optimiser in self._optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = rate

    def descend(self, step: int, loss: Tensor, network: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Take the optimiser's step down the loss, the gradient's norm clipped.

        Raises:
            RunError: The loss or its gradient is not finite; the weights stay as they were.
        """
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), self._task.training.clip_norm)
        if not math.isfinite(float(norm)):
            raise RunError(
                f"The loss of {self._task.stage} ({float(loss.detach()):g}) or its gradient is not finite at "
                f"step {step}; train into a new --run with another --seed."
            )
        optimiser.step()

    def end(
        self, step: int, terms: Mapping[str, Tensor], sample: Callable[[], npt.NDArray[np.uint8]]
    ) -> None:
        """Record a step's losses; now and then draw a sample and write a checkpoint.

        Raises:
            RunError: The checkpoint cannot be written.
            KeyboardInterrupt: Somebody asked to stop; the checkpoint is written.
        """
        training = self._task.training
        values = {name: float(term.detach()) for name, term in terms.items()}
        for name, value in values.items():
            before = self._averages.get(name, value)
            self._averages[name] = before + 0.05 * (value - before)
        self._progress(f"train-{self._task.stage}", step + 1, training.steps, **self._averages)
        last = step + 1 == training.steps
        if (step + 1) % LOG_EVERY == 0 or last:
            self._metrics.write(json.dumps({"step": step, **values}) + "\n")
            self._metrics.flush()
            for name, value in values.items():
                self._board.add_scalar(name, value, step)
        if (step + 1) % training.sample_every == 0 or last:
            self._write_sample(step, sample())
        if (step + 1) % training.checkpoint_every == 0 or last or self._stopping:
            self._save(step + 1)
        if self._stopping and not last:
            raise KeyboardInterrupt

    def _write_sample(self, step: int, picture: npt.NDArray[np.uint8]) -> None:
        import cv2

        path = self._logs / "samples" / f"step_{step + 1:06d}.png"
        cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        self._board.add_image("sample", picture, step, dataformats="HWC")

    def _save(self, steps_done: int) -> None:
        checkpoint = Checkpoint(
            steps_done=steps_done,
            steps=self._task.training.steps,
            seconds=self._elapsed(),
            seed=self._task.seed,
            averages=self._averages,
            facts=self._facts,
            tensors=gather_tensors(self._networks, self._optimisers),
        )
        write_checkpoint(checkpoint_path(self._task.run, self._task.stage), checkpoint)

    def _elapsed(self) -> float:
        return self._seconds_before + time.perf_counter() - self._started

    def finish(self) -> None:
        """Put the trained stage into the run."""
        run, stage = self._task.run, self._task.stage
        facts = {
            "steps": self._task.training.steps,
            "seconds": round(self._elapsed(), 1),
            "seed": self._task.seed,
            "losses": {name: round(value, 5) for name, value in self._averages.items()},
            **self._facts,
        }
        write_stage(run, stage, self._networks["network"], facts)
        if stage != "stu" and "stu" in read_run(run).stages:
            log.warning("The stage stu of %s was trained on the earlier %s; train it again.", run, stage)


def _lines_before(path: Path, step: int) -> str:
    """The lines of a metrics.jsonl of steps that will not be taken again."""
    kept = []
    if path.exists():
        for line in path.read_text().splitlines():
            with suppress(ValueError, KeyError, TypeError):  # the last line of a killed training
                if json.loads(line)["step"] < step:
                    kept.append(f"{line}\n")
    return "".join(kept)
