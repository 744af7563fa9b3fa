"""One look for every figure: readable in print and on a projector, safe for colour blindness."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from figures.files import replacing
from theory import RateEstimate

FORMATS = ("pdf", "svg", "png")

_PALETTE = sns.color_palette("colorblind")
INK = "#262626"
MUTED = "#757575"


@dataclass(frozen=True)
class Look:
    """How one method is drawn and what it is called, the same in every figure."""

    label: str
    color: tuple[float, float, float]
    line: str = "-"


METHODS = {
    "pruned": Look("pruned, trained pool", _PALETTE[0]),
    "scratch": Look("trained from scratch", _PALETTE[3]),
    "pruned_untrained": Look("pruned, untrained pool", _PALETTE[2]),
    "random_subset": Look("random subset of the trained pool", _PALETTE[1]),
}

REGIMES = {
    "deep inside": _PALETTE[0],
    "near a face": _PALETTE[2],
    "on a face": _PALETTE[1],
    "outside": _PALETTE[3],
}

# Equal weights solid, optimised weights dashed, chance and size alone dotted.
RULES = {
    "greedy_forward": Look("greedy forward", _PALETTE[0], "-"),
    "greedy_forward_without_repetition": Look("forward, no repetition", _PALETTE[9], "-"),
    "herding": Look("herding", _PALETTE[2], "-"),
    "stochastic_greedy": Look("stochastic greedy", _PALETTE[4], "-"),
    "backward_elimination": Look("backward elimination", _PALETTE[3], "-"),
    "frank_wolfe": Look(
        "Frank-Wolfe", (0.72, 0.58, 0.0), "--"
    ),  # the palette's yellow is too light
    "greedy_imitation": Look("greedy imitation", _PALETTE[3], "--"),
    "away_step": Look("away-step Frank-Wolfe", _PALETTE[9], "--"),
    "pairwise": Look("pairwise Frank-Wolfe", _PALETTE[6], "--"),
    "fully_corrective": Look("fully corrective", _PALETTE[5], "--"),
    "random_subset": Look("random subset", _PALETTE[7], ":"),
    "largest_norm": Look("largest norm", _PALETTE[1], ":"),
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw inside this, so that a caller's own matplotlib settings are left alone."""
    with (
        sns.plotting_context("notebook"),
        sns.axes_style("ticks"),
        mpl.rc_context(
            {
                "axes.edgecolor": INK,
                "axes.labelcolor": INK,
                "axes.spines.right": False,
                "axes.spines.top": False,
                "axes.titlelocation": "left",
                "axes.titlesize": 12,
                "axes.titleweight": "bold",
                "figure.dpi": 100,
                "font.size": 11,
                "lines.linewidth": 2.0,
                "pdf.fonttype": 42,
                "svg.fonttype": "path",
                "svg.hashsalt": "goodsubnets",
                "text.color": INK,
            }
        ),
    ):
        yield


def size_axis(axes: Axes, sizes: Collection[float], *, decades: bool = False) -> None:
    """A logarithmic n axis whose ticks are plain numbers: 1, 2, 5, 10, … or `decades` only."""
    axes.set_xscale("log")
    low, high = min(sizes), max(sizes)
    steps = [c * 10**e for e in range(7) for c in ((1,) if decades else (1, 2, 5))]
    ticks = [float(t) for t in steps if low * 0.85 <= t <= high * 1.15]
    axes.set_xticks(ticks)
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: f"{x:g}" if x < 10_000 else f"{x / 1000:g}k")
    )
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("neurons in the network, n")


def guide(
    axes: Axes,
    start: tuple[float, float],
    until: float,
    slope: float,
    label: str,
    *,
    dotted: bool = False,
) -> None:
    """A dashed or dotted line of a given log-log slope from `start` = (n, loss) to n = `until`."""
    n, loss = start
    end = loss * (until / n) ** slope
    line = ":" if dotted else "--"
    axes.plot([n, until], [loss, end], linestyle=line, linewidth=1.2, color=MUTED, zorder=1)
    axes.annotate(
        label,
        (until, end),
        xytext=(4, 0),
        textcoords="offset points",
        color=MUTED,
        fontsize=9.5,
        va="center",
    )


def caption(figure: Figure, text: str) -> None:
    """What the lines and bands are, in small print under the panels."""
    figure.supxlabel(text, fontsize=9.5, color=MUTED, x=0.01, ha="left")


def rate_label(rate: RateEstimate) -> str:
    """The measured slope with its interval, as it is written beside a curve."""
    if rate.interval is None:
        shown = f"slope {-rate.exponent:.2f}, one replicate"
    else:
        low, high = rate.interval
        shown = f"slope {-rate.exponent:.2f} [{-high:.2f}, {-low:.2f}]"
    return shown.replace("-", "−")


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Move label positions apart until neighbours are `gap` from each other, keeping order."""
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    placed = [positions[i] for i in order]
    for _ in range(100):
        for low in range(len(placed) - 1):
            overlap = gap - (placed[low + 1] - placed[low])
            if overlap > 1e-9:
                placed[low] -= overlap / 2
                placed[low + 1] += overlap / 2
    result = [0.0] * len(positions)
    for place, i in zip(placed, order, strict=True):
        result[i] = place
    return result


def save(figure: Figure, folder: Path, name: str, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write the figure in every format, each file whole or not at all, without a time stamp."""
    paths = []
    for suffix in formats:
        path = folder / f"{name}.{suffix}"
        dateless = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(suffix)
        with house_style(), replacing(path) as scratch:
            figure.savefig(scratch, dpi=200, bbox_inches="tight", metadata=dateless)
        paths.append(path)
    return paths
