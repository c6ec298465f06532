"""`streetwarden backup DIR`: a copy of what cannot be made again."""

from pathlib import Path
from typing import Annotated

import typer

from api.console import AsJson, print_json
from api.operations.backup import back_up
from api.settings import load_settings

app = typer.Typer(rich_markup_mode=None)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.")],
    as_json: AsJson = False,
) -> None:
    """Copy the database, the evidence, models and data sets into a new folder.

    The service may run meanwhile. The key of cameras' addresses (STREETWARDEN_SECRET_KEY, or secret.key in the data
    folder) is left out: keep it elsewhere. PostgreSQL needs pg_dump.

    Example: streetwarden backup /backups/2026-11-28
    """
    made = back_up(load_settings(), folder)
    record = {"folder": str(folder), "files": len(made.files), "bytes": made.size, "version": made.database_version}
    print_json(record, f"{folder}: {len(made.files)} files, {made.size} bytes; keep the secret key elsewhere", as_json)
