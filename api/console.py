"""What the command line prints: JSON lines or sentences on standard output, everything else on standard error."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON lines on standard output, all else on standard error.")
]


def print_json(record: Mapping[str, object], sentence: str, as_json: bool) -> None:
    """Print one result: the record as a JSON line, or the sentence for a person."""
    line = json.dumps(record, ensure_ascii=False, allow_nan=False) if as_json else sentence
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError as error:  # the reader of our output has left, as `head` does; nothing failed
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())  # the interpreter flushes once more as it ends
        raise typer.Exit(0) from error


def print_error(line: str) -> None:
    """Print a line of progress or warning on standard error."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def errors_console() -> "Console":
    """Return where progress bars are drawn: standard error, so that standard output stays clean."""
    from rich.console import Console  # most commands draw none

    return Console(stderr=True)
