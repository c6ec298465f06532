"""`streetwarden rulebooks …`: versions of the rulebook in the database."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.users import accounts
from api.console import AsJson, print_error, print_json

app = typer.Typer(help="Versions of the rulebook.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="The rulebook; its permits lie beside it.", exists=True, dir_okay=False)],
    note: Annotated[str, typer.Option(help="What is new in it, for whoever reads the list.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep a rulebook as a draft, to be replayed and put in force on the page or here.

    Example: streetwarden rulebooks add rulebook.yaml --note 'winter hours'
    """
    from api.clock import wall_clock
    from api.rulebook_versions.service import add_version

    with accounts() as (_, database, scope):
        number = add_version(scope, database, file, note[:200], wall_clock())
    print_json({"number": number}, f"version {number}", as_json)


@app.command("list")
def list_versions(as_json: AsJson = False) -> None:
    """List the versions, the newest first.

    Example: streetwarden rulebooks list
    """
    from api.clock import wall_clock
    from api.rulebooks import repository as rulebooks

    with accounts() as (_, database, scope), database.read() as connection:
        found = rulebooks.versions(scope, connection, wall_clock())
    for one in found:
        starts_at = one.starts_at.isoformat() if one.starts_at else None
        record = {"number": one.number, "version": one.version, "state": one.state.value, "starts_at": starts_at}
        said = f"{one.number}  {one.version}  {one.state.value}  {one.added_by}  {one.note}"
        print_json(record | {"added_by": one.added_by, "note": one.note, "sha256": one.sha256}, said, as_json)
    if not found:
        print_error("no version yet: streetwarden rulebooks add FILE keeps one")


@app.command()
def force(
    number: Annotated[int, typer.Argument(help="Which version, as `rulebooks list` numbers them.")],
    at: Annotated[str | None, typer.Option(help="From when on, ISO 8601 with offset; now when absent.")] = None,
    as_json: AsJson = False,
) -> None:
    """Put a version in force; going back to an old one is the same.

    Example: streetwarden rulebooks force 3 --at 2026-12-01T00:00:00+08:00
    """
    from api.clock import wall_clock
    from api.rulebook_versions.service import put_in_force

    now = wall_clock()
    try:
        starts_at = datetime.fromisoformat(at) if at else now
    except ValueError as error:
        raise typer.BadParameter(f"--at {at!r} is no time: write it like 2026-12-01T00:00:00+08:00") from error
    if starts_at.tzinfo is None:
        raise typer.BadParameter("--at needs an offset: write it like 2026-12-01T00:00:00+08:00")
    with accounts() as (settings, database, scope):
        put_in_force(scope, database, number, starts_at, now, settings.rulebook_file)
    record = {"number": number, "from": starts_at.isoformat()}
    print_json(record, f"version {number} is in force from {starts_at.isoformat()} on", as_json)
