"""paper_repro.md: a frame written by hand, with the measured tables between markers.

<!-- begin EXPERIMENT -->  …generated, replaced at every run…  <!-- end EXPERIMENT -->
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from experiments.engine.experiment import Experiment
from experiments.engine.record import Record
from theory import InvalidInput, Verdict

FRAME = Path(__file__).parents[1] / "paper_repro.md"


def fill(frame: str, sections: dict[str, str]) -> str:
    """Put each section between its markers; the rest of the frame stays as it is."""
    for name, text in sections.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        before, _, rest = frame.partition(begin)
        _, found, after = rest.partition(end)
        if not found or begin in after or end in after:
            raise InvalidInput(
                f"the report's frame must hold the markers {begin!r} and {end!r} once, in this "
                "order"
            )
        frame = f"{before}{begin}\n{text}\n{end}{after}"
    return frame


def section(experiment: Experiment, record: Record, verdicts: list[Verdict]) -> str:
    """The generated part for one experiment; its figure lies beside the report."""
    return "\n".join(
        [
            f"![{experiment.title}]({experiment.name}.svg)",
            "",
            *_table(verdicts),
            "",
            *_provenance(record),
        ]
    )


def summary(verdicts: list[Verdict]) -> str:
    """The verdicts for a terminal, one line each, and how many came out which way."""
    width = max(len(v.claim) for v in verdicts)
    lines = [f"  {v.claim:{width}}  {v.outcome.upper():14}  {v.sentence}" for v in verdicts]
    counts = Counter(str(v.outcome) for v in verdicts)
    tally = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    return "\n".join([*lines, f"  {len(verdicts)} verdicts: {tally}."])


def _table(verdicts: list[Verdict]) -> list[str]:
    rows = ["| claim | predicted | measured [95 % interval] | outcome |", "|---|---|---|---|"]
    return rows + [f"| {v.claim} | {v.predicted} | {v.shown} | {v.outcome} |" for v in verdicts]


def _provenance(record: Record) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    return [
        f"Command `{record.command}`, {record.date}, {record.seconds:.0f} s wall time with "
        f"{record.workers} workers ({record.machine}; {versions}).",
        "",
        "<details><summary>Configuration</summary>",
        "",
        "```json",
        json.dumps(record.config, indent=2),
        "```",
        "</details>",
    ]
