"""Numbers and times as text."""

from apvg_core.report.formatting import clock, number


def test_numbers_and_times() -> None:
    assert [clock(seconds) for seconds in (0, 7.9, 67, 3600)] == ["0:00", "0:07", "1:07", "60:00"]
    assert number(-0.304, 2) == "−0.30"
    assert number(-0.001, 2) == "0.00"
    assert number(1.25, 1, signed=True) == "+1.2"
