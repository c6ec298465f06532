"""Open311 GeoReport v2: a form for each case, and what it becomes there.

Of the specification (wiki.open311.org/GeoReport_v2): requests are form-encoded; the answer names a service_request_id
or a token that is exchanged for one later; a duplicate is answered 400, or 409 by some servers.
"""

import json
from typing import Final
from urllib.parse import quote, urlencode
from uuid import UUID

from api.cases.adapters import Compose
from api.cases.replies import printable, reference_in, token_in
from api.cases.systems import CaseSystem
from api.errors import CaseRefused

TOKEN: Final = "token:"  # noqa: S105  # no secret: what a reference begins with that is a token yet
_PICTURES: Final = ("boxed", "scene", "crop")


def requests_url(system: CaseSystem) -> str:
    """Return the address that takes service requests."""
    return f"{str(system.url).rstrip('/')}/requests.json"


def status_url(system: CaseSystem, reference: str) -> str:
    """Return the address that tells of a service request, or what became of a token."""
    kind, name = ("tokens", reference.removeprefix(TOKEN)) if reference.startswith(TOKEN) else ("requests", reference)
    asked = f"?{urlencode({'jurisdiction_id': system.jurisdiction})}" if system.jurisdiction else ""
    return f"{str(system.url).rstrip('/')}/{kind}/{quote(name, safe='')}.json{asked}"


def compose_open311(system: CaseSystem) -> Compose:
    """Return what makes forms of bodies."""

    def compose(key: UUID, body: bytes) -> tuple[dict[str, str], bytes]:
        case = json.loads(body)
        code = system.service_codes.get(case.get("class", "")) or case.get("code")
        if not code:
            raise CaseRefused(f"has no service code for {case.get('class')}: name one in service_codes")
        if case.get("lat") is None or case.get("lon") is None:
            raise CaseRefused("needs a position, and this case has none")
        form = {
            "jurisdiction_id": system.jurisdiction,
            "api_key": system.token.get_secret_value() if system.token else None,
            "service_code": code,
            "lat": f"{case['lat']:.7f}",
            "long": f"{case['lon']:.7f}",
            "description": _description(case),
            "media_url": _picture(case),
            "attribute[external_id]": str(key),
            "attribute[district]": case.get("district"),
        }
        fields = urlencode({name: value for name, value in form.items() if value})
        return {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, fields.encode()

    return compose


def read_reference(reply: bytes) -> str | None:
    """Return the service_request_id, or the token as such where there is no more yet."""
    token = token_in(reply)
    named = reference_in(reply)
    return f"{TOKEN}{token}" if token is not None and named in (None, token) else named


def _description(case: dict[str, object]) -> str:
    """Return the sentences of the ruling in each language, and the reviewer's note."""
    names = case.get("class_names")
    reasons = case.get("reasons")
    review = case.get("review")
    lines: list[str] = []
    languages = list(names) if isinstance(names, dict) else ["zh", "en"]
    for language in languages:
        said = [names[language]] if isinstance(names, dict) else []
        for reason in reasons if isinstance(reasons, list) else ():
            text = reason.get("text", {}) if isinstance(reason, dict) else {}
            said += [text[language]] if isinstance(text, dict) and language in text else []
        lines.append("; ".join(str(one) for one in said))
    if isinstance(review, dict) and review.get("note"):
        lines.append(str(review["note"]))
    return "\n".join(printable(line) for line in lines if line)


def _picture(case: dict[str, object]) -> str | None:
    """Return the link to the picture that shows the case best."""
    files = case.get("evidence")
    by_kind = (
        {one.get("kind"): one.get("url") for one in files if isinstance(one, dict)} if isinstance(files, list) else {}
    )
    return next((by_kind[kind] for kind in _PICTURES if by_kind.get(kind)), None)
