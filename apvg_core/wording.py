"""Numbers as people say them: "1 recording", "12.5 minutes"."""

from collections.abc import Sequence


def counted(number: int, one: str, many: str | None = None) -> str:
    """For example "1 recording" and "2 recordings"; `many` is for nouns that need more than an s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def listed(names: Sequence[str], most: int) -> str:
    """List the first names, at most so many: "a, b and 3 more"."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def lasting(seconds: float) -> str:
    """A length of time: "4.2 seconds", "45 seconds", "12.5 minutes", "3.2 hours"."""
    for unit, length in (("hour", 3600.0), ("minute", 60.0)):
        if seconds >= 1.5 * length:
            return _amount(seconds / length, unit)
    return _amount(seconds, "second")


def _amount(value: float, unit: str) -> str:
    number = f"{value:.0f}" if value >= 20 else f"{value:.1f}".removesuffix(".0")
    return f"{number} {unit}" if number == "1" else f"{number} {unit}s"


def note_name(midi: int) -> str:
    """A note by its name: "C4" is MIDI number 60, middle C."""
    return f"{('C', 'C#', 'D', 'D#', 'E', 'F', 'F#', 'G', 'G#', 'A', 'A#', 'B')[midi % 12]}{midi // 12 - 1}"
