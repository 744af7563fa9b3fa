"""The page: any view's controls, pictures and words, wired once for all of them."""

from __future__ import annotations

import logging
import threading
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate
from flask import Response, request

from figures.classroom import forward_backward, function, hull, rates
from figures.classroom.view import Choice, Number, View, from_query

VIEWS = {module.VIEW.name: module.VIEW for module in (hull, function, rates, forward_backward)}

_LARGEST_REQUEST = 2**16  # bytes
_PATIENCE = 10.0  # seconds that a request waits for its turn
_TURNS = {name: threading.Lock() for name in VIEWS}  # one computation of a view at a time
_CONTROLS = {"type": "control", "name": ALL}
_FIGURES = {"type": "figure", "index": ALL}


def create_app(*, local: bool = True) -> Dash:
    """The application. It keeps nothing about its visitors: a page's state is in its address.

    `local`: answer only where the browser was sent to this machine by name, so that no other
    site's page can reach it.
    """
    app = Dash(
        __name__, title="Good subnetworks", update_title="", suppress_callback_exceptions=True,
        serve_locally=True,
    )  # fmt: skip
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line for every request
    app.server.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
    app.server.after_request(_stay_here)
    if local:
        app.server.before_request(_only_here)
    app.layout = html.Div([dcc.Location(id="url", refresh=False), html.Div(id="page")], lang="en")
    app.callback(Output("page", "children"), Input("url", "search"))(_page)
    app.callback(
        Output(_FIGURES, "figure"), Output("facts", "children"), Output("code", "children"),
        Output("copy", "content"), Output("notice", "children", allow_duplicate=True),
        Input(_CONTROLS, "value"), State(_CONTROLS, "id"), State("view", "data"),
        prevent_initial_call="initial_duplicate",
    )(_show)  # fmt: skip
    _on_the_page(app)
    return app


def _on_the_page(app: Dash) -> None:
    """What happens in the browser alone; see assets/classroom.js."""
    app.clientside_callback(
        ClientsideFunction("classroom", "address"), Output("address", "data"),
        Input(_CONTROLS, "value"), State(_CONTROLS, "id"), State("view", "data"),
    )  # fmt: skip
    app.clientside_callback(
        ClientsideFunction("classroom", "drag"), Output("dragged", "data"),
        Input(_FIGURES, "relayoutData"), State(_CONTROLS, "id"), State(_CONTROLS, "value"),
    )  # fmt: skip
    app.clientside_callback(
        ClientsideFunction("classroom", "play"),
        Output("clock", "disabled"), Output("play", "children"),
        Input("step", "n_clicks"), Input("play", "n_clicks"), Input("reset", "n_clicks"),
        Input("clock", "n_intervals"), State(_CONTROLS, "id"), State(_CONTROLS, "value"),
        State("clock", "disabled"), State("limit", "data"), prevent_initial_call=True,
    )  # fmt: skip


def _only_here() -> Response | None:
    name = request.host.rsplit(":", 1)[0]
    return None if name in ("127.0.0.1", "localhost", "[::1]") else Response(status=403)


def _stay_here(response: Response) -> Response:
    """Whatever a page holds, the browser fetches from this server or not at all."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:"
    )
    return response


def _page(search: str | None) -> list[Any]:
    """The page of an address."""
    fields = from_query(search or "")
    name = fields.pop("view", "hull")
    view, said = VIEWS.get(name, hull.VIEW), []
    if name not in VIEWS:
        said = [f"There is no view {name[:20]!r}; this is the first one."]
    known = {control.name for control in view.controls}
    said += [f"There is no setting {key[:20]!r}." for key in fields if key not in known]
    state, complaints = view.read(fields)
    return [_head(view), html.Main(_body(view, state, said + complaints))]


def _head(view: View) -> html.Header:
    links = [
        html.A(
            other.title,
            href=f"?view={other.name}",
            **({"aria-current": "page"} if other is view else {}),
        )
        for other in VIEWS.values()
    ]
    return html.Header([html.Strong("Good subnetworks"), *links])


def _body(view: View, state: dict[str, Any], said: list[str]) -> list[Any]:
    return [
        html.H1(view.claim),
        html.Div(" ".join(said), id="notice", className="notice", role="status"),
        html.Div(
            [_graph(0, "plane" if view.name == "hull" else ""), _graph(1, "")], className="panels"
        ),
        html.P(view.hint, className="hint"),
        html.Div([_left(view, state), _right(view)], className="below"),
        dcc.Store(id="view", data=view.name),
        *[dcc.Store(id=name) for name in ("address", "dragged")],
    ]


def _graph(index: int, name: str) -> html.Div:
    config = {"displaylogo": False, "displayModeBar": False, "responsive": True,
              "edits": {"shapePosition": name == "plane"}}  # fmt: skip
    graph = dcc.Graph(
        id={"type": "figure", "index": index}, config=config, style={"height": "100%"}
    )
    return html.Div(graph, className="panel", **({"id": name} if name else {}))


def _left(view: View, state: dict[str, Any]) -> html.Div:
    buttons: list[Any] = []
    if view.plays:
        limit = next(int(c.most) for c in view.controls if isinstance(c, Number) and c.name == "n")
        buttons = [
            html.Button("Step", id="step"),
            html.Button("Play", id="play"),
            html.Button("Reset", id="reset"),
            dcc.Interval(id="clock", interval=300, disabled=True),
            dcc.Store(id="limit", data=limit),
        ]
    buttons += [
        html.Button(f"Save as {form.upper()}", **{"data-format": form}) for form in ("png", "svg")
    ]
    return html.Div(
        [_control(c, state[c.name]) for c in view.controls]
        + [html.Div(buttons, className="buttons")]
    )


def _control(control: Number | Choice, value: Any) -> html.Div:
    identity = {"type": "control", "name": control.name}
    if isinstance(control, Choice):
        options = [
            {"label": option.replace("_", " "), "value": option} for option in control.options
        ]
        field: Any = dcc.RadioItems(options, value, id=identity, inline=True)
    else:
        field = dcc.Slider(
            control.least, control.most, control.step, value=value, id=identity, marks=None,
            updatemode="mouseup",
        )  # fmt: skip
    return html.Div([html.Label(control.label), field], className="control")


def _right(view: View) -> html.Div:
    return html.Div(
        [
            html.Details(
                [
                    html.Summary(
                        ["Predict first: ", html.Span(view.question, className="question")]
                    ),
                    html.P(view.answer),
                    dcc.Markdown(view.formula, mathjax=True),
                ]
            ),
            html.Ul(id="facts", className="facts"),
            html.Details(
                [
                    html.Summary("The Python behind it"),
                    html.Div(
                        ["Copy: ", dcc.Clipboard(id="copy", style={"display": "inline-block"})]
                    ),
                    html.Pre(id="code"),
                ]
            ),
        ]
    )


def _show(values: list[Any], identities: list[dict[str, str]], name: str) -> tuple[Any, ...]:
    """Everything on the page that depends on the controls."""
    if not isinstance(name, str) or name not in VIEWS:
        raise PreventUpdate
    view = VIEWS[name]
    sent = {identity["name"]: value for identity, value in zip(identities, values, strict=True)}
    state, said = view.read(sent)
    if not _TURNS[name].acquire(timeout=_PATIENCE):
        return [no_update] * 2, no_update, no_update, no_update, "The server is busy; try again."
    try:
        shown = view.show(state)
    finally:
        _TURNS[name].release()
    facts = [html.Li(fact) for fact in shown.facts]
    first = ctx.triggered_id is None  # what was wrong with the address stays until something moves
    notice = no_update if first else " ".join(said)
    return list(shown.figures), facts, shown.code, shown.code, notice
