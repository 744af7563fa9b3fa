"""The page in a real browser: every control, the address, two visitors, nothing from outside."""

from __future__ import annotations

import re
import time

import pytest
from visitor import Visitor

from figures.classroom.app import VIEWS
from figures.classroom.view import Choice, Number, View

EVERY = pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)


def slope(visitor: Visitor) -> float:
    found = re.search(r"to \d+: (−?[\d.]+\d)", visitor.facts())
    assert found is not None, visitor.facts()
    return float(found[1].replace("−", "-"))


@EVERY
def test_it_opens_and_fits_a_small_projector(view: View, visitor: Visitor) -> None:
    visitor.open(f"?view={view.name}")
    visitor.keep(view.name)
    assert view.claim in visitor.page.inner_text("h1")
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 1024
    for index in (0, 1):
        assert visitor.data(index)
    visitor.page.click("summary:has-text('Predict first')")
    assert visitor.page.is_visible(f"text={view.answer[:40]}")
    visitor.page.wait_for_selector("details mjx-container, details .MathJax, details svg")
    visitor.page.click("summary:has-text('The Python behind it')")
    assert "import theory" in visitor.page.inner_text("#code")


@EVERY
def test_every_control_moves_what_it_should(view: View, visitor: Visitor) -> None:
    visitor.open(f"?view={view.name}" + ("&n=20&size=150" if view.name == "backward" else ""))
    for control in view.controls:
        before = (visitor.data(0), visitor.data(1), visitor.page.text_content("#code"))
        if isinstance(control, Choice):
            visitor.page.click(f"label:has-text('{control.options[-1].replace('_', ' ')}')")
            visitor.settle()
            assert f"{control.name}=" in visitor.query()
        else:
            share = 0.3 if control.default > 0.5 * (control.least + control.most) else 0.7
            value = control.least + (control.most - control.least) * share
            visitor.set(control.name, control.read(value)[0])
        after = (visitor.data(0), visitor.data(1), visitor.page.text_content("#code"))
        assert after != before, control.name


@EVERY
def test_the_address_restores_the_state_exactly(
    view: View, visitor: Visitor, another: Visitor
) -> None:
    visitor.open(f"?view={view.name}")
    for control in view.controls:
        if isinstance(control, Number):
            visitor.set(control.name, control.read(0.4 * control.least + 0.6 * control.most)[0])
    query = visitor.query()
    another.open(query)
    assert another.query() == query
    assert another.facts() == visitor.facts()
    assert another.data(0) == visitor.data(0)
    assert another.data(1) == visitor.data(1)


def test_the_slope_is_2_inside_and_another_outside(visitor: Visitor) -> None:
    visitor.open("?view=hull&n=1000&x=0.1&y=0.1")
    assert slope(visitor) == pytest.approx(-2, abs=0.2)
    visitor.set("x", 1.3)
    visitor.set("y", 0.3)
    assert "outside" in visitor.facts()
    assert slope(visitor) == pytest.approx(-1, abs=0.2)
    visitor.keep("hull-outside")


def test_the_target_follows_a_click_and_a_drag(visitor: Visitor) -> None:
    visitor.open("?view=hull")
    box = visitor.page.locator("#plane .nsewdrag").bounding_box()
    assert box is not None
    across, up = box["x"] + 0.8 * box["width"], box["y"] + 0.2 * box["height"]
    visitor.page.mouse.click(across, up)
    visitor.page.wait_for_function("!window.location.search.includes('x=0.1&')")
    visitor.settle()
    assert "outside" in visitor.facts()
    clicked = visitor.query()
    visitor.page.mouse.move(across, up)
    visitor.page.mouse.down()
    visitor.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.45 * box["height"], steps=5)
    visitor.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    visitor.page.mouse.up()
    visitor.page.wait_for_function("q => window.location.search !== q", arg=clicked)
    visitor.settle()
    assert "inside" in visitor.facts()


def test_step_play_reset_and_the_keyboard(visitor: Visitor) -> None:
    visitor.open("?view=backward&n=5")
    visitor.page.click("#step")
    visitor.page.wait_for_function("window.location.search.includes('n=6&')")
    visitor.page.click("#play")
    visitor.page.wait_for_function("/n=(9|1\\d)&/.test(window.location.search)")
    visitor.page.click("#play")
    visitor.settle()
    stopped = visitor.query()
    visitor.page.wait_for_timeout(700)
    assert visitor.query() == stopped
    visitor.page.click("#reset")
    visitor.page.wait_for_function("window.location.search.includes('n=1&')")
    thumb = visitor.page.locator(visitor.field("n")).locator("[role=slider]")
    thumb.focus()
    visitor.page.keyboard.press("ArrowRight")
    visitor.page.keyboard.press("ArrowRight")
    visitor.page.wait_for_function("window.location.search.includes('n=3&')")


@pytest.mark.parametrize("form", ["png", "svg"])
def test_the_pictures_can_be_saved(form: str, visitor: Visitor) -> None:
    visitor.open("?view=hull")
    with visitor.page.expect_download() as download:
        visitor.page.click(f"text=Save as {form.upper()}")
    assert download.value.suggested_filename == f"hull-1.{form}"


def test_two_visitors_do_not_see_each_other(visitor: Visitor, another: Visitor) -> None:
    visitor.open("?view=hull&x=0.1")
    another.open("?view=hull&x=1.5")
    visitor.set("n", 50)
    another.set("n", 700)
    assert "n=50&" in visitor.query()
    assert "n=700&" in another.query()
    assert "inside" in visitor.facts()
    assert "outside" in another.facts()


def test_an_address_beyond_the_sliders_is_told(visitor: Visitor) -> None:
    visitor.open("?view=hull&n=99999999&x=abc&wrong=1")
    notice = visitor.page.inner_text("#notice")
    assert "99999999" in notice or "1e+08" in notice
    assert "1000 is shown" in notice
    assert "'abc' is no number" in notice
    assert "There is no setting 'wrong'" in notice
    visitor.open("?view=<script>alert(1)</script>")
    assert "There is no view" in visitor.page.inner_text("#notice")


def test_many_requests_at_once_are_answered(visitor: Visitor, address: str) -> None:
    """The largest settings, asked for by several tabs, leave the server answering."""
    visitor.open("?view=rates")
    others = [visitor.page.context.new_page() for _ in range(3)]
    for k, page in enumerate(others):
        page.goto(f"{address}?view=rates&steps=400&pool=1000&samples=100&dimension={28 + k}")
    start = time.monotonic()
    visitor.page.reload()
    visitor.page.wait_for_selector("#facts li", timeout=20_000)
    assert time.monotonic() - start < 20
    for page in others:
        page.close()
