"""reproduce, run, draw: experiments of the registry, from the store to the report."""

from __future__ import annotations

import dataclasses
import shlex
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from experiments import registry, report
from experiments.commands.options import UNPREFIXED, Engine, check_writable
from experiments.engine.drive import Summary, fingerprint, finish, work_name
from experiments.engine.experiment import Experiment, check_installed
from experiments.engine.plain import from_plain, to_plain, with_checked_problem, with_problem
from experiments.engine.record import Record, load, save
from experiments.engine.store import Store, keys_of, open_store
from experiments.engine.unit import gather, units
from experiments.engine.workers import RunFailed, Workers
from figures import style
from figures.files import write_bytes, write_text
from theory import InvalidInput
from theory.datasets import DATASETS
from theory.errors import check_choice
from theory.training import Precision


@dataclass(frozen=True)
class Training:
    """Short forms for how networks are trained."""

    device: str | None = None
    """short for --training.device"""
    dtype: Precision | None = None
    """short for --training.dtype"""


@dataclass(frozen=True)
class Reproduce:
    """Run every experiment, judge its claims, draw its figure, write the report."""

    preset: str = "quick"
    """quick: about two minutes; paper: the full size, about 35 minutes"""
    out: Path | None = None
    """folder for tables, figures and report (default: results/PRESET)"""
    seed: int | None = None
    """root of all random numbers, in place of the preset's"""
    publish: bool = False
    """also update paper_repro.md and figures/gallery in this checkout"""
    training: Annotated[Training, UNPREFIXED] = dataclasses.field(default_factory=Training)
    engine: Annotated[Engine, UNPREFIXED] = dataclasses.field(default_factory=Engine)


@dataclass(frozen=True)
class Draw:
    """Judge and draw again from the tables in a folder, without running anything."""

    folder: tyro.conf.Positional[Path]
    """where an earlier reproduce or run left its tables"""


def reproduce(args: list[str]) -> None:
    """Run every experiment; what the store has already is only judged and drawn."""
    options = tyro.cli(Reproduce, args=args, prog="subnets reproduce")
    if options.publish and not report.FRAME.is_file():
        raise InvalidInput("--publish needs a checkout with paper_repro.md; leave it out")
    available, left_out = _available(publish=options.publish)
    chosen = [(experiment, _preset(experiment, options.preset)) for experiment in available]
    out = options.out or Path("results") / options.preset
    command = shlex.join(["subnets", "reproduce", *args])
    if options.seed is not None:
        chosen = [(e, dataclasses.replace(config, seed=options.seed)) for e, config in chosen]
    chosen = [(e, _with_training(config, options.training)) for e, config in chosen]
    check_writable(out)
    failed, sections = [], dict(left_out)
    with options.engine.opened(options.engine.store_path(options.out), chosen) as (store, workers):
        for experiment, config in chosen:
            try:
                _measure(experiment, config, store, workers, options.engine, command, out)
            except RunFailed as error:
                failed.append(str(error))
                print(f"  {error}", flush=True)
            else:
                sections[experiment.name] = _present_one(out, experiment)
    if failed:
        raise RunFailed(f"{len(failed)} of {len(chosen)} experiments failed: {failed[0]}")
    _write_report(out, sections)
    if options.publish:
        publish(out)


def _available(*, publish: bool) -> tuple[list[Experiment], dict[str, str]]:
    """The experiments whose modules are there, and a sentence for the report on every other."""
    available, left_out = [], {}
    for experiment in registry.ALL.values():
        try:
            check_installed(experiment.name, experiment.needs)
        except InvalidInput as error:
            if publish:
                raise
            print(f"left out: {error}")
            left_out[experiment.name] = f"Left out: {error}."
        else:
            available.append(experiment)
    return available, left_out


def run(args: list[str]) -> None:
    """Run one experiment with any setting changed."""
    names = list(registry.ALL)
    if not args or args[0].startswith("-"):
        if "-h" not in args and "--help" not in args:
            raise InvalidInput(f"EXPERIMENT is missing; choose from {', '.join(names)}")
        print(f"usage: subnets run EXPERIMENT [options]\n\nexperiments: {', '.join(names)}")
        return
    experiment = registry.ALL[check_choice("EXPERIMENT", args[0], names)]
    check_installed(experiment.name, experiment.needs)
    preset = _preset(experiment, _peek(args, "--preset") or "quick")
    problem = _peek(args, "--problem")
    if problem is not None:
        preset = with_problem(preset, problem)
    kind = _run_options(experiment, type(preset))
    prog = f"subnets run {experiment.name}"
    options: Any = tyro.cli(
        kind, args=args[1:], default=kind(config=preset), prog=prog,
        config=(tyro.conf.AvoidSubcommands,),
    )  # fmt: skip
    out = options.out or Path("results") / experiment.name
    command = shlex.join(["subnets", "run", *args])
    config = with_checked_problem(_with_training(options.config, options.training, required=True))
    check_writable(out)
    path = options.engine.store_path(options.out)
    if options.stored:
        with open_store(path, write=False) as store:
            _keep(experiment, config, store, command, out)
    else:
        with options.engine.opened(path, [(experiment, config)]) as (store, workers):
            _measure(experiment, config, store, workers, options.engine, command, out)
    present(out)


def _run_options(experiment: Experiment, config: type) -> type:
    """The options of `subnets run` for one experiment: its fields, and those of every command."""
    presets = ", ".join(experiment.presets)
    fields: list[tuple[str, Any, Any]] = [
        ("config", Annotated[config, UNPREFIXED], dataclasses.MISSING),
        ("preset", _told(str, f"where the defaults come from: {presets}"), "quick"),
        ("problem", _told(str, f"teacher, {', '.join(DATASETS)}, or a table"), "teacher"),
        ("out", _told(Path | None, "folder to write to (default: results/EXPERIMENT)"), None),
        ("stored", _told(bool, "compute nothing: draw what the store has so far"), False),
        ("training", Annotated[Training, UNPREFIXED], Training()),
        ("engine", Annotated[Engine, UNPREFIXED], Engine()),
    ]
    return dataclasses.make_dataclass(
        "Run",
        [(name, kind, dataclasses.field(default=default)) for name, kind, default in fields],
        frozen=True,
    )


def _told(kind: Any, text: str) -> Any:
    return Annotated[kind, tyro.conf.arg(help=text)]


def _peek(args: list[str], flag: str) -> str | None:
    """The value of a flag that must be known before the other options can be parsed."""
    for word, following in zip(args, [*args[1:], ""], strict=True):
        if word == flag:
            return following
        if word.startswith(f"{flag}="):
            return word.removeprefix(f"{flag}=")
    return None


def _preset(experiment: Experiment, name: str) -> Any:
    return experiment.presets[check_choice("preset", name, experiment.presets)]


def _with_training(config: Any, training: Training, *, required: bool = False) -> Any:
    """The configuration with the short flags put into its training, if it has one."""
    wanted = {"device": training.device, "dtype": training.dtype}
    given = {name: value for name, value in wanted.items() if value is not None}
    settings = getattr(config, "training", None)
    changes = {name: value for name, value in given.items() if hasattr(settings, name)}
    if required and changes != given:
        name = next(name for name in given if name not in changes)
        raise InvalidInput(f"--{name} is of no use: no training of this experiment has a {name}")
    if not changes:
        return config
    return dataclasses.replace(config, training=dataclasses.replace(config.training, **changes))


def _measure(
    experiment: Experiment,
    config: Any,
    store: Store,
    workers: Workers,
    engine: Engine,
    command: str,
    out: Path,
) -> None:
    """Bring one experiment to its end and leave its table and record in `out`."""
    plural = "" if config.replicates == 1 else "s"
    print(f"running {experiment.name}: {config.replicates} replicate{plural}", flush=True)
    work = units(experiment, config)
    summary = finish(
        work, store, workers, label=experiment.name, retry=engine.retry,
        fail_fast=engine.fail_fast, needs=experiment.needs,
    )  # fmt: skip
    if summary.failed:
        raise RunFailed(explain(experiment.name, store, keys_of(work), summary))
    _keep(experiment, config, store, command, out)


def explain(name: str, store: Store, keys: list[str], summary: Summary) -> str:
    """What failed, how often and why, and what to do about it."""
    first = store.failures(keys)[0]
    total = summary.skipped + summary.computed + summary.left
    earlier = "" if summary.computed else ", earlier"
    return (
        f"{name}: {summary.failed} of {total} units failed{earlier}; {first.part}: "
        f"{textwrap.shorten(first.error, 300)} (what is done is kept; --retry tries again)"
    )


def _keep(experiment: Experiment, config: Any, store: Store, command: str, out: Path) -> None:
    """Write what the store has of an experiment as a table and a record."""
    work = units(experiment, config)
    keys = keys_of(work)
    tables = store.tables(keys)
    if not tables:
        raise InvalidInput(f"store {store.path} holds nothing of this {experiment.name}; run it")
    if len(tables) < len(keys):
        print(f"  {len(tables)} of {len(keys)} units are done; the rest is left out")
    origins = store.origins(keys)
    if {origin["code"] for origin in origins} != {fingerprint()}:
        print("  (some of it was computed by an earlier state of the code)")
    table = gather(tables, experiment, config)
    seconds, workers = store.wall(work_name(work))
    newest = origins[-1]
    record = Record(
        experiment.name, command, to_plain(config), round(seconds, 1), workers, newest["date"],
        newest["machine"], newest["versions"], len(table),
    )  # fmt: skip
    save(record, table, out)


def draw(args: list[str]) -> None:
    """Judge and draw again from the tables in a folder."""
    present(tyro.cli(Draw, args=args, prog="subnets draw").folder)


def present(folder: Path) -> None:
    """Judge, print and draw what lies in `folder`; the report too, if no experiment is missing."""
    found = [e for e in registry.ALL.values() if (folder / f"{e.name}.json").exists()]
    if not found:
        raise InvalidInput(f"FOLDER {folder} holds no tables; run `subnets reproduce` first")
    _write_report(folder, {e.name: _present_one(folder, e) for e in found})


def _present_one(folder: Path, experiment: Experiment) -> str:
    """Judge, print and draw one experiment; its section of the report."""
    record, table = load(folder, experiment.name)
    config = from_plain(type(next(iter(experiment.presets.values()))), record.config)
    verdicts = experiment.judge(config, table)
    paths = style.save(experiment.draw(config, table), folder, experiment.name)
    print(f"\n{experiment.title}\n\n{report.summary(verdicts)}")
    print(
        f"\n  figure  {paths[-1]} (and {', '.join(p.suffix[1:] for p in paths[:-1])})", flush=True
    )
    return report.section(experiment, record, verdicts)


def _write_report(folder: Path, sections: dict[str, str]) -> None:
    """The report, if no experiment is missing."""
    if len(sections) == len(registry.ALL) and report.FRAME.is_file():
        frame = report.FRAME.read_text(encoding="utf-8")
        write_text(folder / "paper_repro.md", report.fill(frame, sections))
        print(f"  report  {folder / 'paper_repro.md'}")


def publish(folder: Path) -> None:
    """Carry the report and the figures of `folder` into the checkout."""
    gallery = report.FRAME.parent / "figures" / "gallery"
    text = (folder / "paper_repro.md").read_text(encoding="utf-8")
    for name in registry.ALL:
        for suffix in ("svg", "png"):
            write_bytes(gallery / f"{name}.{suffix}", (folder / f"{name}.{suffix}").read_bytes())
        text = text.replace(f"]({name}.svg)", f"](figures/gallery/{name}.svg)")
    write_text(report.FRAME, text)
    print(f"  published to {report.FRAME} and {gallery}")
