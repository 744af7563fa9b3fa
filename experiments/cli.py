"""The command `subnets`.

Exit status: 0 done, 1 a run failed, 2 bad arguments, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import metadata

from experiments.commands import catalogue, demo, prune_model, reproduce, sweep, verify
from theory import InvalidInput, SubnetsError
from theory.errors import check_choice

_USAGE = """\
usage: subnets COMMAND …

  reproduce [--preset quick|paper]    run every experiment, judge, draw, write the report
  run EXPERIMENT [--preset …] [--any.field value]
                                      run one experiment with any setting changed
  draw FOLDER                         judge and draw again from the tables in FOLDER
  sweep FILE.toml                     run an experiment over a grid of settings
  status [FILE.toml]                  what is done, what failed and why, what is left
  export FILE.toml --out TABLE        the finished runs of a sweep as .csv or .parquet
  verify POOL                         what the theory says of your own atoms and target
  prune-model ARCHITECTURE --out FILE prune a deep network to a share of its FLOPs
  demo [--port …] [--open]            the classroom page, on this machine
  list                                experiments, presets, problems, selection rules

What has finished is kept and never computed twice; the same command goes on after an interruption.
`subnets COMMAND --help` tells the options of each.
"""

_COMMANDS = {
    "reproduce": reproduce.reproduce,
    "run": reproduce.run,
    "draw": reproduce.draw,
    "sweep": sweep.sweep,
    "status": sweep.status,
    "export": sweep.export,
    "verify": verify.verify_pool,
    "prune-model": prune_model.prune_model,
    "demo": demo.demo,
    "list": catalogue.catalogue,
}


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
        _leave(130, "subnets: interrupted; what is finished is kept, the same command goes on")


def _leave(status: int, message: str) -> None:
    print(message, file=sys.stderr)
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
    _COMMANDS[check_choice("COMMAND", command, _COMMANDS)](rest)
