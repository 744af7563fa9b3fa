"""Where an experiment's problems come from: a synthetic teacher, a bundled data set, a file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from experiments.reading import SUFFIXES, Table, read_table
from theory import InvalidInput, Problem, RealData, Scales, Teacher, real_problem, teacher_problem
from theory.activation import ACTIVATIONS, Activation
from theory.datasets import DATASETS, from_arrays
from theory.errors import check_choice


@dataclass(frozen=True)
class DataFile(Scales):
    """A table of one's own: one row a data point, one column the target."""

    path: str = ""
    """.csv, .parquet, or .npz with the arrays `inputs` and `target`"""
    target: str = "target"
    """the column to be learned"""
    activation: Activation = "relu"
    """of everything trained on the problem"""
    contents: str = ""
    """a hash of the file, filled in when it is read: other contents are another problem"""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("problem.activation", self.activation, ACTIVATIONS)


Source = Teacher | RealData | DataFile


def named_source(name: str) -> Source:
    """The source that `--problem NAME` means: teacher, a bundled data set, or a file."""
    if name == "teacher":
        return Teacher()
    if name in DATASETS:
        return RealData(name=name)
    if Path(name).suffix.lower() in SUFFIXES or Path(name).is_file():
        return DataFile(path=name)
    choices = ["teacher", *DATASETS, "a file (.csv, .parquet, .npz)"]
    return RealData(name=check_choice("problem", name, choices))


def checked(source: Source) -> Source:
    """The source as it will be used. Raises `InvalidInput` if no problem can be drawn from it."""
    if isinstance(source, DataFile):
        path = str(Path(source.path).absolute())
        source = replace(source, path=path, contents=_contents(path))
    if not isinstance(source, Teacher):
        draw_problem(source, 0)
    return source


def draw_problem(source: Source, seed: int | np.random.Generator) -> Problem:
    """One problem."""
    if isinstance(source, Teacher):
        return teacher_problem(source, seed=seed)
    if isinstance(source, RealData):
        return real_problem(source, seed=seed)
    table = _read(source.path, source.target, source.contents)
    return from_arrays(
        table.inputs,
        table.target,
        scales=source,
        name=Path(source.path).stem,
        seed=seed,
    )


@lru_cache(maxsize=1)
def _read(path: str, target: str, contents: str) -> Table:
    if _contents(path) != contents:
        raise InvalidInput(f"problem {path} has changed since this run was asked for; ask again")
    return read_table(Path(path), target)


def _contents(path: str) -> str:
    if Path(path).exists() and not Path(path).is_file():
        raise InvalidInput(f"problem {path} is no file")
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise InvalidInput(f"problem {path} cannot be read ({error.strerror})") from None
