"""Keeps the record of one training: learning rate, losses, examinations, checkpoints, Ctrl-C."""

import json
import logging
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Final, Self, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from apvg_core.config_json import flatten
from apvg_core.data.windows import Batch, SequenceSampler
from apvg_core.errors import RunError
from apvg_core.progress import Progress
from apvg_core.run import read_run, write_conditions, write_run, write_stage
from apvg_core.training import parallel
from apvg_core.training.checkpoint import (
    Checkpoint,
    best_path,
    gather_tensors,
    part,
    read_checkpoint,
    restore_tensors,
    save_step,
    write_checkpoint,
)
from apvg_core.training.task import Task

LOG_EVERY: Final = 10
SMOOTHING: Final = 0.05
"""Weight of the newest value in a running average."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Examination:
    """How the network that would generate does on held-out footage.

    Attributes:
        loss: What makes one the best.
        terms: Its parts, by name.
        picture: To look at, (h, w, 3).
    """

    loss: float
    terms: dict[str, float]
    picture: npt.NDArray[np.uint8]


class Recorder:
    """A context manager around the loop over `steps`; call `descend` and `end` in each, then `finish`.

    Args:
        task: What is trained on what. Its checkpoint, if any, is loaded into networks and optimisers.
        networks: Everything with weights, by name; "network" is the one that generates.
        optimisers: By name.
        examine: Judges the network that would generate; run without gradients, by the first process alone.
        facts: What is worth knowing of the stage; goes into `run.json`.
        on_progress: Told of each step.

    Raises:
        RunError: The checkpoint is another network's.
    """

    def __init__(
        self,
        task: Task,
        networks: Mapping[str, nn.Module],
        optimisers: Mapping[str, torch.optim.Optimizer],
        *,
        examine: Callable[[Any], Examination],
        facts: Mapping[str, Any],
        on_progress: Progress,
    ) -> None:
        self._task, self._facts, self._progress = task, dict(facts), on_progress
        self._networks, self._optimisers = dict(networks), optimisers
        self._examine = examine
        self._writes = parallel.rank() == 0
        if task.training.ema:
            self._networks["average"] = AveragedModel(
                self._networks["network"], avg_fn=_moving_average(task.training.ema)
            )
        self._logs = task.run / "logs" / task.stage
        self._stopping = False
        self._averages: dict[str, float] = {}
        self._best: dict[str, float] = {}
        self._seconds_before, self._first_step = 0.0, 0
        self._spent = {"data": 0.0, "backward": 0.0, "optimiser": 0.0, "records": 0.0}
        if task.checkpoint:
            restore_tensors(task.checkpoint.tensors, self._networks, optimisers)
            self._averages, self._best = dict(task.checkpoint.averages), dict(task.checkpoint.best)
            self._seconds_before, self._first_step = task.checkpoint.seconds, task.checkpoint.steps_done

    @property
    def _generating(self) -> nn.Module:
        """The network that would generate: the moving average of the trained one, if the recipe wants it."""
        average = self._networks.get("average")
        return cast(nn.Module, average.module) if average else self._networks["network"]

    def __enter__(self) -> Self:
        self._started = time.perf_counter()
        if self._writes:
            self._open_logs()
        self._handlers: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._stop_soon)
        return self

    def _open_logs(self) -> None:
        from torch.utils.tensorboard.writer import SummaryWriter

        task = self._task
        settings = {"seed": task.seed, "device": str(task.device), "precision": _name(task.precision)}
        settings |= flatten(asdict(getattr(task.info.recipe, task.stage)), f"{task.stage}.")
        log.info("%s: %s", task.info.recipe.name, ", ".join(f"{k}={v}" for k, v in settings.items()))
        if not (task.run / "run.json").exists():
            write_run(task.run, task.info)
            write_conditions(task.run, task.conditions)
        elif read_run(task.run) != task.info:
            write_run(task.run, task.info)
        (self._logs / "samples").mkdir(parents=True, exist_ok=True)
        metrics = self._logs / "metrics.jsonl"
        earlier = _lines_before(metrics, self._first_step)
        self._metrics = metrics.open("w")
        self._metrics.write(earlier)
        self._board = SummaryWriter(str(self._logs), purge_step=self._first_step)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self._writes:
            self._metrics.close()
            self._board.close()

    def _stop_soon(self, _number: int, _frame: FrameType | None) -> None:
        """Let the step come to its end first (half a step would be neither here nor there); once."""
        if self._stopping:
            raise KeyboardInterrupt
        self._stopping = True
        log.info("Finishing this step and writing a checkpoint; once more stops at once.")

    def steps(self, sampler: SequenceSampler) -> Iterator[tuple[int, Batch]]:
        """The steps that are left and their batches, each step's learning rate set.

        It falls from lr to lr_end, geometrically (section IV.A).
        """
        training = self._task.training
        self._shards = sampler.shards
        before = time.perf_counter()
        for step, batch in sampler.batches(self._first_step, training.steps):
            self._spent["data"] += time.perf_counter() - before
            share = min(1.0, step / max(1, training.steps - 1))
            rate = training.lr * (training.lr_end / training.lr) ** share
            for optimiser in self._optimisers.values():
                for group in optimiser.param_groups:
                    group["lr"] = rate
            self._batch = batch
            yield step, batch
            before = time.perf_counter()

    def descend(self, step: int, loss: Tensor, network: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Take the optimiser's step down the loss, the gradient's norm clipped.

        Raises:
            RunError: The loss or its gradient is not finite; the weights stay as they were.
        """
        begun = time.perf_counter()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        parallel.average_gradients(network)
        done = time.perf_counter()
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), self._task.training.clip_norm)
        if not math.isfinite(float(norm)):
            raise RunError(
                f"The loss of {self._task.stage} ({float(loss.detach()):g}) or its gradient is not finite at "
                f"step {step}, on {'; '.join(parallel.gather(self._sequences()))}. The last checkpoint "
                "stands: look at those recordings, or train into a new --run with another --seed."
            )
        optimiser.step()
        self._spent["backward"] += done - begun
        self._spent["optimiser"] += time.perf_counter() - done

    def _sequences(self) -> Iterator[str]:
        """Where the sequences of this process's batch come from."""
        for shard, start in zip(self._batch.shard.tolist(), self._batch.start.tolist(), strict=True):
            yield f"{self._shards[shard].info.id} from frame {start}"

    def end(self, step: int, terms: Mapping[str, Tensor]) -> None:
        """Record a step's losses; now and then examine the network and write a checkpoint.

        Raises:
            RunError: The checkpoint cannot be written.
            KeyboardInterrupt: Somebody asked to stop; the checkpoint is written.
        """
        begun = time.perf_counter()
        training = self._task.training
        if average := self._networks.get("average"):
            cast(AveragedModel, average).update_parameters(self._networks["network"])
        means = parallel.mean(torch.stack([term.detach().float() for term in terms.values()])).tolist()
        values = dict(zip(terms, means, strict=True))
        for name, value in values.items():
            before = self._averages.get(name, value)
            self._averages[name] = before + SMOOTHING * (value - before)
        self._stopping = parallel.anywhere(self._stopping, self._task.device)
        last = step + 1 == training.steps
        if self._writes:
            self._report(step)
            if (step + 1) % LOG_EVERY == 0 or last:
                self._log(step, values)
            if (step + 1) % training.examine_every == 0 or last:
                self._look(step)
            if (step + 1) % training.checkpoint_every == 0 or last or self._stopping:
                save_step(
                    self._task.run, self._task.stage, self._checkpoint(step + 1), keep=training.checkpoints
                )
        if self._stopping and not last:
            raise KeyboardInterrupt
        self._spent["records"] += time.perf_counter() - begun

    def _report(self, step: int) -> None:
        training = self._task.training
        seconds = time.perf_counter() - self._started
        frames = (step + 1 - self._first_step) * training.batch * training.sequence
        self._progress(
            f"train-{self._task.stage}", step + 1, training.steps,
            **self._averages,
            **{"frames/s": frames / seconds, "% waiting": 100 * self._spent["data"] / seconds},
        )  # fmt: skip

    def _log(self, step: int, values: Mapping[str, float]) -> None:
        self._metrics.write(json.dumps({"step": step, **values}) + "\n")
        self._metrics.flush()
        for name, value in values.items():
            self._board.add_scalar(name, value, step)

    @torch.no_grad()
    def _look(self, step: int) -> None:
        """Examine the network, draw what it makes, and keep the best."""
        import cv2

        found = self._examine(self._generating)
        self._metrics.write(json.dumps({"step": step, "held_out": found.terms}) + "\n")
        self._metrics.flush()
        for name, value in found.terms.items():
            self._board.add_scalar(f"held-out/{name}", value, step)
        path = self._logs / "samples" / f"step_{step + 1:06d}.png"
        cv2.imwrite(str(path), cv2.cvtColor(found.picture, cv2.COLOR_RGB2BGR))
        self._board.add_image("held-out", found.picture, step, dataformats="HWC")
        if found.loss < self._best.get("loss", math.inf):
            self._best = {"step": step + 1, "loss": found.loss}
            write_checkpoint(best_path(self._task.run, self._task.stage), self._checkpoint(step + 1))

    def _checkpoint(self, steps_done: int) -> Checkpoint:
        return Checkpoint(
            steps_done=steps_done,
            seconds=self._elapsed(),
            seed=self._task.seed,
            precision=_name(self._task.precision),
            averages=self._averages,
            best=self._best,
            facts=self._facts,
            tensors=gather_tensors(self._networks, self._optimisers),
        )

    def _elapsed(self) -> float:
        return self._seconds_before + time.perf_counter() - self._started

    def _time_by_part(self) -> dict[str, float]:
        """Milliseconds a step: waiting for data, forward, backward, optimiser, records and examinations.

        A GPU works on while the code goes on, so there the backward pass also pays for the forward one.
        """
        steps = max(1, self._task.training.steps - self._first_step)
        rest = time.perf_counter() - self._started - sum(self._spent.values())
        return {part: round(1000 * s / steps, 2) for part, s in {**self._spent, "forward": rest}.items()}

    def finish(self) -> None:
        """Put the trained stage into the run."""
        if self._writes:
            self._export()
        parallel.barrier()

    def _export(self) -> None:
        task, training = self._task, self._task.training
        if training.export == "best":
            best = read_checkpoint(best_path(task.run, task.stage))
            self._networks["network"].load_state_dict(part(best.tensors, "network"))
            if average := self._networks.get("average"):
                average.load_state_dict(part(best.tensors, "average"))
        facts = {
            "steps": training.steps,
            "exported": f"step {self._best['step']}, the best" if training.export == "best" else "the last",
            "seconds": round(self._elapsed(), 1),
            "milliseconds_a_step": self._time_by_part(),
            "seed": task.seed,
            "precision": _name(task.precision),
            "processes": parallel.world(),
            "losses": {name: round(value, 5) for name, value in self._averages.items()},
            "best": self._best,
            **self._facts,
        }
        write_stage(task.run, task.stage, self._generating, facts)
        if task.stage != "stu" and "stu" in read_run(task.run).stages:
            log.warning(
                "The stage stu of %s was trained on the earlier %s; train it again.", task.run, task.stage
            )


def _name(precision: torch.dtype) -> Any:
    return {torch.float32: "fp32", torch.bfloat16: "bf16"}[precision]


def _moving_average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """An exponential moving average that does not remember the very first weights for long."""

    def average(mean: Tensor, value: Tensor, count: Tensor | int) -> Tensor:
        return mean.lerp(value, 1 - min(decay, (1 + float(count)) / (10 + float(count))))

    return average


def _lines_before(path: Path, step: int) -> str:
    """The lines of a metrics.jsonl of steps that will not be taken again."""
    kept = []
    if path.exists():
        for line in path.read_text().splitlines():
            with suppress(ValueError, KeyError, TypeError):  # the last line of a killed training
                if json.loads(line)["step"] < step:
                    kept.append(f"{line}\n")
    return "".join(kept)
