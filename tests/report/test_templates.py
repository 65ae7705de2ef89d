"""Filling templates."""

from pathlib import Path

from apvg_core.data.shards import Shard
from apvg_core.report.page import draw_page
from tests.report.helpers import results_of, row


def test_text_is_escaped_once(shards: Path) -> None:
    with Shard(shards / "validation/theremin/c.h5") as shard:
        info = shard.info
    document = draw_page(results_of(row("<b> & co", "run", 20.0)), info, [])
    assert "<strong>&lt;b&gt; &amp; co</strong> reaches" in document
    assert "<b> & co" not in document
    assert "&amp;amp;" not in document
