"""Tables of scores."""

from dataclasses import replace

from apvg_core.evaluation.results import LesionRows, Row, Score
from apvg_core.evaluation.tables import all_tables
from apvg_core.report.scores import score_table, unmarked_table
from tests.report.helpers import results_of, row


def test_what_is_best_is_nearest_to_the_recordings() -> None:
    def plays(name: str, kind: str, f1: float, lag: float | None) -> Row:
        scores = {"onset_f1": Score(f1)} | ({} if lag is None else {"lag": Score(lag)})
        return Row(name, kind, None, 10, scores, {})

    def bold(*rows: Row) -> list[str]:
        results = results_of(*rows)
        (table,) = all_tables(results)
        cells = [cell for line in score_table(table, results).rows for cell in line[1:]]
        return [cell.number for cell in cells if cell.best]

    runs = plays("a", "run", 0.65, 0.0), plays("b", "run", 0.6, -0.1)
    others = plays("mean frame", "baseline", 0.57, None)
    assert bold(*runs, others, plays("the recordings", "recording", 0.57, -0.091)) == ["0.600", "−0.100"]
    assert bold(*runs, others, plays("the recordings", "recording", 0.7, None)) == [
        "0.650"
    ]  # no lag is known
    table = all_tables(results_of(*runs))[0]
    assert table.columns == ("", "onset F1 → recordings", "lag (s) → recordings")
    assert "nearer to what the recordings themselves have" in table.note


def test_lesions_are_no_race() -> None:
    """Nothing is bold, and differences have minus signs."""
    whole = Row("whole run", "lesion", None, 10, {"psnr": Score(20.0), "agreement": Score(0.5)}, {})
    frozen = Row("frozen", "lesion", None, 10, {"psnr": Score(19.0, 18.5, 19.5, -1.0, True)}, {})
    results = replace(results_of(row("a", "run", 20.0)), lesions=[LesionRows("a", [whole, frozen])])
    table = unmarked_table(all_tables(results)[-1])
    assert not table.marked
    assert [cell.number for cell in table.rows[1][1:]] == ["19.00 ± 0.50 (−1.00 *)", "–"]
    assert [cell.text for cell in (line[0] for line in table.rows)] == ["whole run", "frozen"]
