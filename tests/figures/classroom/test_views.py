"""What the views compute and refuse, without a browser."""

from __future__ import annotations

import contextlib
import io
import json
import math
from typing import Any

import numpy as np
import pytest

from figures.classroom.app import VIEWS, create_app
from figures.classroom.view import Choice, Number, View, from_query, to_query

EVERY = pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)


def corner(view: View, end: str) -> dict[str, Any]:
    """The state with every slider at one end."""
    return {c.name: getattr(c, end) if isinstance(c, Number) else c.default for c in view.controls}


@EVERY
@pytest.mark.parametrize("end", ["default", "least", "most"])
def test_every_corner_is_shown(view: View, end: str) -> None:
    state, said = view.read(corner(view, end))
    assert said == []
    shown = view.show(state)
    json.dumps(shown.figures, allow_nan=False)
    assert len(shown.facts) >= 2
    assert all(math.isfinite(v) for t in shown.figures[1]["data"] for v in t["x"])


@EVERY
def test_every_choice_is_shown(view: View) -> None:
    for control in view.controls:
        for option in control.options if isinstance(control, Choice) else ():
            state, said = view.read({control.name: option})
            assert said == []
            assert view.show(state).facts


@EVERY
def test_the_address_gives_the_state_back(view: View) -> None:
    state, _ = view.read(corner(view, "most"))
    fields = from_query(to_query(view, state))
    assert fields.pop("view") == view.name
    assert view.read(fields) == (state, [])


@EVERY
@pytest.mark.parametrize(
    "value", ["1e99", "-1e99", "nan", "inf", "x" * 500, None, [1], {"a": 1}, 10**400]
)
def test_hostile_values_are_brought_into_the_limits_and_told(view: View, value: object) -> None:
    state, said = view.read({control.name: value for control in view.controls})
    assert len(said) == len(view.controls)
    assert all(len(line) < 120 for line in said)
    for control in view.controls:
        if isinstance(control, Number):
            assert control.least <= state[control.name] <= control.most
        else:
            assert state[control.name] in control.options


def printed(code: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    return out.getvalue()


def test_the_python_prints_what_the_page_shows() -> None:
    """In every view the lines that are copied end in the numbers of the picture."""
    for name in ("hull", "function", "backward"):
        view = VIEWS[name]
        state, _ = view.read({"n": 60, "size": 100})
        shown = view.show(state)
        curve = next(
            t["y"]
            for t in shown.figures[1]["data"]
            if t["name"] in ("measured", "pruned", "forward")
        )
        out = printed(shown.code).split()
        found = [float(word) for word in out if word.replace(".", "").replace("e-", "").isdigit()]
        assert any(np.isclose(value, curve[59] or 0.0, rtol=1e-9, atol=1e-18) for value in found), (
            name
        )
    state, _ = VIEWS["rates"].read({"pool": 100, "steps": 20})
    shown = VIEWS["rates"].show(state)
    rows = np.array([json.loads(line) for line in printed(shown.code).splitlines()])
    curve = next(
        t["y"] for t in shown.figures[0]["data"] if str(t["name"]).startswith("pruned, trained")
    )
    np.testing.assert_allclose(np.exp(np.log(rows).mean(axis=0)), curve, rtol=1e-6)


def test_inside_and_outside_have_their_own_guarantee() -> None:
    hull = VIEWS["hull"]
    inside, outside = (hull.show(hull.read({"x": x, "n": 1000})[0]) for x in (0.1, 1.7))
    assert "R²/(2n²)" in inside.facts[-1]
    assert "holds" in inside.facts[-1]
    assert "H_n/(2n)" in outside.facts[-1]
    assert "outside" in outside.facts[0]


def test_the_time_slider_turns_the_comparison_round() -> None:
    rates = VIEWS["rates"]
    short, long = (rates.show(rates.read({"steps": s})[0]).facts[-1] for s in (20, 400))
    assert "n = 320: holds" in short
    assert "n = 320: fails" in long


def test_requests_that_are_too_large_or_make_no_sense_are_refused() -> None:
    client = create_app().server.test_client()
    assert client.get("/").status_code == 200
    assert "default-src 'self'" in client.get("/").headers["Content-Security-Policy"]
    assert client.get("/", headers={"Host": "elsewhere.example"}).status_code == 403
    answer = client.post("/_dash-update-component", data=b"x" * 2**17,
                         content_type="application/json")  # fmt: skip
    assert answer.status_code in (400, 413)
