"""Settings from JSON, checked field by field against a dataclass's own type hints.

Writing is `dataclasses.asdict`. A change is a dotted key and a value, `{"khp.hidden": 128}`: what a recipe's
variants and `--set` are made of.
"""

import difflib
import reprlib
import types
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any, Literal, Self, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from apvg_core.errors import ConfigError
from apvg_core.former_names import renamed

ConfigT = TypeVar("ConfigT", bound="JsonConfig")


class JsonConfig:
    """Base of the config dataclasses: reading one back from JSON."""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Build from `asdict` output that went through JSON.

        Raises:
            ConfigError: A key is unknown or missing, or a value is of a wrong type or out of its range.
        """
        return cast(Self, parse(cls, document))


def parse(hint: Any, document: Any, where: str = "") -> Any:
    """A JSON value as the type `hint` (a config, or a union of some told apart by their `kind`) wants it.

    Raises:
        ConfigError: It does not fit; the sentence names the setting under its place `where`.
    """
    return _from_mapping(hint, document, where) if is_dataclass(hint) else _fitting(hint, document, where)


def with_changes(config: ConfigT, changes: Mapping[str, Any]) -> ConfigT:
    """A copy with some settings changed.

    Args:
        config: The settings to change.
        changes: New values by dotted key, in JSON's types.

    Raises:
        ConfigError: A key is unknown (the sentence names the nearest), or a value does not fit.
    """
    document = asdict(cast(Any, config))
    for key, value in changes.items():
        *path, last = key.split(".")
        inner: Any = document
        for name in path:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if path and document.get(path[0], {}) is None:
            raise ConfigError(f"There is no setting {key}: this recipe has no {path[0]}.")
        if not isinstance(inner, dict) or last not in inner:
            known = [*flatten(document), *document]
            near = difflib.get_close_matches(key, known, n=1) or [
                other for other in known if other.endswith(f".{last}")
            ]
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(document)}."
            raise ConfigError(f"There is no setting {key}; {hint}")
        inner[last] = value
    return type(config).from_json(document)


def flatten(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The settings of nested mappings under dotted keys, as `with_changes` takes them."""
    flat: dict[str, Any] = {}
    for name, value in document.items():
        key = f"{prefix}{name}"
        flat |= flatten(value, f"{key}.") if isinstance(value, Mapping) else {key: value}
    return flat


def _from_mapping(cls: Any, document: Any, where: str) -> Any:
    if not isinstance(document, Mapping):
        raise ConfigError(f"{where or cls.__name__} must hold settings, not {_shown(document)}.")
    hints = get_type_hints(cls)
    document = renamed(document, hints)
    unknown = sorted(set(document) - {f.name for f in fields(cls)})
    if unknown:
        names = ", ".join(name[:40] for name in unknown[:3])
        raise ConfigError(f"Unknown setting {names} in {where or cls.__name__}.")
    prefix = f"{where}." if where else ""
    values = {name: _fitting(hints[name], value, f"{prefix}{name}") for name, value in document.items()}
    try:
        return cls(**values)
    except TypeError as error:
        raise ConfigError(f"A setting of {where or cls.__name__} is missing: {error}.") from error


def _fitting(hint: Any, value: Any, where: str) -> Any:
    """`value` as the type `hint` wants it.

    Raises:
        ConfigError: It does not fit.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _one_of(arguments, value, where)
    if is_dataclass(hint):
        return _from_mapping(hint, value, where)
    if origin is Literal:
        if value in arguments:
            return value
        raise ConfigError(f"{where} must be {' or '.join(map(str, arguments))}, not {_shown(value)}.")
    if hint is Any:
        return value
    return _plain(hint, value, where)


def _plain(hint: Any, value: Any, where: str) -> Any:
    """A number, word or truth, or several: `value` as the type `hint` wants it.

    Raises:
        ConfigError: It does not fit.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple and isinstance(value, list | tuple):
        inner = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        if len(inner) == len(value):
            return tuple(_fitting(i, v, where) for i, v in zip(inner, value, strict=True))
    if origin is list and isinstance(value, list):
        return [_fitting(arguments[0], v, where) for v in value]
    if origin is dict and isinstance(value, Mapping):
        return {k: _fitting(arguments[1], v, f"{where}.{k[:40]}") for k, v in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint) and (hint is bool) == isinstance(value, bool):
        return value
    wanted = hint.__name__ if isinstance(hint, type) and origin is None else str(hint)
    raise ConfigError(f"{where} must be a value of type {wanted}, not {_shown(value)}.")


_shortened = reprlib.Repr()
_shortened.maxstring = _shortened.maxother = 60


def _shown(value: Any) -> str:
    """A value in a sentence, however long it is."""
    return _shortened.repr(value)


def _one_of(hints: tuple[Any, ...], value: Any, where: str) -> Any:
    """A member of a union: None, the dataclass whose `kind` the value names, or the first type that fits."""
    if value is None and types.NoneType in hints:
        return None
    others = [hint for hint in hints if hint is not types.NoneType]
    kinds = {
        kind: hint
        for hint in others
        if is_dataclass(hint)
        for kind in get_args(get_type_hints(hint).get("kind"))
    }
    if kinds and isinstance(value, Mapping) and "kind" in value:
        for kind, hint in kinds.items():
            if kind == value["kind"]:
                return _fitting(hint, value, where)
        raise ConfigError(f"{where}.kind must be {' or '.join(kinds)}, not {_shown(value['kind'])}.")
    for hint in others[:-1]:
        try:
            return _fitting(hint, value, where)
        except ConfigError:
            continue
    return _fitting(others[-1], value, where)
