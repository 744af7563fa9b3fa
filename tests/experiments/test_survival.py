"""Kills at random moments: nothing that was finished is lost or computed twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

_DRIVER_KILLS = 12
_WORKER_KILLS = 8
_SWEEP = """
experiment = "toy:EXPERIMENT"
replicates = 8
[set]
delay = 0.01
[grid]
level = {linear = [1, 160], points = 160}
"""


def command(*arguments: str, folder: Path, log: Path) -> subprocess.Popen[str]:
    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-c", "from experiments.cli import main; main()", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "TOY_LOG": str(log)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def finish(*arguments: str, folder: Path, log: Path) -> str:
    process = command(*arguments, folder=folder, log=log)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return said


def done(store: Path) -> set[tuple[str, str, int]]:
    """(level, part, first replicate) of what the store has."""
    if not store.exists():
        return set()
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as connection:
        try:
            rows = connection.execute(
                "SELECT json_extract(settings, '$.level'), part, first FROM units"
            ).fetchall()
        except sqlite3.OperationalError:  # killed before the tables were made
            rows = []
    connection.close()
    return {(str(level), part.split()[1], first) for level, part, first in rows}


def begun(log: Path) -> Counter[tuple[str, str, int]]:
    lines = log.read_text().splitlines() if log.exists() else []
    words = [line.split() for line in lines]
    return Counter((w[0], w[1], int(w[2])) for w in words if len(w) == 4)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_twenty_kills_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    chance = random.Random(20)
    (tmp_path / "grid.toml").write_text(_SWEEP)
    whole, kept = tmp_path / "whole.csv", tmp_path / "kept.csv"
    clean = tmp_path / "clean.log"
    clean_sweep = ("sweep", "grid.toml", "--store", "clean.sqlite", "--workers", "0")
    finish(*clean_sweep, folder=tmp_path, log=clean)
    finish("export", "grid.toml", "--out", str(whole), "--store", "clean.sqlite",
           folder=tmp_path, log=clean)  # fmt: skip

    store, log = tmp_path / "store.sqlite", tmp_path / "toy.log"
    for kill in range(_DRIVER_KILLS):
        workers = "2" if kill % 3 == 0 else "0"
        before = done(store)
        earlier = begun(log)
        process = command("sweep", "grid.toml", "--store", "store.sqlite", "--workers", workers,
                          folder=tmp_path, log=log)  # fmt: skip
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("grid: 160 points, 1280 units"), said + process.stdout.read()
        time.sleep(chance.uniform(0, 0.5 if workers == "0" else 4.0))
        os.kill(process.pid, signal.SIGKILL)  # its workers are left to notice it themselves
        process.wait()
        process.stdout.close()
        assert before <= done(store)
        assert not set(begun(log) - earlier) & before
    assert 0 < len(done(store)) < 1280

    process = command("sweep", "grid.toml", "--store", "store.sqlite", "--workers", "2",
                      folder=tmp_path, log=log)  # fmt: skip
    kills, earlier = 0, begun(log)
    while process.poll() is None and kills < _WORKER_KILLS:
        time.sleep(chance.uniform(0.2, 1.0))
        if begun(log) == earlier:
            continue  # still starting
        victims = [
            child for child in psutil.Process(process.pid).children(recursive=True)
            if not child.children() and "spawn_main" in " ".join(child.cmdline())
        ]  # fmt: skip
        if victims:
            chance.choice(victims).kill()
            kills += 1
    said, _ = process.communicate(timeout=120)
    if process.returncode:  # killed twice under one unit: that is a failure, tried again on request
        assert "died 2 times" in said
        finish("sweep", "grid.toml", "--store", "store.sqlite", "--workers", "2", "--retry",
               folder=tmp_path, log=log)  # fmt: skip
    finish("export", "grid.toml", "--out", str(kept), "--store", "store.sqlite",
           folder=tmp_path, log=log)  # fmt: skip
    assert kept.read_bytes() == whole.read_bytes()
    count = begun(log)
    finish("sweep", "grid.toml", "--store", "store.sqlite", folder=tmp_path, log=log)
    assert begun(log) == count
