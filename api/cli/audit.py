"""`streetwarden audit …`: the log of who did what."""

import typer

from api.cli.options import ANYTHING
from api.errors import NotThereYet

app = typer.Typer(help="The audit log.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Work with the audit log."""


@app.command(context_settings=ANYTHING)
def verify() -> None:
    """Check the hash chain and every evidence file (not there yet)."""
    raise NotThereYet("'streetwarden audit verify' is not there yet; compare the SHA-256 of each case")
