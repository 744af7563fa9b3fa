"""verify: what the theory says of a user's own atoms and target."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tyro
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

import figures.verification
from experiments.commands.options import check_writable
from experiments.engine.drive import origin
from experiments.page import page
from experiments.pools import log_sizes
from experiments.reading import read_pool
from experiments.verification import Verification, verify
from figures import style
from figures.files import write_text
from theory import Membership, guarantees, rules
from theory.geometry import affine_rank
from theory.guarantees import Decision, Relation
from theory.guarantees.guarantee import interior
from theory.guarantees.target_in_interior import confinement


@dataclass(frozen=True)
class Verify:
    """Geometry, guarantees, rates and verdicts for a pool of one's own.

    A table (.csv, .parquet) has one row a data point, one column an atom and one the target; an
    .npz file the arrays `atoms` (N, m) and `target` (m,).
    """

    pool: tyro.conf.Positional[Path]
    """file with atoms and target"""
    target: str = "target"
    """name of the target, a column or an array"""
    rules: tuple[str, ...] = ("greedy_forward", "frank_wolfe", "random_subset")
    """selection rules to run, or all"""
    size: int = 1000
    """steps of each rule"""
    thorough: bool = False
    """spend much more on the bracket for the inscribed radius"""
    seed: int = 0
    """of the rules that draw"""
    out: Path | None = None
    """folder for the page, the figure and the table (default: results/verify-POOL)"""
    json: bool = False
    """print everything as JSON instead"""


def verify_pool(args: list[str]) -> None:
    """Read, verify, write the page, print the verdicts."""
    options = tyro.cli(Verify, args=args, prog="subnets verify")
    pool = read_pool(options.pool, options.target)
    names = tuple(rules.ALL) if "all" in options.rules else options.rules
    out = options.out or Path("results") / f"verify-{options.pool.name}"
    check_writable(out)
    with threadpool_limits(1):
        found = verify(pool, names, options.size, thorough=options.thorough, seed=options.seed)
    content = contents(found)
    content["pool"] |= {"file": str(options.pool)}
    content["origin"] = origin() | {"command": shlex.join(["subnets", "verify", *args])}
    drawing, picture = style.save(_figure(found), out, "verification", ("svg", "png"))
    title = f"The pool {options.pool.name}"
    text = page(
        title,
        lead(found),
        _tables(content),
        drawing.read_text(encoding="utf-8"),
        _origin(content["origin"]),
    )
    write_text(out / "verification.html", text)
    plain = json.dumps(content, indent=1)
    write_text(out / "verification.json", plain + "\n")
    if options.json:
        print(plain)
        return
    print(f"{title}\n\n{lead(found)}")
    for heading, columns, rows in _tables(content):
        print(f"\n{heading}\n{_aligned(columns, rows)}")
    print(f"\n  page    {out / 'verification.html'}\n  figure  {picture} (and svg)")


def contents(found: Verification) -> dict[str, Any]:
    """All that was found, as plain values."""
    geometry, pool = found.geometry, found.geometry.pool
    projection, radius = geometry.projection, geometry.radius
    return {
        "pool": {"atoms": pool.size, "samples": pool.samples},
        "geometry": {
            "membership": str(projection.membership),
            "least_loss": found.geometry.projection.best,
            "duality_gap": projection.duality_gap,
            "affine_rank": affine_rank(pool),
            "radius": [_finite(radius.lower), _finite(radius.upper)],
            "radius_found_by": [radius.lower_found_by, radius.upper_found_by],
            "target_radius": geometry.target_radius,
            "diameter": geometry.diameter,
            "variance": geometry.variance,
        },
        "rules": [
            {
                "rule": name,
                "steps": selection.size,
                "loss": float(selection.losses[-1]),
                "distinct": int(selection.distinct[-1]),
                "weights": "equal" if selection.equal_weights else "optimised",
                "exponent": None if rate is None else rate.exponent,
                "window": None if rate is None else list(rate.window),
                "indices": selection.indices.tolist(),
            }
            for (name, selection), rate in zip(
                found.selections.items(), found.rates.values(), strict=True
            )
        ],
        "verdicts": [
            {
                "rule": rule,
                "guarantee": verdict.claim,
                "statement": verdict.predicted,
                "outcome": str(verdict.outcome),
                "measured": None if verdict.measured is None else _finite(verdict.measured),
                "sentence": verdict.sentence,
            }
            for rule, verdict in found.verdicts
        ],
    }


def lead(found: Verification) -> str:
    """What it comes to, in two sentences."""
    pool, geometry = found.geometry.pool, found.geometry
    projection, radius = geometry.projection, geometry.radius
    plural = "" if pool.size == 1 else "s"
    what = f"{pool.size} atom{plural} and a target in R^{pool.samples}. "
    if projection.membership is Membership.OUTSIDE:
        return (
            what + f"The target is outside the hull of the atoms: no subnetwork has a loss below "
            f"{_down(projection.lower_bound)}, and for greedy selection the theory promises "
            "V·H_n/(2n) above the best, about 1/n."
        )
    if projection.membership is Membership.UNDECIDED:
        return what + "Whether the target is in the hull cannot be told at this precision."
    if geometry.target_radius == 0:
        return what + "Every atom is the target itself: every subnetwork has the loss 0."
    rank, decision = affine_rank(pool), interior(geometry).decision
    where = "the hull" if rank == pool.samples else f"the hull, which has dimension {rank}"
    if decision is Decision.MET:
        (confined,) = confinement(geometry.target_radius, np.array([radius.lower]))
        better = int(np.ceil(confined**2 / geometry.variance)) if geometry.variance > 0 else 1
        return (
            what + f"The target is in the interior of {where}, with a ball of radius "
            f"{_down(radius.lower)} or more around it: for greedy selection the theory promises "
            f"1/n², with a constant that beats its 1/n from n = {better:.3g} on."
        )
    if decision is Decision.NOT_MET:
        return (
            what + f"The target lies on the boundary of {where}, or so near it that rounding "
            "cannot tell: for greedy selection the theory promises 1/n."
        )
    return (
        what + f"The target is in {where}; no ball around it was found, and none larger than "
        f"{radius.upper:.3g} fits: for greedy selection the theory promises 1/n, and 1/n² if there "
        "is one."
    )


def _down(value: float) -> str:
    """Three digits, rounded towards 0: a lower bound stays one."""
    if value <= 0:
        return "0"
    unit = 10.0 ** (np.floor(np.log10(value)) - 2)
    return f"{np.floor(value / unit) * unit:.3g}"


def _tables(
    content: dict[str, Any], *, wide: bool = False
) -> list[tuple[str, list[str], list[list[Any]]]]:
    g = content["geometry"]
    low, high = (_shown(value) for value in g["radius"])
    by = " / ".join(dict.fromkeys(g["radius_found_by"]))
    geometry = [
        ["target", g["membership"], f"duality gap {g['duality_gap']:.2g}"],
        ["least loss in the hull, L*", _shown(g["least_loss"]), ""],
        ["inscribed radius, γ", low if low == high else f"{low} to {high}", by],
        ["largest distance from the target, D", _shown(g["target_radius"]), ""],
        ["diameter, Δ", _shown(g["diameter"]), ""],
        ["variance at the nearest point, V", _shown(g["variance"]), ""],
        ["affine rank", g["affine_rank"], f"of at most {content['pool']['samples']}"],
    ]
    runs = [
        [r["rule"], r["steps"], _shown(r["loss"]), r["distinct"], _exponent(r)]
        for r in content["rules"]
    ]
    verdicts = [
        [
            v["rule"],
            v["guarantee"],
            *([v["statement"]] if wide else []),
            v["outcome"],
            v["sentence"].removeprefix(f"{v['outcome']}: "),
        ]
        for v in content["verdicts"]
    ]
    return [
        ("Geometry", ["what", "value", "certificate"], geometry),
        ("Selections", ["rule", "steps", "loss", "different atoms",
                        "exponent of the excess loss (one run)"], runs),
        ("Guarantees", ["rule", "guarantee", *(["what it says"] if wide else []), "outcome",
                        "evidence"], verdicts),
    ]  # fmt: skip


def _figure(found: Verification) -> Figure:
    frames = [
        pd.DataFrame({"rule": name, "n": at, "loss": s.losses[at - 1],
                      "distinct": s.distinct[at - 1]})
        for name, s in found.selections.items()
        for at in [log_sizes(s.size, 40).astype(int)]
    ]  # fmt: skip
    bounds = [pd.DataFrame({"rule": [], "guarantee": [], "n": [], "bound": []})]
    for rule, verdict in found.verdicts:
        guarantee, selection = guarantees.ALL[verdict.claim], found.selections[rule]
        if verdict.measured is None or guarantee.relation is not Relation.AT_MOST:
            continue
        at = log_sizes(selection.size, 40).astype(int)
        values = guarantee.bound(found.geometry, selection)[at - 1]
        if np.isfinite(values).all():
            bounds.append(
                pd.DataFrame({"rule": rule, "guarantee": verdict.claim, "n": at, "bound": values})
            )
    return figures.verification.draw(
        pd.concat(frames, ignore_index=True),
        pd.concat(bounds, ignore_index=True),
        found.geometry.projection.best,
    )


def _exponent(run: dict[str, Any]) -> str:
    if run["exponent"] is None:
        return "no power law" if run["weights"] == "optimised" else "too few points"
    low, high = run["window"]
    return f"{run['exponent']:.2f} over n = {low:.0f} to {high:.0f}"


def _origin(found: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return f"{found['command']}; {found['machine']}; {versions}."


def _aligned(columns: list[str], rows: list[list[Any]]) -> str:
    cells = [columns, *([str(value) for value in row] for row in rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(columns))]
    return "\n".join(
        "  " + "  ".join(f"{text:{w}}" for text, w in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def _shown(value: float | None) -> str:
    return "∞" if value is None else f"{value:.4g}"


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
