"""A configuration as plain JSON values, and back."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar, get_args, get_type_hints

from experiments.data import checked, named_source
from theory import InvalidInput
from theory.errors import check_choice

T = TypeVar("T")


def to_plain(config: Any) -> dict[str, Any]:
    """Nested dictionaries of the fields of a dataclass."""
    return dataclasses.asdict(config)


def named_plain(value: Any) -> Any:
    """Plain values of a dataclass with its name, or of anything else as it is."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {"part": type(value).__name__, **to_plain(value)}
    return value


def from_plain(kind: type[T], values: dict[str, Any]) -> T:
    """The dataclass `kind` with these field values; fields left out keep their defaults."""
    hints = get_type_hints(kind)
    for name in values:
        check_choice(f"field of {kind.__name__}", name, hints)
    built = {name: _from_plain(hints[name], value) for name, value in values.items()}
    built = {name: tuple(v) if isinstance(v, list) else v for name, v in built.items()}
    return kind(**built)


def _from_plain(kind: Any, value: Any) -> Any:
    """A value of a field; of several dataclasses, the first that has all of its fields."""
    kinds = [k for k in (kind, *get_args(kind)) if dataclasses.is_dataclass(k)]
    if not kinds or not isinstance(value, dict):
        return value
    able = [k for k in kinds if set(value) <= {f.name for f in dataclasses.fields(k)}]
    return from_plain((able or kinds)[0], value)  # type: ignore[arg-type]


def with_fields(config: Any, changes: dict[str, Any]) -> Any:
    """The configuration with dotted fields ("training.steps") replaced.

    A problem is replaced by its name: "digits", or a file. Raises `InvalidInput` naming the nearest
    field for a name that does not exist, and for a value of another kind than the field's.
    """
    if isinstance(changes.get("problem"), str) and hasattr(config, "problem"):
        config = with_problem(config, changes["problem"])
        changes = {name: value for name, value in changes.items() if name != "problem"}
    nested: dict[str, dict[str, Any]] = {}
    own: dict[str, Any] = {}
    for name, value in changes.items():
        first, _, rest = name.partition(".")
        current = _current(config, first)
        if rest:
            nested.setdefault(first, {})[rest] = value
        else:
            own[first] = _fitting(name, value, current)
    own |= {first: with_fields(getattr(config, first), inner) for first, inner in nested.items()}
    return dataclasses.replace(config, **own)


def with_problem(config: Any, name: str) -> Any:
    """The configuration on the problem that is named.

    Raises `InvalidInput` if there is no such problem, or the experiment cannot be run on it.
    """
    source = named_source(name)
    kind = get_type_hints(type(config)).get("problem", type(None))
    if not isinstance(source, get_args(kind) or kind):
        raise InvalidInput(
            f"problem is {name!r}, but this experiment varies what only a teacher has; use teacher"
        )
    return dataclasses.replace(config, problem=source)


def with_checked_problem(config: Any) -> Any:
    """The configuration with its problem, if it has one, as it will be used."""
    if not hasattr(config, "problem"):
        return config
    return dataclasses.replace(config, problem=checked(config.problem))


def get_field(config: Any, name: str) -> Any:
    """The value of a dotted field; raises `InvalidInput` if there is none."""
    for depth, step in enumerate(name.split(".")):
        if not dataclasses.is_dataclass(config):
            above = ".".join(name.split(".")[:depth])
            raise InvalidInput(f"{name} is no field: {above} has no fields of its own")
        config = _current(config, step)
    return config


def _current(config: Any, name: str) -> Any:
    names = [field.name for field in dataclasses.fields(config)]
    return getattr(config, check_choice(f"field of {type(config).__name__}", name, names))


def _fitting(name: str, value: Any, current: Any) -> Any:
    """The value as the field holds it: 1 for 1.0, a tuple for a list."""
    if isinstance(value, list):
        value = tuple(value)
    if current is None or value is None:
        return value
    if isinstance(current, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, bool) != isinstance(current, bool) or not isinstance(value, type(current)):
        raise InvalidInput(f"{name} is {value!r}; it must be of the kind of {current!r}")
    return value


def differences(config: Any, reference: Any) -> dict[str, Any]:
    """The dotted fields in which `config` departs from `reference`."""
    changed: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value, usual = getattr(config, field.name), getattr(reference, field.name)
        if dataclasses.is_dataclass(value) and type(value) is type(usual):
            inner = differences(value, usual)
            changed |= {f"{field.name}.{name}": v for name, v in inner.items()}
        elif value != usual:
            changed[field.name] = value
    return changed
