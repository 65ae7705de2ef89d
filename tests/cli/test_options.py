from pathlib import Path

import pytest

from apvg_cli.options import all_runs
from apvg_core.errors import ConfigError
from apvg_core.pretrained import embedded_run


def test_runs_come_before_performers_that_came_with_apvg() -> None:
    assert all_runs([Path("a")], ["cello"]) == [Path("a"), embedded_run("cello", None)]
    assert all_runs(None, None) == []


def test_an_instrument_that_nobody_plays() -> None:
    with pytest.raises(ConfigError, match="theremin"):
        all_runs(None, ["theremin"])
