"""Capture conditions: the clock, the gaps, the camera's state, and which software in which configuration looked."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import Connection, select

import api
from api.db.metadata import metadata
from detector.candidate import Candidate
from detector.recording import ClockName
from streams.camera.host_clock import host_clock

PACKAGES: Final = ("models", "detector", "streams", "api")


class GapOut(BaseModel):
    """A span without frames."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    since: AwareDatetime
    until: AwareDatetime


class Conditions(BaseModel):
    """How the pictures were taken; null is what is not known.

    `clock` is whose clock gives the times, `lag_s` by how many seconds the last frame came late, `clock_set_s` by how
    many the machine's clock was set while the camera was watched. Where it is the machine's clock, `synchronised` says
    whether the kernel took it for right, and `clock_error_s` by how much it might be off at most. `camera_state` is as
    it was last noted. `configuration` is the SHA-256 of the camera's settings, `software_sha256` that of the program.
    """

    model_config = ConfigDict(frozen=True)

    clock: ClockName | None = None
    lag_s: float | None = None
    clock_set_s: float | None = None
    synchronised: bool | None = None
    clock_error_s: float | None = None
    gaps: tuple[GapOut, ...] = ()
    camera_state: str | None = None
    software: str
    software_sha256: str
    configuration: str | None = None


def conditions_of(connection: Connection, candidate: Candidate, camera_state: str | None) -> Conditions:
    """Return what is known of how a candidate's pictures were taken, at the time of its storing."""
    recording = candidate.recording
    host = host_clock() if recording is not None and recording.clock == "machine" else None
    return Conditions(
        clock=None if recording is None else recording.clock,
        lag_s=None if recording is None else round(recording.lag, 3),
        clock_set_s=None if recording is None else round(recording.set_by, 3),
        synchronised=None if host is None else host.synchronised,
        clock_error_s=None if host is None else host.error,
        gaps=() if recording is None else tuple(GapOut.model_validate(gap) for gap in recording.gaps),
        camera_state=camera_state,
        software=api.__version__,
        software_sha256=software_sha256(),
        configuration=_configuration(connection, candidate),
    )


def _configuration(connection: Connection, candidate: Candidate) -> str | None:
    """Return the SHA-256 of the settings of the camera that watched; its address is not among them."""
    origin = candidate.origin
    if origin.camera_id is None:
        return None
    cameras = metadata.tables["cameras"].c
    query = select(cameras.settings).where(cameras.camera == origin.camera_id, cameras.since == origin.camera_version)
    said: Mapping[str, object] | None = connection.execute(query).scalar_one_or_none()
    return None if said is None else hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@cache
def software_sha256() -> str:
    """Return the SHA-256 over every module of the program, by name: what ran can be told from what is installed now."""
    root = Path(api.__file__).parent.parent
    found = sorted(path for package in PACKAGES for path in (root / package).rglob("*.py"))
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n" for path in found)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
