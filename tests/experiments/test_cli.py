from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from experiments.cli import main

TINY = [
    *("--pool-size", "40", "--smallest", "4", "--largest", "12", "--step", "4"),
    *("--replicates", "3", "--block", "3", "--workers", "0", "--training.steps", "5"),
    *("--problem.samples", "8", "--problem.dimension", "3", "--problem.width", "20"),
]
FILES = {f"pruned_vs_scratch.{kind}" for kind in ("csv", "json", "pdf", "svg", "png")}


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    return int(stopped.value.code or 0), capsys.readouterr().err


def written(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_run_writes_table_record_and_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", "pruned_vs_scratch", *TINY, "--out", str(tmp_path)])
    assert "verdicts:" in capsys.readouterr().out
    assert written(tmp_path) >= FILES


def test_a_second_run_computes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", "pruned_vs_scratch", *TINY, "--out", str(tmp_path)]
    main(command)
    said = capsys.readouterr().out
    table = (tmp_path / "pruned_vs_scratch.csv").read_bytes()
    monkeypatch.setattr("experiments.engine.workers.attempt", None)
    main(command)
    assert capsys.readouterr().out == said
    assert (tmp_path / "pruned_vs_scratch.csv").read_bytes() == table
    with pytest.raises(TypeError, match="not callable"):
        main([*command, "--seed", "5"])


def test_what_is_stored_so_far_can_be_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path)]
    status, said = fails(capsys, "run", "regimes", "--stored", *out)
    assert status == 2
    assert "does not exist; run something first" in said
    small = ["--largest", "200", "--rank", "3", "--pool-size", "40", "--workers", "0"]
    main(["run", "regimes", *small, "--replicates", "5", *out])
    status, said = fails(capsys, "run", "regimes", "--stored", *out)
    assert "holds nothing of this regimes" in said
    main(["run", "regimes", *small, "--replicates", "20", "--stored", *out])
    assert "4 of 16 units are done; the rest is left out" in capsys.readouterr().out


def sweep_file(folder: Path, text: str = "[grid]\nlevel = [1, 2, 3]") -> list[str]:
    path = folder / "grid.toml"
    path.write_text(f'experiment = "toy:EXPERIMENT"\n{text}')
    return [str(path), "--store", str(folder / "store.sqlite")]


def test_sweep_status_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = sweep_file(tmp_path)
    status, said = fails(capsys, "status", *arguments)
    assert (status, "does not exist" in said) == (2, True)
    main(["sweep", *arguments, "--workers", "0"])
    assert "0 were there, 12 computed now, 0 failed, 0 left" in capsys.readouterr().out
    main(["status", *arguments])
    assert "grid: 12 done, 0 failed, 0 left" in capsys.readouterr().out
    for name, read in (("t.csv", pd.read_csv), ("t.parquet", pd.read_parquet)):
        main(["export", *arguments, "--out", str(tmp_path / name)])
        table = read(tmp_path / name)
        assert list(table.columns) == ["level", "part", "replicate", "n", "loss"]
        assert len(table) == 3 * 2 * 4 * 2
    assert "48 rows written" in capsys.readouterr().out
    status, said = fails(capsys, "export", *arguments, "--out", str(tmp_path / "t.xls"))
    assert "must end in .csv or .parquet" in said
    main(["status", "--store", arguments[2]])
    assert "toy" in capsys.readouterr().out


def test_growing_a_sweep_changes_and_repeats_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["sweep", *sweep_file(tmp_path), "--workers", "0"])
    main(["export", *sweep_file(tmp_path), "--out", str(tmp_path / "a.csv")])
    larger = sweep_file(tmp_path, "replicates = 6\n[grid]\nlevel = [0, 1, 2, 3]")
    main(["sweep", *larger, "--workers", "0"])
    assert "12 were there, 12 computed now" in capsys.readouterr().out
    main(["export", *larger, "--out", str(tmp_path / "b.csv")])
    small, large = (pd.read_csv(tmp_path / n) for n in ("a.csv", "b.csv"))
    same = large[(large["level"] > 0) & (large["replicate"] < 4)].reset_index(drop=True)
    pd.testing.assert_frame_equal(small, same, check_exact=True)


def test_a_sweep_with_failures_ends_with_status_1_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = sweep_file(tmp_path, '[grid]\nhow = ["well", "raise"]')
    status, said = fails(capsys, "sweep", *arguments, "--workers", "0")
    assert status == 1
    assert "grid: 2 of 8 units failed; toy second replicates 0-1: ValueError: this one" in said
    status, said = fails(capsys, "sweep", *arguments, "--workers", "0")
    assert status == 1
    assert "failed, earlier" in said
    main(["status", *arguments])
    out = capsys.readouterr().out
    assert "6 done, 2 failed, 0 left" in out
    assert "failed: toy second replicates 0-1: ValueError: this one" in out


def test_the_same_command_gives_the_same_bits(tmp_path: Path) -> None:
    for name in ("a", "b"):
        main(["run", "pruned_vs_scratch", *TINY, "--out", str(tmp_path / name)])
    for kind in ("csv", "svg", "png", "pdf"):
        first, again = (tmp_path / name / f"pruned_vs_scratch.{kind}" for name in ("a", "b"))
        assert first.read_bytes() == again.read_bytes(), kind


def test_draw_needs_no_new_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "pruned_vs_scratch", *TINY, "--out", str(tmp_path)])
    said = capsys.readouterr().out
    figure = (tmp_path / "pruned_vs_scratch.svg").read_bytes()
    (tmp_path / "pruned_vs_scratch.svg").unlink()
    main(["draw", str(tmp_path)])
    assert said.endswith(capsys.readouterr().out)
    assert (tmp_path / "pruned_vs_scratch.svg").read_bytes() == figure


def test_short_and_long_flags_mean_the_same(tmp_path: Path) -> None:
    for name, flag in (("a", "--dtype"), ("b", "--training.dtype")):
        out = ["--out", str(tmp_path / name)]
        main(["run", "pruned_vs_scratch", *TINY, flag, "float64", *out])
    tables = [pd.read_csv(tmp_path / name / "pruned_vs_scratch.csv") for name in ("a", "b")]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("reproduec",), "COMMAND is 'reproduec'; did you mean 'reproduce'?"),
        (("run",), "EXPERIMENT is missing; choose from pruned_vs_scratch"),
        (("run", "pruned_vs_scrach"), "did you mean 'pruned_vs_scratch'?"),
        (("run", "pruned_vs_scratch", "--preset", "papr"), "did you mean 'paper'?"),
        (("run", "pruned_vs_scratch", "--pool-sise", "9"), "--pool-size"),
        (("run", "pruned_vs_scratch", "--replicates", "0"), "replicates is 0"),
        (("run", "pruned_vs_scratch", "--workers", "-1"), "workers is -1"),
        (("run", "pruned_vs_scratch", "--problem.activation", "rleu"), "relu"),
        (("run", "pruned_vs_scratch", "--device", "cuda:x"), "training.device is 'cuda:x'"),
        (("reproduce", "--preset", "full"), "preset is 'full'; choose from quick, paper"),
        (("draw", "/nowhere"), "FOLDER /nowhere holds no tables"),
        (("list", "rules"), "list takes no arguments"),
        (
            ("run", "hull", "--device", "cpu"),
            "--device is of no use: no training of this experiment has a device",
        ),
        (("run", "hull", "--out", "pyproject.toml"), "pyproject.toml is not a folder"),
        (("run", "hull", "--scheduler", "nowhere"), "must be an address, tcp://HOST:PORT"),
        (("run", "hull", "--time-limit", "0"), "time_limit is 0"),
        (("sweep", "/nowhere.toml"), "cannot be read"),
    ],
)
def test_bad_arguments_end_with_status_2_and_a_way_out(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = fails(capsys, *arguments)
    assert status == 2
    assert words in said


def test_a_diverging_run_ends_with_status_1_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["run", "pruned_vs_scratch", *TINY, "--training.steps", "300", "--out", str(out)]
    status, said = fails(capsys, *arguments, "--training.rate", "1e4")
    assert status == 1
    assert "try rate 2500" in said
    assert "--retry tries again" in said
    assert written(out) <= {"store.sqlite", "store.sqlite.lock"}


def test_a_damaged_record_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pruned_vs_scratch.json").write_text('{"experiment"')
    status, said = fails(capsys, "draw", str(tmp_path))
    assert status == 2
    assert "cannot be read" in said


def test_a_truncated_table_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "hull", "--workers", "0", "--out", str(tmp_path)])
    table = tmp_path / "hull.csv"
    table.write_text("\n".join(table.read_text().splitlines()[:50]))
    status, said = fails(capsys, "draw", str(tmp_path))
    assert status == 2
    assert "has 49 rows and should have" in said


def test_list_names_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    main(["list"])
    said = capsys.readouterr().out
    for name in ("pruned_vs_scratch", "quick", "paper", "greedy_forward", "random_subset"):
        assert name in said


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("workers", ["0", "2"])
def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path, workers: str) -> None:
    out = tmp_path / "out"
    command = [
        sys.executable, "-c", "from experiments.cli import main; main()",
        "run", "pruned_vs_scratch", "--preset", "paper", "--out", str(out), "--workers", workers,
    ]  # fmt: skip
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Where the tests themselves run in the background, Ctrl-C is ignored and would stay so.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("running pruned_vs_scratch")
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert "subnets: interrupted; what is finished is kept" in said
    assert written(out) <= {"store.sqlite", "store.sqlite.lock"}
