"""SIGKILL costs an extraction nothing that was done."""

from pathlib import Path

import pytest

from tests.integration.kill_extract import kill_often


@pytest.mark.slow
def test_an_extraction_killed_at_random_moments(tmp_path: Path) -> None:
    assert kill_often(tmp_path, times=3, seed=1) == 3
