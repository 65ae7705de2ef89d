"""What a run keeps, beside its networks, of how its performers play notes: which, and with the hand where."""

import logging

from apvg_core.data.note_positions import learn_note_positions
from apvg_core.errors import DependencyError
from apvg_core.progress import Progress
from apvg_core.run.note_positions import keep_note_positions
from apvg_core.training import parallel
from apvg_core.training.setup import TrainingSetup

log = logging.getLogger(__name__)


def learn_from_training(setup: TrainingSetup, on_progress: Progress) -> None:
    """Put into the run what the recordings of a training tell; without a tracker there is a warning.

    Raises:
        ShardError: A shard is damaged.
        RunError: It cannot be written.
    """
    if parallel.rank():
        return
    try:
        learned = learn_note_positions(setup.shards, setup.entries, on_progress)
    except DependencyError as error:
        log.warning("%s Until then 'apvg check' needs these shards, with --shards.", error)
        return
    keep_note_positions(setup.run, learned)
