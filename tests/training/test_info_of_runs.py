"""What `apvg info` says of a run."""

import json

from apvg_cli.app import run as apvg
from apvg_core.run.info import read_run


def test_a_run_fits_a_screen_and_json_tells_all(run, capsys):
    assert apvg(["info", str(run)]) == 0
    outcome = capsys.readouterr()
    lines = (outcome.out + outcome.err).splitlines()
    assert len(lines) <= 24
    assert max(len(line) for line in lines if not line.startswith("    apvg")) <= 80
    told = dict(line.split(maxsplit=1) for line in outcome.out.splitlines()[:3])
    assert (told["plays"].strip(), told["recipe"].strip()) == ("theremin", "tiny")
    assert "2 recordings, 6 seconds" in outcome.out
    khp = next(line for line in outcome.out.splitlines() if line.startswith("khp"))
    facts = read_run(run).stages["khp"]
    assert khp.split()[1] == str(facts["steps"])
    assert khp.split()[-2:] == [f"{facts['held_out'][name]:.4g}" for name in ("loss", "mean_baseline")]
    assert f"    apvg generate song.wav --run {run}" in outcome.err
    assert apvg(["info", str(run), "--json"]) == 0
    everything = json.loads(capsys.readouterr().out)
    assert everything["recipe"]["khp"]["hidden"] == 32
    assert apvg(["info", str(run), "--verbose"]) == 0
    assert "recipe.khp.hidden" in capsys.readouterr().out


def test_what_a_run_lacks_is_next(half_run, capsys):
    assert apvg(["info", str(half_run)]) == 0
    outcome = capsys.readouterr()
    assert "incomplete: stu to be trained" in outcome.out
    assert outcome.err.splitlines()[-1] == f"    apvg train-stu shards/ --run {half_run}"
