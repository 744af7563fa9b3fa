from __future__ import annotations

import pytest

from experiments.registry import ALL
from experiments.report import FRAME, fill
from theory import InvalidInput


def test_only_what_stands_between_the_markers_changes() -> None:
    frame = "by hand\n<!-- begin a -->\nold\n<!-- end a -->\nby hand too\n"
    once = fill(frame, {"a": r"new \1"})
    assert once == "by hand\n<!-- begin a -->\nnew \\1\n<!-- end a -->\nby hand too\n"
    assert fill(once, {"a": r"new \1"}) == once


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "<!-- begin a -->",
        "<!-- end a --><!-- begin a -->",
        "<!-- begin a --><!-- end a -->" * 2,
    ],
)
def test_a_frame_without_clear_markers_is_refused(frame: str) -> None:
    with pytest.raises(InvalidInput, match="must hold the markers"):
        fill(frame, {"a": ""})


def test_the_tracked_frame_has_a_place_for_every_experiment() -> None:
    fill(FRAME.read_text(encoding="utf-8"), dict.fromkeys(ALL, ""))
