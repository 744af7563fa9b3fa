"""The command `subnets`.

Exit status: 0 done, 1 a run failed, 2 bad arguments, 130 interrupted.
"""

from __future__ import annotations

import dataclasses
import os
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import tyro

from experiments import registry, report
from experiments.engine.experiment import Experiment
from experiments.engine.plain import differences, from_plain, to_plain
from experiments.engine.record import load, new_record, save
from experiments.engine.run import Workers, run
from figures import style
from figures.files import write_bytes, write_text
from theory import InvalidInput, SubnetsError, rules
from theory.errors import check_choice, check_count
from theory.training import Precision

_USAGE = """\
usage: subnets COMMAND …

  reproduce [--preset quick|paper]    run every experiment, judge, draw, write the report
  run EXPERIMENT [--preset …] [--any.field value]
                                      run one experiment with any setting changed
  draw FOLDER                         judge and draw again from the tables in FOLDER
  list                                experiments, presets, selection rules

`subnets COMMAND --help` tells the options of each.
"""

_UNPREFIXED: Any = tyro.conf.arg(name="")  # --workers, not --common.workers


@dataclass(frozen=True)
class Common:
    """Options that every running command has."""

    workers: int = os.cpu_count() or 1
    """worker processes, one thread each; 0 runs everything in this process"""
    device: str | None = None
    """short for --training.device"""
    dtype: Precision | None = None
    """short for --training.dtype"""

    def __post_init__(self) -> None:
        check_count("workers", self.workers, least=0)


@dataclass(frozen=True)
class Reproduce:
    """Run every experiment, judge its claims, draw its figure, write the report."""

    preset: str = "quick"
    """quick: about a minute; paper: the full size, some minutes"""
    out: Path | None = None
    """folder for tables, figures and report (default: results/PRESET)"""
    seed: int | None = None
    """root of all random numbers, in place of the preset's"""
    publish: bool = False
    """also update paper_repro.md and figures/gallery in this checkout"""
    common: Annotated[Common, _UNPREFIXED] = dataclasses.field(default_factory=Common)


@dataclass(frozen=True)
class Draw:
    """Judge and draw again from the tables in a folder, without running anything."""

    folder: tyro.conf.Positional[Path]
    """where an earlier reproduce or run left its tables"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, dispatch, and turn the toolkit's errors into one line and an exit status."""
    args = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _dispatch(args)
    except InvalidInput as error:
        _leave(2, f"subnets: {error}")
    except SubnetsError as error:
        _leave(1, f"subnets: {error}")
    except BrokenPipeError:  # the reader, `head` say, has seen enough; all files are written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        _leave(1, f"subnets: {error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        _leave(130, "subnets: interrupted; what was being written has been left out")


def _leave(status: int, message: str) -> None:
    print(message, file=sys.stderr)
    # A broken pool of workers may hold the interpreter's exit back; everything is on disk.
    sys.stderr.flush()
    sys.exit(status)


def _dispatch(args: list[str]) -> None:
    if not args or args[0] in ("-h", "--help"):
        print(_USAGE, end="")
        return
    command, rest = args[0], args[1:]
    if command == "--version":
        print(f"goodsubnets {metadata.version('goodsubnets')}")
        return
    commands = {"reproduce": _reproduce, "run": _run, "draw": _draw, "list": _list}
    commands[check_choice("COMMAND", command, commands)](rest)


def _reproduce(args: list[str]) -> None:
    options = tyro.cli(Reproduce, args=args, prog="subnets reproduce")
    if options.publish and not report.FRAME.is_file():
        raise InvalidInput("--publish needs a checkout with paper_repro.md; leave it out")
    chosen = [
        (experiment, _preset(experiment, options.preset)) for experiment in registry.ALL.values()
    ]
    out = options.out or Path("results") / options.preset
    command = shlex.join(["subnets", "reproduce", *args])
    if options.seed is not None:
        chosen = [(e, dataclasses.replace(config, seed=options.seed)) for e, config in chosen]
    chosen = [(e, _with_common(config, options.common, required=False)) for e, config in chosen]
    _check_writable(out)
    with Workers(options.common.workers) as workers:
        for experiment, config in chosen:
            _measure(experiment, config, workers, command, out)
    _present(out)
    if options.publish:
        _publish(out)


def _run(args: list[str]) -> None:
    names = list(registry.ALL)
    if not args or args[0].startswith("-"):
        if "-h" not in args and "--help" not in args:
            raise InvalidInput(f"EXPERIMENT is missing; choose from {', '.join(names)}")
        print(f"usage: subnets run EXPERIMENT [options]\n\nexperiments: {', '.join(names)}")
        return
    experiment = registry.ALL[check_choice("EXPERIMENT", args[0], names)]
    preset = _preset(experiment, _peek_preset(args))
    kind = _run_options(experiment, type(preset))
    prog = f"subnets run {experiment.name}"
    options: Any = tyro.cli(kind, args=args[1:], default=kind(config=preset), prog=prog)
    out = options.out or Path("results") / experiment.name
    command = shlex.join(["subnets", "run", *args])
    config = _with_common(options.config, options.common, required=True)
    _check_writable(out)
    with Workers(options.common.workers) as workers:
        _measure(experiment, config, workers, command, out)
    _present(out)


def _run_options(experiment: Experiment, config: type) -> type:
    """The options of `subnets run` for one experiment: its fields, and those of every command."""
    presets = ", ".join(experiment.presets)
    return dataclasses.make_dataclass(
        "Run",
        [
            ("config", Annotated[config, _UNPREFIXED]),
            (
                "preset",
                Annotated[str, tyro.conf.arg(help=f"where the defaults come from: {presets}")],
                dataclasses.field(default="quick"),
            ),
            (
                "out",
                Annotated[
                    Path | None,
                    tyro.conf.arg(help="folder to write to (default: results/EXPERIMENT)"),
                ],
                dataclasses.field(default=None),
            ),
            (
                "common",
                Annotated[Common, _UNPREFIXED],
                dataclasses.field(default_factory=Common),
            ),
        ],
        frozen=True,
    )


def _peek_preset(args: list[str]) -> str:
    """The preset named in `args`, needed before the other options can be parsed."""
    for word, following in zip(args, [*args[1:], ""], strict=True):
        if word == "--preset":
            return following
        if word.startswith("--preset="):
            return word.removeprefix("--preset=")
    return "quick"


def _preset(experiment: Experiment, name: str) -> Any:
    return experiment.presets[check_choice("preset", name, experiment.presets)]


def _with_common(config: Any, common: Common, *, required: bool) -> Any:
    """The configuration with the short flags put into its training, if it has one."""
    wanted = {"device": common.device, "dtype": common.dtype}
    changes = {name: value for name, value in wanted.items() if value is not None}
    if not changes:
        return config
    if not hasattr(config, "training"):
        if required:
            raise InvalidInput(
                f"--{next(iter(changes))} is of no use: this experiment trains nothing"
            )
        return config
    return dataclasses.replace(config, training=dataclasses.replace(config.training, **changes))


def _check_writable(folder: Path) -> None:
    """Find out before the work, not after it, that there is nowhere to put it."""
    there = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise InvalidInput(f"out is {folder}, but {there} is not a folder that can be written to")


def _measure(
    experiment: Experiment, config: Any, workers: Workers, command: str, out: Path
) -> None:
    """Run one experiment and leave its table and record in `out`."""
    plural = "" if config.replicates == 1 else "s"
    print(f"running {experiment.name}: {config.replicates} replicate{plural}", flush=True)
    started = time.perf_counter()
    table = run(experiment, config, workers)
    seconds = time.perf_counter() - started
    plain = to_plain(config)
    count, rows = workers.count, len(table)
    save(new_record(experiment.name, command, plain, seconds, count, rows), table, out)


def _draw(args: list[str]) -> None:
    _present(tyro.cli(Draw, args=args, prog="subnets draw").folder)


def _present(folder: Path) -> None:
    """Judge, print and draw what lies in `folder`; the report too, if no experiment is missing."""
    found = [e for e in registry.ALL.values() if (folder / f"{e.name}.json").exists()]
    if not found:
        raise InvalidInput(f"FOLDER {folder} holds no tables; run `subnets reproduce` first")
    sections = {}
    for experiment in found:
        record, table = load(folder, experiment.name)
        config = from_plain(type(next(iter(experiment.presets.values()))), record.config)
        verdicts = experiment.judge(config, table)
        paths = style.save(experiment.draw(config, table), folder, experiment.name)
        sections[experiment.name] = report.section(experiment, record, verdicts)
        print(f"\n{experiment.title}\n\n{report.summary(verdicts)}")
        print(f"\n  figure  {paths[-1]} (and {', '.join(p.suffix[1:] for p in paths[:-1])})")
    if len(found) == len(registry.ALL) and report.FRAME.is_file():
        frame = report.FRAME.read_text(encoding="utf-8")
        write_text(folder / "paper_repro.md", report.fill(frame, sections))
        print(f"  report  {folder / 'paper_repro.md'}")


def _publish(folder: Path) -> None:
    """Carry the report and the figures of `folder` into the checkout."""
    gallery = report.FRAME.parent / "figures" / "gallery"
    text = (folder / "paper_repro.md").read_text(encoding="utf-8")
    for name in registry.ALL:
        for suffix in ("svg", "png"):
            write_bytes(gallery / f"{name}.{suffix}", (folder / f"{name}.{suffix}").read_bytes())
        text = text.replace(f"]({name}.svg)", f"](figures/gallery/{name}.svg)")
    write_text(report.FRAME, text)
    print(f"  published to {report.FRAME} and {gallery}")


def _list(args: list[str]) -> None:
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
    print("\nselection rules (theory.rules)")
    for name, rule in rules.ALL.items():
        print(f"  {name:36} {(rule.__doc__ or '').splitlines()[0]}")
