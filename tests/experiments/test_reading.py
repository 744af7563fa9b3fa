from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.reading import read_pool, read_table
from theory import InvalidInput

GOOD = "a,b,target\n1,2,3\n4,5.5,6\n7,8,10\n"


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_table_in_every_format(tmp_path: Path) -> None:
    csv = read_table(written(tmp_path / "t.csv", GOOD), "target")
    frame = pd.read_csv(io.StringIO(GOOD))
    frame.to_parquet(tmp_path / "t.parquet")
    np.savez(tmp_path / "t.npz", inputs=frame[["a", "b"]], target=frame["target"])
    for other in ("t.parquet", "t.npz"):
        table = read_table(tmp_path / other, "target")
        assert (table.inputs == csv.inputs).all()
        assert (table.target == [3, 6, 10]).all()


def test_a_pool_in_every_format(tmp_path: Path) -> None:
    csv = read_pool(written(tmp_path / "p.csv", GOOD))
    np.savez(tmp_path / "p.npz", atoms=[[1, 4, 7], [2, 5.5, 8]], target=[3, 6, 10])
    npz = read_pool(tmp_path / "p.npz")
    for pool in (csv, npz):
        assert (pool.atoms == [[1, 4, 7], [2, 5.5, 8]]).all()
        assert (pool.target == [3, 6, 10]).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,target\n1,,3\n4,5,6\n", "column 'b' has no value in row 2 \\(1 are missing\\)"),
        ("a,b,target\n1,2,3\n4,five,6\n", "column 'b' holds 'five' in row 3"),
        ("a,b,target\n1,2,3\n1,5,6\n", "column 'a' is constant \\(1 of 2 are\\)"),
        ("a;b;target\n1;2;3\n4;5;6\n", "delimited by semicolons; it must be commas"),
        ("a\tb\ttarget\n1\t2\t3\n", "delimited by tabs"),
        ("a,b,target\n1,2,3\n", "has one row"),
        ("a,b,target\n", "has no rows below its header"),
        ("a,b,tarket\n1,2,3\n4,5,6\n", "is 'target'; did you mean 'tarket'"),
        ("target\n1\n2\n", "has one column, 'target'"),
        ("a,b,target\n1,inf,3\n4,5,6\n", "column 'b' is not finite in row 2"),
        ("a,b,target\n1,2\n4,5,6,7,8\n", "is no csv file"),
        ("a,b,target\n1,2,3,4\n5,6,7,8\n", "is no csv file"),
        ("a,b,target\n1,2,yes\n4,5,no\n", "column 'target' holds 'yes' in row 2"),
        (",a,target\n0,1,2\n1,3,4\n", "has a column without a name; if it counts the rows"),
        ("a,target,b,target\n1,2,3,4\n5,6,7,8\n", "has 2 columns 'target'"),
        ("", "is empty"),
        (b"\xff\xfe\x00\x01\x80", "is no csv file"),
    ],
)
def test_bad_tables_are_refused_in_one_line(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    path = written(tmp_path / "t.csv", text)
    with pytest.raises(InvalidInput, match=message) as caught:
        read_table(path, "target")
    assert "\n" not in str(caught.value)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="does not exist"):
        read_table(tmp_path / "t.csv", "target")
    with pytest.raises(InvalidInput, match="is no file"):
        read_table(tmp_path, "target")
    with pytest.raises(InvalidInput, match=r"ends in '.xlsx'; it must be .csv"):
        read_table(written(tmp_path / "t.xlsx", "x"), "target")
    for suffix in ("npz", "parquet"):
        with pytest.raises(InvalidInput, match=f"is no .?{suffix} file"):
            read_pool(written(tmp_path / f"t.{suffix}", "this is no such file"))


class Trap:
    """What runs when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return (Path("trapped").touch, ())


def test_nothing_is_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "p.npz", atoms=np.array([[Trap()]], dtype=object), target=[1.0])
    with pytest.raises(InvalidInput, match="array 'atoms' has type object; it must hold numbers"):
        read_pool(tmp_path / "p.npz")
    with zipfile.ZipFile(tmp_path / "q.npz", "w") as archive:
        archive.writestr("atoms.npy", pickle.dumps(Trap()))
        archive.writestr("target.npy", pickle.dumps(Trap()))
    with pytest.raises(InvalidInput, match=r"is no .npz file"):
        read_pool(tmp_path / "q.npz")
    assert not (tmp_path / "trapped").exists()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (10**7, 10**6)}
    )
    with zipfile.ZipFile(tmp_path / "p.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("atoms.npy", header.getvalue() + bytes(10**7))
        archive.writestr("target.npy", header.getvalue())
    with pytest.raises(InvalidInput, match="GB of memory"):
        read_pool(tmp_path / "p.npz")


def test_a_file_that_ends_too_early_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", atoms=np.ones((30, 20)), target=np.ones(20))
    whole = (tmp_path / "p.npz").read_bytes()
    with pytest.raises(InvalidInput, match=r"is no .npz file"):
        read_pool(written(tmp_path / "q.npz", whole[: len(whole) // 2]))
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (30, 20)}
    )
    with zipfile.ZipFile(tmp_path / "r.npz", "w") as archive:
        archive.writestr("atoms.npy", header.getvalue() + bytes(8))
        archive.writestr("target.npy", header.getvalue())
    with pytest.raises(InvalidInput, match=r"is no .npz file"):
        read_pool(tmp_path / "r.npz")


def test_a_parquet_file_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.DataFrame({"a": np.zeros(300_000), "target": np.zeros(300_000)})
    frame.to_parquet(tmp_path / "t.parquet")
    assert (tmp_path / "t.parquet").stat().st_size < 50_000
    monkeypatch.setattr("theory.memory.available", lambda: 1_000_000)
    with pytest.raises(InvalidInput, match="GB of memory"):
        read_table(tmp_path / "t.parquet", "target")


def test_a_missing_array_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", atom=np.ones((3, 2)), target=np.ones(2))
    with pytest.raises(InvalidInput, match="is 'atoms'; did you mean 'atom'"):
        read_pool(tmp_path / "p.npz")
