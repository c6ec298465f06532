"""What a case system's reply says of the case: what it calls it, and whether it had it already.

GeoReport v2 answers a list with one object, in JSON or XML; others an object. A duplicate is refused by some with 409,
by others with 400 and a sentence (node-open311, "Endpoint Quirks"): both mean that the case is there.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_NAMES: Final = (
    *("service_request_id", "id", "reference", "case_id", "caseId", "case_number", "caseNo", "case_no", "caseNumber"),
    *(
        "caseCode",
        "ticket_id",
        "ticketId",
        "ticketNo",
        "ticket_number",
        "number",
        "uuid",
        "guid",
        "event_id",
        "eventId",
    ),
    *(
        "eventNo",
        "order_no",
        "orderNo",
        "workOrderNo",
        "工单号",
        "工单编号",
        "案件编号",
        "案件号",
        "受理编号",
        "编号",
        "token",
    ),
)
_WRAPPERS: Final = (
    "data",
    "result",
    "case",
    "request",
    "service_request",
    "service_requests",
    "record",
    "item",
    "items",
    "results",
    "records",
    "rows",
    "list",
    "response",
    "body",
    "payload",
    "content",
    "ticket",
    "event",
    "order",
)
_BARE: Final = ("data", "result", "case", "ticket")  # what may be the reference itself
_NUMBERED: Final = re.compile(r"(?=.*\d)[\w./-]{3,80}")
_DENIED: Final = ("success", "ok", "succeeded", "successful")
_WHY: Final = ("message", "msg", "error", "detail", "description", "reason")
_XML: Final = re.compile(r"<(service_request_id|token|status|status_notes)>\s*([^<>\s][^<>]{0,200}?)\s*</\1>")
_XML_REQUEST: Final = re.compile(r"<request>(.*?)</request>", re.DOTALL)
_DUPLICATE: Final = re.compile(
    r"duplicat|already\s+(?:exist|been|received|submitted|registered|there)|重复|已存在|已受理", re.IGNORECASE
)
_UNDER_WAY: Final = re.compile(
    r"in[ _-]?progress|outstanding|being processed|still processing|concurrent|处理中", re.IGNORECASE
)
CONFLICT: Final = 409
_LONGEST: Final = 500
_LONGEST_WHY: Final = 200
_DEEPEST: Final = 3
_MOST_CASES: Final = 1000


@dataclass(frozen=True, slots=True)
class KnownCase:
    """A case that the case system had already, and what it calls it, where it says so."""

    reference: str | None


def reference_in(reply: bytes) -> str | None:
    """Return what a reply calls the case, one printable line; None where it does not say."""
    return _found(reply, _NAMES)


def token_in(reply: bytes) -> str | None:
    """Return the token of GeoReport v2 that a reply holds; None where it holds none."""
    return _found(reply, ("token",))


def status_in(reply: bytes, reference: str) -> tuple[str | None, str]:
    """Return the status that a reply tells of a case, and the notes on it; None where it tells of others alone."""
    text = reply.decode("utf-8", "replace")
    try:
        case = _case_in(json.loads(text), reference, 0)
    except (ValueError, RecursionError):
        return _status_in_xml(text, reference)
    if case is None:
        return None, ""
    said, note = _name(case, _DEEPEST, ("status",)), _name(case, _DEEPEST, ("status_notes", "note"))
    return printable(said or "") or None, printable(note or "")


def _case_in(value: object, reference: str, depth: int, *, among: bool = False) -> dict[str, object] | None:
    """Return the object that tells of a case, the innermost that has a status.

    Among several it must be named as that case; one alone must not be named as another service request.
    """
    if isinstance(value, list):
        found = (_case_in(one, reference, depth, among=among or len(value) > 1) for one in value[:_MOST_CASES])
        return next((one for one in found if one is not None), None)
    if not isinstance(value, dict) or depth > _DEEPEST:
        return None
    inner = (_case_in(value[key], reference, depth + 1, among=among) for key in _WRAPPERS if key in value)
    if (case := next((one for one in inner if one is not None), None)) is not None:
        return case
    if any(key in value and isinstance(value[key], dict | list) for key in _WRAPPERS):
        return None  # its own status is that of the answer
    names = [str(value[key]) for key in _NAMES if isinstance(value.get(key), str | int)]
    other = among or "service_request_id" in value
    return value if "status" in value and (not other or reference in names) else None


def _status_in_xml(text: str, reference: str) -> tuple[str | None, str]:
    """Return the same of an answer of GeoReport in XML; of a list, what stands in the request of this name."""
    for part in _XML_REQUEST.findall(text) or [text]:
        values = {name: printable(value) for name, value in _XML.findall(part)}
        if values.get("service_request_id", reference) == reference and values.get("status"):
            return values["status"], values.get("status_notes", "")
    return None, ""


def _found(reply: bytes, names: Sequence[str]) -> str | None:
    text = reply.decode("utf-8", "replace")
    try:
        found = _name(json.loads(text), 0, names)
    except (ValueError, RecursionError):
        found = next((match[2] for match in _XML.finditer(text) if match[1] in names), None)
    return printable(found or "") or None


def printable(text: str) -> str:
    """Return what of a stranger's text can be shown and stored: one line, no NUL, no half of a surrogate pair."""
    return "".join(letter for letter in text if letter.isprintable()).strip()[:_LONGEST]


def known_case(status: int, reply: bytes) -> KnownCase | None:
    """Return the case that a refusal says is there already, or that a 409 names; None where it says something else.

    A refusal because the same request is still under way is none: it may be answered otherwise later.
    """
    text = reply.decode("utf-8", "replace")
    if _UNDER_WAY.search(text):
        return None
    reference = reference_in(reply)
    named = status == CONFLICT and reference is not None
    return KnownCase(reference) if named or _DUPLICATE.search(text) else None


def denied_in(reply: bytes) -> str | None:
    """Return why a case was not taken, where an answer of success says that there was none; else None.

    Many services answer 200 to everything and put `"success": false` into it.
    """
    try:
        value = json.loads(reply.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not any(value.get(key) in (False, "false") for key in _DENIED if key in value):
        return None
    why = next((value[key] for key in _WHY if isinstance(value.get(key), str)), "")
    return printable(why)[:_LONGEST_WHY] or "without a reason"


def _is_numbered(value: object) -> bool:
    """Return whether a bare value can be what a case is called: a number, or a word with one in it."""
    return isinstance(value, str | int) and not isinstance(value, bool) and bool(_NUMBERED.fullmatch(str(value)))


def _name(value: object, depth: int, names: Sequence[str]) -> str | None:
    """Return the first name of a case in an object, in the first object of a list, or in one inside of it."""
    if isinstance(value, list):
        return next((name for one in value if (name := _name(one, depth, names)) is not None), None)
    if not isinstance(value, dict) or depth > _DEEPEST:
        return None
    for key in names:
        one = value.get(key)
        if isinstance(one, str | int) and not isinstance(one, bool) and str(one).strip():
            return str(one)
    inner = [value[key] for key in _WRAPPERS if key in value]
    if "id" in names and (bare := next((str(value[key]) for key in _BARE if _is_numbered(value.get(key))), None)):
        return bare
    return next((name for one in inner if (name := _name(one, depth + 1, names)) is not None), None)
