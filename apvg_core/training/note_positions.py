"""What a run keeps, beside its networks, of how its performers play notes: which, and with the hand where."""

import logging
from pathlib import Path

from apvg_core.data.note_positions import run_note_positions
from apvg_core.errors import DependencyError
from apvg_core.progress import Progress
from apvg_core.training import parallel

log = logging.getLogger(__name__)


def learn_from_training(shards: Path, run: Path, on_progress: Progress) -> None:
    """Put into a run what its training recordings tell; without a tracker there is a warning.

    Raises:
        ShardError: A shard is damaged.
        RunError: It cannot be written.
    """
    if parallel.rank():
        return
    try:
        run_note_positions(run, shards=shards, on_progress=on_progress)
    except DependencyError as error:
        log.warning("%s Until then 'apvg check' needs these shards, with --shards.", error)
