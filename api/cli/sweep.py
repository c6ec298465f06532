"""`streetwarden sweep`: removes expired uploads, footage and evidence, at once."""

from itertools import chain
from typing import Annotated

import typer

from api.bootstrap import open_store
from api.cases.retention import remove_expired
from api.cases.retention_queries import expired
from api.clock import wall_clock
from api.console import AsJson, print_error, print_json
from api.settings import load_settings
from api.surveys.retention import sweep as remove
from api.surveys.upload.storage import FootageStore

app = typer.Typer(rich_markup_mode=None)


@app.command()
def sweep(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the candidates whose pictures would be removed; remove nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Remove uploads that were given up, and footage and pictures of candidates whose time is over.

    A service that runs does so every hour. Pictures of confirmed candidates, and what is on hold, are never removed;
    what is removed is written into the audit log.

    Example: streetwarden sweep --dry-run
    """
    settings = load_settings()
    database, files = open_store(settings)
    now = wall_clock()
    count = size = 0
    try:
        if dry_run:
            with database.read() as connection:
                for one in expired(connection, settings, now):
                    expiring = {"expired": {"candidate": str(one.candidate_id), "class": one.why}}
                    print_json(expiring, f"candidate {one.candidate_id}, {one.why}", as_json)
            return
        FootageStore(settings.footage_dir).prepare()
        for removed in chain(remove(settings, database, now), remove_expired(settings, database, files, now)):
            count, size = count + 1, size + removed.size
            record = {"removed": {"kind": removed.kind, "name": removed.name, "bytes": removed.size}}
            print_json(record, f"{removed.kind} '{removed.name}', {removed.size / 1e6:.1f} MB", as_json)
    finally:
        database.close()
    print_error(f"removed: {count}, {size / 1e6:.1f} MB" if count else "there was nothing to remove")
