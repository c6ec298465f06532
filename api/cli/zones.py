"""`streetwarden zones`: pavement and road proposed from a camera's recording, for a person to accept."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from api.cli.options import ModelsFolder, duration_from
from api.console import AsJson, print_error, print_json
from api.inference.model_cache import ModelCache
from api.inference.model_choice import STREET
from api.settings import load_settings
from detector.places.ground_use import LEAST, PAVEMENT, ROAD, SURE, GroundUse, ProposedArea
from detector.rules.load import load_rulebook
from detector.rules.zone_file import read_zone_file
from detector.vision.engine import OnnxModel
from detector.vision.frame import Image
from streams.frames.file_source import FileSource

app = typer.Typer(
    help="Zones: proposed from a recording, or imported from a map.", no_args_is_help=True, rich_markup_mode=None
)
COLOURS = {PAVEMENT: (80, 180, 60), ROAD: (200, 120, 40)}  # BGR


@app.callback()
def group() -> None:
    """Zones: proposed from a recording, or imported from a map."""


@app.command()
def propose(
    recording: Annotated[
        Path, typer.Argument(help="A video of the camera, the longer the better: hours, not minutes.")
    ],
    camera: Annotated[str, typer.Option(help="The camera's id in the registry and the rulebook.")],
    every: Annotated[str, typer.Option(help="How often to look.")] = "10s",
    picture: Annotated[Path | None, typer.Option(help="Also write a picture with the areas drawn in (.png).")] = None,
    models_folder: ModelsFolder = None,
    as_json: AsJson = False,
) -> int:
    """Propose pavement and road of a camera without zones, from where people and vehicles are seen.

    Prints `zones` for the rulebook; look at the picture, mend corners and give each the kind that your rules speak of.
    Example: streetwarden zones propose north.mp4 --camera north --picture north.png
    """
    period = duration_from("--every", every)
    use, shown = _learn(recording, ModelCache.of(load_settings(), models_folder).get(STREET), period)
    areas = use.proposed()
    for number, area in enumerate(areas, 1):
        zone = {"id": f"{camera}-{area.use}-{number}", "kind": area.use, "camera": camera}
        corners = [list(corner) for corner in area.corners]
        line = f'  - {{id: "{zone["id"]}", kind: {area.use}, camera: "{camera}", image: {corners}}}'
        print_json(zone | {"image": corners}, line, as_json)
    if picture is not None and shown is not None:
        picture.write_bytes(_drawn(shown, areas))
    seen = f"{use.seen[PAVEMENT]} people and {use.seen[ROAD]} vehicles were seen"
    if not areas:
        print_error(f"{recording.name}: nothing to propose: {seen}, {LEAST} of either are needed; record for longer")
        return 1
    print_error(f"{recording.name}: {seen}. Check the areas before they go into the rulebook")
    return 0


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="GeoJSON or KML that names its datum.", exists=True, dir_okay=False)],
    kind: Annotated[str | None, typer.Option(help="The kind of what names none, e.g. main_road.")] = None,
    rulebook: Annotated[
        Path | None, typer.Option(help="A rulebook whose cities the zones must lie in.", exists=True, dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Turn the shapes of a map editor's file into zones and landmarks for the rulebook, in WGS-84.

    Example: streetwarden zones import roads.geojson --kind main_road --rulebook rulebook.yaml
    """
    cities = load_rulebook(rulebook).cities if rulebook else ()
    bounds = None
    if cities:
        sides = list(zip(*(city.bounds for city in cities), strict=True))
        bounds = (min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3]))
    read = read_zone_file(file, kind, bounds)
    for line in (*read.faults, *read.warnings):
        print_error(line)
    if read.faults:
        return 2
    for title, entries in (("zones", read.zones), ("landmarks", read.landmarks)):
        if entries and not as_json:
            print_json({}, f"{title}:", as_json)
        for entry in entries:
            record = entry.model_dump(exclude_none=True, mode="json")
            print_json(record, f"  - {json.dumps(record, ensure_ascii=False)}", as_json)
    print_error(f"{file.name}: {len(read.zones)} zones and {len(read.landmarks)} landmarks, from {read.datum}")
    return 0


def _learn(recording: Path, model: OnnxModel, every: timedelta) -> tuple[GroundUse, Image | None]:
    """Return what the recording tells, and its last picture."""
    use, shown = GroundUse(1, 1), None
    for frame in FileSource(recording, every=every).frames():
        if shown is None or shown.shape != frame.image.shape:  # another picture size is another view
            use = GroundUse(frame.width, frame.height)
        shown = frame.image
        use.learn(model.detect(shown, SURE))
    return use, shown


def _drawn(image: Image, areas: Sequence[ProposedArea]) -> bytes:
    drawn = image.copy()
    for area in areas:
        corners = [np.array(area.corners, np.int32)]
        filled = cv2.fillPoly(drawn.copy(), corners, COLOURS[area.use])
        drawn = np.asarray(cv2.addWeighted(drawn, 0.65, filled, 0.35, 0), np.uint8)
        cv2.polylines(drawn, corners, True, COLOURS[area.use], 2)
    return cv2.imencode(".png", drawn)[1].tobytes()
