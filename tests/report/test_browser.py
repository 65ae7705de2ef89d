"""The page in a browser."""

import base64
import re
from pathlib import Path

import pytest

from tests.browser import Browser

pytestmark = pytest.mark.slow


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
