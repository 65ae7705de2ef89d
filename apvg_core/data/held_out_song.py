"""The sound of held-out footage, as a song that a run can be tried on."""

from pathlib import Path

import soundfile

from apvg_core.data.manifest import read_manifest
from apvg_core.data.selection import of_run
from apvg_core.data.shards import Shard
from apvg_core.errors import ShardError
from apvg_core.run.info import RunInfo
from apvg_core.units import SAMPLE_RATE


def write_held_out_song(shards: Path, info: RunInfo, wav: Path, seconds: float) -> bool:
    """Write the beginning of the longest recording that a run has not learned from.

    Args:
        shards: The shard folder.
        info: The run.
        wav: The file to write: mono, 44.1 kHz.
        seconds: How much of it, at most.

    Returns:
        True if the recording was held out; False if there is none, and it is one that was learned from.

    Raises:
        ShardError: There are no shards of the run's performers, or one is damaged.
    """
    entries = read_manifest(shards)
    held_out = of_run(entries, info, split="validation")
    playable = held_out or of_run(entries, info, split="train")
    if not playable:
        raise ShardError(f"{shards} holds nothing that {', '.join(info.performers)} plays.")
    longest = max(playable, key=lambda entry: entry.frames)
    with Shard(shards / longest.path) as shard:
        samples = shard.audio()[: round(seconds * SAMPLE_RATE)]
    soundfile.write(wav, samples, SAMPLE_RATE, subtype="PCM_16")
    return bool(held_out)
