"""A parser of the page, and results of a few rows."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

from apvg_core.evaluation.results import Results, Row, Score


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


def row(name: str, kind: str, value: float, difference: float | None = None, real: bool | None = None) -> Row:
    return Row(name, kind, None, 10, {"psnr": Score(value, None, None, difference, real)}, {})


def results_of(*rows: Row) -> Results:
    return Results(
        apvg="0", split="validation", seed=0, instrument="saw", performers=["ann"], fps=10.0, size=64,
        through_mp4=False, shards={}, rows=list(rows),
    )  # fmt: skip
