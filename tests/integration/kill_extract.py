"""Kill an extraction at random moments and go on; in the end nothing may be missing or different.

python -m tests.integration.kill_extract [--times 20] [--seed 0]
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from apvg_core.data.shards import Shard
from tests.synth import excerpt

ROOT = Path(__file__).parents[2]


def command(footage: Path, out: Path) -> list[str]:
    return [
        sys.executable, "-m", "apvg_cli", "extract", str(footage), "--out", str(out),
        "--size", "32", "--fps", "10", "--jobs", "2",
    ]  # fmt: skip


def contents(out: Path) -> dict[str, tuple[object, ...]]:
    """All that the shards hold, but for when they were made."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(out.glob("*/*/*.h5")):
        with Shard(path) as shard:
            count = len(shard)
            found[str(path.relative_to(out))] = (
                shard.info, shard.frames(0, count).tobytes(), shard.windows(0, count).tobytes(),
                shard.keypoints.tobytes(), shard.confidence.tobytes(), shard.audio().tobytes(),
            )  # fmt: skip
    return found


def kill_often(folder: Path, times: int, seed: int) -> int:
    """Extract once without a break, and once killed up to `times` times; returns how often it was killed.

    Raises:
        AssertionError: The shards differ.
    """
    footage = folder / "footage" / "cello" / "p1"
    footage.mkdir(parents=True)
    for number in range(3):
        excerpt(footage / f"film{number}.mp4", 2 + number)
    started = time.monotonic()
    subprocess.run(command(footage.parents[1], folder / "whole"), cwd=ROOT, check=True, capture_output=True)
    usual = time.monotonic() - started

    random.seed(seed)
    killed, out = 0, folder / "killed"
    while killed < times:
        with subprocess.Popen(
            command(footage.parents[1], out), cwd=ROOT, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        ) as child:  # fmt: skip
            try:
                child.wait(random.uniform(0.3, 0.8) * usual)
                shutil.rmtree(out)  # it got through: begin again
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                killed += 1
    subprocess.run(command(footage.parents[1], out), cwd=ROOT, check=True, capture_output=True)
    assert contents(out) == contents(folder / "whole")
    assert not list(out.rglob("*.part"))
    assert not (out / ".work").exists()
    return killed


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        killed = kill_often(Path(folder), arguments.times, arguments.seed)
    print(f"Killed {killed} times; the shards are those of an extraction without a break.")  # noqa: T201


if __name__ == "__main__":
    main()
