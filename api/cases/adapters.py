"""Where confirmed cases go: a case API over HTTP, or the built-in list while none is configured."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol
from uuid import UUID

import httpx

from api.cases import repository as cases
from api.cases.replies import known_case, reference_in
from api.clock import Clock
from api.db.database import Database
from api.errors import CaseRefused, CaseUnavailable, EndpointFault

# 409 is what the Idempotency-Key draft answers while the same key is still being worked on (a retry that came early).
TRY_AGAIN = frozenset({408, 409, 425, 429})
SAYS_DUPLICATE = frozenset({400, 409, 422})
NOT_ALLOWED = frozenset({401, 403})
MAX_REPLY = 64 * 1024
LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The case system has it: the HTTP status, and what it calls the case (None where it did not say)."""

    status: int
    reference: str | None


class CaseApi(Protocol):
    """Anything that takes confirmed cases."""

    def deliver(self, key: UUID, body: bytes) -> Receipt:
        """Hand over one case; the same key may come again. Raises CaseUnavailable, CaseRefused or EndpointFault."""
        ...


class BuiltInCaseList:
    """The case list of this service itself."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def deliver(self, key: UUID, body: bytes) -> Receipt:
        """Keep the case, once."""
        with self._database.write() as connection:
            case, new = cases.receive(connection, key, body, self._clock())
        return Receipt(201 if new else 200, str(case.id))


class HttpCaseApi:
    """A case API that takes JSON by POST and knows the Idempotency-Key header."""

    def __init__(self, url: str, token: str | None, timeout: timedelta) -> None:
        self._url = url
        self._seconds = timeout.total_seconds()
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "streetwarden"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        # No redirects: they would carry the token elsewhere. No environment: a proxy there is nobody's decision here.
        self._client = httpx.Client(headers=headers, timeout=self._seconds, follow_redirects=False, trust_env=False)

    def deliver(self, key: UUID, body: bytes) -> Receipt:
        """POST the body; 2xx means taken."""
        try:
            with self._client.stream(
                "POST", self._url, content=body, headers={"Idempotency-Key": str(key)}
            ) as response:
                deadline = time.monotonic() + self._seconds
                if response.status_code in SAYS_DUPLICATE and (
                    known := known_case(response.status_code, _read(response, deadline))
                ):
                    return Receipt(response.status_code, known.reference)
                _raise_for(response)
                return Receipt(response.status_code, self._reference(response, deadline))
        except httpx.TimeoutException as error:
            raise CaseUnavailable(f"no answer within {self._seconds:g} s") from error
        except httpx.TransportError as error:
            raise CaseUnavailable(f"cannot be reached: {error}") from error

    def _reference(self, response: httpx.Response, deadline: float) -> str | None:
        location = response.headers.get("location")
        if location:
            return str(httpx.URL(self._url).join(location))[:500]
        return reference_in(_read(response, deadline))


def _read(response: httpx.Response, deadline: float) -> bytes:
    content = b""
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > MAX_REPLY or time.monotonic() > deadline:
            break
    return content[:MAX_REPLY]


def _raise_for(response: httpx.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    what = f"answered {status} {response.reason_phrase}".rstrip()
    if status in NOT_ALLOWED:
        raise EndpointFault(f"{what}: check the token", status)
    if 300 <= status < 400:
        raise EndpointFault(f"{what}: redirects are not followed, set the final address", status)
    if status in TRY_AGAIN or status >= 500:
        raise CaseUnavailable(what, status, retry_after(response.headers.get("retry-after"), datetime.now(UTC)))
    raise CaseRefused(what, status)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date), at most a day; None if unreadable."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_WAIT.total_seconds()))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta(0)), LONGEST_WAIT)
