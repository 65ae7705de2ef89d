"""Render virtual performers: footage with the truth known.

python -m apvg_core.virtual --instrument trombone --seed 1 --seconds 60 --recordings 10 --out data
"""

import sys

# its own module, so that worker processes can import what they are to do
from apvg_core.virtual.command import main

if __name__ == "__main__":
    sys.exit(main())
