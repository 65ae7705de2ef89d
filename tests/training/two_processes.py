"""`torchrun --nproc-per-node 2 -m tests.training.two_processes SHARDS RUN…`: a step of each run's stage.

A run is named after its stage, or after the baseline that is its last stage.

A process that is not the first ends with an error if it writes below the runs' folder.
"""

import os
import sys
from pathlib import Path

import torch

from apvg_core.training.options import TrainOptions
from apvg_core.training.stages import TRAININGS


def forbid_writing(root: Path) -> None:
    def look(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("os.mkdir", "os.rename", "os.remove"):
            path, changes = arguments[0], True
        elif event == "open":
            path, changes = arguments[0], bool(int(arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR))
        else:
            return
        if changes and isinstance(path, str | os.PathLike) and Path(path).is_relative_to(root):
            sys.stderr.write(f"process {os.environ['RANK']} writes {path} ({event})\n")
            os._exit(9)

    sys.addaudithook(look)


if __name__ == "__main__":
    torch.set_num_threads(1)
    shards, *runs = (Path(argument) for argument in sys.argv[1:])
    if os.environ.get("RANK", "0") != "0":
        forbid_writing(runs[0].parent)
    for run in runs:
        recipe = None if (run / "run.json").exists() else "tiny"
        train = TRAININGS.get(run.name, TRAININGS["stu"])
        train(shards, run, TrainOptions(recipe=recipe, steps=1, precision="fp32"))
