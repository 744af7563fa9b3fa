"""list: what there is to run."""

from __future__ import annotations

from experiments import registry
from experiments.engine.plain import differences
from theory import InvalidInput, rules
from theory.datasets import DATASETS


def catalogue(args: list[str]) -> None:
    """Print the experiments, their presets, and the selection rules."""
    if args and args[0] in ("-h", "--help"):
        print("usage: subnets list\n\nThe experiments, their presets, and the selection rules.")
        return
    if args:
        raise InvalidInput(f"list takes no arguments; it was given {args[0]!r}")
    print("experiments")
    for experiment in registry.ALL.values():
        print(f"  {experiment.name:28} {experiment.title}")
        usual = experiment.presets["paper"]
        for name, config in experiment.presets.items():
            fields = differences(config, usual)
            shown = ", ".join(f"{field} = {value}" for field, value in fields.items())
            print(f"    --preset {name:17} {shown or 'the full size'}")
    print("\nproblems (--problem)")
    print("  teacher                      the synthetic problem of the paper's figure")
    for name, dataset in DATASETS.items():
        print(f"  {name:28} {dataset}")
    print("  FILE                         a table of your own (.csv, .parquet, .npz)")
    print("\nselection rules (theory.rules)")
    for name, rule in rules.ALL.items():
        print(f"  {name:36} {(rule.__doc__ or '').splitlines()[0]}")
