"""demo: the classroom page on this machine."""

from __future__ import annotations

import importlib.util
import threading
import webbrowser
from dataclasses import dataclass

import tyro

from theory import InvalidInput
from theory.errors import check_count

_LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Demo:
    """The classroom page: see the theorem happen. Ctrl-C ends it."""

    port: int = 8050
    """on which the page is served"""
    host: str = "127.0.0.1"
    """who can see it: this machine only, unless another address is given"""
    open: bool = False
    """open it in the browser"""


def demo(args: list[str]) -> None:
    """Serve the page until Ctrl-C."""
    options = tyro.cli(Demo, args=args, prog="subnets demo")
    check_count("port", options.port, least=1, most=65535)
    if importlib.util.find_spec("dash") is None:
        raise InvalidInput(
            "demo needs dash, which is not installed; say make demo, or pip install dash"
        )
    from werkzeug.serving import make_server

    from figures.classroom.app import create_app

    try:
        server = make_server(
            options.host,
            options.port,
            create_app(local=options.host in _LOCAL).server,
            threaded=True,
        )
    except (OSError, SystemExit):
        raise InvalidInput(
            f"port is {options.port}, which cannot be had on {options.host}; give another one"
        ) from None
    address = f"http://{options.host}:{server.server_port}"
    print(f"the classroom page is at {address} (Ctrl-C ends it)", flush=True)
    if options.open:
        threading.Timer(0.5, webbrowser.open, [address]).start()
    server.serve_forever()
