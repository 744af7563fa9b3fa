"""Files that users bring: tables of data and pools of atoms, read with nothing taken on trust.

A .npz file is never unpickled, and nothing is unpacked before its size is known to fit into memory.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.lib import format as npy
from pandas.errors import ParserWarning

from theory import InvalidInput, Pool
from theory.errors import Floats, check_array, check_choice
from theory.memory import check_memory

SUFFIXES = (".csv", ".parquet", ".npz")
# What a damaged, encrypted or foreign .npz file raises.
_BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, KeyError, RuntimeError, OSError, EOFError)
_COPIES = 4  # of the data, while it is read


@dataclass(frozen=True, eq=False)
class Table:
    """Inputs (points, features) and a target (points,)."""

    inputs: Floats
    target: Floats


def read_table(path: Path, target: str) -> Table:
    """A data set: columns of numbers, one of them the target; or arrays `inputs` and `target`.

    Raises `InvalidInput`, in one line, for whatever is wrong with the file.
    """
    if _kind(path) == ".npz":
        arrays = _read_npz(path, ("inputs", target))
        inputs = check_array(f"inputs in {path}", arrays["inputs"], (None, None))
        wanted = check_array(f"{target} in {path}", arrays[target], (len(inputs),))
        names = [str(k) for k in range(inputs.shape[1])]
    else:
        frame = _read_frame(path, target)
        wanted = frame.pop(target).to_numpy(np.float64)
        inputs, names = frame.to_numpy(np.float64), [str(name) for name in frame.columns]
    if len(inputs) < 2:
        raise InvalidInput(f"{path} has one row; it takes two data points or more")
    constant = [name for name, low, high in zip(names, inputs.min(0), inputs.max(0), strict=True)
                if low == high]  # fmt: skip
    if constant:
        raise InvalidInput(
            f"{path}: column {constant[0]!r} is constant ({len(constant)} of {len(names)} are); "
            "leave out columns that say nothing"
        )
    return Table(inputs, wanted)


def read_pool(path: Path, target: str = "target") -> Pool:
    """A pool: a table with one row a data point, one column an atom and one the target; or arrays
    `atoms` (N, m) and `target` (m,).

    Raises `InvalidInput`, in one line, for whatever is wrong with the file.
    """
    if _kind(path) == ".npz":
        arrays = _read_npz(path, ("atoms", target))
        atoms = check_array(f"atoms in {path}", arrays["atoms"], (None, None))
        wanted = check_array(f"{target} in {path}", arrays[target], (atoms.shape[1],))
        return Pool(atoms, wanted)
    frame = _read_frame(path, target)
    wanted = frame.pop(target).to_numpy(np.float64)
    return Pool(frame.to_numpy(np.float64).T.copy(), wanted)


def _kind(path: Path) -> str:
    if not path.is_file():
        raise InvalidInput(f"{path} is no file" if path.exists() else f"{path} does not exist")
    if _suffix(path) not in SUFFIXES:
        raise InvalidInput(f"{path} ends in {path.suffix!r}; it must be {', '.join(SUFFIXES)}")
    if path.stat().st_size == 0:
        raise InvalidInput(f"{path} is empty")
    return _suffix(path)


def _suffix(path: Path) -> str:
    return path.suffix.lower()


def _unpacked(path: Path) -> int:
    """Bytes that a table takes, a packed one by what it says of itself."""
    if _suffix(path) == ".csv":
        return path.stat().st_size
    from pyarrow import parquet  # takes its time to load

    stated = parquet.ParquetFile(path).metadata
    return int(8 * stated.num_rows * stated.num_columns)


def _read_frame(path: Path, target: str) -> pd.DataFrame:
    """A table of finite numbers in which `target` is one column of two or more."""
    try:
        check_memory(f"{path}", _COPIES * _unpacked(path), "take a part of it")
        with warnings.catch_warnings():
            warnings.simplefilter("error", ParserWarning)  # rows longer than the header
            if _suffix(path) == ".csv":
                frame = pd.read_csv(path, index_col=False)
                header = pd.read_csv(path, header=None, nrows=1, dtype=str).iloc[0]
                frame.columns = pd.Index(header.fillna(""))  # as they stand, twice or not
            else:
                frame = pd.read_parquet(path).reset_index(drop=True)
    except InvalidInput:
        raise
    except (ValueError, OSError, ParserWarning) as error:  # pandas' and pyarrow's are among them
        reason = " ".join(str(error).split())[:200]
        raise InvalidInput(f"{path} is no {_suffix(path)[1:]} file ({reason})") from None
    names = [str(name) for name in frame.columns]
    frame.columns = pd.Index(names)
    if len(names) == 1:
        for mark, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if mark in names[0]:
                raise InvalidInput(f"{path} is delimited by {called}; it must be commas")
        raise InvalidInput(f"{path} has one column, {names[0]!r}; it takes the target and others")
    check_choice(f"target of {path}", target, names)
    if frame.empty:
        raise InvalidInput(f"{path} has no rows below its header")
    for name in names:
        if not name:
            raise InvalidInput(
                f"{path} has a column without a name; if it counts the rows, leave it out (with "
                "pandas: index=False)"
            )
        if names.count(name) > 1:
            raise InvalidInput(
                f"{path} has {names.count(name)} columns {name!r}; name each its own"
            )
        _check_column(path, name, frame[name])
    return frame


def _check_column(path: Path, name: str, column: pd.Series) -> None:
    """Numbers, and all of them there. The header is row 1; blank rows are not counted."""
    if column.isna().any():
        row = int(np.argmax(column.isna().to_numpy()))
        total = int(column.isna().sum())
        raise InvalidInput(
            f"{path}: column {name!r} has no value in row {row + 2} ({total} are missing); fill "
            "them or leave out the rows"
        )
    if not pd.api.types.is_numeric_dtype(column):
        numbers = pd.to_numeric(column, errors="coerce")
        row = int(np.argmax(numbers.isna().to_numpy()))
        raise InvalidInput(
            f"{path}: column {name!r} holds {str(column.iloc[row])!r} in row {row + 2}; it must "
            "hold numbers"
        )
    if not np.isfinite(column.to_numpy(np.float64)).all():
        row = int(np.argmin(np.isfinite(column.to_numpy(np.float64))))
        raise InvalidInput(f"{path}: column {name!r} is not finite in row {row + 2}")


def _read_npz(path: Path, names: tuple[str, str]) -> dict[str, Floats]:
    """The named arrays of numbers; their headers are looked at before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            there = [name.removesuffix(".npy") for name in archive.namelist()]
            for name in names:
                check_choice(f"array in {path}", name, there)
            needed = sum(_bytes_of(path, archive, name) for name in names)
            check_memory(f"{path}", _COPIES * needed, "take a part of it")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except InvalidInput:
        raise
    except _BROKEN as error:
        raise InvalidInput(f"{path} is no .npz file ({error})") from None


def _bytes_of(path: Path, archive: zipfile.ZipFile, name: str) -> int:
    """What an array will take, from its header alone."""
    with archive.open(f"{name}.npy") as stream:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, kind = read(stream)
    if kind.kind not in "fiub":
        raise InvalidInput(f"{path}: array {name!r} has type {kind}; it must hold numbers")
    return int(np.prod(shape, dtype=object)) * max(8, kind.itemsize)
