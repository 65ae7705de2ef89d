import json

import pytest

from apvg_cli.commands import benchmark

pytestmark = pytest.mark.slow


def test_its_numbers_belong_together_and_name_the_machine(apvg, monkeypatch):
    monkeypatch.setattr(benchmark, "CANVASES", (None,))
    document = json.loads(apvg("benchmark", "--instrument", "cello", "--seconds", "1", "--json").out)
    [row] = document["speed"]
    assert row["times real time"] == pytest.approx(1 / row["warm s"])
    assert row["warm frames/s"] == pytest.approx(25 * row["times real time"])
    assert row["cold s"] > row["warm s"]  # it has a start, too
    assert document["machine"]["cores"] >= 1


def test_a_failure_says_why(tmp_path):
    song = benchmark._write_song(tmp_path, 1.0)
    with pytest.raises(benchmark.DependencyError, match=r"fails on this machine \(.*nowhere.*\)"):
        benchmark._cold_seconds(tmp_path / "nowhere", song, None, "cpu")
