"""Candidates and sightings as the command line prints them; the names are those of `/api/v1`."""

from detector.candidate import Candidate


def candidate_record(candidate: Candidate) -> dict[str, object]:
    """A candidate as plain values: times ISO 8601 with offset, positions WGS-84, boxes half-open pixels."""
    sighting, ruling, position = candidate.sighting, candidate.ruling, candidate.sighting.position
    return {
        "key": sighting.key,
        "source": sighting.source,
        "class": sighting.class_name,
        "ruling": ruling.outcome.value,
        "reasons": list(ruling.reasons),
        "code": ruling.code,
        "rule": ruling.rule,
        "zone": ruling.zone,
        "rulebook_version": ruling.rulebook_version,
        "lat": round(position.lat, 8) if position else None,
        "lon": round(position.lon, 8) if position else None,
        "ce90": round(position.ce90_m, 2) if position else None,
        "box": [round(side, 1) for side in sighting.box],
        "confidence": round(sighting.confidence, 4),
        "first_seen": sighting.first_seen.isoformat() if sighting.timed else None,
        "last_seen": sighting.last_seen.isoformat() if sighting.timed else None,
        "dwell": sighting.dwell.total_seconds(),
        "frames": sighting.frames,
        "found_by": sighting.found_by,
        "models": list(candidate.models),
    }


def candidate_line(candidate: Candidate) -> str:
    """A candidate as one line for a person."""
    sighting, ruling = candidate.sighting, candidate.ruling
    where = "position unknown"
    if sighting.position:
        point = sighting.position
        where = f"{point.lat:.6f}, {point.lon:.6f} within {point.ce90_m:.0f} m"
    return f"{ruling.outcome.value}: {sighting.class_name} at {where} ({sighting.source}): {'; '.join(ruling.reasons)}"
