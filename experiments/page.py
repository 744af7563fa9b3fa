"""One verification as a page: a single HTML file that needs nothing from anywhere else."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #262626; max-width: 62rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
p.lead { font-size: 1.1rem; } .muted { color: #666; font-size: .9rem; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0;
         border-bottom: 1px solid #ddd; }
th { font-weight: 600; } td.outcome { white-space: nowrap; font-weight: 600; }
td.holds { color: #00694a; } td.fails { color: #b03a00; }
td.inconclusive, td.does { color: #666; }
svg { max-width: 100%; height: auto; } code { background: #f4f4f4; padding: .1rem .3rem; }
"""


def page(title: str, lead: str, tables: Sequence[tuple[str, list[str], list[list[Any]]]],
         figure: str, origin: str) -> str:  # fmt: skip
    """The page's text. `tables` are (heading, columns, rows); `figure` is SVG; all else is plain.

    In a column called `outcome` the word decides the colour.
    """
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{html.escape(title)}</h1>",
        f'<p class="lead">{html.escape(lead)}</p>',
        figure[figure.index("<svg") :],
    ]
    for heading, columns, rows in tables:
        parts.append(f"<h2>{html.escape(heading)}</h2><table><tr>")
        parts.append("".join(f"<th>{html.escape(column)}</th>" for column in columns) + "</tr>")
        parts += ["<tr>" + "".join(map(_cell, columns, row)) + "</tr>" for row in rows]
        parts.append("</table>")
    parts.append(f'<p class="muted">{html.escape(origin)}</p></body></html>')
    return "\n".join(parts) + "\n"


def _cell(column: str, value: Any) -> str:
    text = html.escape(str(value))
    if column == "outcome":
        return f'<td class="outcome {text.split()[0]}">{text}</td>'
    return f"<td>{text}</td>"
