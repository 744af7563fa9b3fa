"""A sweep: a TOML file that names an experiment and a grid over its fields.

experiment = "pruned_vs_scratch"   # a name, or module:OBJECT for one of your own
preset = "quick"                   # where the other fields come from
replicates = 16

[set]                              # fixed fields, dotted where they are nested
"training.steps" = 300

# problem = "digits"               # another problem than the teacher's, or a file

[grid]                             # every combination of
pool_size = [1000, 3000]
"problem.output_scale" = {log = [1, 4], points = 5}

[[zip]]                            # fields that change together
"problem.samples" = [50, 100]
"problem.dimension" = [25, 50]
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from experiments import registry
from experiments.engine.experiment import Experiment
from experiments.engine.plain import get_field, with_checked_problem, with_fields
from theory import InvalidInput
from theory.errors import check_choice, check_count

_KEYS = ("experiment", "preset", "replicates", "set", "grid", "zip")
_MOST = 1_000_000


@dataclass(frozen=True)
class Point:
    """One configuration of a sweep, and the values of the axes that make it."""

    axes: Mapping[str, Any]
    config: Any


@dataclass(frozen=True)
class Sweep:
    """An experiment and the configurations to run it with."""

    experiment: Experiment
    points: tuple[Point, ...]
    name: str


def read_sweep(path: Path) -> Sweep:
    """Read and expand a sweep; raises `InvalidInput` naming what is wrong in the file."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"FILE {path} cannot be read ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"FILE {path} is not TOML: {error}") from None
    try:
        return _expand(content, path.stem)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from None


def _expand(content: dict[str, Any], name: str) -> Sweep:
    for key in content:
        check_choice("key", key, _KEYS)
    if not isinstance(content.get("experiment"), str):
        raise InvalidInput("experiment is missing; name one, or module:OBJECT")
    experiment = registry.find(content["experiment"])
    presets = experiment.presets
    preset = content.get("preset", next(iter(presets)))
    base = presets[check_choice("preset", preset, presets)]
    if "replicates" in content:
        replicates = check_count("replicates", content["replicates"])
        base = replace(base, replicates=replicates)
    base = with_fields(base, _table(content, "set"))
    axes = _axes(content, base)
    count = int(np.prod([len(axis) for axis in axes]))
    if count > _MOST:
        raise InvalidInput(f"the grid has {count} points; the most is {_MOST}")
    points = []
    for combination in itertools.product(*axes):
        changes = {field: value for step in combination for field, value in step.items()}
        config = with_checked_problem(with_fields(base, changes))
        values = {
            field: value if field == "problem" else get_field(config, field)
            for field, value in changes.items()
        }
        points.append(Point(values, config))
    return Sweep(experiment, tuple(points), name)


def _axes(content: dict[str, Any], base: Any) -> list[list[dict[str, Any]]]:
    """Each axis as a list of the fields that it sets at each of its points."""
    axes = [
        [{field: value} for value in _values(field, values, base)]
        for field, values in _table(content, "grid").items()
    ]
    zipped = content.get("zip", [])
    if not isinstance(zipped, list):
        raise InvalidInput("zip must be written [[zip]], once for each group of fields")
    for group in zipped:
        columns = {field: _values(field, values, base) for field, values in group.items()}
        lengths = {field: len(values) for field, values in columns.items()}
        if len(set(lengths.values())) != 1:
            raise InvalidInput(f"fields that are zipped need equally many values: {lengths}")
        rows = zip(*columns.values(), strict=True)
        axes.append([dict(zip(columns, row, strict=True)) for row in rows])
    named = [field for axis in axes for field in axis[0]]
    if twice := {field for field in named if named.count(field) > 1}:
        raise InvalidInput(f"{sorted(twice)[0]} stands on two axes")
    if fixed := [field for field in named if field in _table(content, "set")]:
        raise InvalidInput(f"{fixed[0]} stands in [set] and on an axis")
    return axes


def _table(content: dict[str, Any], name: str) -> dict[str, Any]:
    """The table [name], with fields written nested or dotted."""
    table = content.get(name, {})
    if not isinstance(table, dict):
        raise InvalidInput(f"{name} must be a table, [{name}]")
    return table


def _values(field: str, values: Any, base: Any) -> list[Any]:
    if field == "replicates":
        raise InvalidInput("replicates is no axis; give the largest number once")
    current = get_field(base, field)
    if isinstance(values, dict):
        return _range(field, values, whole=isinstance(current, int))
    if not isinstance(values, list) or not values:
        raise InvalidInput(
            f"{field} is {values!r}; give a list, or a range such as {{log = [1, 100], points = 5}}"
        )
    if len(values) != len({repr(value) for value in values}):
        raise InvalidInput(f"{field} has a value twice: {values}")
    return values


def _range(field: str, form: dict[str, Any], *, whole: bool) -> list[Any]:
    kinds = [kind for kind in ("log", "linear") if kind in form]
    if len(kinds) != 1 or set(form) != {kinds[0], "points"}:
        raise InvalidInput(
            f"{field} is {form}; a range is {{log = [from, to], points = k}} or linear for log"
        )
    points = check_count(f"{field}.points", form["points"])
    ends = form[kinds[0]]
    good = isinstance(ends, list) and len(ends) == 2
    good = good and all(isinstance(e, int | float) and not isinstance(e, bool) for e in ends)
    if not good or (kinds[0] == "log" and min(ends) <= 0):
        raise InvalidInput(f"{field} has the ends {ends}; give two numbers, above 0 for log")
    first, last = map(float, ends)
    spaced = (
        np.geomspace(first, last, points) if kinds[0] == "log" else np.linspace(first, last, points)
    )
    # Few digits, so that what is written in a table is exactly what was run.
    numbers = [round(float(v)) if whole else float(f"{v:.6g}") for v in spaced]
    return list(dict.fromkeys(numbers))
