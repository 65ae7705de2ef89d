"""Logs of a training: metrics.jsonl, sample images, TensorBoard."""

import json
import os
import socket
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt

from apvg_core.files import atomic_write, remove_stale_parts
from apvg_core.run.arrays import explained
from apvg_core.training.validation import Validation


@dataclass(frozen=True)
class Curves:
    """Learning curves: a loss that training and validation have in common, at each validation.

    Attributes:
        training: Its mean over the steps logged since the validation before.
        held_out: The validation's.
    """

    training: tuple[float, ...]
    held_out: tuple[float, ...]


class Logbook:
    """Writes to `RUN/logs/<stage>/`; what steps that will be taken again have left there is forgotten.

    Args:
        folder: Where it lies.
        first_step: Where the training goes on.

    Raises:
        RunError: Something cannot be written; mostly the disk is full. So does every method but `close`.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        self._samples = folder / "samples"
        self._path = folder / "metrics.jsonl"
        with explained(self._path):
            self._samples.mkdir(parents=True, exist_ok=True)
            for left in (folder, self._samples):
                remove_stale_parts(left)
            earlier = _lines_before(self._path, first_step)
            with atomic_write(self._path) as temporary:
                temporary.write_text(earlier, encoding="utf-8")
            self._metrics = self._path.open("a", encoding="utf-8")
        self._board = Board(folder, first_step)

    def losses(self, step: int, values: Mapping[str, float]) -> None:
        """Log a step's losses."""
        self._line({"step": step, **values})
        for name, value in values.items():
            self._board.add_scalar(name, value, step)

    def validation(self, step: int, validation: Validation) -> None:
        """Log the validation after a step, and write its image."""
        import cv2

        self._line({"step": step, "held_out": validation.losses})
        for name, value in validation.losses.items():
            self._board.add_scalar(f"held-out/{name}", value, step)
        path = self._samples / f"step_{step + 1:06d}.png"
        _, data = cv2.imencode(".png", cv2.cvtColor(validation.image, cv2.COLOR_RGB2BGR))
        with explained(path), atomic_write(path) as temporary:
            temporary.write_bytes(data.tobytes())
        self._board.add_image("held-out", validation.image, step)

    def dead_features(self, step: int, shares: Mapping[str, float]) -> None:
        """Log the share of dead audio features of each network that has any."""
        if shares:
            self._line({"step": step, "dead_features": shares})
        for name, value in shares.items():
            self._board.add_scalar(f"dead-features/{name}", value, step)

    def curves(self) -> Curves:
        """Read back the learning curves, of all sittings of the training."""
        return _curves(self._path.read_text(encoding="utf-8").splitlines())

    def _line(self, document: Mapping[str, object]) -> None:
        with explained(self._path):
            self._metrics.write(json.dumps(document) + "\n")
            self._metrics.flush()

    def close(self) -> None:
        """Close the files; all that was written is on its way to the disk, or was told of."""
        with suppress(OSError):
            self._metrics.close()
        self._board.close()


class Board:
    """TensorBoard's events, written at once: its own writer has a thread, whose errors nobody catches.

    Args:
        folder: Where they lie.
        first_step: Of this step and later ones TensorBoard forgets what an earlier file says.

    Raises:
        RunError: They cannot be written; so do `add_scalar` and `add_image`.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        from tensorboard.compat.proto.event_pb2 import SessionLog
        from tensorboard.summary.writer.record_writer import RecordWriter

        name = f"events.out.tfevents.{time.time():010.0f}.{socket.gethostname()}.{os.getpid()}"
        self._path = folder / name
        with explained(self._path):
            self._file = self._path.open("wb")
        self._records = RecordWriter(self._file)
        self._add(first_step, file_version="brain.Event:2")
        self._add(first_step, session_log=SessionLog(status=SessionLog.START))

    def add_scalar(self, name: str, value: float, step: int) -> None:
        """Log a number of a step."""
        from torch.utils.tensorboard.summary import scalar

        self._add(step, summary=scalar(name, value))

    def add_image(self, name: str, image: npt.NDArray[np.uint8], step: int) -> None:
        """Log an image (h, w, 3) of a step."""
        from torch.utils.tensorboard import summary

        self._add(step, summary=summary.image(name, image, dataformats="HWC"))

    def _add(self, step: int, **what: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        with explained(self._path):
            self._records.write(Event(wall_time=time.time(), step=step, **what).SerializeToString())
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            self._file.close()


def _curves(lines: Iterable[str]) -> Curves:
    """Read the curves in the lines of a metrics.jsonl: of the first loss, which says how far off it is."""
    pairs: list[tuple[float, float]] = []
    since: list[Mapping[str, float]] = []
    for document in map(json.loads, lines):
        if "held_out" in document:
            common = (name for name in document["held_out"] if since and name in since[-1])
            if name := next(common, None):
                pairs.append((fmean(step[name] for step in since), document["held_out"][name]))
            since = []
        elif "dead_features" not in document:
            since.append(document)
    training, held_out = zip(*pairs, strict=True) if pairs else ((), ())
    return Curves(training, held_out)


def _lines_before(path: Path, step: int) -> str:
    """Keep the lines of a metrics.jsonl of steps that will not be taken again."""
    kept = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError, KeyError, TypeError):  # the last line of a killed training
                if json.loads(line)["step"] < step:
                    kept.append(f"{line}\n")
    return "".join(kept)
