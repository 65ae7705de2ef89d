"""The report: what stands in it, that the drawings are right, and how it behaves in a browser."""

import base64
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch

from apvg_core.data.manifest import write_manifest
from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.measurements import Measurements
from apvg_core.evaluation.predictors import sound_of
from apvg_core.evaluation.results import Results, Row, Score, read_results
from apvg_core.evaluation.tables import all_tables, markdown
from apvg_core.generation.pipeline import coarse_blocks, sound_windows
from apvg_core.layers.blocks import tensor_to_image
from apvg_core.media.video import probe, read_frames
from apvg_core.media.video_writer import VideoWriter
from apvg_core.metrics.registry import METRICS
from apvg_core.report import write as write_module
from apvg_core.report.films import layout
from apvg_core.report.html import Html, element, joined
from apvg_core.report.images import Source, coarse_frames, heatmaps
from apvg_core.report.material import Recording, Shown
from apvg_core.report.moments import Excerpt, Moment, excerpts, guide, moments
from apvg_core.report.played import played, smoothed, sounds
from apvg_core.report.plots import limits_of, ticks
from apvg_core.report.scores import score_table
from apvg_core.report.tracks import principal_component
from apvg_core.report.words import summary
from apvg_core.report.write import write_report
from apvg_core.runtime.load import load_networks
from apvg_core.units import SAMPLE_RATE
from tests.browser import Browser
from tests.conftest import FPS, SIZE, write_shard


@pytest.fixture(scope="module")
def report(shards: Path, run: Path, half_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and one that has only keypoints, on two recordings of three seconds. Read only."""
    out = tmp_path_factory.mktemp("results")
    results = evaluate(shards, [run, half_run], out, split="train")
    return write_report(out, results, shards, [run, half_run])


class Page(HTMLParser):
    """What a test asks of a page: its text, its addresses, and its elements with their attributes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def images(self) -> Counter[str]:
        """How many images have an alt text that begins so, without its time."""
        return Counter(re.split(r" at ", image["alt"] or "")[0] for image in self.all("img"))


# --- the page


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


def test_strips_have_a_row_for_each_step_that_there_is(report: Path) -> None:
    images = Page(report).images
    for row in ("whole, recording", "whole, heatmap", "whole, coarse", "whole, final"):
        assert images[row] == 12, row  # six of each of two recordings
    assert images["half, heatmap"] == images["half, coarse"] == 12
    assert images["half, final"] == 0  # it is not trained that far
    assert images["whole"] == images["whole, true keypoints"] == images["recording"] > 0
    assert images["half"] == images["mean frame"] == 0


def test_films_play_the_recording_beside_what_was_made(report: Path, shards: Path, tmp_path: Path) -> None:
    videos = Page(report).all("video")
    assert len(videos) == 2  # of three seconds, the best moment's film is the worst moment's too
    assert "side by side: recording, whole" in (videos[0]["aria-label"] or "")
    film = tmp_path / "film.mp4"
    film.write_bytes(base64.b64decode((videos[0]["src"] or "").removeprefix("data:video/mp4;base64,")))
    info = probe(film)
    assert (info.width, info.height, info.has_audio) == (2 * SIZE, SIZE, True)
    assert info.duration == pytest.approx(3)
    frames = np.stack(list(read_frames(film, FPS)))
    with Shard(shards / "train/theremin/a.h5") as shard:
        real = shard.frames(0, len(shard))
    assert np.abs(frames[:, :, :SIZE].astype(int) - real).mean() < 8
    assert np.abs(frames[:, :, SIZE:].astype(int) - real).mean() < 25


def test_lines_are_named_and_can_be_switched(report: Path) -> None:
    page = Page(report)
    drawn = {path["data-name"] for path in page.all("path") if "data-name" in path}
    switches = {box["value"] for box in page.all("input")}
    assert switches == {"whole", "whole, true keypoints", "half", "mean frame", "nearest audio"}
    assert drawn == switches | {"recording"}
    hidden = {path["data-name"] for path in page.all("path") if "hidden" in path}
    assert hidden == {"whole, true keypoints"}  # of several runs


def test_tables_have_headers(report: Path) -> None:
    page = Page(report)
    assert all(head.get("scope") in ("col", "row") for head in page.all("th"))
    assert all(box.get("aria-label") and "tabindex" in box for box in page.all("div") if box.get("role"))
    assert all(image.get("alt") for image in page.all("img"))
    assert all(svg.get("aria-label") or svg.get("aria-hidden") for svg in page.all("svg"))


# --- where something is missing


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
    page = Page(write_report(tmp_path, results, tmp_path / "shards", [], films=films))
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


def test_other_footage_stands_beside_no_paper(report: Path) -> None:
    results = read_results(report.with_name("results.json"))
    assert results.data_set is None
    assert "As printed" not in Page(report).text
    for data_set, instrument in ((None, "cello"), ("Sub-URMP", "tuba")):
        other = replace(results, data_set=data_set, instrument=instrument)
        assert "printed" not in [table.key for table in all_tables(other)]
    ours = replace(results, data_set="Sub-URMP", instrument="trombone")
    assert ("Table I", "Ours", "15.910", "0.397") in all_tables(ours)[-1].rows


def test_keypoints_alone(shards: Path, half_run: Path, tmp_path: Path) -> None:
    results = evaluate(shards, [half_run], tmp_path)
    page = Page(write_report(tmp_path, results, shards, [half_run]))
    assert "half reaches a keypoint distance of" in page.text
    assert page.all("video") == []
    assert page.images == {"half, recording": 6, "half, heatmap": 6, "half, coarse": 6}


def test_a_missing_part_is_one_sentence(
    shards: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = evaluate(shards, [half_run], tmp_path, split="train")
    monkeypatch.setattr(write_module, "MOST", 1)
    page = Page(write_report(tmp_path, results, shards, [half_run]))
    assert "the first 1 of 2 recordings" in page.text
    (tmp_path / "parts/half/a.npz").unlink()
    with pytest.raises(ConfigError, match=r"parts.half.a.npz is missing, .*; evaluate again."):
        write_report(tmp_path, results, shards, [half_run])


def test_large_recordings_are_not_all_shown(
    shards: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = evaluate(shards, [half_run], tmp_path, split="train")
    monkeypatch.setattr(write_module, "BUDGET", 1000)
    seen: list[tuple[float, float]] = []
    page = write_report(
        tmp_path,
        results,
        shards,
        [half_run],
        on_progress=lambda task, done, total: seen.append((done, total)),
    )
    assert "the first 1 of 2 recordings" in Page(page).text
    assert seen == [(1, 2), (2, 2)]


# --- the two sentences


def row(name: str, kind: str, value: float, difference: float | None = None, real: bool | None = None) -> Row:
    return Row(name, kind, None, 10, {"psnr": Score(value, None, None, difference, real)}, {})


def results_of(*rows: Row) -> Results:
    return Results(
        apvg="0", split="validation", seed=0, instrument="saw", performers=["ann"], fps=10.0, size=64,
        through_mp4=False, shards={}, rows=list(rows),
    )  # fmt: skip


def said(*rows: Row) -> list[str]:
    return [re.sub(r"</?strong>", "'", sentence) for sentence in summary(results_of(*rows))]


def test_the_summary_names_the_best_and_what_is_real() -> None:
    sentences = said(
        row("a", "run", 20.0), row("a, true keypoints", "true keypoints", 30.0, 10.0, True),
        row("b", "run", 21.25, 1.25, True), row("c", "run", 20.1, 0.1, False),
        row("mean frame", "baseline", 19.0, -1.0, True), row("nearest audio", "baseline", 18.0, -2.0, True),
    )  # fmt: skip
    assert sentences == [
        "Of the 3 runs with a PSNR, 'b' comes closest to the footage: 21.25 dB; the baselines, which learn "
        "nothing, reach 19.00 dB at best.",
        "Compared with 'a', the difference is real for 'b' (+1.25 dB), 'mean frame' (−1.00 dB) and 'nearest "
        "audio' (−2.00 dB), and may be chance for 'c' (+0.10 dB); real means that its 95 % interval leaves "
        "out 0.",
    ]


def test_the_summary_of_one_run_says_if_a_still_image_is_better() -> None:
    assert said(row("<a>", "run", 20.0), row("mean frame", "baseline", 23.0, 3.0)) == [
        "'&lt;a&gt;' reaches a PSNR of 20.00 dB; yet 'mean frame', which learns nothing, reaches 23.00 dB.",
        "The footage is too short to tell which differences are real.",
    ]
    others = [row("b", "run", 21.0, 1.0), Row("keypoints only", "run", None, 10, {}, {})]
    assert said(row("a", "run", 20.0), *others)[0] == (
        "Of the 2 runs with a PSNR, 'b' comes closest to the footage: 21.00 dB."
    )
    nothing = Row("a", "run", None, 10, {}, {})
    assert said(nothing) == ["'a' made nothing that could be measured."]


def test_distances_are_told_in_pixels_too() -> None:
    def at(name: str, kind: str, distance: float) -> Row:
        return Row(name, kind, None, 10, {"keypoint_distance": Score(distance)}, {})

    rows = at("a", "run", 0.025), at("mean frame", "baseline", 0.05)
    assert said(*rows)[0] == (
        "'a' reaches a keypoint distance of 0.0250 edges (1.6 pixels); the baselines, which learn nothing, "
        "reach 0.0500 edges (3.2 pixels) at best."
    )
    (table,) = all_tables(results_of(*rows))
    assert table.note.endswith("An edge is the side of the square picture, 64 pixels here.")


def test_what_is_best_is_nearest_to_the_recordings() -> None:
    def plays(name: str, kind: str, f1: float, lag: float | None) -> Row:
        scores = {"onset_f1": Score(f1)} | ({} if lag is None else {"lag": Score(lag)})
        return Row(name, kind, None, 10, scores, {})

    def bold(*rows: Row) -> list[str]:
        results = results_of(*rows)
        (table,) = all_tables(results)
        return re.findall("<b>(.*?)</b>", score_table(table, results))

    runs = plays("a", "run", 0.65, 0.0), plays("b", "run", 0.6, -0.1)
    others = plays("mean frame", "baseline", 0.57, None)
    assert bold(*runs, others, plays("the recordings", "recording", 0.57, -0.091)) == ["0.600", "−0.100"]
    assert bold(*runs, others, plays("the recordings", "recording", 0.7, None)) == [
        "0.650"
    ]  # no lag is known
    table = all_tables(results_of(*runs))[0]
    assert table.columns == ("", "onset F1 → recordings", "lag (s) → recordings")
    assert "nearer to what the recordings themselves have" in table.note


# --- moments


def test_smoothing_is_a_mean_that_knows_what_is_missing() -> None:
    values = np.array([0.0, 3.0, np.nan, 3.0, 6.0, np.nan])
    np.testing.assert_allclose(smoothed(values, fps=3), [1.5, 1.5, 3, 4.5, 4.5, 6])
    assert np.isnan(smoothed(np.full(4, np.nan), fps=1)).all()
    np.testing.assert_allclose(smoothed(np.array([1.0, 2.0]), fps=25), [1, 2])


def test_a_rest_is_no_moment(tmp_path: Path) -> None:
    """Eight seconds: a rest in which the player stirs, notes, a held note, notes, a rest with a click in it.

    Rests and the held note are imitated best; yet the best and the worst moment are among the notes.
    """
    seconds = np.arange(80) // 10
    with Shard(write_shard(tmp_path, name="a", split="validation", seconds=8, seed=0)) as whole:
        sound, keypoints = whole.audio().astype(np.float64), np.array(whole.keypoints)
    notes = np.repeat(np.isin(seconds, range(1, 7)), SAMPLE_RATE // 10)
    rng = np.random.default_rng(0)
    sound = sound * notes + rng.normal(scale=10, size=len(sound))  # a room is never silent
    sound[SAMPLE_RATE * 15 // 2 :][:4000] += 9000
    keypoints[:] = 0.5
    moving = ~np.isin(seconds, (3, 4, 5))
    keypoints[moving, 39:60, 0] += (np.arange(80) % 2 * 0.04)[moving, None]

    class Changed(Shard):
        def audio(self) -> np.ndarray:
            return sound.astype(np.int16)

    with Changed(tmp_path / "validation/theremin/a.h5") as shard:
        shard.keypoints = keypoints
        mask = played(shard)
        assert mask[10:29].all()
        assert mask[61:70].all()
        assert not mask[[*range(10), *range(36, 54), *range(70, 80)]].any()
        curve = np.where(np.isin(seconds, (1, 2, 6)), 25.0 + seconds, 40.0)
        curve[34:56] = 50.0
        shown = Shown(row("a", "run", 30.0), "c0", Measurements(curves={"psnr": curve}), None)
        found = guide(Recording("a", tmp_path, [shown]), shard)
        assert found is not None
        chosen = moments(found.extremes, found.played, 1)
        why = {moment.why: moment.frame for moment in chosen}
        assert seconds[why["worst"]] == 1
        assert mask[why["best"]]
        assert all(mask[moment.frame] for moment in chosen)


def test_where_nothing_moves_or_sounds_there_are_moments_too(shards: Path) -> None:
    with Shard(shards / "validation/theremin/c.h5") as shard:
        shard.keypoints = np.full_like(shard.keypoints, 0.5)
        assert played(shard).all()  # it sounds throughout
    steady = np.full(50, -90.0)
    assert sounds(steady).all()  # nothing is louder than the rest
    assert sounds(np.linspace(-30, -15, 50)).all()  # soft is no rest
    assert sounds(np.repeat([-60.0, -20.0, -38.0], 20)).tolist() == [False] * 20 + [True] * 40


def test_moments_and_excerpts() -> None:
    extremes = [Moment(10, "worst"), Moment(90, "best")]
    assert moments(extremes, np.arange(100), 10) == [extremes[0], Moment(37), Moment(62), extremes[1]]
    assert excerpts(extremes, 100, 40) == [Excerpt(0, 40, "worst"), Excerpt(60, 100, "best")]
    assert excerpts(extremes, 100, 200) == [Excerpt(0, 100, "worst and best")]


def test_a_film_of_many_stays_readable() -> None:
    assert [layout(tiles) for tiles in (1, 2, 3, 4, 5, 9, 12)] == [
        (1, 1), (2, 1), (2, 2), (2, 2), (3, 2), (3, 3), (4, 3)
    ]  # fmt: skip


# --- drawings


def test_ticks_are_round_and_few() -> None:
    assert ticks(18.3, 36.1) == [20, 25, 30, 35]
    assert ticks(-0.7, 0.4) == pytest.approx([-0.6, -0.4, -0.2, 0, 0.2, 0.4])
    for low, high in ((0, 1), (0.5, 0.50001), (-3000, 7)):
        assert 3 <= len(ticks(low, high)) <= 7


def test_what_is_far_off_does_not_flatten_the_rest() -> None:
    low, high = limits_of([np.array([20.0, np.nan, 30.0])], [np.array([19.0, 98.0]), np.array([np.nan])])
    assert (low, high) == pytest.approx((19 - 1.26, 40 + 1.26))
    assert limits_of([np.array([20.0])], [np.array([70.0])]) == pytest.approx((17, 73))


def test_html_is_escaped_once() -> None:
    inner = element("b", "1 < 2 & 3", class_="a", data_name='"x"', hidden=False, open=True)
    assert inner == '<b class="a" data-name="&quot;x&quot;" open>1 &lt; 2 &amp; 3</b>'
    assert joined([inner, "<"]) == f"{inner}&lt;"
    assert element("p", Html("<br>"), element("br")) == "<p><br><br></p>"


def test_the_principal_component_by_hand() -> None:
    """Two joints move together along (3, 4) / 5, by -2, -1, 0, 1, 2; a third is never seen."""
    steps = np.array([-2, -1, 0, 1, 2, 9], np.float32)
    keypoints = np.full((6, 60, 2), 0.5, np.float32)
    keypoints[:, 0:2] += 0.05 * np.multiply.outer(steps, np.array([0.6, 0.8], np.float32))[:, None]
    visible = np.zeros((6, 60), bool)
    visible[:, 0:2] = True
    visible[5, 1] = False  # the last frame is a wrong guess
    keypoints[:, 2] = 7
    component = principal_component(keypoints, visible, slice(0, 18))
    assert component is not None
    assert component.joints.tolist() == [0, 1]
    assert component.share == pytest.approx(1)
    np.testing.assert_allclose(component.axis, np.array([0.6, 0.8, 0.6, 0.8]) / np.sqrt(2), atol=1e-6)
    expected = 0.05 * np.sqrt(2) * steps
    np.testing.assert_allclose(component.of_truth(keypoints), [*expected[:5], np.nan], atol=1e-6)
    moved = keypoints + np.array([0.6, 0.8], np.float32) * 0.1
    np.testing.assert_allclose(component.of(moved), expected + 0.1 * np.sqrt(2), atol=1e-6)
    assert principal_component(keypoints, visible, slice(18, 39)) is None


def test_heatmaps_are_bright_where_the_joints_are() -> None:
    keypoints = np.full((1, 60, 2), 2.0, np.float32)  # outside
    keypoints[0, 0] = (8 + 0.5) / 32, (16 + 0.5) / 32
    (image,) = heatmaps(keypoints, 32)
    assert image.shape == (32, 32, 3)
    bright = np.argwhere(image.sum(2) > 0)
    np.testing.assert_allclose(bright.mean(0), (16, 8))
    assert 20 < len(bright) < 49  # a disc of seven pixels


def test_coarse_frames_are_those_that_were_judged(shards: Path, run: Path) -> None:
    with Shard(shards / "validation/theremin/c.h5") as shard:
        networks = load_networks(run, device="cpu", threads=1)
        windows = sound_windows(lambda: sound_of(shard), networks.info, len(shard))
        blocks = coarse_blocks(networks, windows, performer=0, seed=3)
        judged = np.concatenate([tensor_to_image(torch.from_numpy(block.coarse)).numpy() for block in blocks])
        again = coarse_frames(Source(run, 3, "cpu"), shard, [2, 11])
    np.testing.assert_array_equal(again, judged[[2, 11]])


# --- in a browser


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_is_quiet(
    browser: Browser, report: Path, width: int, height: int, scheme: str
) -> None:
    browser.resize(width, height)
    browser.colours(scheme)
    browser.open(report)
    browser.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    background = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", background))) < 64) == (scheme == "dark")
    assert browser.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    assert browser.errors == []
    assert {url.partition(":")[0] for url in browser.requests} <= {"file", "data"}


def test_what_is_wider_than_the_page_says_so(browser: Browser, report: Path) -> None:
    box = "document.querySelector('.wider:has([aria-label=Keypoints])')"
    hint = f"getComputedStyle({box}.querySelector('.hint'))"
    shadow = f"getComputedStyle({box}, '::after').content"
    browser.resize(390, 844)
    browser.open(report)
    browser.wait_for(f"{box}.dataset.more === 'right'")
    assert browser.evaluate(f"{hint}.display") == "block"
    assert browser.evaluate(shadow) != "none"
    browser.evaluate(f"{box}.querySelector('.scroll').scrollTo(9999, 0)")
    browser.wait_for(f"{box}.dataset.more === 'left'")  # there is no more
    assert browser.evaluate(f"{hint}.visibility") == "hidden"
    assert browser.evaluate(shadow) == "none"
    browser.resize(3000, 800)
    browser.evaluate("document.querySelector('main').style.maxWidth = '2900px'")
    browser.evaluate("document.body.style.display = 'block'")
    browser.wait_for(f"{box}.dataset.more === 'none'")
    assert browser.evaluate(f"{hint}.display") == "none"
    assert browser.errors == []


def test_films_play_one_at_a_time(browser: Browser, report: Path) -> None:
    browser.open(report)
    browser.evaluate("[...document.querySelectorAll('video')].forEach((video) => { video.muted = true; })")
    for k in (0, 1):
        browser.evaluate(f"document.querySelectorAll('video')[{k}].play()")
        browser.wait_for(f"document.querySelectorAll('video')[{k}].currentTime > 0.3")
        playing = browser.evaluate("[...document.querySelectorAll('video')].map((video) => !video.paused)")
        assert playing == [k == 0, k == 1]
    assert browser.evaluate(
        "[...document.querySelectorAll('video')].every((video) => !video.error && video.videoWidth === 128 "
        "&& video.webkitAudioDecodedByteCount > 0)"
    )
    assert browser.errors == []


def test_a_switch_hides_the_lines_of_its_recording(browser: Browser, report: Path) -> None:
    browser.open(report)
    shown = (
        "[...document.querySelectorAll('section:has(.plots)')].map((section) => [...section.querySelectorAll("
        "'path[data-name=whole]')].filter((line) => getComputedStyle(line).display !== 'none').length)"
    )
    before = browser.evaluate(shown)
    browser.click("input[value=whole]")
    assert browser.evaluate(shown) == [0, before[1]]
    browser.click("input[value=whole]")
    assert browser.evaluate(shown) == before


def test_all_of_it_is_printed(browser: Browser, report: Path) -> None:
    browser.colours("dark")
    browser.open(report)
    pdf = base64.b64decode(browser.command("Page.printToPDF")["data"])
    assert pdf.startswith(b"%PDF")
    assert browser.evaluate("[...document.querySelectorAll('details')].every((details) => details.open)")
    assert browser.errors == []
