"""The page served on a free port, and a browser to look at it with."""

from __future__ import annotations

import os
import shutil
import threading
import warnings
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from visitor import Visitor
from werkzeug.serving import make_server

from figures.classroom.app import create_app

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app().server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        message = "THE PAGE WAS NOT LOOKED AT: no browser is installed (Debian: chromium)"
        warnings.warn(message, stacklevel=1)
        pytest.skip(message)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        yield started
        started.close()


@pytest.fixture
def visitor(browser: Browser, address: str) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1024, "height": 768}, accept_downloads=True)
    one = Visitor(context.new_page(), address)
    yield one
    context.close()
    assert one.wrong == []
    assert all(url.startswith((address, "data:", "blob:")) for url in one.asked), one.asked


@pytest.fixture
def another(browser: Browser, address: str) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    yield Visitor(context.new_page(), address)
    context.close()
