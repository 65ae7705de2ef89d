"""Settings from JSON: what fits is taken, all else is a sentence with the setting's name."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pytest

from apvg_core.config_json import JsonConfig, flatten, parse, with_changes
from apvg_core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Inner(JsonConfig):
    widths: tuple[int, ...] = (1, 2)
    rate: float = 0.5


@dataclass(frozen=True, kw_only=True)
class One(JsonConfig):
    kind: Literal["one"] = "one"
    inner: Inner = field(default_factory=Inner)


@dataclass(frozen=True, kw_only=True)
class Other(JsonConfig):
    kind: Literal["other"] = "other"
    steps: int
    fast: bool = False


@dataclass(frozen=True, kw_only=True)
class Whole(JsonConfig):
    part: One | Other
    name: str | None = None


WHOLE = Whole(part=One())


def test_what_was_written_comes_back() -> None:
    for whole in (WHOLE, Whole(part=Other(steps=3), name="x")):
        assert Whole.from_json(asdict(whole)) == whole


def test_the_kind_tells_which() -> None:
    assert Whole.from_json({"part": {"kind": "other", "steps": 2}}).part == Other(steps=2)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"part": {"kind": "third"}}, "part.kind must be one or other, not 'third'"),
        ({"part": {"kind": "other"}}, "A setting of part is missing"),
        ({"part": {"kind": "other", "steps": True}}, "part.steps must be a value of type int, not True"),
        ({"part": {"kind": "other", "steps": 1, "fast": 1}}, "part.fast must be a value of type bool, not 1"),
        (
            {"part": {"kind": "one", "inner": {"rate": "much"}}},
            "part.inner.rate must be a value of type float",
        ),
        ({"part": {"kind": "one", "inner": {"wide": 1}}}, "Unknown setting wide in part.inner"),
        ({"part": 3}, "part must hold settings, not 3"),
        ({"part": {"kind": "one"}, "name": 3}, "name must be a value of type str, not 3"),
    ],
)
def test_what_does_not_fit_is_named(document: Any, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence.replace(".", r"\.")):
        Whole.from_json(document)


def test_whole_numbers_are_numbers() -> None:
    assert parse(Inner, {"rate": 1, "widths": [3]}) == Inner(rate=1.0, widths=(3,))


def test_changes_by_dotted_key() -> None:
    assert with_changes(WHOLE, {"part.inner.rate": 2}).part == One(inner=Inner(rate=2.0))
    with pytest.raises(
        ConfigError, match=r"There is no setting part\.inner\.rat; did you mean part\.inner\.rate\?"
    ):
        with_changes(WHOLE, {"part.inner.rat": 2})
    assert flatten(asdict(WHOLE))["part.inner.widths"] == (1, 2)
