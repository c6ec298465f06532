"""`streetwarden detect` and `survey`: one model on pictures, and on a drone flight."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TextColumn, track

from api.commands.flight import Dem, Near, TakeOff, Zone, area_from, terrain_from, zone_from
from api.drones import BY_VIEW, drone_look, model_for
from api.printing import AsJson, emit, errors_console, tell
from api.settings import load_settings
from api.wiring import STALLS, ModelShelf
from detector.detections import Detection
from detector.engine import load_model
from detector.errors import PictureUnreadable, PoseImpossible, RayMissesGround
from detector.ground import Locator
from detector.pixels import read_picture
from detector.pose import PoseLocator
from streams.survey import survey as fly
from streams.survey import to_json
from streams.telemetry.photo import Photo, read_photo
from streams.telemetry.photo_pose import pose_of_photo

Confidence = Annotated[float, typer.Option(min=0.0, max=1.0, help="Leave out what the model is less sure of.")]
Folder = Annotated[
    Path | None,
    typer.Option("--models-folder", help="A folder of cards; else the shipped ones.", exists=True, file_okay=False),
]


def detect(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE…", help="Pictures: JPEG, PNG, WebP, TIFF, BMP.")],
    model: Annotated[str, typer.Option(help="The model's name; see 'streetwarden models list'.")],
    confidence: Confidence = 0.25,
    models_folder: Folder = None,
    as_json: AsJson = False,
) -> int:
    """Run one model on pictures. A drone's photo that carries its pose gives each box a position.

    Example: streetwarden detect roof.jpg --model aerial-stalls --json
    """
    detector = load_model(model, models_folder)
    unreadable = 0
    for path in track(images, "detect", console=errors_console(), transient=True, disable=len(images) < 2):
        try:
            photo = read_photo(path.read_bytes()) if path.is_file() else None
            image = read_picture(path, as_sensed=photo is not None and photo.points)
        except PictureUnreadable as error:
            unreadable += 1
            tell(f"streetwarden: {error}")
            continue
        height, width = image.shape[:2]
        found = list(detector.detect(image, confidence))
        locator = _locator(path, photo, (width, height))
        records = [_record(one, locator) for one in found]
        summary = ", ".join(f"{one.class_name} {one.confidence:.2f}" for one in found) or "nothing"
        line = {"image": str(path), "width": width, "height": height, "detections": records}
        emit(line, f"{path}: {summary}", as_json)
    return 2 if unreadable else 0


def survey(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO…", help="Videos, photos, or folders.", exists=True)],
    telemetry: Annotated[Path | None, typer.Option(help="The sidecar, if it is not beside.", exists=True)] = None,
    model: Annotated[str, typer.Option(help="A model's name; by-view: the one that suits each frame.")] = BY_VIEW,
    models_folder: Folder = None,
    dem: Dem = None,
    takeoff: TakeOff = None,
    zone: Zone = "UTC",
    near: Near = None,
    as_json: AsJson = False,
) -> None:
    """Look through one drone flight and print each thing once, with its position.

    Without --dem and --near, STREETWARDEN_DEM_FILE and STREETWARDEN_NEAR count.

    Example: streetwarden survey DJI_0001.MP4 --telemetry DJI_0001.SRT --json
    """
    terrain = terrain_from(dem or load_settings().dem_file, takeoff)
    clock, area = zone_from(zone), area_from(near)
    shelf = ModelShelf(models_folder)
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
        tell(f"streetwarden: {note}")
    for find in flown.finds:
        record = to_json(find.sighting)
        emit({"sighting": record}, "  ".join(f"{name} {value}" for name, value in record.items()), as_json)


def _locator(path: Path, photo: Photo | None, size: tuple[int, int]) -> Locator | None:
    """Pixels to the ground, where the photo says how it was taken."""
    pose, why = pose_of_photo(photo, size) if photo is not None else (None, None)
    if why is not None:
        tell(f"streetwarden: {path}: no positions: {why}")
    try:
        return PoseLocator(pose) if pose else None
    except PoseImpossible as error:
        tell(f"streetwarden: {path}: no positions: {error}")
        return None


def _record(found: Detection, locator: Locator | None) -> dict[str, object]:
    x1, _, x2, y2 = found.box
    record: dict[str, object] = {"class": found.class_name, "confidence": round(found.confidence, 4)}
    record |= {"box": [round(side, 2) for side in found.box], "lat": None, "lon": None, "ce90": None}
    if locator is not None:
        try:
            point = locator.locate((x1 + x2) / 2, y2)
        except RayMissesGround:
            return record
        record |= {"lat": round(point.lat, 8), "lon": round(point.lon, 8), "ce90": round(point.ce90_m, 2)}
    return record


def register(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.command()(detect)
    app.command()(survey)
