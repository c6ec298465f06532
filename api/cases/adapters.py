"""Where confirmed cases go: a case API over HTTP, or the built-in list while none is configured."""

import asyncio
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol
from uuid import UUID

import httpx

from api.cases import repository as cases
from api.cases.replies import denied_in, known_case, printable, reference_in
from api.clock import Clock
from api.db.database import Database
from api.errors import CaseRefused, CaseUnavailable, EndpointFault

# 409 is what the Idempotency-Key draft answers while the same key is still being worked on (a retry that came early).
TRY_AGAIN = frozenset({408, 409, 425, 429})
SAYS_DUPLICATE = frozenset({400, 409, 422})
NOT_ALLOWED = frozenset({401, 403})
_BUSY = re.compile(
    r"\b(?:busy|later|again|unavailable|time ?outs?|too many|rate limit)\b|繁忙|稍后|超时|重试|限流", re.IGNORECASE
)
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


Compose = Callable[[UUID, bytes], tuple[dict[str, str], bytes]]
"""Makes the headers and the content of a request of a case's key and frozen body; the same for the same, but its date.

Raises CaseRefused where this case cannot be said so.
"""


def compose_json(key: UUID, body: bytes) -> tuple[dict[str, str], bytes]:
    """Send the body as it is."""
    return {"Content-Type": "application/json"}, body


class HttpCaseApi:
    """A case API that takes a POST for each case and knows the Idempotency-Key header."""

    def __init__(
        self,
        url: str,
        token: str | None,
        timeout: timedelta,
        *,
        compose: Compose = compose_json,
        read_reference: Callable[[bytes], str | None] = reference_in,
    ) -> None:
        self._url = url
        self._compose = compose
        self._read_reference = read_reference
        self._seconds = timeout.total_seconds()
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # a compressed answer may be a thousand times as long
            "User-Agent": "streetwarden",
        }
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._tls = httpx.create_ssl_context(trust_env=False)

    def deliver(self, key: UUID, body: bytes) -> Receipt:
        """POST the body; 2xx means taken, whatever else the answer says. Takes no longer than the timeout in all."""
        headers, content = self._compose(key, body)
        return asyncio.run(self._deliver(headers | {"Idempotency-Key": str(key)}, content))

    async def _deliver(self, headers: dict[str, str], body: bytes) -> Receipt:
        status: int | None = None
        content = bytearray()
        location: str | None = None
        try:
            # httpx's own time-outs count for each read, and so never end where a byte comes now and then.
            # No redirects: they would carry the token elsewhere. No environment: a proxy there is nobody's decision.
            async with (
                asyncio.timeout(self._seconds),
                httpx.AsyncClient(
                    headers=self._headers,
                    timeout=self._seconds,
                    verify=self._tls,
                    follow_redirects=False,
                    trust_env=False,
                ) as client,
                client.stream("POST", self._url, content=body, headers=headers) as response,
            ):
                status, location = response.status_code, response.headers.get("location")
                if status not in SAYS_DUPLICATE:
                    _raise_for(response)
                await read_limited(response, content)
                if status in SAYS_DUPLICATE and not (known := known_case(status, bytes(content))):
                    _raise_for(response)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            if status is None or not 200 <= status < 300:  # else it was taken, and only its answer is broken
                raise _unavailable(error, status, self._seconds) from error
        if status in SAYS_DUPLICATE:
            return Receipt(status, known.reference if known else None)
        if why := denied_in(bytes(content)):
            if known := known_case(status, bytes(content)):  # by the words of a duplicate: an id may be the request's
                return Receipt(status, known.reference)
            fault = CaseUnavailable if _BUSY.search(why) else CaseRefused
            raise fault(f"answered {status}, and says in it that it did not take the case: {why}", status)
        return Receipt(status, self._absolute(location) or self._read_reference(bytes(content)))

    def _absolute(self, location: str | None) -> str | None:
        """Return the address of a case as it may be shown: without a user and a password. None where it is none."""
        if not location:
            return None
        try:
            address = httpx.URL(self._url).join(location).copy_with(userinfo=b"")
        except (httpx.InvalidURL, ValueError, TypeError):
            return None
        return printable(str(address)) or None


async def read_limited(response: httpx.Response, content: bytearray) -> None:
    """Read what of an answer is looked at, unpacked where it came packed against what was asked for."""
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if packed in ("gzip", "x-gzip", "deflate") else None
    came = 0
    async for chunk in response.aiter_raw():
        came += len(chunk)
        try:
            content += unpack.decompress(chunk, MAX_REPLY) if unpack else chunk
        except zlib.error:
            return
        if len(content) >= MAX_REPLY or came >= MAX_REPLY:
            del content[MAX_REPLY:]
            return


def _unavailable(error: Exception, status: int | None, seconds: float) -> CaseUnavailable:
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return CaseUnavailable(f"no answer within {seconds:g} s", status)
    said = printable(str(error)) or type(error).__name__
    if status is None and isinstance(error, httpx.NetworkError | OSError):
        return CaseUnavailable(f"cannot be reached: {said}", status)
    return CaseUnavailable(f"gave an answer that is none: {said}", status)


def _raise_for(response: httpx.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    what = printable(f"answered {status} {response.reason_phrase}")
    if status in NOT_ALLOWED:
        raise EndpointFault(f"{what}: check the token", status)
    if 300 <= status < 400:
        raise EndpointFault(f"{what}: redirects are not followed, set the final address", status)
    if status in TRY_AGAIN or status >= 500:
        raise CaseUnavailable(what, status, retry_after(response.headers.get("retry-after"), datetime.now(UTC)))
    raise CaseRefused(what, status)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Return what a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date), at most a day.

    None if unreadable.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_WAIT.total_seconds()))
    try:
        moment = parsedate_to_datetime(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max(aware - now, timedelta(0)), LONGEST_WAIT)
    except (ValueError, TypeError, OverflowError, IndexError):  # all that the parser raises over a hostile date
        return None
