"""One browser window at the page, and what was asked for and went wrong in it."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page, Request


class Visitor:
    """One browser window, with whatever went wrong in it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.waiting = 0  # requests under way
        page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on("request", self._asked)
        page.on("requestfinished", self._answered)

    def _asked(self, request: Request) -> None:
        self.asked.append(request.url)
        self.waiting += 1

    def _answered(self, _: Request) -> None:
        self.waiting -= 1

    def _failed(self, request: Request) -> None:
        self.waiting -= 1
        if "ERR_ABORTED" not in str(request.failure):  # the page was left meanwhile
            self.wrong.append(f"{request.url}: {request.failure}")

    def open(self, query: str = "") -> Visitor:
        self.page.goto(self.address + query)
        self.page.wait_for_selector("#facts li")
        self.settle()
        return self

    def settle(self) -> None:
        """Until nothing is under way any more."""
        self.page.wait_for_function("document.querySelectorAll('.panel .main-svg').length >= 2")
        quiet = 0
        while quiet < 4:
            self.page.wait_for_timeout(40)
            quiet = 0 if self.waiting else quiet + 1

    def query(self) -> str:
        return self.page.evaluate("window.location.search")  # type: ignore[no-any-return]

    def field(self, name: str) -> str:
        """The selector of a slider's number."""
        return f'[id=\'{{"name":"{name}","type":"control"}}\']'

    def set(self, name: str, value: float) -> None:
        """Type a number beside a slider."""
        box = self.page.locator(".control", has=self.page.locator(self.field(name))).locator(
            "input"
        )
        box.last.fill(str(value))
        box.last.press("Enter")
        self.settle()

    def facts(self) -> str:
        return self.page.inner_text("#facts")

    def data(self, index: int) -> list[dict[str, object]]:
        """What a plot holds, as plain values."""
        script = """k => document.querySelectorAll('.panel .js-plotly-plot')[k].data.map(t =>
            ({name: t.name, x: Array.from(t.x || []), y: Array.from(t.y || [])}))"""
        return self.page.evaluate(script, index)  # type: ignore[no-any-return]

    def keep(self, name: str) -> None:
        """A picture of the page, to be looked at."""
        folder = Path(os.environ.get("SCREENSHOTS", "results/screenshots"))
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(folder / f"{name}.png"))
