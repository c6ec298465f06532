"""`streetwarden demo`: the whole service on its sample footage."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import duration_from
from api.demo.run import run_demo
from api.inference.engine_choice import records_folder
from api.inference.model_cache import ModelCache
from api.settings import Settings, load_settings

app = typer.Typer(rich_markup_mode=None)


@app.command()
def demo(
    for_: Annotated[str | None, typer.Option("--for", help="End by itself after this long, e.g. 120s.")] = None,
    samples: Annotated[Path | None, typer.Option(help="Another folder of sample footage.")] = None,
) -> int:
    """Run the whole service on its sample footage, ready to review in a browser, until Ctrl-C.

    Example: streetwarden demo --for 120s
    """
    limit = duration_from("--for", for_).total_seconds() if for_ else None
    settings = load_settings()
    # the shipped models, whose findings are known, on the operator's engine
    shelf = ModelCache(engine=settings.engine, records=records_folder(settings.data_dir))
    return run_demo(_demo_settings(settings), shelf, samples, limit)


def _demo_settings(settings: Settings) -> Settings:
    here = {"host": "127.0.0.1", "allowed_hosts": (), "public_url": None}  # its links need no password
    return settings.model_copy(
        update={"data_dir": settings.data_dir / "demo", "database_url": None, "case_api_url": None, **here}
    )
