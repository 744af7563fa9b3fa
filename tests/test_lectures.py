"""The lectures run from beginning to end, and are notebooks."""

from __future__ import annotations

import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

LECTURES = sorted((Path(__file__).parents[1] / "lectures").glob("*.py"))


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_a_lecture_runs(path: Path) -> None:
    try:
        runpy.run_path(str(path))
        assert len(plt.get_fignums()) == 1
    finally:
        plt.close("all")


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_a_lecture_is_made_of_cells(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# %% [markdown]"
    marked = False
    for line in lines:
        if line.startswith("# %%"):
            assert line in ("# %%", "# %% [markdown]")
            marked = line.endswith("[markdown]")
        assert not marked or line.startswith("#") or not line, line


def test_there_are_three() -> None:
    assert len(LECTURES) == 3
