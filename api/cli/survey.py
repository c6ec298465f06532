"""`streetwarden survey`: one drone flight, looked through without a server."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TextColumn

from api.cli.options import Dem, ModelsFolder, Near, TakeOff, Zone, area_from, terrain_from, zone_from
from api.console import AsJson, errors_console, print_error, print_json
from api.inference.model_cache import ModelCache
from api.inference.model_choice import BY_VIEW, STALLS, drone_look, model_for
from api.settings import load_settings
from streams.survey.pipeline import survey as fly
from streams.survey.pipeline import to_json

app = typer.Typer(rich_markup_mode=None)


@app.command()
def survey(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO…", help="Videos, photos, or folders.", exists=True)],
    telemetry: Annotated[Path | None, typer.Option(help="The sidecar, if it is not beside.", exists=True)] = None,
    model: Annotated[str, typer.Option(help="A model's name; by-view: the one that suits each frame.")] = BY_VIEW,
    models_folder: ModelsFolder = None,
    dem: Dem = None,
    takeoff: TakeOff = None,
    zone: Zone = "UTC",
    near: Near = None,
    as_json: AsJson = False,
) -> None:
    """Look through one drone flight and print each thing once, with its position.

    Without --dem and --near, STREETWARDEN_DEM_FILE and STREETWARDEN_NEAR count; STREETWARDEN_ENGINE as in the service.

    Example: streetwarden survey DJI_0001.MP4 --telemetry DJI_0001.SRT --json
    """
    settings = load_settings()
    terrain = terrain_from(dem or settings.dem_file, takeoff)
    clock, area = zone_from(zone), area_from(near)
    shelf = ModelCache.of(settings, models_folder)
    for name in {model_for(None, model), *((STALLS,) if model == BY_VIEW else ())}:
        shelf.get(name)  # a model that cannot be had is said before the footage is opened
    with (
        tempfile.TemporaryDirectory(prefix="streetwarden-survey-") as folder,
        Progress(
            TextColumn("{task.description}"), TextColumn("{task.completed} frames"), console=errors_console()
        ) as bar,
    ):
        task = bar.add_task("survey", total=None)
        flown = fly(
            videos,
            drone_look(shelf.get, model),
            Path(folder),
            telemetry=telemetry,
            zone=clock,
            area=area,
            terrain=terrain,
            progress=lambda count: bar.update(task, completed=count),
        )
    for note in flown.notes:
        print_error(f"streetwarden: {note}")
    for find in flown.finds:
        record = to_json(find.sighting)
        print_json({"sighting": record}, "  ".join(f"{name} {value}" for name, value in record.items()), as_json)
