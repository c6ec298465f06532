"""The service at the other end: asked again and again until it answers, with pauses that grow."""

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from api.errors import CardUnreadable, PushFailed
from api.surveys.schemas import AnnouncedOut, FileOut, SurveyIn, SurveyOut
from api.upload_client.card import CardFile
from api.web.pagination import Listing
from streams.camera.backoff import Backoff

CHUNK: Final = 8 * 1024 * 1024  # bytes of one request; what a broken line costs at most
PATIENCE: Final = 15 * 60.0  # seconds without any progress after which we give up
TUS: Final = {"Tus-Resumable": "1.0.0"}
_AGAIN: Final = (408, 425, 429, 500, 502, 503, 504, 507)
_ASK_ANEW: Final = (409, 423, 460)  # where to go on is not where we thought

M = TypeVar("M", bound=BaseModel)


@dataclass(slots=True)
class Patience:
    """Waits between tries, and says once why; gives up after so long without progress."""

    tell: Callable[[str], None]
    limit: float = PATIENCE
    sleep: Callable[[float], None] = time.sleep
    _backoff: Backoff = field(default_factory=lambda: Backoff(base=0.5, cap=30.0))
    _since: float | None = None

    def progress(self) -> None:
        """Something has come through."""
        self._since = None
        self._backoff.reset()

    def wait(self, why: str) -> None:
        """Handle a failed attempt. Raises PushFailed."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
            self.tell(f"streetwarden: {why}; trying again")
        if now - self._since > self.limit:
            raise PushFailed(f"{why}; given up after {self.limit:.0f} s. Type the same command to go on")
        self.sleep(max(self._backoff.next_pause(), 0.05))


class SurveyService:
    """A streetwarden service, as a client that uploads footage sees it."""

    def __init__(self, http: httpx.Client, patience: Patience) -> None:
        self._http = http
        self._patience = patience

    def announce(self, manifest: SurveyIn) -> AnnouncedOut:
        """Say what will come. Raises PushFailed."""
        body = manifest.model_dump_json()
        headers = {"Content-Type": "application/json"}
        return self._read(AnnouncedOut, self._ask("POST", "/api/v1/surveys", content=body, headers=headers))

    def survey(self, answer: AnnouncedOut) -> SurveyOut:
        """Return the survey as it is now. Raises PushFailed."""
        return self._read(SurveyOut, self._ask("GET", f"/api/v1/surveys/{answer.survey.id}"))

    def files(self, answer: AnnouncedOut) -> list[FileOut]:
        """Return its files as they are now, by name. Raises PushFailed."""
        found: list[FileOut] = []
        cursor: str | None = None
        while True:
            params = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
            page = self._ask("GET", f"/api/v1/surveys/{answer.survey.id}/files", params=params)
            listing = self._read(Listing[FileOut], page)
            found += listing.items
            cursor = listing.next
            if cursor is None:
                return found

    def send(self, file: CardFile, upload: str, moved: Callable[[int], None]) -> None:
        """Send a file from wherever the service wants it; `moved` is told where it ends there. Raises PushFailed."""
        try:
            with file.path.open("rb") as content:
                ends = self._offset(upload)
                moved(ends)
                while ends < file.size:
                    content.seek(ends)
                    chunk = content.read(min(CHUNK, file.size - ends))
                    if not chunk or not file.is_unchanged():
                        raise CardUnreadable(f"{file.path}: has changed since it was announced; type the command again")
                    before, ends = ends, self._patch(upload, chunk, ends)
                    if ends > before:  # an answer alone is no progress: a full disk answers too
                        self._patience.progress()
                    moved(ends)
        except OSError as error:
            raise CardUnreadable(f"{file.path}: cannot be read ({error.strerror})") from error

    def _patch(self, upload: str, chunk: bytes, offset: int) -> int:
        digest = base64.b64encode(hashlib.sha256(chunk).digest()).decode()
        headers = TUS | {
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Upload-Checksum": f"sha256 {digest}",
        }
        try:
            answer = self._http.patch(upload, content=chunk, headers=headers)
        except httpx.TransportError as error:
            self._patience.wait(f"the line broke ({type(error).__name__})")
            return self._offset(upload)
        if answer.status_code in _ASK_ANEW or answer.status_code in _AGAIN:
            self._patience.wait(_said(answer))
            return self._offset(upload)
        if answer.status_code != 204:
            raise PushFailed(_said(answer))
        return _number(answer, "Upload-Offset")

    def _offset(self, upload: str) -> int:
        return _number(self._ask("HEAD", upload, headers=TUS), "Upload-Offset")

    def _ask(
        self,
        method: str,
        path: str,
        *,
        content: str | None = None,
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
    ) -> httpx.Response:
        while True:
            try:
                answer = self._http.request(method, path, content=content, headers=headers, params=params)
            except httpx.TransportError as error:
                self._patience.wait(f"{self._http.base_url.host} does not answer ({type(error).__name__})")
                continue
            if answer.status_code in (200, 201):
                return answer
            if answer.status_code not in _AGAIN or (method == "POST" and answer.status_code == 507):
                raise PushFailed(_said(answer))
            self._patience.wait(_said(answer))

    def _read(self, shape: type[M], answer: httpx.Response) -> M:
        try:
            read = shape.model_validate_json(answer.content)
        except ValidationError:
            raise PushFailed(f"{self._http.base_url.host} answers, but not like a streetwarden service") from None
        self._patience.progress()
        return read


def _number(answer: httpx.Response, name: str) -> int:
    value = answer.headers.get(name, "")
    if not value.isdigit():
        raise PushFailed(f"the service did not say its {name}; is there a proxy in between that drops headers?")
    return int(value)


def _said(answer: httpx.Response) -> str:
    """Return what a problem document says, else its status."""
    try:
        document = answer.json()
        detail = document.get("detail") if isinstance(document, dict) else None
    except ValueError:
        detail = None
    return f"the service says {answer.status_code}: {detail or answer.reason_phrase or 'nothing more'}"
