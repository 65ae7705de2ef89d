"""Tables of results: all rows, and Tables I, II and III in the paper's form.

The paper's own numbers stand beside ours only where instrument and data set are the paper's, in a table of
their own: they were measured on other frames of it, and its keypoint distances have no unit.
"""

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from tabulate import LATEX_ESCAPE_RULES, tabulate

from apvg_core.config import STAGES
from apvg_core.errors import ConfigError
from apvg_core.evaluation.paper_numbers import INSTRUMENTS, printed
from apvg_core.evaluation.results import LesionRows, Results, Row, Score, Window, shown_changes
from apvg_core.files import atomic_write
from apvg_core.metrics.boxes import HAND_BOX
from apvg_core.metrics.metric import AnyMetric, Group
from apvg_core.metrics.registry import METRICS, metrics_of
from apvg_core.recipes import TABLE_1, TABLE_2, TABLE_3


class FullTable(NamedTuple):
    """A table of all rows.

    Attributes:
        key: Name for files.
        title: Above it.
        groups: Groups of its metrics.
        of_keypoints: True if its metrics are those of keypoints, which may have been found in the images.
    """

    key: str
    title: str
    groups: tuple[Group, ...]
    of_keypoints: bool

    @property
    def metrics(self) -> list[AnyMetric]:
        """Its metrics, a column each."""
        return [metric for group in self.groups for metric in metrics_of(group)]


FULL_TABLES: Final = (
    FullTable("pictures", "Pictures", ("images", "drift", "learned", "sync"), of_keypoints=False),
    FullTable("details", "Details", ("details", "perceptual", "hands"), of_keypoints=False),
    FullTable("poses", "Keypoints", ("keypoints",), of_keypoints=True),
    FullTable("music", "Music", ("music",), of_keypoints=True),
)

TITLES_1: Final = {
    "without-cvg": "(a) w/o CVG", "without-khp": "(b) w/o KHP", "without-stu": "(c) w/o STU",
    "without-gcn": "(d) w/o GCN", "without-cnn-gru": "(e) w/o CNN-GRU", "": "Ours",
}  # fmt: skip
TITLES_2: Final = {"baseline": "Baseline", "avg": "+ avg. condition", "dlt": "+ DLT", "": "Ours"}
TITLES_3: Final = {"ebdn": "EBDN", "vid2vid": "vid2vid", "": "Ours"}

PRINTED_KEY: Final = "printed"
"""Key of the table of the paper's own numbers."""

LESIONS_KEY: Final = "lesions"
"""Key of the tables of lesions."""

OVER_TIME_KEY: Final = "over_time"
"""Key of the table of scores over a long song."""

ASIDES: Final = (LESIONS_KEY, OVER_TIME_KEY, PRINTED_KEY)
"""Keys of tables that are no race between the rows."""

LESION_METRICS: Final = (
    "psnr", "ssim", "gradient_energy", "motion_ratio", "sync", "slide_agreement", "bow_agreement",
    "left_hand_agreement", "agreement", "onset_f1", "bow_f1",
)  # fmt: skip

assert set(TITLES_1) == {*TABLE_1, ""}
assert set(TITLES_2) == {*TABLE_2, ""}
assert set(TITLES_3) == {*TABLE_3, ""}


@dataclass(frozen=True)
class Table:
    """Text in rows and columns.

    Attributes:
        key: Name for files.
        title: Above it.
        columns: Their headings.
        rows: Cells; as many in each row as there are columns.
        note: Below it.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str = ""


def all_tables(results: Results) -> list[Table]:
    """Return the full tables, the paper's with more than one row, lesions, and the paper's own numbers."""
    found = ", as found in the pictures" if results.found_keypoints else ""
    tables = [
        _full(table.key, f"{table.title}{found if table.of_keypoints else ''}", results, table.metrics)
        for table in FULL_TABLES
    ]
    families = _families([row for row in results.rows if row.kind == "run"])
    for family in families:
        first = family[0]
        base = ", ".join(filter(None, (_base(first), shown_changes(first.changes))))
        of = f", {base}" if len(families) > 1 or first.changes else ""
        tables += [
            _paper(
                "table_1", f"Table I: what each part brings{of}", results, family, TITLES_1, ("psnr", "ssim")
            ),
            _paper("table_2", f"Table II: keypoints{of}", results, family, TITLES_2, ("keypoint_distance",)),
            _paper(
                "table_3", f"Table III: compared with rivals{of}", results, family, TITLES_3, ("psnr", "ssim")
            ),
        ]
    tables += [_lesions(results, lesions) for lesions in results.lesions]
    return [table for table in (*tables, _over_time(results), _printed(results)) if table is not None]


NOTE: Final = (
    "Means with 95 % bootstrap intervals over recordings or blocks of two seconds; "
    "* differs from the first row (paired, 95 %)."
)
NEARER: Final = "→ nearer to the number is better."
NEARER_TO_RECORDINGS: Final = (
    "→ recordings: nearer to what the recordings themselves have, in the last row, is better."
)
BOXES: Final = (
    f"The box around a hand is a square of {HAND_BOX:g} of the picture's width; the instrument's box spans "
    "both hands. Frames in which the hand was not seen are left out."
)

LESIONS_NOTE: Final = (
    "The trained run with one part disabled at a time. Means with 95 % bootstrap intervals over recordings "
    "or blocks of two seconds; in brackets the difference from the whole run, * where it is significant "
    "(paired, 95 %) and not rounded to 0. A part whose lesion changes nothing contributes nothing."
)
NOT_FOUND_NOTE: Final = (
    "Metrics of music are those of the predicted keypoints, which few lesions change; --find-keypoints "
    "judges the pictures."
)

OVER_TIME_NOTE: Final = (
    "One long song for each performer: its recordings one after the other, repeated. After a rest they "
    "start again at the beginning of each window, so that all windows have the same music. In brackets the "
    "change since the first window."
)


def note_on(metrics: Collection[str], results: Results) -> str:
    """Return the note below some metrics' values."""
    noted = [METRICS[metric] for metric in metrics]
    sentences = [NOTE]
    if any(isinstance(metric.goal, float) for metric in noted):
        sentences.append(NEARER)
    if any(metric.goal == "recording" for metric in noted):
        sentences.append(NEARER_TO_RECORDINGS)
    if any("widths" in metric.unit for metric in noted):
        sentences.append(f"A width is that of the square picture, {results.size} pixels here.")
    if any(metric.group == "details" for metric in noted):
        sentences.append(BOXES)
    if "perceptual_distance" in metrics and results.vgg:
        sentences.append(f"Perceptual distances are by {results.vgg}.")
    if "sync" in metrics and results.judge:
        sentences.append(
            f"Sync scores are by the discriminator of {results.judge}, which favours the run trained with it."
        )
    sentences += _training_noise([row for row in results.rows if row.kind == "run"])
    if changed := [
        f"{row.name} is {row.method}" for row in results.rows if row.kind == "run" and row.changes
    ]:
        sentences.append(f"Changed recipes: {'; '.join(changed)}.")
    if chosen := results.chosen_on_scored:
        sentences.append(f"Weights chosen on these recordings, so scores too good: {', '.join(chosen)}.")
    return " ".join(sentences)


def _training_noise(runs: Sequence[Row]) -> list[str]:
    """Return what a note says of the seeds of runs: how many, and whether intervals and stars cover them."""
    if not runs:
        return []
    if max(row.seeds for row in runs) == 1:
        return ["Each run is one training, so neither intervals nor stars cover the noise of training."]
    several = [f"{row.name} ({row.seeds})" for row in runs if row.seeds > 1]
    sentences = [
        "Runs with several seeds (their number in brackets) have t intervals and stars that also cover the "
        f"noise of training: {', '.join(several)}."
    ]
    if single := [row.name for row in runs if row.seeds == 1]:
        sentences.append(
            f"Runs of one seed: {', '.join(single)}. Their intervals do not cover the noise of training; "
            "their stars assume that it is as large as the others'."
        )
    return sentences


def _full(key: str, title: str, results: Results, metrics: Sequence[AnyMetric]) -> Table | None:
    scored = [metric for metric in metrics if any(metric.key in row.scores for row in results.rows)]
    if not scored:
        return None
    keys = [metric.key for metric in scored]
    rows = [
        (row.name, *(cell(key, row.scores.get(key)) for key in keys))
        for row in results.rows
        if any(key in row.scores for key in keys)
    ]
    return Table(key, title, ("", *(metric.heading for metric in scored)), rows, note_on(keys, results))


def _paper(
    key: str, title: str, results: Results, runs: Sequence[Row], titles: Mapping[str, str],
    metrics: Sequence[str],
) -> Table | None:  # fmt: skip
    """Return one of the paper's tables of one family of runs; None unless it has a row beside "Ours"."""
    named = [(name, row) for variant, name in titles.items() for row in runs if _variant(row) == variant]
    if len({name for name, _ in named}) < 2:
        return None
    if len(named) > len({name for name, _ in named}):  # several runs of one recipe
        named = [(f"{name} ({row.name})", row) for name, row in named]
    rows = [(name, *(cell(metric, row.scores.get(metric)) for metric in metrics)) for name, row in named]
    headings = (f"{results.instrument}: {METRICS[metric].heading}" for metric in metrics)
    return Table(key, title, ("Methods", *headings), rows, note_on(metrics, results))


def _lesions(results: Results, lesions: LesionRows) -> Table:
    """Return the scores of a run's lesions, with their differences from the whole run."""
    keys = [key for key in LESION_METRICS if any(key in row.scores for row in lesions.rows)]
    rows = [(row.name, *(lesion_cell(key, row.scores.get(key)) for key in keys)) for row in lesions.rows]
    headings = (METRICS[key].heading for key in keys)
    note = [LESIONS_NOTE] if results.found_keypoints else [LESIONS_NOTE, NOT_FOUND_NOTE]
    return Table(
        LESIONS_KEY, f"Lesions of {lesions.run}: what each part contributes", ("", *headings), rows,
        " ".join(note),
    )  # fmt: skip


def _over_time(results: Results) -> Table | None:
    """Return the scores of windows of a long song, with their changes since the first one."""
    if not results.over_time:
        return None
    windows = [
        (f"{of_run.run}, {window.start:g} to {window.start + window.seconds:g} s", window)
        for of_run in results.over_time
        for window in of_run.windows
    ]
    keys = [key for key in METRICS if any(key in window.scores for _, window in windows)]
    rows = [(name, *(window_cell(key, window) for key in keys)) for name, window in windows]
    headings = (METRICS[key].heading for key in keys)
    return Table(OVER_TIME_KEY, "Quality over time", ("", *headings), rows, OVER_TIME_NOTE)


def _printed(results: Results) -> Table | None:
    """Return the paper's own numbers; None of other footage than the paper's."""
    if results.data_set != "Sub-URMP" or results.instrument not in INSTRUMENTS:
        return None
    headings = (f"{results.instrument}: {METRICS[metric].heading}" for metric in ("psnr", "ssim"))
    note = (
        "Reference only: measured by the paper's authors on other frames of Sub-URMP, not by this evaluation."
    )
    return Table(
        PRINTED_KEY, "As printed in the paper, other frames", ("Table", "Methods", *headings),
        list(printed(results.instrument)), note,
    )  # fmt: skip


def _families(runs: Sequence[Row]) -> list[list[Row]]:
    """Return runs that can be compared: of one base recipe, changed alike; the base's own run comes first."""
    families: list[list[Row]] = []
    for row in sorted(runs, key=lambda row: bool(_variant(row))):
        fitting = [family for family in families if _changed_alike(family[0], row)]
        for family in fitting:
            family.append(row)
        if not fitting:
            families.append([row])
    return families


def _changed_alike(one: Row, other: Row) -> bool:
    """Return True if two runs have one base recipe, and the same changes to the stages that both have."""
    stages = set(STAGES).intersection(*(row.training.steps for row in (one, other) if row.training))
    mine, theirs = (
        {key: value for key, value in row.changes.items() if key.partition(".")[0] in stages}
        for row in (one, other)
    )
    return _base(one) == _base(other) and mine == theirs


def _base(row: Row) -> str:
    return (row.recipe or "").partition("+")[0]


def _variant(row: Row) -> str:
    return (row.recipe or "").partition("+")[2]


def cell(metric: str, score: Score | None) -> str:
    """Return a score as text: "23.46 ± 0.31 *", the half width of its interval, * for significant."""
    if score is None:
        return "-"
    decimals = METRICS[metric].decimals
    text = f"{score.value:z.{decimals}f}"
    if score.low is not None and score.high is not None:
        text += f" ± {(score.high - score.low) / 2:.{decimals}f}"
    return f"{text} *" if score.significant else text


def lesion_cell(metric: str, score: Score | None) -> str:
    """Return a score and its difference from the whole run, such as "23.04 ± 0.31 (-0.42 *)".

    A difference that is rounded to 0 has neither sign nor star: those of the last digits, which networks that
    hardly differ have too, would be significant.
    """
    if score is None or score.difference is None:
        return cell(metric, score)
    apart = _signed(score.difference, METRICS[metric].decimals)
    if score.significant and float(apart):
        apart += " *"
    return f"{cell(metric, replace(score, significant=None))} ({apart})"


def window_cell(metric: str, window: Window) -> str:
    """Return a score and its change since the first window, such as "31.92 (-0.13 %)"."""
    if metric not in window.scores:
        return "-"
    text = f"{window.scores[metric]:z.{METRICS[metric].decimals}f}"
    change = window.changes.get(metric)
    return text if change is None else f"{text} ({_signed(change, 2)} %)"


def _signed(difference: float, decimals: int) -> str:
    """Return a difference with its sign, which one that is rounded to 0 has not."""
    text = f"{difference:+z.{decimals}f}"
    return text if float(text) else text.lstrip("+")


def markdown(tables: Iterable[Table]) -> str:
    """Return the tables one after the other as Markdown, each under its title."""
    return "\n".join(
        f"## {table.title}\n\n{_formatted(table, 'github')}\n\n{table.note}\n" for table in tables
    )


_ESCAPED: Final = str.maketrans(LATEX_ESCAPE_RULES)
_ARROWS: Final = str.maketrans({"↑": r"$\uparrow$", "↓": r"$\downarrow$", "→": r"$\rightarrow$"})


def latex(tables: Iterable[Table]) -> str:
    """Return each table as a LaTeX `table` with booktabs' rules, its note below it."""
    return "\n".join(
        "\\begin{table}\n\\centering\n"
        f"\\caption{{{table.title.translate(_ESCAPED)}}}\n"
        f"{_formatted(table, 'latex_booktabs')}\n\n"
        f"\\footnotesize {table.note.translate(_ESCAPED)}\n"
        "\\end{table}\n"
        for table in tables
    ).translate(_ARROWS)


def _formatted(table: Table, form: str) -> str:
    return tabulate(table.rows, table.columns, form, disable_numparse=True)


def scores_csv(results: Results) -> str:
    """Return every score of every row as CSV, a line each: for sheets and plots of one's own."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ("method", "kind", "recipe", "metric", "value", "low", "high", "difference", "significant")
    )
    of_lesions = [(f"{of_run.run}, {row.name}", row) for of_run in results.lesions for row in of_run.rows]
    for name, row in [*((row.name, row) for row in results.rows), *of_lesions]:
        for metric, score in row.scores.items():
            writer.writerow(
                (name, row.kind, row.method or "", metric, score.value, score.low, score.high,
                 score.difference, score.significant)
            )  # fmt: skip
    return text.getvalue()


def write_tables(out: Path, results: Results) -> None:
    """Write `tables.md`, `tables.tex` and `scores.csv`.

    Raises:
        ConfigError: They cannot be written.
    """
    tables = all_tables(results)
    documents = {
        "tables.md": markdown(tables),
        "tables.tex": latex(tables),
        "scores.csv": scores_csv(results),
    }
    for name, text in documents.items():
        try:
            with atomic_write(out / name) as temporary:
                temporary.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{out / name} cannot be written ({error.strerror}).") from error
