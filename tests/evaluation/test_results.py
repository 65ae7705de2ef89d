"""Results: their file, and those of earlier versions."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from apvg_core.errors import ConfigError
from apvg_core.evaluation.results import (
    LesionRows,
    OverTime,
    Results,
    Row,
    Score,
    Window,
    read_results,
    write_results,
)


def test_results_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    for text in ("hello", "{}", '{"schema_version": 1}', "[]"):
        path.write_text(text)
        with pytest.raises(ConfigError, match=r"results.json .*evaluate again"):
            read_results(path)


def test_results_of_before_a_metric_was_renamed_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    flicker = {"flicker": {"value": 1.2, "low": None, "high": None, "difference": None, "real": None}}
    row = {"name": "a", "kind": "run", "recipe": "fast", "frames": 1, "scores": flicker, "recordings": {}}
    path.write_text(json.dumps({"schema_version": 2, "apvg": "0.1.0", "rows": [row]}))
    with pytest.raises(ConfigError, match=r"results.json is of another version of apvg; evaluate again\."):
        read_results(path)


RESULTS = Results(
    apvg="1", split="validation", seed=0, instrument="saw", performers=["p1"], fps=10.0, size=64,
    through_mp4=False, shards={"a": "0"},
    rows=[
        Row("theirs", "videos", None, 5, {"psnr": Score(20.0, 19, 21, 1.0, True)}, {"a": {"psnr": 20.0}}),
        Row("the recordings", "recording", None, 5, {"jerk": Score(3.0)}, {}),
    ],
)  # fmt: skip


def test_names_of_earlier_versions_are_read(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_results(path, RESULTS)
    assert read_results(path) == RESULTS
    text = path.read_text()
    former = text.replace('"significant"', '"real"').replace('"videos"', '"films"')
    assert former != text
    path.write_text(former)
    assert read_results(path) == RESULTS


def test_results_of_before_there_were_lesions_and_long_songs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_results(path, RESULTS)
    document = json.loads(path.read_text())
    assert (document.pop("lesions"), document.pop("over_time"), document.pop("vgg")) == ([], [], None)
    path.write_text(json.dumps(document))
    assert read_results(path) == RESULTS
    lesions = [LesionRows("ours", [Row("whole run", "lesion", "fast", 5, {"psnr": Score(20.0)}, {})])]
    songs = [
        OverTime("ours", [Window(0, 10, {"psnr": 20.0}), Window(90, 10, {"psnr": 19.0}, {"psnr": -5.0})])
    ]
    write_results(path, replace(RESULTS, lesions=lesions, over_time=songs))
    assert (read_results(path).lesions, read_results(path).over_time) == (lesions, songs)


def test_values_of_the_recordings() -> None:
    assert RESULTS.of_recordings("jerk") == 3
    assert RESULTS.of_recordings("psnr") is None
    assert RESULTS.row("theirs").scores["psnr"].significant is True
