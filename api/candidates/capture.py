"""Finds out under which conditions the pictures of a candidate were taken."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

import api
from api.candidates import legal_review
from api.candidates.conditions import Conditions, GapOut
from detector.candidate import Candidate
from streams.camera.host_clock import host_clock

PACKAGES: Final = ("models", "detector", "streams", "api")


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
    said = legal_review.settings_of(connection, origin.camera_id, origin.camera_version)
    return None if said is None else hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@cache
def software_sha256() -> str:
    """Return the SHA-256 over every module of the program, by name: what ran can be told from what is installed now."""
    root = Path(api.__file__).parent.parent
    found = sorted(path for package in PACKAGES for path in (root / package).rglob("*.py"))
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n" for path in found)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
