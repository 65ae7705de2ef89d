"""What a training leaves to look at: metrics.jsonl, sample pictures, TensorBoard."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from apvg_core.files import written_whole


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


class Logbook:
    """Writes to `RUN/logs/<stage>/`; what steps that will be taken again have left there is forgotten.

    Args:
        folder: Where it lies.
        first_step: Where the training goes on.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        from torch.utils.tensorboard.writer import SummaryWriter

        self._samples = folder / "samples"
        self._samples.mkdir(parents=True, exist_ok=True)
        metrics = folder / "metrics.jsonl"
        earlier = _lines_before(metrics, first_step)
        with written_whole(metrics) as temporary:
            temporary.write_text(earlier, encoding="utf-8")
        self._metrics = metrics.open("a", encoding="utf-8")
        self._board = SummaryWriter(str(folder), purge_step=first_step)

    def losses(self, step: int, values: Mapping[str, float]) -> None:
        """Log a step's losses."""
        self._line({"step": step, **values})
        for name, value in values.items():
            self._board.add_scalar(name, value, step)

    def examination(self, step: int, found: Examination) -> None:
        """Log an examination, and draw its picture."""
        import cv2

        self._line({"step": step, "held_out": found.terms})
        for name, value in found.terms.items():
            self._board.add_scalar(f"held-out/{name}", value, step)
        path = self._samples / f"step_{step + 1:06d}.png"
        cv2.imwrite(str(path), cv2.cvtColor(found.picture, cv2.COLOR_RGB2BGR))
        self._board.add_image("held-out", found.picture, step, dataformats="HWC")

    def _line(self, document: Mapping[str, object]) -> None:
        self._metrics.write(json.dumps(document) + "\n")
        self._metrics.flush()

    def close(self) -> None:
        """Close the files."""
        self._metrics.close()
        self._board.close()


def _lines_before(path: Path, step: int) -> str:
    """The lines of a metrics.jsonl of steps that will not be taken again."""
    kept = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError, KeyError, TypeError):  # the last line of a killed training
                if json.loads(line)["step"] < step:
                    kept.append(f"{line}\n")
    return "".join(kept)
