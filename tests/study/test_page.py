"""The page of a study, as a participant uses it: in a browser, from the first set to the file of votes."""

import json
import time
from pathlib import Path

import pytest

from apvg_core.study.make import make_study
from apvg_core.study.tally import tally_votes
from tests.browser import PATIENCE, Browser
from tests.conftest import melody
from tests.study.helpers import other_run
from tests.synth import write_wav

PLAYING = "[...document.querySelectorAll('video')].map((video) => !video.paused)"


@pytest.fixture(scope="module")
def study(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two songs by two runs. Read only."""
    root = tmp_path_factory.mktemp("study")
    rival = other_run(run, root / "rival")
    songs = [write_wav(root / f"song{seed}.wav", melody(2, seed)[0]) for seed in (1, 2)]
    make_study(songs, [run, rival], root / "study")
    return root / "study"


def radio(question: str, video: str) -> str:
    return f"input[name={question}][value='{video}']"


def shown(browser: Browser) -> list[str]:
    """The ids of the videos on the page, from left to right."""
    return browser.evaluate(
        "[...document.querySelectorAll('video')].map((video) => video.src.match(/videos.(.*).mp4/)[1])"
    )


def position(browser: Browser) -> str:
    return browser.evaluate("document.querySelector('#position').textContent")


def downloaded(browser: Browser) -> Path:
    """The file of votes, once it is whole."""
    deadline = time.monotonic() + PATIENCE
    while not (files := list(browser.downloads.glob("votes-*.json"))):
        assert time.monotonic() < deadline, "nothing was downloaded"
        time.sleep(0.05)
    return files[0]


def run_of(study: Path) -> dict[str, str]:
    """Which run made which video."""
    sets = json.loads((study / "key.json").read_text())["sets"]
    return {video["id"]: video["run"] for each in sets for video in each["videos"]}


def test_a_participant_votes_on_a_whole_study(browser: Browser, study: Path) -> None:
    runs = run_of(study)
    browser.open(study / "index.html")
    browser.click("#start")
    first = shown(browser)
    assert sorted(runs[video] for video in first) == ["rival", "whole"]
    ours = next(video for video in first if runs[video] == "whole")
    browser.click(radio("realistic", ours))
    browser.click("#next")
    assert position(browser) == "Set 1 of 2"  # one question is still open
    browser.click(radio("in_sync", ""))

    browser.reload()
    assert position(browser) == "Set 1 of 2"
    assert shown(browser) == first
    assert browser.evaluate(f'document.querySelector("{radio("realistic", ours)}").checked')
    browser.click("#next")
    second = shown(browser)
    assert position(browser) == "Set 2 of 2"
    assert set(first) | set(second) == set(runs)

    browser.click("#back")
    browser.click(radio("in_sync", ours))  # another mind
    browser.click("#next")
    theirs = next(video for video in second if runs[video] == "rival")
    browser.click(radio("realistic", ours_there := next(v for v in second if v != theirs)))
    browser.click(radio("in_sync", theirs))
    browser.click("#next")
    browser.click("#download")
    file = downloaded(browser)
    assert browser.errors == []
    assert {url.split(":")[0] for url in browser.requests} <= {"file", "data", "blob"}

    ballot = json.loads(file.read_text())
    assert file.name == f"votes-{ballot['participant']}.json"
    assert [vote["shown"] for vote in ballot["votes"]] == [first, second]
    assert [vote["realistic"] for vote in ballot["votes"]] == [ours, ours_there]
    assert ballot["started"] < ballot["votes"][0]["voted"] < ballot["votes"][1]["voted"] < ballot["finished"]
    tally = tally_votes([file], study)
    assert [(row.name, row.realistic.votes, row.in_sync.votes) for row in tally.rows] == [
        ("whole", 2, 1), ("rival", 0, 1), ("cannot tell", 0, 0)
    ]  # fmt: skip


def test_the_videos_play_one_at_a_time(browser: Browser, study: Path) -> None:
    browser.open(study / "index.html")
    browser.click("#start")
    browser.press("1")
    browser.wait_for("document.querySelector('video').currentTime > 0.3")
    assert browser.evaluate(PLAYING) == [True, False]
    browser.press("2")
    browser.wait_for("document.querySelectorAll('video')[1].currentTime > 0.3")
    assert browser.evaluate(PLAYING) == [False, True]
    browser.wait_for(
        "document.querySelectorAll('video')[1].currentTime < 0.3"
    )  # it plays again from the start
    assert browser.evaluate(
        "[...document.querySelectorAll('video')].every((video) => !video.error && video.videoWidth === 64 "
        "&& video.webkitAudioDecodedByteCount > 0 && video.webkitVideoDecodedByteCount > 0)"
    )
    browser.press("2")
    browser.wait_for(f"!{PLAYING}.includes(true)")
    assert browser.errors == []


def test_the_keyboard_is_enough(browser: Browser, study: Path) -> None:
    browser.open(study / "index.html")
    browser.press("Tab")
    browser.press("Enter")
    assert position(browser) == "Set 1 of 2"
    browser.evaluate("document.querySelectorAll('video').forEach((video) => { video.tabIndex = -1; })")
    browser.evaluate("document.querySelector('.options input').focus()")
    browser.press("ArrowRight")
    browser.press("Tab")
    browser.press("ArrowLeft")  # from the first choice round to the last
    browser.press("Enter")
    assert position(browser) == "Set 2 of 2"
    answer = browser.evaluate("state.answers[0]")
    assert answer["realistic"] == browser.evaluate("state.sets[0][1]")
    assert answer["in_sync"] is None


def test_each_participant_gets_an_order_of_their_own(browser: Browser, study: Path) -> None:
    browser.open(study / "index.html")
    orders = set()
    for _ in range(200):  # one that is missed by chance would be a wonder
        orders.add(json.dumps(browser.evaluate("(state = fresh()).sets")))
    assert len(orders) == 8  # two sets in two orders, with two videos each in two orders
    assert browser.evaluate("state.participant").isalnum()


def test_a_browser_that_keeps_nothing_says_so(browser: Browser, study: Path) -> None:
    browser.open(study / "index.html")
    assert browser.evaluate("document.querySelector('#unsaved').hidden")
    browser.evaluate("Storage.prototype.setItem = () => { throw new Error('full'); }")
    browser.click("#start")
    assert not browser.evaluate("document.querySelector('#unsaved').hidden")
    assert position(browser) == "Set 1 of 2"


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
def test_the_page_fits_the_window(browser: Browser, study: Path, width: int, height: int) -> None:
    browser.resize(width, height)
    browser.open(study / "index.html")
    for page in (0, 1, 3):
        browser.evaluate(f"go({page})")
        assert browser.evaluate("document.documentElement.scrollWidth") == width
        assert browser.evaluate("document.documentElement.scrollHeight") <= height  # a set at a glance
