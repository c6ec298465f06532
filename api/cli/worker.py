"""`streetwarden worker`: another machine, or another process, for the surveys of one service."""

import logging
from typing import Annotated

import typer

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
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    return 0 if work_alone(load_settings(), until_idle=until_idle) else 2
