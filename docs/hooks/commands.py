"""MkDocs hook: the page of all commands, made from the app itself, so that it cannot differ from `--help`."""

import re
from collections.abc import Iterator
from typing import Any, Final

import typer.main

from apvg_cli.app import app
from apvg_cli.help import parameter_groups

MARK: Final = "<!-- every command -->"
"""What the page holds in the place of the commands."""


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the commands where a page asks for them."""
    return markdown.replace(MARK, "\n".join(_everything())) if MARK in markdown else markdown


def _everything() -> Iterator[str]:
    root = typer.main.get_command(app)
    context = root.make_context("apvg", [], resilient_parsing=True)
    yield from _command("apvg", root, context)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        inside = command.make_context(name, [], parent=context, resilient_parsing=True)
        yield from _command(f"apvg {name}", command, inside)
        for further, nested in getattr(command, "commands", {}).items():
            innermost = nested.make_context(further, [], parent=inside, resilient_parsing=True)
            yield from _command(f"apvg {name} {further}", nested, innermost)


def _command(title: str, command: Any, context: Any) -> Iterator[str]:
    """One command: what it does, its examples, its arguments and options."""
    yield f"## {title} {{ #{title.replace(' ', '-')} }}\n"
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"`{title} {usage}`\n"
    paragraphs = re.split(r"\n\s*\n", (command.help or "").strip())
    examples = [each.removeprefix("Example: ") for each in paragraphs if each.startswith("Example: ")]
    for paragraph in paragraphs:
        if not paragraph.startswith("Example: "):
            yield f"{_escaped(' '.join(paragraph.split()))}\n"
    if examples:
        yield "\n".join(["```bash", *examples, "```\n"])
    for group, records in parameter_groups(command, context).items():
        yield from _table(group, records)


def _table(title: str, records: list[tuple[str, str]]) -> Iterator[str]:
    yield f"| {title} | |"
    yield "|---|---|"
    for names, text in records:
        yield f"| {_code(names)} | {_escaped(text)} |"
    yield ""


def _code(text: str) -> str:
    """Set as code in a table's cell, whose borders are bars."""
    return f"<code>{text.replace('&', '&amp;').replace('<', '&lt;').replace('|', '&#124;')}</code>"


def _escaped(text: str) -> str:
    """Show as it is what Markdown, HTML or a table would take for theirs; words between quotes as code."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), ("|", "&#124;"), ("*", "&#42;"), ("_", "&#95;")):
        text = text.replace(character, entity)
    return text
