from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from figures import paper_reference
from figures.pruned_vs_scratch import draw
from figures.style import METHODS, save, spread
from theory import fit_rate

SIZES = np.array([90, 290, 490, 690, 890])


def table(replicates: int) -> pd.DataFrame:
    random = np.random.default_rng(3)
    return pd.DataFrame(
        [
            {"method": method, "replicate": r, "n": n, "distinct": n // 2,
             "loss": (k + 1) * np.exp(0.1 * random.standard_normal()) / n**1.5}
            for k, method in enumerate(METHODS)
            for r in range(replicates)
            for n in SIZES
        ]
    )  # fmt: skip


def rates(rows: pd.DataFrame):  # type: ignore[no-untyped-def]
    return {
        method: fit_rate(SIZES, part.pivot(index="replicate", columns="n", values="loss"))
        for method, part in rows.groupby("method")
    }


def test_the_curves_are_the_medians_of_the_table() -> None:
    rows = table(5)
    axes = draw(rows, rates(rows)).axes[0]
    drawn = {
        line.get_color(): line.get_ydata() for line in axes.lines if len(line.get_xdata()) == 5
    }
    for method, look in METHODS.items():
        medians = rows[rows["method"] == method].groupby("n")["loss"].median()
        np.testing.assert_allclose(drawn[look.color], medians, rtol=1e-12)


def test_guides_have_slopes_one_and_two() -> None:
    rows = table(3)
    guides = [
        line for line in draw(rows, rates(rows)).axes[0].lines if line.get_linestyle() == "--"
    ]
    slopes = [np.diff(np.log(g.get_ydata()))[0] / np.diff(np.log(g.get_xdata()))[0] for g in guides]
    np.testing.assert_allclose(slopes, [-1, -2], rtol=1e-12)


def test_one_replicate_is_said_in_the_labels() -> None:
    rows = table(1)
    texts = [text.get_text() for text in draw(rows, rates(rows)).axes[0].texts]
    assert sum("one replicate" in text for text in texts) == len(METHODS)


@pytest.mark.parametrize("suffix", ["pdf", "svg", "png"])
def test_the_same_table_gives_the_same_file(tmp_path: Path, suffix: str) -> None:
    rows = table(3)
    first, again = (
        save(draw(rows, rates(rows)), tmp_path / str(k), "figure", [suffix])[0].read_bytes()
        for k in range(2)
    )
    assert first == again


def test_labels_are_spread_but_keep_their_order() -> None:
    placed = spread([0.0, 0.1, 5.0, 0.2], 1.0)
    assert placed[0] <= placed[1] - 1 + 1e-6
    assert placed[1] <= placed[3] - 1 + 1e-6
    assert placed[2] == 5.0


def test_the_papers_lines_agree_with_the_papers_ends() -> None:
    """Its least-squares lines pass within 0.3 of the end points, which are single noisy values."""
    for curve in (paper_reference.PRUNED, paper_reference.SCRATCH):
        ends = np.log(curve.line([90, 990]))
        np.testing.assert_allclose(ends, [curve.log_loss_at_90, curve.log_loss_at_990], atol=0.3)
