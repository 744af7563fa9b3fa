"""Plots as plotly reads them, in the colours of the printed figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from figures.style import INK, METHODS, MUTED, REGIMES, RULES
from theory.errors import Floats

Trace = dict[str, Any]


def css(color: tuple[float, float, float], alpha: float = 1.0) -> str:
    """A colour for the browser."""
    red, green, blue = (round(255 * part) for part in color)
    return f"rgba({red},{green},{blue},{alpha:.3g})"


PRUNED, SCRATCH = css(METHODS["pruned"].color), css(METHODS["scratch"].color)
UNTRAINED = css(METHODS["pruned_untrained"].color)
INSIDE, OUTSIDE = css(REGIMES["deep inside"]), css(REGIMES["outside"])
ON_A_FACE = css(REGIMES["on a face"])
FORWARD = css(RULES["greedy_forward"].color)
BACKWARD = css(RULES["backward_elimination"].color)


def line(
    x: ArrayLike, y: ArrayLike, name: str, color: str, *, dash: str = "solid", width: float = 2.5,
    legend: bool = True, mode: str = "lines",
) -> Trace:  # fmt: skip
    """A curve; NaN leaves a gap."""
    return {
        "type": "scatter", "mode": mode, "x": plain(x), "y": plain(y), "name": name,
        "line": {"color": color, "dash": dash, "width": width}, "showlegend": legend,
    }  # fmt: skip


def dots(
    x: ArrayLike, y: ArrayLike, name: str, color: str, *, size: Any = 7, symbol: str = "circle",
    legend: bool = False,
) -> Trace:  # fmt: skip
    """Points."""
    return {
        "type": "scatter", "mode": "markers", "x": plain(x), "y": plain(y), "name": name,
        "marker": {"color": color, "size": size if isinstance(size, int) else plain(size),
                   "symbol": symbol, "line": {"width": 0}},
        "showlegend": legend,
    }  # fmt: skip


def positive(losses: Floats) -> Floats:
    """What a logarithmic axis can show; NaN for a loss that is 0 to rounding."""
    return np.where(losses > 1e-18, losses, np.nan)


def guides(n: Sequence[float], start: float) -> list[Trace]:
    """Grey lines of slope −1 and −2 from the first size."""
    ends = np.array([n[0], n[-1]], dtype=float)
    found = []
    for slope in (1, 2):
        trace = line(ends, start * (ends / ends[0]) ** -slope, "slopes −1 and −2", MUTED,
                     dash="dot", width=1.2, legend=slope == 1)  # fmt: skip
        found.append(trace)
    return found


def plot(
    traces: Sequence[Trace], title: str, x: str, y: str, *, log: bool = False, **layout: Any
) -> dict[str, Any]:
    """A figure; `log` for both axes."""
    axis: dict[str, Any] = {"gridcolor": "#eeeeee", "zerolinecolor": "#dddddd", "linecolor": INK,
                            "ticks": "outside", "tickcolor": INK}  # fmt: skip
    if log:
        axis |= {"type": "log", "tickfont": {"size": 12}}
    whole = {
        "title": {"text": title, "x": 0.01, "xanchor": "left", "font": {"size": 16}},
        "font": {"family": "system-ui, sans-serif", "size": 14, "color": INK},
        "margin": {"l": 20, "r": 14, "t": 36, "b": 20},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "legend": {"x": 0, "y": -0.2, "xanchor": "left", "yanchor": "top", "orientation": "h",
                   "font": {"size": 12}},
        "xaxis": {**axis, "title": {"text": x, "standoff": 4}, "automargin": True,
                  **({"dtick": 1} if log else {})},
        "yaxis": {**axis, "title": {"text": y, "standoff": 8}, "automargin": True,
                  "exponentformat": "power", **({"dtick": _decades(traces)} if log else {})},
        "uirevision": "constant",
        "hovermode": "closest",
    }  # fmt: skip
    return {"data": list(traces), "layout": whole | layout}


def mark(n: float) -> dict[str, Any]:
    """A vertical line at the n that is shown beside."""
    dotted = {"color": "#999999", "width": 1, "dash": "dot"}
    return {"type": "line", "x0": n, "x1": n, "y0": 0, "y1": 1, "yref": "paper", "line": dotted}


def _decades(traces: Sequence[Trace]) -> int:
    """From one tick to the next, so that there are about six."""
    shown = [value for trace in traces for value in trace["y"] if value is not None and value > 0]
    return max(1, round(np.log10(max(shown) / min(shown)) / 6)) if shown else 1


def plain(values: ArrayLike) -> list[Any]:
    """Numbers as JSON has them, which knows no NaN."""
    array = np.asarray(values)
    found: list[Any] = array.tolist()
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        found = [value if np.isfinite(value) else None for value in found]
    return found
