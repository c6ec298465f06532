"""Candidates and sightings as the command line prints them; the names are those of `/api/v1`."""

from dataclasses import asdict

from detector.candidate import Candidate
from detector.reason import Reason
from detector.rules.ruling import Ruling
from detector.rules.wording import english


def candidate_json(candidate: Candidate) -> dict[str, object]:
    """A candidate as plain values: times ISO 8601 with offset, positions WGS-84, boxes half-open pixels."""
    sighting, ruling, position = candidate.sighting, candidate.ruling, candidate.sighting.position
    return {
        "key": sighting.key,
        "source": sighting.source,
        "class": sighting.class_name,
        "ruling": ruling.outcome.value,
        "reasons": [reason_json(reason) for reason in ruling.reasons],
        "code": ruling.code,
        "rule": ruling.rule,
        "zone": ruling.zone,
        "lat": round(position.lat, 8) if position else None,
        "lon": round(position.lon, 8) if position else None,
        "ce90": round(position.ce90_m, 2) if position else None,
        "box": [round(side, 1) for side in sighting.box],
        "confidence": round(sighting.confidence, 4),
        "first_seen": sighting.first_seen.isoformat(),
        "last_seen": sighting.last_seen.isoformat(),
        "dwell": sighting.dwell.total_seconds(),
        "frames": sighting.frames,
        "found_by": sighting.found_by,
        "provenance": {
            "models": [asdict(model) for model in candidate.models],
            "rulebook_version": ruling.rulebook.version,
            "rulebook_hash": ruling.rulebook.sha256,
            "camera_version": candidate.origin.camera_version,
            "calibration": candidate.origin.calibration,
            "file_sha256": candidate.origin.file_sha256,
            "frame_at": candidate.evidence.captured_at.isoformat(),
        },
    }


def reason_json(reason: Reason) -> dict[str, object]:
    """A reason as `/api/v1` gives it, in English."""
    return {"code": reason.code, "params": dict(reason.params), "text": english(reason)}


def candidate_line(candidate: Candidate) -> str:
    """A candidate as one line for a person."""
    sighting, ruling = candidate.sighting, candidate.ruling
    where = "position unknown"
    if sighting.position:
        point = sighting.position
        where = f"{point.lat:.6f}, {point.lon:.6f} within {point.ce90_m:.0f} m"
    return f"{ruling.outcome.value}: {sighting.class_name} at {where} ({sighting.source}): {why(ruling)}"


def why(ruling: Ruling) -> str:
    """The reasons of a ruling in one line."""
    return "; ".join(english(reason) for reason in ruling.reasons)
