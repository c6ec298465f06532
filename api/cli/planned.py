"""Commands of the contract that are not there yet: each says so in one clear line and exits 2."""

import typer

from api.errors import NotThereYet

# What follows the command is taken and not read: the answer is the same whatever it is.
ANYTHING = {"ignore_unknown_options": True, "allow_extra_args": True}


def _add(app: typer.Typer, group: str, name: str, about: str, meanwhile: str) -> None:
    command = f"{group} {name}"

    def run() -> None:
        raise NotThereYet(f"'streetwarden {command}' is not there yet; {meanwhile}")

    app.command(name, help=f"{about} (not there yet)", context_settings=ANYTHING)(run)


def register(app: typer.Typer) -> None:
    """Add the commands, so that `--help` tells what is to come."""
    audit = typer.Typer(help="The audit log.", no_args_is_help=True, rich_markup_mode=None)
    _add(audit, "audit", "verify", "Check the hash chain and every evidence file.", "compare the SHA-256 of each case")
    app.add_typer(audit, name="audit")
