"""`streetwarden detect`: one model on pictures."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from api.cli.options import ModelsFolder
from api.console import AsJson, errors_console, print_error, print_json
from api.inference.model_cache import ModelCache
from api.settings import load_settings
from detector.errors import PictureUnreadable, PoseImpossible, RayMissesGround
from detector.geometry.ground import Locator
from detector.geometry.pose import PoseLocator
from detector.vision.detections import Detection
from detector.vision.pixels import read_picture
from streams.telemetry.photo import Photo, read_photo
from streams.telemetry.photo_pose import pose_of_photo

Confidence = Annotated[float, typer.Option(min=0.0, max=1.0, help="Leave out what the model is less sure of.")]

app = typer.Typer(rich_markup_mode=None)


@app.command()
def detect(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE…", help="Pictures: JPEG, PNG, WebP, TIFF, BMP.")],
    model: Annotated[str, typer.Option(help="The model's name; see 'streetwarden models list'.")],
    confidence: Confidence = 0.25,
    models_folder: ModelsFolder = None,
    as_json: AsJson = False,
) -> int:
    """Run one model on pictures. A drone's photo that carries its pose gives each box a position.

    Example: streetwarden detect roof.jpg --model aerial-stalls --json
    """
    detector = ModelCache.of(load_settings(), models_folder).get(model)
    unreadable = 0
    for path in track(images, "detect", console=errors_console(), transient=True, disable=len(images) < 2):
        try:
            photo = read_photo(path.read_bytes()) if path.is_file() else None
            image = read_picture(path, as_sensed=photo is not None and photo.points)
        except PictureUnreadable as error:
            unreadable += 1
            print_error(f"streetwarden: {error}")
            continue
        height, width = image.shape[:2]
        found = list(detector.detect(image, confidence))
        locator = _locator(path, photo, (width, height))
        records = [_record(one, locator) for one in found]
        summary = ", ".join(f"{one.class_name} {one.confidence:.2f}" for one in found) or "nothing"
        line = {"image": str(path), "width": width, "height": height, "detections": records}
        print_json(line, f"{path}: {summary}", as_json)
    return 2 if unreadable else 0


def _locator(path: Path, photo: Photo | None, size: tuple[int, int]) -> Locator | None:
    """Pixels to the ground, where the photo says how it was taken."""
    pose, why = pose_of_photo(photo, size) if photo is not None else (None, None)
    if why is not None:
        print_error(f"streetwarden: {path}: no positions: {why}")
    try:
        return PoseLocator(pose) if pose else None
    except PoseImpossible as error:
        print_error(f"streetwarden: {path}: no positions: {error}")
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
