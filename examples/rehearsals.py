"""Music that virtual performers play unfilmed: more shards for keypoint prediction, nearly for free.

    python -m examples.rehearsals SHARDS --truth TRUTH --recordings 120 --out REHEARSALS
    apvg train REHEARSALS --run RUN

A performer's joints follow from the music; only to draw them and to find them again takes long. From the
films in SHARDS, whose truth is known, is learned where the pose estimator sees the joints. REHEARSALS gets
the films too: KHP learns from both, all that makes images from the films, and the same films are held out.
Exit codes are those of `apvg_core.virtual`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from apvg_core.errors import ConfigError
from apvg_core.virtual.command import MIN_SECONDS, guarded


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, rehearse, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.rehearsals",
        description="Shards of more music by the virtual performers of films, without pictures.",
    )
    parser.add_argument("shards", type=Path, help="what apvg extract made of the films")
    parser.add_argument("--truth", type=Path, required=True, metavar="DIR", help="the films' truth/")
    parser.add_argument(
        "--recordings", type=int, default=120, metavar="K", help="for each performer (default: %(default)s)"
    )
    parser.add_argument(
        "--seconds", type=float, default=60.0, metavar="S", help="length of each (default: %(default)s)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    return guarded(lambda: _rehearse(options), options.out)


def _rehearse(options: argparse.Namespace) -> None:
    if options.recordings < 1 or options.seconds < MIN_SECONDS:
        raise ConfigError(f"--recordings must be 1 or more, --seconds {MIN_SECONDS} or more.")
    from apvg_core.virtual.rehearse import rehearse

    rehearse(
        options.shards, options.truth, options.out, recordings=options.recordings, seconds=options.seconds
    )


if __name__ == "__main__":
    sys.exit(main())
