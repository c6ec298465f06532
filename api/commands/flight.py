"""`--dem` and `--takeoff`: the ground's shape, for commands that place pixels on it."""

from pathlib import Path
from typing import Annotated

import typer

from detector.terrain import Terrain, read_terrain

Dem = Annotated[
    Path | None,
    typer.Option(help="A terrain model, GeoTIFF with heights in metres.", exists=True, dir_okay=False),
]
TakeOff = Annotated[
    str | None,
    typer.Option(metavar="LAT,LON", help="Where the drone took off, for --dem; else below the camera (first frame)."),
]


def terrain_from(dem: Path | None, takeoff: str | None) -> Terrain | None:
    """The terrain model of a command line, its heights counted from take-off where that is said."""
    if dem is None:
        if takeoff is not None:
            raise typer.BadParameter("--takeoff says where a terrain model counts from: give --dem FILE with it")
        return None
    terrain = read_terrain(dem)
    if takeoff is None:
        return terrain
    try:
        lat, lon = (float(part) for part in takeoff.split(","))
    except ValueError:
        raise typer.BadParameter(f"--takeoff {takeoff!r}: write it as LAT,LON, like 34.7466,113.6253") from None
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise typer.BadParameter(f"--takeoff {takeoff}: no such place; are latitude and longitude swapped?")
    return terrain.above(lat, lon)
