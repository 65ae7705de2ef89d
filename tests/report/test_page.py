"""What stands on the page."""

from dataclasses import replace
from pathlib import Path

from apvg_core.evaluation.results import read_results
from apvg_core.evaluation.tables import all_tables
from apvg_core.metrics.registry import METRICS
from tests.report.helpers import Page


def test_everything_is_on_the_page(report: Path) -> None:
    page, results = Page(report), read_results(report.with_name("results.json"))
    for row in results.rows:
        assert row.name in page.text
    for table in all_tables(results):
        assert table.title in page.text
    for name in results.shards:
        assert name in page.text
    ids = [attributes.get("id") for _, attributes in page.elements]
    scored = {key for row in results.rows for key in row.scores}
    for key in scored:
        assert METRICS[key].definition in page.text
        assert f"metric-{key}" in ids
    for fact in (
        "theremin",
        "p1",
        "train, trained on",
        "60 of 64 × 64 pixels, 10 a second",
        "khp 200, cvg 160",
    ):
        assert fact in page.text, fact
    assert "whole reaches a PSNR of" in page.text
    assert page.text.count("Scores over time") == page.text.count("Keypoints over time") == 2


def test_the_page_needs_nothing_else(report: Path) -> None:
    page = Page(report)
    assert "://" not in page.source
    for _, attributes in page.elements:
        for name in ("src", "poster", "href", "srcset", "data"):
            assert (attributes.get(name) or "data:").startswith(("data:", "#")), attributes
    links = {link["href"] for link in page.all("a")}
    assert links <= {f"#{attributes.get('id')}" for _, attributes in page.elements}
    assert report.stat().st_size < 2_000_000


def test_tables_have_headers(report: Path) -> None:
    page = Page(report)
    assert all(head.get("scope") in ("col", "row") for head in page.all("th"))
    assert all(box.get("aria-label") and "tabindex" in box for box in page.all("div") if box.get("role"))
    assert all(image.get("alt") for image in page.all("img"))
    assert all(svg.get("aria-label") or svg.get("aria-hidden") for svg in page.all("svg"))


def test_other_footage_stands_beside_no_paper(report: Path) -> None:
    results = read_results(report.with_name("results.json"))
    assert results.data_set is None
    assert "As printed" not in Page(report).text
    for data_set, instrument in ((None, "cello"), ("Sub-URMP", "tuba")):
        other = replace(results, data_set=data_set, instrument=instrument)
        assert "printed" not in [table.key for table in all_tables(other)]
    ours = replace(results, data_set="Sub-URMP", instrument="trombone")
    assert ("Table I", "Ours", "15.910", "0.397") in all_tables(ours)[-1].rows
