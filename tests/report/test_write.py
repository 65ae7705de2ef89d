"""The report as a whole, also where something is missing."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from apvg_core.data.manifest import write_manifest
from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.results import read_results, write_results
from apvg_core.evaluation.tables import all_tables, markdown
from apvg_core.media.video_writer import VideoWriter
from apvg_core.report import write as write_module
from apvg_core.report.page import BEFORE
from apvg_core.report.write import write_report
from tests.conftest import FPS, SIZE, write_shard
from tests.report.helpers import Page


def test_films_alone_on_sub_urmp_beside_the_papers_numbers(tmp_path: Path) -> None:
    source = {"instrument": "cello", "source": "img/validation/cello/cello01_500"}
    for name, split in (("a", "train"), ("b", "validation")):
        write_shard(tmp_path / "shards", name=name, split=split, seconds=2, seed=0, **source)
    write_manifest(tmp_path / "shards")
    films = tmp_path / "theirs"
    films.mkdir()
    with (
        Shard(tmp_path / "shards/validation/cello/b.h5") as shard,
        VideoWriter(films / "b.mp4", fps=FPS, width=SIZE, height=SIZE, song=None, metadata={}) as writer,
    ):
        for frame in shard.frames(0, len(shard)):
            writer.write(frame)
    results = evaluate(tmp_path / "shards", [], tmp_path, videos=films)
    page = Page(write_report(tmp_path, tmp_path / "shards", videos=films))
    assert page.images["theirs"] == page.images["recording"] > 0
    assert page.images.keys() == {"theirs", "recording"}
    assert "Keypoints over time" not in page.text
    assert len(page.all("video")) == 1
    assert "Sub-URMP: validation, held out" in page.text

    assert "As printed in the paper, other frames" in page.text
    assert "not by this evaluation" in page.text
    for number in ("17.073", "0.563", "16.437", "13.553"):
        assert number in page.text
    assert "15.910" not in page.text  # that is the trombone's
    assert "| Table III | vid2vid         | 13.284" in markdown(all_tables(results))


def test_keypoints_alone(shards: Path, half_run: Path, tmp_path: Path) -> None:
    evaluate(shards, [half_run], tmp_path)
    page = Page(write_report(tmp_path, shards))
    assert "half reaches a keypoint distance of" in page.text
    assert page.all("video") == []
    assert page.images == {"half, recording": 6, "half, heatmap": 6, "half, coarse": 6}


def test_a_missing_part_is_one_sentence(
    shards: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate(shards, [half_run], tmp_path, split="train")
    monkeypatch.setattr(write_module, "MOST", 1)
    page = Page(write_report(tmp_path, shards))
    assert "the first 1 of 2 recordings" in page.text
    (tmp_path / "parts/half/a.npz").unlink()
    with pytest.raises(ConfigError, match=r"parts.half.a.npz is missing, .*; evaluate again."):
        write_report(tmp_path, shards)


def test_large_recordings_are_not_all_shown(
    shards: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate(shards, [half_run], tmp_path, split="train")
    monkeypatch.setattr(write_module, "BUDGET", 1000)
    seen: list[tuple[float, float]] = []
    page = write_report(
        tmp_path,
        shards,
        on_progress=lambda task, done, total: seen.append((done, total)),
    )
    assert "the first 1 of 2 recordings" in Page(page).text
    assert seen == [(1, 2), (2, 2)]


def test_neither_pytorch_nor_the_runs_are_needed(report: Path, shards: Path, tmp_path: Path) -> None:
    """The runs of a report are elsewhere by now, and nothing of the report may reach for them."""
    script = """
import sys
sys.modules["torch"] = None  # importing it fails
from pathlib import Path
from apvg_core.report.write import write_report
out, shards = map(Path, sys.argv[1:])
write_report(out, shards)
"""
    out = shutil.copytree(report.parent, tmp_path / "results")
    (out / "report.html").unlink()
    subprocess.run([sys.executable, "-c", script, str(out), str(shards)], check=True, timeout=120)
    again, first = Page(out / "report.html"), Page(report)
    assert again.text == first.text
    assert again.images == first.images


def test_an_evaluation_of_before_is_drawn_with_what_is_there(
    report: Path, shards: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(report.parent, tmp_path / "results")
    results = read_results(out / "results.json")
    results = replace(results, rows=[replace(each, training=None) for each in results.rows])
    write_results(out / "results.json", results)
    for part in out.glob("parts/*/*.npz"):
        with np.load(part) as file:
            arrays = {key: file[key] for key in file if not key.startswith("coarse/")}
        np.savez(part, **arrays)
    page = Page(write_report(out, shards))
    assert BEFORE in page.text
    assert BEFORE not in Page(report).text
    assert page.images["whole, coarse"] == 0
    assert page.images["whole, final"] == 12
