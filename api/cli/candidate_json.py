"""Candidates and rulings as the command line prints them; the names are those of `/api/v1`."""

from detector.candidate import Candidate
from detector.rules.ruling import Ruling
from detector.rules.wording import english


def candidate_json(candidate: Candidate) -> dict[str, object]:
    """Return a candidate as plain values: times ISO 8601 with offset, positions WGS-84, boxes half-open pixels."""
    # Only here: a ruling, or a line for a person, needs nothing of the web.
    from api.candidates.repository import columns_of
    from api.candidates.schemas import CandidateFacts, ProvenanceOut

    known = columns_of(candidate) | {"dwell": candidate.sighting.dwell}
    return {
        "key": candidate.sighting.key,
        **CandidateFacts.model_validate(known).model_dump(mode="json"),
        **reasons_json(candidate.ruling),
        "provenance": ProvenanceOut.model_validate(known).model_dump(mode="json"),
        "finders": known["finders"],
    }


def reasons_json(ruling: Ruling) -> dict[str, object]:
    """Return a ruling's `reasons` as English sentences, and `reason_codes` for programs."""
    return {
        "reasons": [english(reason) for reason in ruling.reasons],
        "reason_codes": [{"code": reason.code, "params": dict(reason.params)} for reason in ruling.reasons],
    }


def candidate_line(candidate: Candidate) -> str:
    """Return a candidate as one line for a person."""
    sighting, ruling = candidate.sighting, candidate.ruling
    where = "position unknown"
    if sighting.position:
        point = sighting.position
        where = f"{point.lat:.6f}, {point.lon:.6f} within {point.ce90_m:.0f} m"
    return f"{ruling.outcome.value}: {sighting.class_name} at {where} ({sighting.source}): {why(ruling)}"


def why(ruling: Ruling) -> str:
    """Return the reasons of a ruling in one line."""
    return "; ".join(english(reason) for reason in ruling.reasons)
