"""`streetwarden telemetry`: what a flight's telemetry says of the aircraft."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import Near, Zone, area_from, zone_from
from api.console import AsJson, print_error, print_json
from streams.telemetry.read import read_telemetry

app = typer.Typer(rich_markup_mode=None)


@app.command()
def telemetry(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="SRT sidecar, video, photo or KLV.", exists=True)],
    zone: Zone = "",
    near: Near = None,
    as_json: AsJson = False,
) -> None:
    """Say what a sidecar, a photo or a KLV packet tells of the aircraft; what it does not tell is null, never 0.

    Without --zone a clock that names no zone is printed as the aircraft shows it, without an offset. Without
    --near STREETWARDEN_NEAR counts.

    Example: streetwarden telemetry DJI_0001.SRT --json
    """
    said = read_telemetry(file, zone=zone_from(zone) if zone else None, area=area_from(near))
    for record in said.records:
        line = record.to_json()
        print_json(line, "  ".join(f"{name} {value}" for name, value in line.items() if value is not None), as_json)
    for skipped in said.skipped:
        print_error(f"streetwarden: {file}: {skipped}")
