"""`streetwarden worker`: another machine, or another process, for the surveys of one service."""

from typing import Annotated

import typer

from api import logs
from api.settings import load_settings
from api.surveys.jobs.pool import work_alone

app = typer.Typer(rich_markup_mode=None)


@app.command()
def worker(
    until_idle: Annotated[bool, typer.Option("--until-idle", help="End when there is nothing left to do.")] = False,
) -> int:
    """Work through uploaded surveys, beside those workers that the service runs itself.

    It needs the service's database and its data folder: STREETWARDEN_DATABASE_URL and STREETWARDEN_DATA_DIR.

    Example: streetwarden worker
    """
    settings = load_settings()
    logs.set_up(settings.log_format)
    return 0 if work_alone(settings, until_idle=until_idle) else 2
