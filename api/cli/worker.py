"""`streetwarden worker` and `sweep`: more machines for the surveys of one service, and less of what is over."""

import logging
from typing import Annotated

import typer

from api.bootstrap import open_store
from api.clock import wall_clock
from api.console import AsJson, print_error, print_json
from api.settings import load_settings
from api.surveys.jobs.pool import work_alone
from api.surveys.retention import sweep as remove
from api.surveys.upload.storage import FootageStore


def worker(
    until_idle: Annotated[bool, typer.Option("--until-idle", help="End when there is nothing left to do.")] = False,
) -> None:
    """Work through uploaded surveys, beside those workers that the service runs itself.

    It needs the service's database and its data folder: STREETWARDEN_DATABASE_URL and STREETWARDEN_DATA_DIR.

    Example: streetwarden worker
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    work_alone(load_settings(), until_idle=until_idle)


def sweep(as_json: AsJson = False) -> None:
    """Remove uploads that were given up and, where STREETWARDEN_FOOTAGE_DAYS is set, footage of surveys long ended.

    A service that runs does so every hour. Evidence of candidates and cases is never removed.

    Example: streetwarden sweep
    """
    settings = load_settings()
    database, _ = open_store(settings)
    FootageStore(settings.footage_dir).prepare()
    count = size = 0
    try:
        for removed in remove(settings, database, wall_clock()):
            count, size = count + 1, size + removed.size
            record = {"removed": {"kind": removed.kind, "name": removed.name, "bytes": removed.size}}
            print_json(record, f"{removed.kind} '{removed.name}', {removed.size / 1e6:.1f} MB", as_json)
    finally:
        database.close()
    print_error(f"removed: {count}, {size / 1e6:.1f} MB" if count else "there was nothing to remove")


def register(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.command()(sweep)
    app.command()(worker)
