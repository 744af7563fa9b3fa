"""The classroom page: from a slider's release to the redrawn plots.

    python -m benchmarks.classroom

Headless Chromium on the same machine; every change asks for a state that was not computed before,
near the largest settings of the view. Declared targets: a median of at most 150 ms, 1 s for the
rates; the first paint of a page within 2 s.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator

import numpy as np
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from benchmarks.harness import LIMITS, declared, print_table
from figures.classroom.app import VIEWS, create_app
from figures.classroom.view import Number, View, to_query

_CHANGES = 20
_VARIED = {"hull": "x", "function": "pool", "rates": "samples", "backward": "size"}
_MOST = {"hull": 150.0, "function": 150.0, "backward": 150.0, "rates": 1000.0}
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

# Milliseconds until both plots have been drawn again after a control was set.
_CHANGE = """([name, value]) => new Promise(resolve => {
    const graphs = document.querySelectorAll('.panel .js-plotly-plot');
    const start = performance.now();
    let left = graphs.length;
    graphs.forEach(graph => graph.once('plotly_afterplot',
        () => { if (--left === 0) resolve(performance.now() - start); }));
    window.dash_clientside.set_props({name, type: 'control'}, {value});
})"""


def values(control: Number) -> Iterator[float]:
    """Different positions of the slider, the largest first."""
    for k in range(_CHANGES + 1):
        yield control.read(
            control.most - k * max(control.step, (control.most - control.least) / 60)
        )[0]


def measure(page: Page, address: str, view: View) -> tuple[float, float]:
    """Seconds to the first paint, and the median of the milliseconds of a change."""
    state = {c.name: c.most if isinstance(c, Number) else c.default for c in view.controls}
    start = time.perf_counter()
    page.goto(address + to_query(view, state))
    page.wait_for_selector("#facts li")
    page.wait_for_function("document.querySelectorAll('.panel .main-svg').length >= 2")
    paint = time.perf_counter() - start
    page.wait_for_timeout(1500)
    (control,) = (c for c in view.controls if c.name == _VARIED[view.name])
    assert isinstance(control, Number)
    taken = []
    for value in list(values(control))[1:]:
        taken.append(page.evaluate(_CHANGE, [control.name, value]))
        page.wait_for_timeout(100)
    return paint, float(np.median(taken))


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("not measured: no browser is installed\n")
        return
    server = make_server("127.0.0.1", 0, create_app().server, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        for view in VIEWS.values():
            page = browser.new_page(viewport={"width": 1024, "height": 768})
            paint, median = measure(page, address, view)
            rows.append(declared(f"{view.title}: first paint", paint, "s", 2))
            rows.append(declared(f"{view.title}: a change, median of {_CHANGES}", median, "ms",
                                 _MOST[view.name]))  # fmt: skip
            page.close()
        browser.close()
    server.shutdown()
    print_table(LIMITS, rows)


if __name__ == "__main__":
    main()
