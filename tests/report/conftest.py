"""The report of two runs."""

from pathlib import Path

import pytest

from apvg_core.evaluation.evaluate import evaluate
from apvg_core.report.write import write_report


@pytest.fixture(scope="session")
def report(shards: Path, run: Path, half_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and one that has only keypoints, on two recordings of three seconds. Read only."""
    out = tmp_path_factory.mktemp("results")
    evaluate(shards, [run, half_run], out, split="train")
    return write_report(out, shards)
