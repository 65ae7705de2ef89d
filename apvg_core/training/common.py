"""What the three training loops share: setting up, keeping books, stopping and going on."""

import json
import math
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from apvg_core.config import TrainingConfig
from apvg_core.data.conditions import measure_conditions
from apvg_core.data.selection import select, select_for_run
from apvg_core.data.shards import ManifestEntry, read_manifest
from apvg_core.errors import ConfigError, RunError, ShardError
from apvg_core.progress import Progress
from apvg_core.recipes import DEFAULT, get_recipe
from apvg_core.run import (
    Conditions,
    RunInfo,
    Stage,
    read_conditions,
    read_run,
    write_conditions,
    write_run,
    write_stage,
)

LOG_EVERY = 10


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What a person may say to every training.

    Attributes:
        recipe: Name of the recipe; None is the run's own, or `recipes.DEFAULT` for a new run.
        instrument: Which of the shards' instruments; may be None where there is one.
        performers: Which of its performers; empty means all.
        steps: Instead of the recipe's.
        device: "auto", "cpu", "cuda", ...
        resume: Go on from the last checkpoint.
        seed: Of the initial weights and of everything drawn.
        vgg_weights: File with a pretrained VGG-19, for the stages that can use one.
    """

    recipe: str | None = None
    instrument: str | None = None
    performers: tuple[str, ...] = ()
    steps: int | None = None
    device: str = "auto"
    resume: bool = False
    seed: int = 0
    vgg_weights: Path | None = None


@dataclass(frozen=True)
class Task:
    """A run that is ready to be trained, and the shards to do it on."""

    run: Path
    info: RunInfo
    conditions: Conditions
    shards: Path
    entries: list[ManifestEntry]
    training: TrainingConfig


def prepare(shards: Path, run: Path, stage: Stage, options: TrainOptions) -> Task:
    """Open the run, or make it from the shards, and refuse what would not work or would destroy.

    Raises:
        ConfigError: Recipe or flags do not fit the run.
        RunError: The stage is there already and `resume` was not asked for, or the reverse.
        ShardError: The shards lack what is needed or do not fit the run.
    """
    if (run / "run.json").exists():
        info = _existing_run(run, options)
        entries = select_for_run(shards, info, split="train")
        conditions = read_conditions(run)
    else:
        info, entries, conditions = _new_run(shards, run, options)
    checkpoint = checkpoint_path(run, stage)
    if options.resume and not checkpoint.exists():
        raise RunError(f"{run} holds no checkpoint of {stage} to go on from; leave --resume out.")
    if not options.resume and (checkpoint.exists() or stage in info.stages):
        raise RunError(
            f"{run} already holds {stage}; go on with --resume, or choose another --run to start afresh."
        )
    training: TrainingConfig = getattr(info.recipe, stage).training
    if options.steps is not None:
        training = replace(training, steps=options.steps)
    return Task(run, info, conditions, shards, entries, training)


def _existing_run(run: Path, options: TrainOptions) -> RunInfo:
    info = read_run(run)
    if options.recipe not in (None, info.recipe.name):
        raise ConfigError(
            f"{run} was made with --recipe {info.recipe.name}; choose another --run for {options.recipe}."
        )
    if options.instrument not in (None, info.instrument):
        raise ConfigError(
            f"{run} is a run for {info.instrument}; choose another --run for {options.instrument}."
        )
    if options.performers and set(options.performers) != set(info.performers):
        raise ConfigError(
            f"{run} was made for {', '.join(info.performers)}; choose another --run for others."
        )
    return info


def _new_run(
    shards: Path, run: Path, options: TrainOptions
) -> tuple[RunInfo, list[ManifestEntry], Conditions]:
    recipe = get_recipe(options.recipe or DEFAULT)
    entries = select(
        read_manifest(shards), split="train", instrument=options.instrument, performers=options.performers
    )
    first = entries[0]
    if first.cqt_mode != recipe.cqt_mode:
        raise ShardError(
            f"Recipe {recipe.name} wants shards with a {recipe.cqt_mode} CQT, these hold {first.cqt_mode}; "
            f"make them with 'apvg extract --cqt {recipe.cqt_mode}'."
        )
    info = RunInfo(
        instrument=first.instrument,
        performers=tuple(sorted({entry.performer for entry in entries})),
        fps=first.fps,
        size=first.size,
        cqt_mode=first.cqt_mode,
        window_offset=first.window_offset,
        recipe=recipe,
        data={entry.id: entry.sha256 for entry in entries},
    )
    select_for_run(shards, info, split="train")  # all of one kind?
    conditions = measure_conditions(shards, entries, info.performers)
    write_run(run, info)
    write_conditions(run, conditions)
    return info, entries, conditions


def checkpoint_path(run: Path, stage: Stage) -> Path:
    """Where a stage's training state lies."""
    return run / "state" / stage / "checkpoint.safetensors"


def _optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    state = optimiser.state_dict()["state"]
    return {f"{index}.{name}": value for index, slots in state.items() for name, value in slots.items()}


def _load_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    slots: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        slots.setdefault(int(index), {})[name] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": slots})


class Books:
    """Keeps the books of one training: learning rate, losses, samples, checkpoints, Ctrl-C.

    Use as a context manager around the loop; call `begin` and `end` in each step and `finish` after it.

    Args:
        task: What is trained on what.
        stage: Which stage.
        networks: Everything with weights, by name; "network" is the one that generates.
        optimisers: Adam optimisers, by name.
        resume: Load the last checkpoint into them.
        on_progress: Told of each step.

    Attributes:
        first_step: Where training starts or goes on.
    """

    def __init__(
        self,
        task: Task,
        stage: Stage,
        networks: Mapping[str, nn.Module],
        optimisers: Mapping[str, torch.optim.Optimizer],
        *,
        resume: bool,
        on_progress: Progress,
    ) -> None:
        self._task, self._stage, self._progress = task, stage, on_progress
        self._networks, self._optimisers = networks, optimisers
        self._logs = task.run / "logs" / stage
        self._stopping = False
        self._averages: dict[str, float] = {}
        self._facts: dict[str, Any] = {}
        self._seconds_before = 0.0
        self.first_step = self._load() if resume else 0

    def __enter__(self) -> Self:
        from torch.utils.tensorboard.writer import SummaryWriter

        (self._logs / "samples").mkdir(parents=True, exist_ok=True)
        self._forget_later_steps(self._logs / "metrics.jsonl")
        self._metrics = (self._logs / "metrics.jsonl").open("a")
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
        """Let the step come to its end first: half a step would be neither here nor there."""
        self._stopping = True

    def _forget_later_steps(self, path: Path) -> None:
        """Drop the lines of steps that will be taken again."""
        if path.exists():
            lines = [
                line for line in path.read_text().splitlines() if json.loads(line)["step"] < self.first_step
            ]
            path.write_text("".join(f"{line}\n" for line in lines))

    def begin(self, step: int) -> None:
        """Set the step's learning rate: from lr to lr_end, geometrically (section IV.A)."""
        training = self._task.training
        share = step / max(1, training.steps - 1)
        rate = training.lr * (training.lr_end / training.lr) ** min(1.0, share)
        for optimiser in self._optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = rate

    def end(
        self,
        step: int,
        terms: Mapping[str, Tensor],
        sample: Callable[[], npt.NDArray[np.uint8]],
    ) -> None:
        """Record a step's losses; now and then draw a sample and write a checkpoint.

        Raises:
            RunError: A loss is not finite.
            KeyboardInterrupt: Somebody asked to stop; the checkpoint is written.
        """
        training = self._task.training
        values = {name: float(term.detach()) for name, term in terms.items()}
        for name, value in values.items():
            if not math.isfinite(value):
                raise RunError(
                    f"The loss {name} of {self._stage} became {value} at step {step}; the last checkpoint of "
                    f"{self._task.run} stands, go on from it with --resume."
                )
            before = self._averages.get(name, value)
            self._averages[name] = before + 0.05 * (value - before)
        self._progress(f"train-{self._stage}", step + 1, training.steps, **self._averages)
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

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Put the trained stage into the run."""
        write_stage(
            self._task.run, self._stage, self._networks["network"],
            {
                "steps": self._task.training.steps,
                "seconds": round(self._elapsed(), 1),
                "losses": {name: round(value, 5) for name, value in self._averages.items()},
                **facts,
            },
        )  # fmt: skip

    def _elapsed(self) -> float:
        return self._seconds_before + time.perf_counter() - self._started

    def _save(self, steps_done: int) -> None:
        tensors: dict[str, Tensor] = {}
        for name, network in self._networks.items():
            tensors |= {f"{name}/{key}": value for key, value in network.state_dict().items()}
        for name, optimiser in self._optimisers.items():
            tensors |= {f"{name}/{key}": value for key, value in _optimiser_tensors(optimiser).items()}
        path = checkpoint_path(self._task.run, self._stage)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".part")
        facts = {"steps_done": steps_done, "seconds": self._elapsed(), "averages": self._averages}
        save_file(
            {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()},
            temporary,
            metadata={"books": json.dumps(facts)},
        )
        temporary.replace(path)

    def _load(self) -> int:
        path = checkpoint_path(self._task.run, self._stage)
        try:
            with safe_open(path, "pt") as file:
                facts = json.loads(file.metadata()["books"])
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no mapping)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise RunError(f"{path} is damaged; delete it and train without --resume.") from error

        def part(name: str) -> dict[str, Tensor]:
            return {k.removeprefix(f"{name}/"): v for k, v in tensors.items() if k.startswith(f"{name}/")}

        for name, network in self._networks.items():
            network.load_state_dict(part(name))
        for name, optimiser in self._optimisers.items():
            _load_optimiser(optimiser, part(name))
        self._averages = facts["averages"]
        self._seconds_before = facts["seconds"]
        return int(facts["steps_done"])
