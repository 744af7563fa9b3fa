"""A configuration as plain JSON values, and back."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar, get_type_hints

from theory import InvalidInput

T = TypeVar("T")


def to_plain(config: Any) -> dict[str, Any]:
    """Nested dictionaries of the fields of a dataclass."""
    return dataclasses.asdict(config)


def from_plain(kind: type[T], values: dict[str, Any]) -> T:
    """The dataclass `kind` with these field values; fields left out keep their defaults."""
    hints = get_type_hints(kind)
    unknown = sorted(set(values) - set(hints))
    if unknown:
        raise InvalidInput(
            f"{kind.__name__} has no field {unknown[0]!r}; its fields are {', '.join(hints)}"
        )
    built = {
        name: from_plain(hints[name], value) if dataclasses.is_dataclass(hints[name]) else value
        for name, value in values.items()
    }
    built = {name: tuple(v) if isinstance(v, list) else v for name, v in built.items()}
    return kind(**built)


def differences(config: Any, reference: Any) -> dict[str, Any]:
    """The dotted fields in which `config` departs from `reference`."""
    changed: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value, usual = getattr(config, field.name), getattr(reference, field.name)
        if dataclasses.is_dataclass(value):
            inner = differences(value, usual)
            changed |= {f"{field.name}.{name}": v for name, v in inner.items()}
        elif value != usual:
            changed[field.name] = value
    return changed
