"""`apvg` and `python -m apvg_cli`."""

import sys

from apvg_cli.app import INTERRUPTED, run
from apvg_cli.process import EndingSignals, flush_streams, prepare_streams


def main() -> None:
    """Run the command line and leave with its exit code."""
    prepare_streams()
    signals = EndingSignals()
    code = run(sys.argv[1:])
    if code == INTERRUPTED:
        code = 128 + signals.last
    sys.exit(flush_streams(code))


if __name__ == "__main__":
    main()
