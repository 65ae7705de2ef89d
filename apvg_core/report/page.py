"""The page around the recordings: what was judged, what came of it, and what the numbers mean."""

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Final

from apvg_core.data.shards import ShardInfo
from apvg_core.evaluation.results import Kind, Results
from apvg_core.evaluation.tables import PRINTED_KEY, Table, all_tables, note_on
from apvg_core.report.html import Html, element, joined, scroll_box
from apvg_core.report.moments import clock
from apvg_core.report.scores import (
    definitions,
    glance,
    printed_table,
    recording_tables,
    score_table,
)
from apvg_core.report.words import summary
from apvg_core.run import RunInfo
from apvg_core.wording import counted

KINDS: Final[dict[Kind, str]] = {
    "run": "a run, from sound alone",
    "true keypoints": "the same run told the true keypoints: what a perfect prediction of them would bring",
    "videos": "films of another system",
    "baseline": "learns nothing",
    "recording": "the footage itself: what is normal, and the target of columns with → recordings",
}

BOLD: Final = "Bold is the best of several runs."

SPLITS: Final = {"validation": "held out from training", "train": "trained on: what was learned by heart"}


def page(results: Results, runs: Mapping[str, RunInfo], info: ShardInfo, recordings: Sequence[Html]) -> str:
    """The whole document.

    Args:
        results: The numbers.
        runs: What each run is, by name.
        info: What the first recording's shard says about itself.
        recordings: Sections of the recordings that are shown.
    """
    tables = all_tables(results)
    note = note_on({key for row in results.rows for key in row.scores}, results.size)
    ours = [score_table(table, results) for table in tables if table.key != PRINTED_KEY]
    theirs = [_aside(table) for table in tables if table.key == PRINTED_KEY]
    body = [
        _head(results, info),
        _section("scores", "Scores", element("p", f"{note} {BOLD}", class_="note"), glance(results), *ours),
        *theirs,
        *_some(results, recordings),
        *recordings,
        _section("each", "Each recording's scores", *recording_tables(results)),
        _section("metrics", "What the scores mean", definitions(results)),
        _section("settings", "Methods and settings", *_settings(results, runs, info)),
    ]
    parts = {
        "title": joined([f"{_title(results)}: how close runs come"]),
        "style": _file("page.css"),
        "nav": _nav(results, len(recordings)),
        "body": joined(body),
        "script": _file("page.js"),
    }
    document = _file("page.html")
    for name, part in parts.items():
        document = document.replace(f"{{{{{name}}}}}", part)
    return document


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _title(results: Results) -> str:
    return f"{results.instrument.replace('_', ' ').capitalize()}, {', '.join(results.performers)}"


def _head(results: Results, info: ShardInfo) -> Html:
    frames = results.rows[0].frames
    footage = f"{results.split}, {SPLITS[results.split]}"
    facts = {
        "Instrument": results.instrument.replace("_", " "),
        "Performers": ", ".join(results.performers),
        "Footage": f"{results.data_set}: {footage}" if results.data_set else footage,
        "Recordings": f"{len(results.shards)}, together {clock(frames / results.fps)}",
        "Frames": f"{frames} of {results.size} × {results.size} pixels, {results.fps:g} a second",
        "Judged": "what comes out of the mp4" if results.through_mp4 else "frames as they are made",
        "Keypoints": "found in the pictures" if results.found_keypoints else "as the methods give them",
        "Sound": f"CQT {info.cqt_mode}, window offset {info.window_offset:g} s",
        "Seed": str(results.seed),
        "Version": f"apvg {results.apvg}",
    }
    return element(
        "header",
        element("p", "How close runs come to the footage", class_="kicker"),
        element("h1", _title(results)),
        *(element("p", sentence, class_="lead") for sentence in summary(results)),
        _facts(facts),
    )


def _aside(table: Table) -> Html:
    note = element("p", table.note, class_="note")
    return element("section", printed_table(table), note, class_="aside")


def _nav(results: Results, shown: int) -> Html:
    links = [("scores", "Scores")]
    links += [
        (f"recording-{name}", f"Recording {k}")
        for k, name in enumerate(list(results.shards)[:shown], start=1)
    ]
    links += [("each", "Each recording"), ("metrics", "Metrics"), ("settings", "Settings")]
    return joined(element("a", text, href=f"#{target}") for target, text in links)


def _some(results: Results, recordings: Sequence[Html]) -> list[Html]:
    """Where not all recordings are shown, that they are not."""
    if len(recordings) == len(results.shards):
        return []
    said = (
        f"To keep this page small, the first {len(recordings)} of {len(results.shards)} recordings are shown."
    )
    return [element("p", said, class_="note")]


def _settings(results: Results, runs: Mapping[str, RunInfo], info: ShardInfo) -> list[Html]:
    rows = [
        element(
            "tr",
            element("th", row.name, scope="row"),
            element("td", KINDS[row.kind]),
            element("td", row.recipe or "–"),
            element("td", _training(runs[row.name]) if row.name in runs else "–"),
        )
        for row in results.rows
    ]
    head = (element("th", text, scope="col") for text in ("", "what it is", "recipe", "training"))
    table = element(
        "table", element("thead", element("tr", *head)), element("tbody", *rows), class_="methods"
    )
    extraction = {name.replace("_", " "): _said(value) for name, value in info.settings.items()}
    return [
        scroll_box(table, "Methods"),
        element("details", element("summary", "How the footage was extracted"), _facts(extraction)),
    ]


def _training(info: RunInfo) -> str:
    """For example "khp 1500, cvg 1000, stu 1800 steps; 6 recordings"."""
    steps = ", ".join(f"{stage} {facts.get('steps', '?')}" for stage, facts in info.stages.items())
    return f"{steps} steps; {counted(len(info.data), 'recording')}"


def _said(value: object) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _facts(facts: Mapping[str, str]) -> Html:
    entries = (element("div", element("dt", name), element("dd", value)) for name, value in facts.items())
    return element("dl", *entries, class_="facts")


def _section(name: str, title: str, *content: Html) -> Html:
    return element("section", element("h2", title), *content, id=name)
