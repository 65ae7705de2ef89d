"""Takes care of one training: learning rate, steps, logs, examinations, checkpoints, Ctrl-C, export."""

import json
import logging
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from types import FrameType, TracebackType
from typing import Any, Final, NoReturn, Self, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from apvg_core.config_json import flatten
from apvg_core.data.windows import Batch, SequenceSampler
from apvg_core.errors import RunError
from apvg_core.files import remove_stale_parts
from apvg_core.progress import Progress
from apvg_core.run import found_run, read_run, write_run, write_stage
from apvg_core.training import parallel
from apvg_core.training.checkpoint import (
    Checkpoint,
    best_path,
    gather_tensors,
    part,
    read_checkpoint,
    restore_tensors,
    save_step,
    state_folder,
    write_checkpoint,
)
from apvg_core.training.logbook import Examination, Logbook
from apvg_core.training.setup import Task
from apvg_core.training.words import announce_end, footage

LOG_EVERY: Final = 10
WARM_UP: Final = 5
"""Steps that rates leave out: libraries load, kernels are chosen, caches fill."""

SMOOTHING: Final = 0.05
"""Weight of the newest value in a running average."""

log = logging.getLogger(__name__)


class Recorder:
    """A context manager around the loop over `steps`; call `descend` and `end` in each, then `finish`.

    Args:
        task: What is trained on what. Its checkpoint, if any, is loaded into networks and optimisers.
        networks: Everything with weights, by name; "network" is the one that generates.
        optimisers: By name.
        examine: Judges the network that would generate; run without gradients, by the first process alone.
        deaf: The examination's loss of what has seen the footage and hears nothing: mean keypoints or frame.
        facts: What is worth knowing of the stage; goes into `run.json`.
        on_progress: Told of each step.

    Raises:
        RunError: The checkpoint is another network's, or processes differ in what they are about to train.
    """

    def __init__(
        self,
        task: Task,
        networks: Mapping[str, nn.Module],
        optimisers: Mapping[str, torch.optim.Optimizer],
        *,
        examine: Callable[[Any], Examination],
        deaf: Callable[[], float],
        facts: Mapping[str, Any],
        on_progress: Progress,
    ) -> None:
        self._task, self._facts = task, {**facts, "inputs": task.inputs}
        self._networks, self._optimisers = dict(networks), optimisers
        self._examine, self._deaf, self._progress = examine, deaf, on_progress
        self._logbook: Logbook | None = None
        if task.training.ema:
            self._networks["average"] = AveragedModel(
                self._networks["network"], avg_fn=_moving_average(task.training.ema)
            )
        self._stopping, self._signal = False, int(signal.SIGINT)
        self._averages: dict[str, float] = {}
        self._best: dict[str, float] = {}
        self._last_look = math.inf
        self._seconds_before, self._first_step = 0.0, 0
        self._spent = dict.fromkeys(("data", "forward", "backward", "optimiser", "records"), 0.0)
        """Seconds of the steps from `_rated_from` on."""
        if task.checkpoint:
            restore_tensors(task.checkpoint.tensors, self._networks, optimisers)
            self._averages, self._best = dict(task.checkpoint.averages), dict(task.checkpoint.best)
            self._seconds_before, self._first_step = task.checkpoint.seconds, task.checkpoint.steps_done
        self._rated_from = self._first_step
        about = json.dumps([self._facts, _name(task.precision), self._first_step])
        if len(set(parallel.gather([about]))) > 1:
            raise RunError(
                "The processes differ in --vgg-weights, precision or checkpoint; give all of them the same."
            )
        parallel.share_weights(self._networks.values())

    @property
    def _generating(self) -> nn.Module:
        """The network that would generate: the moving average of the trained one, if the recipe wants it."""
        average = self._networks.get("average")
        return cast(nn.Module, average.module) if average else self._networks["network"]

    def __enter__(self) -> Self:
        if parallel.rank() == 0:
            self._begin()
        self._started = self._rated_since = time.perf_counter()
        self._handlers: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup's choice
                    self._handlers[number] = signal.signal(number, self._stop_soon)
        return self

    def _begin(self) -> None:
        """Found the run, or bring its run.json up to date; open the logs."""
        task = self._task
        settings = {"seed": task.seed, "device": str(task.device), "precision": _name(task.precision)}
        settings |= flatten(asdict(getattr(task.info.recipe, task.stage)), f"{task.stage}.")
        shown = (f"{k}={json.dumps(v, separators=(',', ':'))}" for k, v in settings.items())
        log.debug("%s: %s", task.info.recipe.name, " ".join(shown))
        if not (task.run / "run.json").exists():
            found_run(task.run, task.info, task.conditions)
        elif read_run(task.run) != task.info:
            write_run(task.run, task.info)
        for left in state_folder(task.run, task.stage).glob("*.part"):  # of a training that was killed
            left.unlink()
        for folder in (task.run, task.run / task.stage, state_folder(task.run, task.stage) / "predicted"):
            remove_stale_parts(folder)
        if self._first_step == 0:
            best_path(task.run, task.stage).unlink(missing_ok=True)
        self._logbook = Logbook(task.run / "logs" / task.stage, self._first_step)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self._logbook:
            self._logbook.close()

    def _stop_soon(self, number: int, _frame: FrameType | None) -> None:
        """Let the step come to its end first (half a step would be neither here nor there); once."""
        self._signal = number
        if self._stopping:
            self._interrupt()
        self._stopping = True
        log.info("Finishing this step and writing a checkpoint; once more stops at once.")

    def _interrupt(self) -> NoReturn:
        """End as whoever answers the signal otherwise would have it."""
        handler = self._handlers.get(self._signal)
        if callable(handler):
            handler(self._signal, None)
        raise KeyboardInterrupt

    def steps(self, sampler: SequenceSampler) -> Iterator[tuple[int, Batch]]:
        """The steps that are left and their batches, each step's learning rate set.

        It falls from lr to lr_end, geometrically (section IV.A).
        """
        training = self._task.training
        self._shards = sampler.shards
        self._clock = time.perf_counter()
        for step, batch in sampler.batches(self._first_step, training.steps):
            self._spend("data")
            share = min(1.0, step / max(1, training.steps - 1))
            rate = training.lr * (training.lr_end / training.lr) ** share
            for optimiser in self._optimisers.values():
                for group in optimiser.param_groups:
                    group["lr"] = rate
            self._batch = batch
            yield step, batch

    def _spend(self, part: str) -> None:
        """Note that the time since the last note went into a part of the step."""
        now = time.perf_counter()
        self._spent[part] += now - self._clock
        self._clock = now

    def descend(self, step: int, loss: Tensor, network: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Take the optimiser's step down the loss, the gradient's norm clipped.

        Raises:
            RunError: The loss or its gradient is not finite; the weights stay as they were.
        """
        self._spend("forward")
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        parallel.average_gradients(network)
        self._spend("backward")
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), self._task.training.clip_norm)
        if not math.isfinite(float(norm)):
            raise RunError(
                f"The loss of {self._task.stage} ({float(loss.detach()):g}) or its gradient is not finite at "
                f"step {step}, on {'; '.join(parallel.gather(self._sequences()))}. The last checkpoint "
                "stands: look at those recordings, or train into a new --run with another --seed."
            )
        optimiser.step()
        self._spend("optimiser")

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
        training = self._task.training
        if average := self._networks.get("average"):
            cast(AveragedModel, average).update_parameters(self._networks["network"])
        means = parallel.mean(torch.stack([term.detach().float() for term in terms.values()])).tolist()
        values = dict(zip(terms, means, strict=True))
        for name, value in values.items():
            before = self._averages.get(name, value)
            self._averages[name] = before + SMOOTHING * (value - before)
        # All stop after the same step, whichever of them was asked and however late in it.
        stopping = parallel.anywhere(self._stopping, self._task.device)
        last = step + 1 == training.steps
        if self._logbook:
            self._report(step)
            if (step + 1) % LOG_EVERY == 0 or last:
                self._logbook.losses(step, values)
            if (step + 1) % training.examine_every == 0 or last:
                self._look(step, self._logbook)
            if (step + 1) % training.checkpoint_every == 0 or last or stopping:
                save_step(
                    self._task.run, self._task.stage, self._checkpoint(step + 1), keep=training.checkpoints
                )
        if stopping and not last:
            self._interrupt()
        self._spend("records")
        if step + 1 - self._first_step == WARM_UP and not last:
            self._spent = dict.fromkeys(self._spent, 0.0)
            self._rated_from, self._rated_since = step + 1, self._clock

    def _report(self, step: int) -> None:
        training = self._task.training
        rates = {}
        if self._rated_from > self._first_step:
            seconds = time.perf_counter() - self._rated_since
            frames = (step + 1 - self._rated_from) * training.batch * training.sequence
            rates = {"frames/s": frames / seconds, "% waiting": 100 * self._spent["data"] / seconds}
        self._progress(
            f"train-{self._task.stage}", step + 1, training.steps, **self._averages, **rates
        )  # fmt: skip

    @torch.no_grad()
    def _look(self, step: int, logbook: Logbook) -> None:
        """Examine the network, and keep it if it is the best."""
        found = self._examine(self._generating)
        logbook.examination(step, found)
        self._last_look = found.loss
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

    def finish(self) -> None:
        """Put the trained stage into the run.

        Raises:
            KeyboardInterrupt: Somebody asked to stop during the last step.
        """
        if parallel.rank() == 0:
            self._export()
        parallel.barrier()
        if parallel.anywhere(self._stopping, self._task.device):
            self._interrupt()

    def _export(self) -> None:
        task, training = self._task, self._task.training
        if training.export == "best":
            self._load_best()
        facts: dict[str, Any] = {"steps": training.steps, "export": training.export, "best": self._best}
        if taken := training.steps - self._first_step:
            facts |= {
                "seconds": round(self._elapsed(), 1),
                "milliseconds_a_step": {
                    k: round(1000 * s / (training.steps - self._rated_from), 2)
                    for k, s in self._spent.items()
                },
                "seed": task.seed,
                "precision": _name(task.precision),
                "processes": parallel.world(),
                "losses": {name: round(value, 5) for name, value in self._averages.items()},
                "footage": footage(task),
                "held_out": self._held_out(),
                **self._facts,
            }
        listed = read_run(task.run).stages
        before = {} if self._seconds_before == 0 else listed.get(task.stage, {})
        write_stage(task.run, task.stage, self._generating, {**before, **facts})
        if taken:
            announce_end(task, facts["seconds"], facts["held_out"])
        if taken and task.stage != "stu" and "stu" in listed:
            log.warning(
                "The stage stu of %s was trained on the earlier %s; train it again.", task.run, task.stage
            )

    @torch.no_grad()
    def _held_out(self) -> dict[str, float]:
        """The loss of what is exported on held-out footage, and that of what hears nothing."""
        ours = self._best["loss"] if self._task.training.export == "best" else self._last_look
        return {"loss": float(f"{ours:.5g}"), "deaf": float(f"{self._deaf():.5g}")}

    def _load_best(self) -> None:
        """Put the best weights into the networks.

        Raises:
            RunError: There are none, or they are damaged.
        """
        path = best_path(self._task.run, self._task.stage)
        if not path.is_file():
            raise RunError(f"{path} is missing; --set {self._task.stage}.training.export=last does without.")
        best = read_checkpoint(path)
        for name in ("network", "average"):
            if name in self._networks:
                self._networks[name].load_state_dict(part(best.tensors, name))


def _name(precision: torch.dtype) -> Any:
    return {torch.float32: "fp32", torch.bfloat16: "bf16"}[precision]


def _moving_average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """An exponential moving average that does not remember the very first weights for long."""

    def average(mean: Tensor, value: Tensor, count: Tensor | int) -> Tensor:
        return mean.lerp(value, 1 - min(decay, (1 + float(count)) / (10 + float(count))))

    return average
