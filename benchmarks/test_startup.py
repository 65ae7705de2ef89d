"""How long `apvg --help` takes, as a multiple of starting Python at all."""

import subprocess
import sys
import time
from collections.abc import Sequence

from pytest_benchmark.fixture import BenchmarkFixture

ROUNDS = 10


def _start(arguments: Sequence[str]) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def _fastest(arguments: Sequence[str]) -> float:
    """The least of some wall times: what the machine does when nothing disturbs it (seconds)."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        _start(arguments)
        times.append(time.perf_counter() - start)
    return min(times)


def test_help(benchmark: BenchmarkFixture) -> None:
    help_arguments = ["-m", "apvg_cli", "--help"]
    benchmark(_start, help_arguments)
    benchmark.extra_info["times_bare_python"] = _fastest(help_arguments) / _fastest(["-c", "pass"])
