"""The size at which a random pool begins to contain its target: formulas and measured medians."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from figures.style import INK, MUTED, caption, house_style
from theory import gaussian_threshold, wendel_probability

Color = tuple[float, float, float]


def draw(wendel: pd.DataFrame, medians: pd.DataFrame, scaled: pd.DataFrame) -> Figure:
    """Draw the probabilities at y = 0, the medians of every case, and of one problem `scaled`."""
    with house_style():
        figure = Figure(figsize=(12.5, 9.4), layout="constrained")
        panels = figure.subplots(2, 2)
        networks = medians[medians["study"] == "networks"]
        _probability(panels[0, 0], wendel[wendel["atoms"] == "gaussian"])
        _distance(panels[0, 1], medians[medians["study"] == "points"], scaled)
        _zero(panels[1, 0], networks[networks["asked"] == 0])
        _teacher(panels[1, 1], networks[networks["asked"] == 1])
        caption(
            figure,
            f"{medians['pools'].iloc[0]} pools a point, data and neurons drawn anew. N½: the size "
            "at which half of them contain the target, with 95 % intervals.\nIn the first panel "
            "99 % intervals, all together.",
        )
    return figure


def _probability(axes: Axes, rows: pd.DataFrame) -> None:
    ranks = sorted(rows["rank"].unique())
    for rank, color in zip(ranks, _shades(len(ranks), "flare"), strict=True):
        sizes = np.arange(rank, 4 * rank)
        curve = [wendel_probability(int(n), int(rank)) for n in sizes]
        axes.plot(sizes / rank, curve, color=color, linewidth=1.4)
        part = rows[rows["rank"] == rank]
        axes.errorbar(
            part["size"] / rank,
            part["measured"],
            yerr=[part["measured"] - part["low"], part["high"] - part["measured"]],
            fmt="o", markersize=4, linewidth=1, color=color, label=f"rank {rank:.0f}",
        )  # fmt: skip
    axes.axvline(2, color=MUTED, linewidth=0.8, linestyle=":")
    axes.set_xlim(1, 3.7)
    axes.set_xlabel("atoms per dimension, N / rank")
    axes.set_ylabel("share of pools that contain 0")
    axes.set_title("Target 0: Wendel's formula (lines)")
    axes.legend(frameon=False, loc="lower right")


def _distance(axes: Axes, points: pd.DataFrame, scaled: pd.DataFrame) -> None:
    scaled = scaled[np.isfinite(scaled["median"])]
    gaussian = points[(points["atoms"] == "gaussian") & np.isfinite(points["median"])]
    farthest = min(30.0, float(pd.concat([gaussian["distance"], scaled["distance"]]).max()))
    distances = np.linspace(0, 1.05 * farthest, 200)
    curve = [gaussian_threshold(1, s) for s in distances]
    axes.plot(distances, curve, color=INK, linewidth=1.4, label="conic kinematic formula")
    ranks = sorted(gaussian[gaussian["asked"] > 0]["rank"].unique())
    for rank, color in zip(ranks, _shades(len(ranks), "flare"), strict=True):
        _medians(axes, gaussian[gaussian["rank"] == rank], "distance", "rank", color,
                 f"Gaussian points, rank {rank:.0f}", line="")  # fmt: skip
    if len(scaled):
        neurons, m = scaled["atoms"].iloc[0].replace("relu", "ReLU"), scaled["rank"].iloc[0]
        _medians(axes, scaled, "distance", "rank", sns.color_palette("colorblind")[0],
             f"{neurons} neurons, m = {m:.0f},\nthe teacher's target multiplied")  # fmt: skip
    axes.set_yscale("log")
    shown = pd.concat([gaussian, scaled])
    axes.set_ylim(1.5, 4 * float((shown["median"] / shown["rank"]).max()))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("distance of the target, in the atoms' standard deviations")
    axes.set_ylabel("N½ / rank")
    axes.set_title("A target further out")
    axes.legend(frameon=False, loc="upper left")


def _zero(axes: Axes, rows: pd.DataFrame) -> None:
    relu, tanh = rows[rows["atoms"] == "relu"], rows[rows["atoms"] == "tanh"]
    samples = sorted(rows["rank"].unique())
    for m, color in zip(samples, _shades(len(samples), "crest"), strict=True):
        part = relu[relu["rank"] == m]
        _medians(axes, part, "dimension", "rank", color, f"ReLU, m = {m:.0f}", share=2.0)
        axes.plot(part["dimension"], part["living"] / (2 * m), color=color, linestyle=":",
                  marker="o", markersize=6, markerfacecolor="white")  # fmt: skip
        odd = tanh[tanh["rank"] == m]
        axes.plot(odd["dimension"], odd["median"] / (2 * m), color=color, linestyle="--",
                  linewidth=1.0, marker="x", markersize=5)  # fmt: skip
    axes.axhline(1, color=MUTED, linewidth=0.8, linestyle=":")
    axes.plot([], [], color=MUTED, linestyle=":", marker="o", markerfacecolor="white",
              label="ReLU, without dead neurons")  # fmt: skip
    axes.plot([], [], color=MUTED, linestyle="--", linewidth=1, marker="x", label="tanh")
    _dimension_axis(axes, rows["dimension"])
    axes.set_ylim(0, 1.2)
    axes.set_ylabel("N½ / 2m")
    axes.set_title("Neurons, target 0: where Wendel's 2m fails")
    axes.legend(frameon=False, loc="lower right")


def _teacher(axes: Axes, rows: pd.DataFrame) -> None:
    rows = rows[np.isfinite(rows["median"])]
    many = rows.groupby("rank")["dimension"].transform("nunique") > 1
    rows = rows[many] if many.any() else rows
    if rows.empty:
        axes.set_visible(False)
        return
    samples = sorted(rows["rank"].unique())
    for m, color in zip(samples, _shades(len(samples), "crest"), strict=True):
        part = rows[rows["rank"] == m]
        _medians(axes, part, "dimension", None, color, f"m = {m:.0f}")
        axes.plot(part["dimension"], part["predicted"], color=color, linestyle="--", linewidth=1)
    axes.plot([], [], color=MUTED, linestyle="--", linewidth=1, label="conic kinematic formula")
    _dimension_axis(axes, rows["dimension"])
    axes.set_yscale("log")
    axes.set_ylabel("N½")
    axes.set_title("Neurons, a teacher's target")
    axes.legend(frameon=False, loc="upper right")


def _medians(
    axes: Axes,
    rows: pd.DataFrame,
    x: str,
    divisor: str | None,
    color: Color,
    label: str,
    *,
    line: str = "-",
    share: float = 1.0,
) -> None:
    rows = rows.sort_values(x)
    unit = share * (rows[divisor] if divisor else 1.0)
    axes.errorbar(
        rows[x],
        rows["median"] / unit,
        yerr=[(rows["median"] - rows["low"]) / unit, (rows["high"] - rows["median"]) / unit],
        linestyle=line, marker="o", markersize=5, color=color, label=label, linewidth=1.6,
        elinewidth=1,
    )  # fmt: skip


def _dimension_axis(axes: Axes, dimensions: pd.Series) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sorted(dimensions.unique())))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_locator(LogLocator(subs=()))
    axes.set_xlabel("dimension d of the inputs (and a constant)")


def _shades(count: int, palette: str) -> Sequence[Color]:
    colors: list[Color] = sns.color_palette(palette, count)
    return colors
