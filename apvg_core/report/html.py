"""HTML from Python: whatever is not HTML already is escaped where it is put in."""

import base64
import re
from collections.abc import Iterable
from html import escape, unescape
from typing import Final

_VOID: Final = {"br", "img", "input"}


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str | float | bool | None) -> Html:
    """An element.

    Args:
        tag: Its name.
        children: Text, which is escaped, or HTML.
        attributes: `class_` is class, `aria_label` aria-label; True stands alone, None and False stand for
            nothing.
    """
    opened = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{tag}{opened}>")
    return Html(f"<{tag}{opened}>{joined(children)}</{tag}>")


def joined(parts: Iterable[str]) -> Html:
    """One after the other."""
    return Html("".join(part if isinstance(part, Html) else escape(part, quote=False) for part in parts))


def plain(text: Html) -> str:
    """What is read of it."""
    return unescape(re.sub(r"<[^>]*>", "", text))


def data_uri(kind: str, data: bytes) -> str:
    """A file of a kind such as "image/webp" as an address that holds it."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def scroll_box(content: Html, label: str, **attributes: str | float | bool | None) -> Html:
    """What may be wider than the page; it scrolls, with the keyboard too, and says so."""
    box = element("div", content, class_="scroll", role="region", aria_label=label, tabindex=0, **attributes)
    hint = element("p", "scroll sideways for more →", class_="hint", aria_hidden="true")
    return element("div", hint, box, class_="wider")


def _attribute(name: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    written = name.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{escape(str(value))}"'
