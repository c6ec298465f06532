"""`streetwarden geotag`: pixels to the ground."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rich.progress import track

from api.cli.options import Dem, TakeOff, terrain_from
from api.console import AsJson, errors_console, print_json
from detector.errors import RayMissesGround
from detector.geometry.ground import GroundPoint
from detector.geometry.pose import PoseLocator
from detector.geometry.terrain import Terrain
from detector.input_faults import in_words
from detector.vision.frame import Lens, Pose

# Strict: `false` is not 0, and "0" is a text.
Latitude = Annotated[float, Field(strict=True, ge=-90, le=90)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180)]
Bounded = Annotated[float, Field(strict=True, ge=-1e6, le=1e6)]  # beyond it no camera is, and reckoning overflows
Focal = Annotated[float, Field(strict=True, ge=1, le=1e6)]


app = typer.Typer(rich_markup_mode=None)


class GeotagRequest(BaseModel):
    """One line of a `geotag --batch` file: a pose, a lens, and a pixel."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    lat: Latitude
    lon: Longitude
    height: Bounded = Field(description="metres above take-off")
    yaw: Bounded
    pitch: Bounded
    roll: Bounded = 0.0
    fx: Focal
    fy: Focal
    cx: Bounded
    cy: Bounded
    distortion: tuple[Bounded, Bounded, Bounded, Bounded, Bounded] = (0.0, 0.0, 0.0, 0.0, 0.0)
    ground: Bounded = Field(default=0.0, description="metres above take-off, or above the terrain where one is given")
    u: Bounded
    v: Bounded

    def locate(self, terrain: Terrain | None) -> GroundPoint:
        """Return the ground point under the pixel; raises RayMissesGround."""
        lens = Lens(self.fx, self.fy, self.cx, self.cy, self.distortion)
        pose = Pose(self.lat, self.lon, self.height, self.yaw, self.pitch, self.roll, lens)
        return PoseLocator(pose, self.ground, terrain=terrain).locate(self.u, self.v)


@app.command(context_settings={"ignore_unknown_options": True})  # U and V may be negative
def geotag(
    u: Annotated[float | None, typer.Argument(metavar="U", help="Pixel from the left edge.")] = None,
    v: Annotated[float | None, typer.Argument(metavar="V", help="Pixel from the upper edge.")] = None,
    lat: Annotated[float | None, typer.Option(help="The camera's latitude, WGS-84.")] = None,
    lon: Annotated[float | None, typer.Option(help="The camera's longitude, WGS-84.")] = None,
    height: Annotated[float | None, typer.Option(help="Metres above take-off.")] = None,
    yaw: Annotated[float | None, typer.Option(help="Degrees clockwise from north.")] = None,
    pitch: Annotated[float | None, typer.Option(help="Degrees above the horizon; -90 looks straight down.")] = None,
    roll: Annotated[float, typer.Option(help="Degrees.")] = 0.0,
    focal_px: Annotated[float | None, typer.Option(help="Focal length in pixels.")] = None,
    width: Annotated[float | None, typer.Option(min=1, help="The picture's width in pixels.")] = None,
    height_px: Annotated[float | None, typer.Option(min=1, help="The picture's height in pixels.")] = None,
    batch: Annotated[
        Path | None, typer.Option(help="A file of JSON lines, one pixel each.", exists=True, dir_okay=False)
    ] = None,
    dem: Dem = None,
    takeoff: TakeOff = None,
    as_json: AsJson = False,
) -> int:
    """Say where on the ground a pixel lies, with the radius that holds the truth nine times in ten.

    The ground is as high as take-off, or as a terrain model (--dem) says.

    Example: streetwarden geotag --lat 34.7466 --lon 113.6253 --height 60 --yaw 90 --pitch -45
    --focal-px 2880 --width 3840 --height-px 2160 1920 1080
    """
    terrain = terrain_from(dem, takeoff)
    if batch is not None:
        return _geotag_batch(batch, terrain, as_json)
    given = {"U": u, "V": v, "--lat": lat, "--lon": lon, "--height": height, "--yaw": yaw, "--pitch": pitch}
    given |= {"--focal-px": focal_px, "--width": width, "--height-px": height_px}
    missing = [name for name, value in given.items() if value is None]
    if missing:
        raise typer.BadParameter(f"missing {', '.join(missing)} (or give --batch FILE)")
    values = {"lat": lat, "lon": lon, "height": height, "yaw": yaw, "pitch": pitch, "roll": roll, "u": u, "v": v}
    values |= {"fx": focal_px, "fy": focal_px, "cx": (width or 0.0) / 2, "cy": (height_px or 0.0) / 2}
    try:
        shot = GeotagRequest.model_validate(values)
    except ValidationError as error:
        raise typer.BadParameter(_first_fault(error)) from error
    _emit_shot(shot, terrain, as_json)
    return 0


def _geotag_batch(path: Path, terrain: Terrain | None, as_json: bool) -> int:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    faults = 0
    for number, line in enumerate(track(lines, "geotag", console=errors_console(), transient=True), start=1):
        if not line.strip():
            continue
        try:
            shot = GeotagRequest.model_validate_json(line)
        except ValidationError as error:
            faults += 1
            reason = f"{path}: line {number}: {_first_fault(error)}"
            print_json({"error": reason}, reason, as_json)
            continue
        _emit_shot(shot, terrain, as_json)
    return 2 if faults else 0


def _emit_shot(shot: GeotagRequest, terrain: Terrain | None, as_json: bool) -> None:
    try:
        point = shot.locate(terrain)
    except RayMissesGround as error:
        print_json({"error": str(error)}, str(error), as_json)
        return
    record = {"lat": round(point.lat, 9), "lon": round(point.lon, 9)}
    record |= {"range": round(point.range_m, 4), "ce90": round(point.ce90_m, 3)}
    print_json(
        record, f"{point.lat:.8f}, {point.lon:.8f}  {point.range_m:.1f} m away, within {point.ce90_m:.1f} m", as_json
    )


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"])
    return f"{where}: {in_words(fault)}" if where else in_words(fault)
