"""Tables: cells, the groups of columns, the paper's own numbers."""

from dataclasses import replace

import pytest

from apvg_core.evaluation.paper_numbers import INSTRUMENTS, printed
from apvg_core.evaluation.results import LesionRows, OverTime, Results, Row, Score, Training, Window
from apvg_core.evaluation.tables import (
    FULL_TABLES,
    all_tables,
    cell,
    latex,
    lesion_cell,
    markdown,
    note_on,
    scores_csv,
)
from apvg_core.metrics.registry import METRICS


def results(*rows: Row) -> Results:
    return Results(
        apvg="0", split="validation", seed=0, instrument="saw", performers=["ann"], fps=10.0, size=64,
        through_mp4=False, found_keypoints=True, shards={}, rows=list(rows),
    )  # fmt: skip


ROWS = (
    Row("a", "run", "fast", 5, {"psnr": Score(20.0, 19, 21), "lag": Score(-0.0001)}, {}),
    Row("theirs", "videos", None, 5, {"psnr": Score(22.0, 21, 24, 2.0, True)}, {}),
)


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (Score(20.004), "20.00"), (Score(20, 19, 20.5), "20.00 ± 0.75"), (None, "-"),
        (Score(20, 19, 21, 1, True), "20.00 ± 1.00 *"), (Score(-0.001), "0.00"),
    ],
)  # fmt: skip
def test_cells(score: Score | None, text: str) -> None:
    assert cell("psnr", score) == text


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (Score(20.0, 19, 21), "20.00 ± 1.00"), (None, "-"), (Score(0.5, difference=None), "0.50"),
        (Score(19.58, 19, 20, -0.42, True), "19.58 ± 0.50 (-0.42 *)"),
        (Score(20.1, 19, 21, 0.1, False), "20.10 ± 1.00 (+0.10)"),
        (Score(20.0, 19, 21, -0.004, True), "20.00 ± 1.00 (0.00)"),
    ],
)  # fmt: skip
def test_cells_of_lesions(score: Score | None, text: str) -> None:
    assert lesion_cell("psnr", score) == text


def test_lesions_have_a_table_of_their_own() -> None:
    whole = Row("whole run", "lesion", "fast", 5, {"psnr": Score(20.0), "onset_f1": Score(0.5)}, {})
    lesioned = replace(whole, name="heatmap emptied")
    plain = results(*ROWS)
    *tables, lesions = all_tables(replace(plain, lesions=[LesionRows("a", [whole, lesioned])]))
    assert tables == all_tables(plain)
    assert (lesions.key, lesions.columns) == ("lesions", ("", "PSNR (dB) ↑", "onset F1 → recordings"))
    assert [row[0] for row in lesions.rows] == ["whole run", "heatmap emptied"]
    assert "--find-keypoints" not in lesions.note  # they were found
    unfound = replace(plain, found_keypoints=False, lesions=[LesionRows("a", [whole])])
    assert "--find-keypoints judges the pictures" in all_tables(unfound)[-1].note


def test_quality_over_time_has_a_row_for_each_window() -> None:
    windows = [
        Window(0, 10, {"ssim": 0.9, "psnr": 32.0}),
        Window(1800, 10, {"psnr": 31.84, "ssim": 0.9}, {"psnr": -0.5, "ssim": -0.001}),
    ]
    table = all_tables(replace(results(*ROWS), over_time=[OverTime("a", windows)]))[-1]
    assert (table.key, table.columns) == ("over_time", ("", "PSNR (dB) ↑", "SSIM ↑"))
    assert table.rows == [
        ("a, 0 to 10 s", "32.00", "0.900"),
        ("a, 1800 to 1810 s", "31.84 (-0.50 %)", "0.900 (0.00 %)"),
    ]


def test_notes_explain_boxes() -> None:
    assert "a square of 0.15 of the picture's width" in note_on(["psnr_left_hand"], results())
    assert "box" not in note_on(["psnr"], results())


def test_every_metric_has_a_column() -> None:
    columns = [metric.key for table in FULL_TABLES for metric in table.metrics]
    assert sorted(columns) == sorted(METRICS)


def test_only_what_has_a_value_is_drawn() -> None:
    pictures, music = all_tables(results(*ROWS))
    assert pictures.columns == ("", "PSNR (dB) ↑")
    assert pictures.rows == [("a", "20.00 ± 1.00"), ("theirs", "22.00 ± 1.50 *")]
    assert (pictures.title, music.title) == ("Pictures", "Music, as found in the pictures")
    assert music.rows == [("a", "0.000")]


def test_notes_tell_whether_stars_cover_training_noise() -> None:
    one = Row("one", "run", "fast", 5, {"psnr": Score(20.0)}, {})
    three = Row("three", "run", "fast", 5, {"psnr": Score(20.0, of_seeds=[19.0, 20.0, 21.0])}, {}, seeds=3)
    assert "neither intervals nor stars cover the noise of training" in note_on(["psnr"], results(one))
    both = note_on(["psnr"], results(three, one))
    assert "also cover the noise of training: three (3)." in both
    assert "Runs of one seed: one." in both


def test_notes_explain_arrows_and_edges() -> None:
    assert "→" not in note_on(["psnr"], results())
    assert "nearer to the number" in note_on(["motion_ratio"], results())
    assert "what the recordings themselves have" in note_on(["lag"], results())
    assert "64 pixels" in note_on(["jitter"], results())


def test_a_run_chosen_on_what_it_is_scored_by_is_named() -> None:
    chosen = replace(ROWS[0], training=Training({"stu": 5}, 1, ["stu"]))
    assert "chosen on these recordings, so scores too good: a." in note_on(["psnr"], results(chosen))
    assert "Chosen" not in note_on(["psnr"], replace(results(chosen), split="test"))


def test_a_changed_run_is_compared_with_those_changed_alike_and_named_by_its_changes() -> None:
    def run(recipe: str, stages: str, **changes: int) -> Row:
        changes = {f"{key}.training.steps": value for key, value in changes.items()}
        training = Training(dict.fromkeys(stages.split()), 1)
        scores = {"psnr": Score(20.0), "keypoint_distance": Score(0.1)}
        return Row(recipe, "run", recipe, 5, scores, {}, training, changes)

    longer = {"khp": 9, "stu": 9}
    rows = (
        run("fast", "khp cvg stu"), run("fast+ebdn", "khp stu", **longer), run("fast+avg", "khp", khp=9),
        replace(run("fast", "khp cvg stu", **longer, cvg=9), name="long"),
    )  # fmt: skip
    _, _, *papers = all_tables(results(*rows))
    of = ", fast, cvg.training.steps=9, khp.training.steps=9, stu.training.steps=9"
    assert [table.title for table in papers] == [
        f"Table II: keypoints{of}", f"Table III: compared with rivals{of}"
    ]  # fmt: skip
    assert [row[0] for row in papers[1].rows] == ["EBDN", "Ours"]
    assert "long is fast, cvg.training.steps=9" in note_on(["psnr"], results(*rows))
    assert "fast is fast" not in note_on(["psnr"], results(*rows))
    assert 'long,run,"fast, cvg.training.steps=9' in scores_csv(results(*rows))


def test_documents() -> None:
    tables = all_tables(results(*ROWS))
    assert "| theirs | 22.00 ± 1.50 * |" in markdown(tables)
    assert latex(tables).count("\\toprule") == 2
    head, first, *_ = scores_csv(results(*ROWS)).splitlines()
    assert head == "method,kind,recipe,metric,value,low,high,difference,significant"
    assert first == "a,run,fast,psnr,20.0,19,21,,"


def test_latex_knows_every_character() -> None:
    row = replace(ROWS[0], name="my_run", changes={"cvg.noise": "100 %"})
    keyed = {key: Score(1.0, 0, 2, 1, True) for key in METRICS}
    everything = replace(
        results(replace(row, scores=keyed)),
        lesions=[LesionRows("my_run: 100 %", [row])], over_time=[OverTime("my_run", [Window(0, 9, {})])],
    )  # fmt: skip
    text = latex(all_tables(everything))
    assert r"\caption{Lesions of my\_run: 100 \%: what each part contributes}" in text
    assert r"PSNR (dB) $\uparrow$" in text
    assert r"* differs from the first row (paired, 95 \%)." in text
    assert {character for character in text if not character.isascii()} <= {"±", "³"}  # which pdflatex knows


def test_the_papers_own_numbers() -> None:
    assert ("Table I", "Ours", "17.073", "0.563") in printed("cello")
    assert {len(printed(instrument)) for instrument in INSTRUMENTS} == {9}
