"""The document that leaves: what a case system may build on, and what it must not be told."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from api.actor import Actor
from api.candidates import repository as candidates
from api.candidates.repository import StoredCandidate
from api.candidates.verdicts import Decision, Verdict
from api.cases.payload import write_payload
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence.files import EvidenceStore
from api.evidence.repository import EvidenceFile
from tests.api.samples import MODEL, NOON, a_candidate

BASE = "https://street.example.org"


@pytest.fixture
def stored(database: Database, files: EvidenceStore) -> tuple[StoredCandidate, tuple[EvidenceFile, ...]]:
    given = a_candidate()
    with database.write() as connection:
        added = candidates.add(connection, given, NOON)
        item = candidates.find(EVERYWHERE, connection, added)
    assert item is not None
    return item, files.keep(given)


def written(candidate: StoredCandidate, files: tuple[EvidenceFile, ...] = ()) -> dict[str, object]:
    verdict = Verdict(uuid4(), candidate.id, Actor.person("Li Wei"), Decision.CONFIRMED, None, "在路口 <b>", NOON)
    document: dict[str, object] = json.loads(write_payload(candidate, files, verdict, base_url=BASE))
    assert document["external_id"] == str(verdict.id)
    assert document["review"] == {
        "reviewer": "Li Wei",
        "decided_at": "2026-11-20T04:00:00Z",
        "decision": "confirmed",
        "note": "在路口 <b>",
    }
    return document


def test_the_document_says_what_where_and_by_which_rule(
    stored: tuple[StoredCandidate, tuple[EvidenceFile, ...]],
) -> None:
    candidate, files = stored
    document = written(candidate, files)
    facts = {name: document[name] for name in ("class", "ruling", "code", "rule", "zone", "datum", "dwell", "ce90")}
    assert facts == {
        "class": "stall", "ruling": "violation", "code": "0501", "rule": "stall-on-main-road", "zone": "daxue-road",
        "datum": "WGS-84", "dwell": 360.0, "ce90": 2.4,
    }  # fmt: skip
    assert (document["lat"], document["lon"]) == (34.7465, 113.6254)
    assert (document["first_seen"], document["last_seen"]) == ("2026-11-20T04:00:00Z", "2026-11-20T04:06:00Z")
    assert not {"class_name", "outcome", "timed", "state"} & set(document)


def test_pictures_are_links_under_the_services_own_address_with_their_hashes(
    stored: tuple[StoredCandidate, tuple[EvidenceFile, ...]],
) -> None:
    candidate, files = stored
    shown = written(candidate, files)["evidence"]
    assert isinstance(shown, list)
    assert [one["kind"] for one in shown] == ["scene", "crop", "boxed"]
    assert [one["sha256"] for one in shown] == [file.sha256 for file in files]
    assert shown[1]["url"] == f"{BASE}/api/v1/candidates/{candidate.id}/evidence/crop"
    assert {one["masked"] for one in shown} == {False}
    assert written(candidate)["evidence"] == []


def test_reasons_are_codes_with_their_sentence_in_every_language(
    stored: tuple[StoredCandidate, tuple[EvidenceFile, ...]],
) -> None:
    reasons = written(stored[0])["reasons"]
    assert isinstance(reasons, list)
    assert [reason["code"] for reason in reasons] == ["inside_zone", "stood"]
    assert reasons[1]["params"] == {"dwell_s": 360.0, "allowed_s": 300.0}
    assert reasons[0]["params"] == {"zone": "daxue-road", "kind": "main_road"}
    assert reasons[0]["text"] == {"en": "in this area: main road", "zh": "位于主干道"}


def test_what_judged_it_is_named(stored: tuple[StoredCandidate, tuple[EvidenceFile, ...]]) -> None:
    provenance = written(stored[0])["provenance"]
    assert isinstance(provenance, dict)
    assert provenance["models"] == [{"name": MODEL.name, "version": MODEL.version, "sha256": MODEL.sha256}]
    assert (provenance["rulebook_version"], provenance["rulebook_hash"]) == ("2026-11-01", stored[0].rulebook_hash)


def test_of_footage_without_a_clock_no_time_is_invented(
    stored: tuple[StoredCandidate, tuple[EvidenceFile, ...]],
) -> None:
    candidate, files = stored
    document = written(replace(candidate, timed=False), files)
    assert (document["first_seen"], document["last_seen"]) == (None, None)
    provenance, shown = document["provenance"], document["evidence"]
    assert isinstance(provenance, dict)
    assert isinstance(shown, list)
    assert (provenance["frame_at"], {one["captured_at"] for one in shown}) == (None, {None})


def test_an_unknown_position_is_null(stored: tuple[StoredCandidate, tuple[EvidenceFile, ...]]) -> None:
    document = written(replace(stored[0], lat=None, lon=None, ce90=None))
    assert (document["lat"], document["lon"], document["ce90"]) == (None, None, None)
