from __future__ import annotations

from pathlib import Path

import pytest

from figures.files import replacing, write_text


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failed_write_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "report.md"
    write_text(path, "whole")

    def interrupted() -> None:
        with replacing(path) as scratch:
            scratch.write_text("ha")
            raise error

    with pytest.raises(error):
        interrupted()
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b.txt", "ω")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "ω".encode()
