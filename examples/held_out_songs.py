"""Pick excerpts at random from held-out recordings, as songs for `apvg study` (the paper's Fig. 7).

python -m examples.held_out_songs SHARDS --out songs/ --count 12 --seconds 10

The same seed picks the same excerpts. They do not overlap, and are taken from recordings in turn.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import soundfile

from apvg_core.data.manifest import read_manifest
from apvg_core.data.shards import Shard
from apvg_core.units import SAMPLE_RATE


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the excerpts."""
    parser = argparse.ArgumentParser(description="Pick held-out excerpts for a study.")
    parser.add_argument("shards", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for the wav files")
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--split", choices=("validation", "test"), default="validation")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)

    length = round(given.seconds * SAMPLE_RATE)
    chosen = random.Random(given.seed)  # noqa: S311 (no secret)
    places: list[tuple[int, Path, str, int]] = []
    for entry in read_manifest(given.shards):
        if entry.split != given.split or not entry.has_images:
            continue
        path = given.shards / entry.path
        with Shard(path) as shard:
            starts = list(range(0, len(shard.audio()) - length + 1, length))
        chosen.shuffle(starts)
        places += [(turn, path, entry.id, start) for turn, start in enumerate(starts)]
    if len(places) < given.count:
        parser.error(
            f"{given.shards} has {len(places)} held-out excerpts of {given.seconds:g} s; "
            "lower --count or --seconds."
        )
    chosen.shuffle(places)
    places.sort(key=lambda place: place[0])  # the first of every recording, then the second ones
    given.out.mkdir(parents=True, exist_ok=True)
    for _, path, name, start in places[: given.count]:
        with Shard(path) as shard:
            excerpt = shard.audio()[start : start + length]
        out = given.out / f"{name}_{start // SAMPLE_RATE:04d}s.wav"
        soundfile.write(out, excerpt, SAMPLE_RATE)
        print(out)


if __name__ == "__main__":
    main()
