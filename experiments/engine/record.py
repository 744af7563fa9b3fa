"""A finished run on disk: its table, and what it takes to run it again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from figures.files import replacing, write_text
from theory import InvalidInput


@dataclass(frozen=True)
class Record:
    """Where a table came from."""

    experiment: str
    command: str
    config: dict[str, Any]
    seconds: float
    """wall time, over all sessions that it took"""
    workers: int
    date: str
    """of the newest result in it"""
    machine: str
    versions: dict[str, str]
    rows: int
    """of the table"""


def save(record: Record, table: pd.DataFrame, folder: Path) -> None:
    """Write FOLDER/EXPERIMENT.csv and, last, FOLDER/EXPERIMENT.json."""
    with replacing(folder / f"{record.experiment}.csv") as scratch:
        table.to_csv(scratch, index=False)
    write_text(folder / f"{record.experiment}.json", json.dumps(asdict(record), indent=2) + "\n")


def load(folder: Path, experiment: str) -> tuple[Record, pd.DataFrame]:
    """Read what `save` wrote; raises `InvalidInput` if it is not there or not whole."""
    path = folder / f"{experiment}.json"
    try:
        record = Record(**json.loads(path.read_text(encoding="utf-8")))
        table = pd.read_csv(folder / f"{experiment}.csv")
    except FileNotFoundError as error:
        raise InvalidInput(
            f"{error.filename} does not exist; run `subnets reproduce` or `subnets run` first"
        ) from None
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"{path} cannot be read ({error}); run the experiment again") from None
    if len(table) != record.rows:
        raise InvalidInput(
            f"{folder / experiment}.csv has {len(table)} rows and should have {record.rows}; run "
            "the experiment again"
        )
    return record, table
