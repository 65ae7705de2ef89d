"""Memory that is freed is kept: no page of it is mapped a second time."""

import subprocess
import sys

import pytest

ROUNDS = """
import resource, torch
from apvg_core.training.heap import keep_freed_memory
if {keep}:
    assert keep_freed_memory()
faults = []
for _ in range(8):  # the heap finds its form in the first
    blocks = [torch.ones(2**24) for _ in range(2)]  # 64 MiB each
    del blocks
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(faults[-1] - faults[-2])
"""

PAGES = 2 * 2**26 // 4096
"""Of what a round needs."""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's")
@pytest.mark.parametrize(
    ("keep", "least", "most"), [(False, PAGES // 2, 10 * PAGES), (True, 0, PAGES // 100)]
)
def test_a_round_needs_no_new_pages(keep: bool, least: int, most: int) -> None:
    """A round of the same blocks maps their pages anew by glibc's default, and next to none of them here."""
    command = [sys.executable, "-c", ROUNDS.format(keep=keep)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert least <= int(done.stdout) <= most
