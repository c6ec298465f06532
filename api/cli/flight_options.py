"""What a command line knows of a flight and its telemetry does not say: `--dem`, `--takeoff`, `--zone`, `--near`."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from shapely.geometry import Polygon

from api.settings import load_settings
from detector.geometry.terrain import Terrain, read_terrain
from streams.telemetry.order import around, parse_place

Dem = Annotated[
    Path | None,
    typer.Option(help="A terrain model, GeoTIFF with heights in metres.", exists=True, dir_okay=False),
]
TakeOff = Annotated[
    str | None,
    typer.Option(metavar="LAT,LON", help="Where the drone took off, for --dem; else below the camera (first frame)."),
]
Zone = Annotated[str, typer.Option(help="The aircraft's clock where the telemetry names none, like Asia/Shanghai.")]
Near = Annotated[
    str | None,
    typer.Option(
        metavar="LAT,LON", help="Roughly where it flew: tells latitude from longitude where nothing else does."
    ),
]


def terrain_from(dem: Path | None, takeoff: str | None) -> Terrain | None:
    """The terrain model of a command line, its heights counted from take-off where that is said."""
    if dem is None:
        if takeoff is not None:
            raise typer.BadParameter("--takeoff says where a terrain model counts from: give --dem FILE with it")
        return None
    terrain = read_terrain(dem)
    return terrain if takeoff is None else terrain.above(*_place("--takeoff", takeoff))


def zone_from(name: str) -> ZoneInfo:
    """The time zone of that IANA name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a name with odd characters is looked for as a file
        raise typer.BadParameter(f"--zone {name!r}: no such time zone; write it like Asia/Shanghai") from error


def area_from(near: str | None) -> Polygon | None:
    """The square of two degrees around a place, or around the operator's (STREETWARDEN_NEAR), as lon, lat."""
    place = _place("--near", near) if near is not None else load_settings().near
    return around(place) if place else None


def _place(option: str, text: str) -> tuple[float, float]:
    try:
        return parse_place(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {error}") from None
