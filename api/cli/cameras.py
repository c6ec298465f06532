"""`streetwarden cameras …`: the registry of cameras, and what each of them sends.

Each command imports what it needs when it runs: `cameras key` needs neither the database nor OpenCV.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.console import AsJson, errors_console, print_error, print_json

if TYPE_CHECKING:
    from api.cameras.repository import Changes, RegisteredCamera
    from api.db.database import Database
    from api.settings import Settings
    from streams.camera.check import CameraCheck
    from streams.camera.config_file import CameraConfig

File = Annotated[Path, typer.Argument(metavar="CAMERAS.yaml", help="The camera file.", exists=True, dir_okay=False)]
FileOrNone = Annotated[
    Path | None,
    typer.Argument(metavar="[CAMERAS.yaml]", help="A camera file; else the registry.", exists=True, dir_okay=False),
]
Loopback = Annotated[bool, typer.Option("--loopback", help="Also take cameras on this machine, for trials.")]

AT_ONCE = 8  # cameras measured at the same time: each takes some seconds, most of them waiting

app = typer.Typer(help="The registry of cameras.", no_args_is_help=True, rich_markup_mode=None)


@app.command("import")
def import_cameras(
    file: File,
    merge: Annotated[bool, typer.Option("--merge", help="Add and change cameras, remove none.")] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove those that the file lacks, also when they are many.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference and change nothing.")] = False,
    loopback: Loopback = False,
    as_json: AsJson = False,
) -> None:
    """Make the cameras of a file the ones that are watched: those that it lacks go; a service that runs follows.

    The file is taken as a whole or, when anything is wrong, not at all. A camera that was paused stays so. Where more
    than a tenth of the cameras would go it asks or, without a terminal, needs --remove.

    Example: streetwarden cameras import cameras.yaml
    """
    from api.cameras import service
    from api.cameras.assembly import read_camera_file
    from api.cli.options import operator_scope
    from api.clock import wall_clock
    from api.errors import ManyRemoved
    from api.inference.model_cache import ModelCache
    from api.settings import load_settings

    if merge and remove:
        raise typer.BadParameter("it removes no camera: leave out --remove", param_hint="--merge")
    settings = load_settings()
    wanted = read_camera_file(file, ModelCache.of(settings), settings.camera_networks, loopback=loopback)
    with _registry(settings) as database:
        scope = operator_scope()
        changes = service.difference(scope, database, settings, wanted, merge=merge)
        if dry_run:
            print_json(_changes_record(changes), _difference(changes), as_json)
            return
        allowed = remove or (changes.many_removed and sys.stdin.isatty() and _may_remove(changes))
        try:
            changes = service.replace_all(
                scope, database, settings, wall_clock(), wanted, file.name, merge=merge, remove=allowed
            )
        except ManyRemoved as error:
            raise ManyRemoved(f"{error}; nothing was changed: add --remove, or --merge to keep them") from error
    print_json(_changes_record(changes), _summary(changes), as_json)


@app.command("list")
def list_cameras(file: FileOrNone = None, loopback: Loopback = False, as_json: AsJson = False) -> None:
    """List the cameras of the registry or of a file, passwords masked; every fault of a file with its line.

    Example: streetwarden cameras list
    """
    for camera in _cameras(file, loopback):
        paused = "  (paused)" if camera.paused else ""
        line = f"{camera.id}  {camera.config.name}  {camera.config.address.masked}{paused}"
        print_json(_record(camera.config) | {"paused": camera.paused}, line, as_json)


@app.command("check")
def check_cameras(file: FileOrNone = None, loopback: Loopback = False, as_json: AsJson = False) -> int:
    """Open each camera, measure what it sends and say how it will be read; exit 2 when one gives nothing.

    Example: streetwarden cameras check cameras.yaml
    """
    from rich.progress import track

    from api.settings import load_settings
    from streams.camera.address import Reach
    from streams.camera.check import check_camera

    found = [camera.config for camera in _cameras(file, loopback)]
    settings = load_settings()
    trial = loopback or (file is None and settings.environment == "development")  # as `serve` opens the registry's
    reach = Reach(settings.camera_networks, trial)

    def check_one(camera: CameraConfig) -> CameraCheck:
        return check_camera(camera.address, camera.every, camera.transport, reach=reach)

    bad = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        checks = pool.map(check_one, found)
        answers = track(checks, "check", total=len(found), console=errors_console(), transient=True)
        for camera, check in zip(found, answers, strict=True):
            bad += not check.ok
            line = f"{camera.id}  {'ok' if check.ok else check.reason.upper()}  {_facts(check)}{check.verdict}"
            print_json(_record(camera) | _measured(check), line, as_json)
    return 2 if bad else 0


@app.command("discover")
def discover_cameras(
    network: Annotated[str, typer.Option("--network", metavar="CIDR", help="Which addresses to ask: 10.1.2.0/24.")],
    out: Annotated[Path, typer.Option("--out", help="The camera file to write.")] = Path("discovered.yaml"),
    sign_in: Annotated[
        bool, typer.Option("--sign-in", help="Ask for user and password; without a terminal read user:password.")
    ] = False,
    loopback: Loopback = False,
    as_json: AsJson = False,
) -> int:
    """Ask a network for its ONVIF cameras and write a camera file; exit 2 when none is found.

    Passwords stand in that file as in any camera file, readable for its owner alone. Nothing is imported.

    Example: streetwarden cameras discover --network 10.1.2.0/24 --sign-in
    """
    from api.cameras.discovery import discover, parse_network, write_camera_file
    from api.settings import load_settings
    from streams.camera.soap import Login

    asked = parse_network(network, load_settings().camera_networks, loopback=loopback)
    if out.exists():
        raise typer.BadParameter(f"{out} is there already: give another name", param_hint="--out")
    found = discover(asked, Login(*_sign_in()) if sign_in else Login(), loopback=loopback)
    for one in found.refused:
        print_error(f"{one.ip}: {one.why}")
    if not found.cameras:
        print_error(f"no camera was found in {asked}: is ONVIF switched on, and UDP port 3702 let through?")
        return 2
    write_camera_file(out, found.cameras)
    for camera in found.cameras:
        sub = camera.sub_address.masked if camera.sub_address else None
        record = {
            "id": camera.id,
            "name": camera.name,
            "model": camera.model,
            "url": camera.main_address.masked,
            "profile": str(camera.main),
            "substream": sub,
            "substream_profile": str(camera.sub) if camera.sub else None,
        }
        print_json(record, f"{camera.id}  {camera.name}  {camera.main}  {camera.main_address.masked}", as_json)
    print_error(f"{out} written; look it over, then: streetwarden cameras import {out} --merge")
    return 0


@app.command("key")
def make_secret_key() -> None:
    """Print a new key for STREETWARDEN_SECRET_KEY, which encrypts the cameras' addresses.

    Example: streetwarden cameras key
    """
    from api.cameras.encryption import make_key

    key = make_key()
    print_json({"key": key}, key, as_json=False)


@contextmanager
def _registry(settings: Settings) -> Iterator[Database]:
    from api.bootstrap import open_database

    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()


def _cameras(file: Path | None, loopback: bool) -> tuple[RegisteredCamera, ...]:
    from api.cameras.encryption import box_of
    from api.cameras.repository import RegisteredCamera, present
    from api.settings import load_settings
    from streams.camera.config_file import read_cameras

    settings = load_settings()
    if file is not None:
        found = read_cameras(file, settings.camera_networks, loopback=loopback)
        return tuple(RegisteredCamera(camera) for camera in found)
    with _registry(settings) as database, database.read() as connection:
        return present(connection, box_of(settings))


def _sign_in() -> tuple[str, str]:
    """Return user and password: asked for on a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        user = typer.prompt("User", err=True)
        return str(user), str(typer.prompt("Password", hide_input=True, err=True))
    user, _, password = sys.stdin.readline().rstrip("\r\n").partition(":")
    return user, password


def _may_remove(changes: Changes) -> bool:
    print_error(_difference(changes))
    return typer.confirm(f"Remove {len(changes.removed)} cameras?", err=True)


def _changes_record(changes: Changes) -> dict[str, object]:
    return {
        "version": changes.version,
        "added": list(changes.added),
        "changed": list(changes.changed),
        "removed": list(changes.removed),
        "unchanged": changes.unchanged,
    }


def _difference(changes: Changes) -> str:
    """Return one line for each camera that would be another, and a last one with the counts."""
    lines = [
        f"{word} {camera}"
        for word, ids in (("add", changes.added), ("change", changes.changed), ("remove", changes.removed))
        for camera in ids
    ]
    counts = f"{len(changes.added)} to add, {len(changes.changed)} to change, {len(changes.removed)} to remove"
    return "\n".join([*lines, f"{counts}, {changes.unchanged} unchanged"])


def _summary(changes: Changes) -> str:
    from api.cameras.service import shortened

    if changes.none:
        return f"nothing has changed: {changes.unchanged} cameras, version {changes.version}"
    parts = [
        f"{len(ids)} {word} ({shortened(ids)})"
        for word, ids in (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed))
        if ids
    ]
    return f"version {changes.version}: {', '.join([*parts, f'{changes.unchanged} unchanged'])}"


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
        "period": round(check.period, 3) if check.period else None,
        "mode": check.mode.value if check.mode else None,
    }


def _facts(check: CameraCheck) -> str:
    facts = check.facts
    if facts is None or check.period is None:
        return ""
    gop = "seldom a key frame" if facts.gop is None else f"key frame every {facts.gop:.2g} s"
    return (
        f"{facts.codec} {facts.width}x{facts.height} at {facts.fps:.0f}/s, {gop}, sample every {check.period:.2g} s; "
    )
