"""`streetwarden cameras …`: the cameras of a file, and what each of them sends."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from api.printing import AsJson, emit, errors_console
from streams.address import PRIVATE_NETWORKS
from streams.cameras_file import CameraConfig, read_cameras
from streams.check import CameraCheck, check_camera

File = Annotated[Path, typer.Argument(metavar="CAMERAS.yaml", help="The camera file.", exists=True, dir_okay=False)]
Loopback = Annotated[bool, typer.Option("--loopback", help="Also take cameras on this machine, for trials.")]

AT_ONCE = 8  # cameras measured at the same time: each takes some seconds, most of them waiting

app = typer.Typer(help="The cameras of a file.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_cameras(file: File, loopback: Loopback = False, as_json: AsJson = False) -> None:
    """List the cameras of a file, passwords masked; every fault of the file with its line.

    Example: streetwarden cameras list cameras.yaml
    """
    for camera in read_cameras(file, PRIVATE_NETWORKS, loopback=loopback):
        emit(_record(camera), f"{camera.id}  {camera.name}  {camera.address.masked}", as_json)


@app.command("check")
def check_cameras(file: File, loopback: Loopback = False, as_json: AsJson = False) -> int:
    """Open each camera, measure what it sends and say how it will be read; exit 2 when one gives nothing.

    Example: streetwarden cameras check cameras.yaml
    """
    cameras = read_cameras(file, PRIVATE_NETWORKS, loopback=loopback)
    bad = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        checks = pool.map(lambda camera: check_camera(camera.address, camera.every, camera.transport), cameras)
        answers = track(checks, "check", total=len(cameras), console=errors_console(), transient=True)
        for camera, check in zip(cameras, answers, strict=True):
            bad += not check.ok
            line = f"{camera.id}  {'ok' if check.ok else check.reason.upper()}  {_facts(check)}{check.verdict}"
            emit(_record(camera) | _measured(check), line, as_json)
    return 2 if bad else 0


def _record(camera: CameraConfig) -> dict[str, object]:
    return {
        "id": camera.id,
        "name": camera.name,
        "url": camera.address.masked,
        "substream": camera.substream.masked if camera.substream else None,
        "every": camera.every.total_seconds(),
        "models": list(camera.models),
        "lat": camera.lat,
        "lon": camera.lon,
        "district": camera.district,
        "grade": camera.grade,
    }


def _measured(check: CameraCheck) -> dict[str, object]:
    facts = check.facts
    return {
        "ok": check.ok,
        "reason": check.reason,
        "verdict": check.verdict,
        "codec": facts.codec if facts else None,
        "width": facts.width if facts else None,
        "height": facts.height if facts else None,
        "fps": round(facts.fps, 2) if facts else None,
        "gop": round(facts.gop, 3) if facts and facts.gop else None,
        "mode": check.mode.value if check.mode else None,
    }


def _facts(check: CameraCheck) -> str:
    facts = check.facts
    return f"{facts.codec} {facts.width}x{facts.height} at {facts.fps:.0f}/s, " if facts else ""
