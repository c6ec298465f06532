"""`streetwarden restore DIR`: a backup becomes a data folder and a database again."""

from pathlib import Path
from typing import Annotated

import typer

from api.bootstrap import sole_service
from api.console import AsJson, print_json
from api.operations import backup
from api.settings import load_settings

app = typer.Typer(rich_markup_mode=None)


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `streetwarden backup` made.")],
    as_json: AsJson = False,
) -> None:
    """Put a backup into an empty data folder, each file checked against the backup's list.

    The database has to be empty, too: no file for SQLite, a new database for PostgreSQL (which needs pg_restore). A
    backup of an older version is upgraded when `serve` starts.

    Example: STREETWARDEN_DATA_DIR=/srv/new streetwarden restore /backups/2026-11-28
    """
    settings = load_settings()
    with sole_service(settings.data_dir):
        held = backup.restore(settings, folder)
    record = {"folder": str(folder), "files": len(held.files), "bytes": held.size, "version": held.database_version}
    print_json(record, f"{settings.data_dir}: {len(held.files)} files of {held.made_at:%Y-%m-%d %H:%M} UTC", as_json)
