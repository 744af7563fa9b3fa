"""What a view is: controls with limits, a picture, a few words, and the Python that makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

State = Mapping[str, Any]
"""control name -> value, within the control's limits"""


@dataclass(frozen=True)
class Number:
    """A slider. Whole numbers if `step` is one."""

    name: str
    label: str
    default: float
    least: float
    most: float
    step: float = 1

    def read(self, value: Any) -> tuple[float, str | None]:
        """The nearest value that the slider can have, and what to say if it is another one."""
        try:
            wanted = float(value)
        except (TypeError, ValueError, OverflowError):
            wanted = float("nan")
        if wanted != wanted:
            return self._fitting(self.default), f"{self.label}: {str(value)[:20]!r} is no number"
        if not self.least <= wanted <= self.most:
            nearest = self._fitting(min(max(wanted, self.least), self.most))
            return nearest, f"{self.label}: {wanted:g} is beyond the slider; {nearest:g} is shown"
        return self._fitting(wanted), None

    def _fitting(self, value: float) -> float:
        steps = round((value - self.least) / self.step)
        fitting = min(self.most, self.least + steps * self.step)
        return int(fitting) if isinstance(self.step, int) else round(fitting, 6)


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    name: str
    label: str
    default: str
    options: tuple[str, ...]

    def read(self, value: Any) -> tuple[str, str | None]:
        """The option, and what to say if it is none."""
        if value in self.options:
            return str(value), None
        return self.default, f"{self.label}: there is no {str(value)[:20]!r}"


@dataclass(frozen=True)
class Shown:
    """What a state looks like."""

    figures: tuple[dict[str, Any], dict[str, Any]]
    """two plots, as plotly reads them"""
    facts: tuple[str, ...]
    """sentences, the verdicts among them"""
    code: str
    """Python that computes the same"""


@dataclass(frozen=True)
class View:
    """One page."""

    name: str
    title: str
    claim: str
    """one sentence"""
    question: str
    """what to predict first"""
    answer: str
    formula: str
    """Markdown with TeX"""
    controls: tuple[Number | Choice, ...]
    show: Callable[[State], Shown]
    hint: str = ""
    """what else can be done with the picture"""

    @property
    def plays(self) -> bool:
        """There is an n to step through."""
        return any(control.name == "n" for control in self.controls)

    def read(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """A state from whatever was sent, and what was wrong with it."""
        state, said = {}, []
        for control in self.controls:
            value, complaint = control.read(values.get(control.name, control.default))
            state[control.name] = value
            said += [complaint] if complaint else []
        return state, said


def from_query(query: str) -> dict[str, str]:
    """The fields of an address; of a repeated one, the last."""
    return dict(parse_qsl(query.lstrip("?")[:2000]))


def to_query(view: View, state: State) -> str:
    """The address of a state."""
    return "?" + urlencode({"view": view.name, **state})
