"""The help: options and commands in groups, as plain text that a pipe and a screen show alike.

An option's `rich_help_panel` names its group; options without one stand first, under "Options".
"""

import os
import sys
from typing import TYPE_CHECKING, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from typer._click.core import Context
    from typer._click.formatting import HelpFormatter

EXPERT: Final = "Expert options"
"""The group of what few people need."""

PICTURE: Final = "Picture"
"""The group of what is seen, and how."""

MEASURES: Final = "More to measure"
"""The group of what an evaluation may measure beside the usual."""

PICTURE_AND_SOUND: Final = "Picture and sound"
"""The group of how recordings become frames, keypoints and features."""

DATA_SETS: Final = "Data sets"
"""The group of what tells how footage lies in its folders."""

QUICKSTART: Final = """\
apvg turns music into a video of a musician playing it.
    apvg generate --list                         shows who can play
    apvg generate song.wav --instrument cello    makes song.mp4
    apvg learn my_footage/ --run runs/me         makes a performer of your own
    apvg --help                                  shows all commands
"""


class Command(TyperCommand):
    """A command whose help shows its options in groups."""

    def format_options(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write arguments and options, a section for each group."""
        _write(formatter, parameter_groups(self, ctx))


class Group(TyperGroup):
    """A group of commands, whose help shows options and commands in groups."""

    def format_options(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the options, then the commands with the whole first sentence of each."""
        _write(formatter, parameter_groups(self, ctx))
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            assert command is not None
            summary = (command.help or "").split("\n\n")[0].replace("\n", " ")
            sections.setdefault(_group_of(command) or "Commands", []).append((name, summary))
        _write(formatter, sections)


def parameter_groups(command: "Command | Group", ctx: "Context") -> dict[str, list[tuple[str, str]]]:
    """Group a command's arguments and options, as names and explanations, in order."""
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is None:
            continue
        is_argument = parameter.param_type_name == "argument"
        name, explanation = record
        if is_argument:
            name = name.partition(" <")[0]  # its type, as Python calls it
        title = _group_of(parameter) or ("Arguments" if is_argument else "Options")
        sections.setdefault(title, []).append((name, explanation))
    titles = sorted(sections, key=EXPERT.__eq__)  # that last, the others as they came
    return {title: sections[title] for title in titles if sections[title]}


def _group_of(thing: Any) -> str | None:
    title: str | None = getattr(thing, "rich_help_panel", None)
    return title


def _write(formatter: "HelpFormatter", sections: dict[str, list[tuple[str, str]]]) -> None:
    for title, records in sections.items():
        with formatter.section(typer.style(title, bold=True) if _has_styles() else title):
            formatter.write_dl(records)


def _has_styles() -> bool:
    """Returns True if standard output shows bold letters and nobody asked for none."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") in ("dumb", "unknown")
    return sys.stdout.isatty() and not plain
