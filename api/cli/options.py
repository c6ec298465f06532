"""Options that several commands share: `--dem`, `--takeoff`, `--zone`, `--near` of a flight, `--models-folder`."""

import getpass
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from detector.durations import parse_duration

if TYPE_CHECKING:
    from shapely.geometry import Polygon

    from api.db.scope import Scope
    from detector.geometry.terrain import Terrain

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
ModelsFolder = Annotated[
    Path | None,
    typer.Option("--models-folder", help="A folder of cards; else the shipped ones.", exists=True, file_okay=False),
]


def operator() -> str:
    """Return who types: the account of the operating system."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return f"uid {os.getuid()}"


def operator_scope() -> "Scope":
    """Return the scope of who types: whoever may write to the database may do everything."""
    from api.actor import Actor
    from api.db.scope import Scope

    return Scope(actor=Actor.service(f"command line of {operator()}"), address="command line")


def duration_from(option: str, text: str) -> timedelta:
    """Return the length of time that an option names, more than nothing and at most a year."""
    try:
        length = parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {error}") from None
    if not timedelta(0) < length <= timedelta(days=366):
        raise typer.BadParameter(f"{option} {text!r} is out of range: more than 0, at most a year")
    return length


def terrain_from(dem: Path | None, takeoff: str | None) -> "Terrain | None":
    """Return the terrain model of a command line, its heights counted from take-off where that is said."""
    if dem is None:
        if takeoff is not None:
            raise typer.BadParameter("--takeoff says where a terrain model counts from: give --dem FILE with it")
        return None
    from detector.geometry.terrain import read_terrain

    terrain = read_terrain(dem)
    return terrain if takeoff is None else terrain.above(*_place("--takeoff", takeoff))


def zone_from(name: str) -> ZoneInfo:
    """Return the time zone of that IANA name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a name with odd characters is looked for as a file
        raise typer.BadParameter(f"--zone {name!r}: no such time zone; write it like Asia/Shanghai") from error


def area_from(near: str | None) -> "Polygon | None":
    """Return the square of two degrees around a place, or around the operator's (STREETWARDEN_NEAR), as lon, lat."""
    from api.settings import load_settings
    from streams.telemetry.order import around

    place = _place("--near", near) if near is not None else load_settings().near
    return around(place) if place else None


def _place(option: str, text: str) -> tuple[float, float]:
    from streams.telemetry.order import parse_place

    try:
        return parse_place(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} {error}") from None
