"""`streetwarden sweep`: removes expired uploads and footage, at once."""

import typer

from api.bootstrap import open_database
from api.clock import wall_clock
from api.console import AsJson, print_error, print_json
from api.settings import load_settings
from api.surveys.retention import sweep as remove
from api.surveys.upload.storage import FootageStore

app = typer.Typer(rich_markup_mode=None)


@app.command()
def sweep(as_json: AsJson = False) -> None:
    """Remove uploads that were given up and, where STREETWARDEN_FOOTAGE_DAYS is set, footage of surveys long ended.

    A service that runs does so every hour. Evidence of candidates and cases is never removed.

    Example: streetwarden sweep
    """
    settings = load_settings()
    database = open_database(settings)
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
