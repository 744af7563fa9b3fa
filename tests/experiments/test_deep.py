"""The experiments on deep networks: what they measure, and how they judge it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import deep, layers
from experiments.engine import experiment
from experiments.engine.unit import compute
from experiments.networks.settings import Pruning, Schedule, Training
from theory import InvalidInput, Outcome

TINY = replace(
    deep.EXPERIMENT.presets["quick"],
    replicates=2,
    networks=("mobilenetv3_small_w7d20",),
    methods=("optimised", "task_loss", "uniform"),
    training=Training(steps=3, batch=8),
    tuning=Schedule(steps=2, batch=8),
    pruning=Pruning(images=16, batch=8, candidates=2),
)


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    return compute(deep.EXPERIMENT, TINY)


def test_every_method_is_measured_before_and_after(measured: pd.DataFrame) -> None:
    counts = measured.groupby(["method", "state"]).size().to_dict()
    assert counts == {
        ("none", "trained"): 2,
        ("optimised", "pruned"): 2,
        ("optimised", "fine-tuned"): 4,
        ("optimised", "re-trained"): 4,
        ("task_loss", "pruned"): 2,
        ("task_loss", "fine-tuned"): 2,
        ("uniform", "pruned"): 2,
        ("uniform", "fine-tuned"): 2,
    }
    full = measured[measured["state"] == "trained"]["flops"].iloc[0]
    rest = measured[measured["state"] != "trained"]
    assert (rest["flops"] == rest["planned"]).all()
    assert (rest["flops"] <= full / 2).all()
    assert measured["accuracy"].between(0, 1).all()


def test_it_is_drawn_and_judged(measured: pd.DataFrame) -> None:
    assert len(deep.draw(TINY, measured).axes) == 3
    claims = [verdict.claim for verdict in deep.judge(TINY, measured)]
    assert sum("C6" in claim for claim in claims) == 2


@pytest.mark.parametrize(
    ("points", "outcome"),
    [
        ([1.0, 1.2, 1.1], Outcome.HOLDS),
        ([-1.0, -1.2, -1.1], Outcome.FAILS),
        ([1.0, -1.2, 0.1], Outcome.INCONCLUSIVE),
        ([0.0, 0.0, 0.0], Outcome.FAILS),
    ],
)
def test_better_is_a_difference_above_nothing(points: list[float], outcome: Outcome) -> None:
    base = {"network": "net", "share": 0.5, "method": "optimised"}
    config = replace(TINY, networks=("net",), methods=("optimised",), replicates=3)
    rows = [
        base | {"replicate": r, "state": state, "steps": steps, "accuracy": 0.9 + extra / 100}
        for r, point in enumerate(points)
        for steps in (2, 3)
        for state, extra in (("fine-tuned", point), ("re-trained", 0.0))
    ]
    rows += [
        base | {"replicate": r, "state": "pruned", "steps": 0, "accuracy": 0} for r in (0, 1, 2)
    ]
    verdicts = deep.judge(config, pd.DataFrame(rows))
    assert [verdict.outcome for verdict in verdicts] == [outcome] * 2
    assert verdicts[0].measured == pytest.approx(np.mean(points), abs=1e-9)


def test_layers_are_held_to_their_bound() -> None:
    config = replace(
        layers.EXPERIMENT.presets["quick"],
        networks=("mobilenetv3_small_w7d20",),
        training=Training(steps=2, batch=8),
        pruning=Pruning(images=16, batch=8, flops=0.3),
    )
    table = compute(layers.EXPERIMENT, config)
    assert [v.outcome for v in layers.judge(config, table)] == [Outcome.HOLDS] * 3
    assert len(layers.draw(config, table).axes) == 2
    spoiled = table.assign(loss=2 * table["bound"], off_prediction=1e-4, counted=table["flops"])
    assert [v.outcome for v in layers.judge(config, spoiled)] == [Outcome.FAILS] * 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"networks": ()}, "networks is empty"),
        ({"flops": (1.5,)}, "flops is 1.5"),
        ({"methods": ("random",)}, "optimised must be among them"),
    ],
)
def test_bad_settings_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(TINY, **change)  # type: ignore[arg-type]


def test_what_is_not_installed_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"deep needs no_such_module, which the extra `deep`"):
        experiment.check_installed("deep", ("numpy", "no_such_module"))


WITHOUT_TORCH = """
import sys
from importlib.machinery import PathFinder
find = PathFinder.find_spec
absent = {"torch", "torch_pruning", "pytorchcv"}
PathFinder.find_spec = lambda name, *rest: None if name in absent else find(name, *rest)
from experiments.cli import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["list"], 0, "Deep networks, pruned by every method"),
        (["run", "deep", "--preset", "quick"], 2, "deep needs torch, torch_pruning, pytorchcv"),
        (["prune-model", "resnet20", "--out", "net.pt"], 2, "prune-model needs torch, torch_pr"),
        (["reproduce", "--publish"], 2, "layers needs torch, torch_pruning, pytorchcv"),
    ],
)
def test_nothing_else_needs_torch(
    tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    command = [sys.executable, "-c", WITHOUT_TORCH, *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert message in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
