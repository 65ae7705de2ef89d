"""Several trainings of one row, which differ in their seed."""

from dataclasses import replace
from pathlib import Path

from apvg_core.errors import ConfigError
from apvg_core.run.seeds import seed_folder
from apvg_core.training.options import TrainOptions


def trainings_of_seeds(folder: Path, count: int, options: TrainOptions) -> list[tuple[Path, TrainOptions]]:
    """Return run and options of each training; stages are taken over from the training of the same number.

    Args:
        folder: The folder of the runs.
        count: Number of trainings.
        options: Those of all; the seeds follow on theirs. To resume is to go on with whichever run it was.

    Raises:
        ConfigError: The folder is a run.
    """
    if (folder / "run.json").exists():
        raise ConfigError(f"{folder} is a run; choose another --run for several of --seeds.")
    first = options.seed or 0
    trainings = []
    for number in range(count):
        own = replace(options, seed=first + number, resume=options.resume and "auto")
        if options.reuse is not None and (theirs := seed_folder(options.reuse, number)).is_dir():
            own = replace(own, reuse=theirs)
        trainings.append((seed_folder(folder, number), own))
    return trainings
