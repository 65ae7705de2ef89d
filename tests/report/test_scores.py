"""Tables of scores."""

from apvg_core.evaluation.results import Row, Score
from apvg_core.evaluation.tables import all_tables
from apvg_core.report.scores import score_table
from tests.report.helpers import results_of


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
