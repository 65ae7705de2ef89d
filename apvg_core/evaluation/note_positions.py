"""Where the performers' hands were for each note in training, by which what is played is judged.

Learned from the shards, not taken from a run: every row is judged by the same.
"""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.note_positions import learn_note_positions
from apvg_core.errors import DependencyError
from apvg_core.features.pitch import tracker_name
from apvg_core.instruments import note_hand
from apvg_core.progress import Progress
from apvg_core.run.note_positions import SCHEMA_VERSION, write_note_positions

log = logging.getLogger(__name__)


def training_positions(
    shards: Path, training: Sequence[ManifestEntry], cache: Path, on_progress: Progress
) -> Path | None:
    """Learn where the performers' hands are for each note, once for the same recordings.

    Args:
        shards: The shard folder.
        training: The training entries.
        cache: Folder in which it is kept.
        on_progress: Called after each recording.

    Returns:
        The file; None where no hand's position follows the notes, or the pitch tracker is missing, which is
        logged.
    """
    if note_hand(training[0].instrument) is None:
        return None
    try:
        learned_from = [tracker_name(), str(SCHEMA_VERSION), *(entry.sha256 for entry in training)]
        path = (
            cache / f"note_positions_{hashlib.sha256(''.join(learned_from).encode()).hexdigest()[:16]}.json"
        )
        if not path.exists():
            write_note_positions(path, learn_note_positions(shards, training, on_progress))
    except DependencyError as error:
        log.warning("%s Until then no note agreement is measured.", error)
        return None
    return path
