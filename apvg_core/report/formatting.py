"""Numbers and times as text."""


def clock(seconds: float) -> str:
    """Format minutes and seconds: "1:07"."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def number(value: float, decimals: int, *, signed: bool = False) -> str:
    """Format a number with a real minus: "−0.30"; what rounds to nothing has none."""
    return f"{value:{'+' if signed else ''}z.{decimals}f}".replace("-", "−")
