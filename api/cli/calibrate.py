"""`streetwarden calibrate`: a fixed camera worked out from ground control points."""

from pathlib import Path
from typing import Annotated

import typer

from api.console import AsJson, print_json
from detector.geometry.calibration import calibrate, read_points

app = typer.Typer(rich_markup_mode=None)


@app.command("calibrate")
def calibrate_camera(
    points: Annotated[
        Path, typer.Argument(metavar="POINTS.csv", help="Lines of u,v,lat,lon.", exists=True, dir_okay=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Work out a fixed camera from ground control points: at least 4, better 8 or more, spread over the picture.

    Example: streetwarden calibrate daxue-north.csv --json
    """
    result = calibrate(read_points(points))
    loo = result.leave_one_out_m
    record = {
        "rmse_m": result.rmse_m,
        "leave_one_out_m": loo,
        "distortion": result.distortion,
        "camera": result.camera.to_json(),
    }
    left_out = "too few points to leave one out" if loo is None else f"{loo:.2f} m for a point left out"
    print_json(record, f"residual {result.rmse_m:.2f} m, {left_out}, distortion k1 {result.distortion:+.3f}", as_json)
