"""Checks the chain event by event, and every evidence file that a row or an event names."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from json import JSONDecodeError

from sqlalchemy import Connection

from api.audit import repository as audit
from api.audit.acts import Act
from api.audit.repository import BEGIN, Event, Head
from api.evidence.files import EvidenceStore
from api.evidence.kinds import EvidenceKind

EVIDENCE = tuple(kind.value for kind in EvidenceKind)


@dataclass(slots=True)
class ChainReport:
    """What was checked, and what is wrong with it, a line each."""

    events: int = 0
    files: int = 0
    head: Head | None = None
    faults: list[str] = field(default_factory=list)


def verify(
    connection: Connection, files: EvidenceStore, named: Iterable[str], expected: Head | None = None
) -> ChainReport:
    """Check all of it; `named` are the hashes of evidence in the tables, `expected` an end that was kept elsewhere."""
    report = ChainReport(head=audit.head(connection))
    hashes = set(named)
    needed, removed = frozenset(hashes), set[str]()
    reached: str | None = None
    for event in _checked(connection, report):
        if expected is not None and event.number == expected.number:
            reached = event.hash
        hashes |= set(_evidence(event))
        removed |= set(_removed(event))
    if expected is not None and reached != expected.hash:
        report.faults.append(f"event {expected.number} is not the one whose hash was kept: the chain was made anew")
    report.faults += [f"still there: evidence {digest}" for digest in sorted(removed - needed) if files.has(digest)]
    for digest in sorted(hashes - (removed - needed)):
        report.files += 1
        if fault := files.fault_of(digest):
            report.faults.append(fault)
    return report


def _checked(connection: Connection, report: ChainReport) -> Iterator[Event]:
    last = Head(0, BEGIN)
    for event in audit.everything(connection):
        report.events += 1
        if event.number > last.number + 1:
            report.faults.append(f"missing: {_span(last.number + 1, event.number - 1)}")
        elif event.number <= last.number:
            report.faults.append(f"added: event {event.number}")
        elif event.previous != last.hash:
            report.faults.append(f"changed: event {event.number} does not follow event {last.number} as it is now")
        if event.digest() != event.hash:
            report.faults.append(f"changed: event {event.number}, {event.act} of {event.subject}")
        last = Head(event.number, event.hash)
        yield event
    head = report.head or Head(0, BEGIN)
    if head.number > last.number:
        report.faults.append(f"missing: {_span(last.number + 1, head.number)}, at the end")
    elif head.number < last.number:
        report.faults.append(f"added: {_span(head.number + 1, last.number)}, after the end that was recorded")
    elif head.hash != last.hash:
        report.faults.append(f"changed: event {last.number} is not the end that was recorded")


def _span(first: int, last: int) -> str:
    return f"event {first}" if first == last else f"events {first} to {last}"


def _removed(event: Event) -> Iterator[str]:
    """Yield the hashes of evidence that was removed."""
    if event.act == Act.EVIDENCE_REMOVED:
        with suppress(JSONDecodeError, UnicodeEncodeError, AttributeError):  # it was changed, and that is said already
            yield from str(event.told.get("sha256", "")).split()


def _evidence(event: Event) -> Iterator[str]:
    """Yield the hashes of evidence that a decision was made on."""
    try:
        told = event.told
    except (JSONDecodeError, UnicodeEncodeError):
        return  # it was changed, and that is said already
    if isinstance(told, dict):
        yield from (str(told[kind]) for kind in EVIDENCE if kind in told)
