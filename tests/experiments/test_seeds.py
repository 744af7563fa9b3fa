from __future__ import annotations

from experiments.engine.seeds import stream


def test_streams_depend_on_their_names_and_nothing_else() -> None:
    def first(seed: int, purpose: str, **axes: int) -> float:
        return float(stream(seed, purpose, **axes).random())

    assert first(0, "data", replicate=3, width=9) == first(0, "data", width=9, replicate=3)
    draws = {
        first(0, "data", replicate=3),
        first(1, "data", replicate=3),
        first(0, "pool", replicate=3),
        first(0, "data", replicate=4),
        first(0, "data", width=3),
        first(0, "data"),
    }
    assert len(draws) == 6


def test_streams_stay_what_they_are() -> None:
    """A change here would change every published number."""
    assert stream(0, "data", replicate=3).integers(2**32) == PINNED


PINNED = 1971252968
