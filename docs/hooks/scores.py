"""MkDocs hook: tables that have another home, so that the site cannot differ from it.

The scores of the performers are those of their model cards, the metrics those that are declared in the code.
"""

from typing import Any, Final

from apvg_core.metrics.registry import METRICS
from apvg_core.pretrained import embedded

CARDS: Final = "<!-- scores of the performers -->"
EVERY_METRIC: Final = "<!-- every metric -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the tables where a page asks for them."""
    if CARDS in markdown:
        markdown = markdown.replace(CARDS, "\n\n".join(_cards()))
    if EVERY_METRIC in markdown:
        markdown = markdown.replace(EVERY_METRIC, _metrics())
    return markdown


def _cards() -> list[str]:
    """The scores in each model card, a level deeper."""
    sections = []
    for each in embedded():
        card = (each.run / "README.md").read_text(encoding="utf-8")
        scores = card.partition("\n## Scores\n")[2].partition("\n## ")
        tables = f"\n## {scores[2]}".replace("\n## ", f"\n#### {each.info.instrument.capitalize()}: ")
        sections.append(tables.strip())
    return sections


def _metrics() -> str:
    """A row for each metric."""
    rows = ["| Column | Definition |", "|---|---|"]
    rows += [f"| {each.heading} | {each.definition} |" for each in METRICS.values()]
    return "\n".join(rows)
