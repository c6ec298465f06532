"""The command `streetwarden`.

Exit codes: 0 done, 1 a check failed (the demo's summary), 2 bad input, 130 interrupted.

Nothing is imported before it runs. Each process that a command starts, one for every camera, imports this file anew as
its main module: with everything above, a camera cost 115 MB and seconds of CPU.
"""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; never returns normally."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run one command line and give its exit code."""
    from api.cli.commands import run_command

    return run_command(arguments)
