"""`streetwarden db …`: the tables of the database."""

import typer

from api.bootstrap import open_database
from api.console import AsJson, print_json
from api.db.database import Database
from api.settings import Settings, load_settings

app = typer.Typer(help="The database.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Work with the database."""


@app.command()
def upgrade(as_json: AsJson = False) -> None:
    """Bring the tables to this program's version; `serve` does so by itself, every other command refuses old ones.

    Make a backup first, and stop every service and worker that uses the database.

    Example: streetwarden db upgrade
    """
    settings = load_settings()
    before = _version(settings)
    database = open_database(settings, upgrade=True)
    after = database.version()
    database.close()
    done = "already of this version" if before == after else f"upgraded from {before or 'nothing'}"
    print_json({"version": after, "before": before}, f"version {after}, {done}", as_json)


def _version(settings: Settings) -> str | None:
    database = Database(settings.engine_url)
    try:
        return database.version()
    finally:
        database.close()
