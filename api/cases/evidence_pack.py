"""The evidence of one case as a pack: pictures, what is known of them, what judged, and its part of the audit log."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from api.audit import repository as audit
from api.audit.acts import Act
from api.audit.repository import Detail, Event, Search
from api.candidates import legal_review, verdicts
from api.candidates import repository as candidates
from api.candidates.messages import CLOCKS, EVIDENCE_KINDS, OUTCOMES
from api.candidates.repository import StoredCandidate
from api.candidates.schemas import CandidateFacts, ProvenanceOut
from api.candidates.verdicts import Verdict
from api.cases import outbox
from api.cases.outbox import Delivery
from api.db.database import Database
from api.db.scope import Scope
from api.errors import NotExportable, NotFound
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.evidence.masks import Masks
from api.evidence.pack import write_pack
from api.evidence.repository import EvidenceFile
from api.pages.i18n import CATALOGUES, language
from api.pages.messages import CLASSES
from api.rulebooks import repository as rulebooks
from detector.reason import Translate, say
from detector.rules.wording import TEXTS

LOG: Final = "log.jsonl"
EVENTS: Final = 500
"""Events of one candidate that a pack holds at most, the latest."""


@dataclass(frozen=True, slots=True)
class _Known:
    """All that the tables say of a case; `zone` is the rulebook's."""

    delivery: Delivery
    candidate: StoredCandidate
    verdict: Verdict | None
    zone: tzinfo
    files: tuple[EvidenceFile, ...]
    rulebook: bytes | None
    permits: bytes | None
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class _Picture:
    """One picture of the pack: its name there, and the hash of the original where it is a masked copy."""

    name: str
    file: EvidenceFile
    content: bytes
    original: str | None


def export_pack(
    scope: Scope,
    database: Database,
    store: EvidenceStore,
    masks: Masks | None,
    case_id: UUID,
    reason: str,
    now: datetime,
) -> bytes:
    """Return the pack of a case, and record who took it and why; with `masks` it holds masked copies alone.

    Raises NotFound; NotExportable where the camera had no valid legal review; MaskingFailed; EvidenceDamaged.
    """
    with database.read() as connection:
        known = _known(scope, connection, case_id)
    pictures = tuple(_pictures(known, database, store, masks, now))
    content = write_pack(dict(_documents(known, pictures, now)) | {one.name: one.content for one in pictures})
    told: dict[str, Detail] = {
        "case": str(case_id),
        "reason": reason,
        "masked": masks is not None,
        "pack": hashlib.sha256(content).hexdigest(),
    }
    with database.write() as connection:
        audit.record(scope, connection, Act.EXPORTED, known.candidate.id, now, details=told)
    return content


def is_recorded(scope: Scope, connection: Connection, content: bytes) -> bool:
    """Return whether the audit log says that exactly this pack was exported."""
    digest = hashlib.sha256(content).hexdigest()
    cursor: str | None = None
    while True:
        page = audit.page(scope, connection, Search(act=Act.EXPORTED), cursor, EVENTS)
        if any(event.told.get("pack") == digest for event in page.items):
            return True
        cursor = page.next
        if cursor is None:
            return False


def log_faults(files: Mapping[str, bytes]) -> list[str]:
    """Return what is wrong with the events in a pack: each must have the hash that its words give."""
    faults: list[str] = []
    for number, line in enumerate(files.get(LOG, b"").splitlines(), start=1):
        try:
            event = Event(**json.loads(line))
        except (TypeError, ValueError):
            faults.append(f"changed: line {number} of {LOG}")
            continue
        if event.digest() != event.hash:
            faults.append(f"changed: event {event.number} in {LOG}")
    return faults


def _known(scope: Scope, connection: Connection, case_id: UUID) -> _Known:
    delivery = outbox.find(scope, connection, case_id)
    candidate = candidates.find(scope, connection, delivery.candidate_id) if delivery else None
    if delivery is None or candidate is None:
        raise NotFound(f"there is no case {case_id}")
    ended = legal_review.expired(scope, connection, [candidate]).get(candidate.id)
    if ended is not None or legal_review.is_missing(scope, connection, candidate):
        why = f"ended on {ended}, before the picture was taken" if ended else "is not in the camera file"
        raise NotExportable(f"the legal review of camera {candidate.camera_id} {why}: its pictures are no evidence")
    book = rulebooks.find(scope, connection, candidate.rulebook_hash) if candidate.rulebook_hash else None
    found = audit.page(scope, connection, Search(subject=str(candidate.id)), None, EVENTS)
    return _Known(
        delivery=delivery,
        candidate=candidate,
        verdict=verdicts.standing(scope, connection, [candidate.id]).get(candidate.id),
        zone=legal_review.zone_of(scope, connection, candidate),
        files=evidence.of_candidates(scope, connection, [candidate.id]).get(candidate.id, ()),
        rulebook=book.source.content if book else None,
        permits=book.source.permits if book else None,
        events=tuple(reversed(found.items)),
    )


def _pictures(
    known: _Known, database: Database, store: EvidenceStore, masks: Masks | None, now: datetime
) -> Iterator[_Picture]:
    for file in known.files:
        shown = file if masks is None else masks.of(database, file, now)
        name = f"pictures/{file.kind}{f'-{file.number}' if file.number else ''}.jpg"
        yield _Picture(name, shown, store.read(shown), None if masks is None else file.sha256)


def _documents(known: _Known, pictures: tuple[_Picture, ...], now: datetime) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file that is no picture."""
    yield "manifest.json", _json(_manifest(known, pictures, now))
    yield "sent.json", known.delivery.body
    yield LOG, "".join(json.dumps(asdict(event), ensure_ascii=False) + "\n" for event in known.events).encode()
    if known.rulebook is not None:
        yield "rulebook.yaml", known.rulebook
    if known.permits is not None:
        yield "permits.dat", known.permits
    for code in CATALOGUES:
        yield f"summary.{code}.html", _summary(known, pictures, now, code).encode()


def _manifest(known: _Known, pictures: tuple[_Picture, ...], now: datetime) -> dict[str, object]:
    item = known.candidate
    return {
        "format": "streetwarden evidence pack 1",
        "case": str(known.delivery.id),
        "candidate": str(item.id),
        "made_at": now.isoformat(),
        "masked": any(one.original is not None for one in pictures),
        "facts": CandidateFacts.model_validate(item).model_dump(mode="json"),
        "provenance": ProvenanceOut.model_validate(item).model_dump(mode="json"),
        "conditions": item.conditions.model_dump(mode="json") if item.conditions else None,
        "pictures": [
            {
                "name": one.name,
                "kind": one.file.kind,
                "sha256": one.file.sha256,
                "masked_copy_of": one.original,
                "captured_at": one.file.captured_at.isoformat() if item.timed else None,
                "lag_s": one.file.lag,
                "box": one.file.box,
            }
            for one in pictures
        ],
        "log": {"events": len(known.events), "last": known.events[-1].hash if known.events else None},
    }


def _summary(known: _Known, pictures: tuple[_Picture, ...], now: datetime, code: str) -> str:
    """Return the page that a person reads, in one language."""
    item, speech = known.candidate, language(code)
    translate: Translate = speech.translate
    zone = known.zone
    return speech.render(
        "pack.html",
        item=item,
        delivery=known.delivery,
        verdict=known.verdict,
        what=translate(CLASSES.get(item.class_name, item.class_name)),
        outcome=translate(OUTCOMES[item.outcome]),
        clock=translate(CLOCKS[item.conditions.clock]) if item.conditions and item.conditions.clock else None,
        reasons=[say(reason, TEXTS, translate) for reason in item.reasons],
        zone=getattr(zone, "key", "UTC"),
        first=item.first_seen.astimezone(zone),
        last=item.last_seen.astimezone(zone),
        made=now.astimezone(zone),
        masked=any(one.original is not None for one in pictures),
        pictures=[
            {"name": one.name, "label": translate(EVIDENCE_KINDS[one.file.kind]), "sha256": one.file.sha256,
             "original": one.original, "at": one.file.captured_at.astimezone(zone) if item.timed else None}
            for one in pictures
        ],
    )  # fmt: skip


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
