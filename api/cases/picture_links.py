"""Links to pictures that open without signing in, until they expire: for the case system, which has no session."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from api.cameras.encryption import box_of

if TYPE_CHECKING:
    from api.settings import Settings

PATH: Final = "/shared/pictures"


class PictureLinks:
    """Signs links with the first of its keys and accepts those of any (HMAC-SHA256 over candidate, kind and end)."""

    def __init__(self, keys: Sequence[bytes], base_url: str, lasting: timedelta) -> None:
        self._keys = [hmac.digest(key, b"streetwarden picture links", "sha256") for key in keys]
        self._base_url = base_url
        self._lasting = lasting

    @classmethod
    def of(cls, settings: "Settings") -> "PictureLinks":
        """Return the links of this service; its key is that of the encrypted addresses. Raises SettingsInvalid."""
        box_of(settings)  # makes the key file in development, and refuses what is no key
        file = settings.secret_key_file
        own = settings.secret_key.get_secret_value() if settings.secret_key else ""
        text = own if own and own != "change-me" else file.read_text(encoding="ascii")
        keys = [key.strip().encode() for key in text.split(",") if key.strip()]
        return cls(keys, settings.base_url, timedelta(days=settings.case_link_days))

    def expires(self, at: datetime) -> datetime:
        """Return until when a link that is made at this moment opens."""
        return (at + self._lasting).astimezone(UTC).replace(microsecond=0)

    def url(self, candidate_id: UUID, kind: str, at: datetime) -> str:
        """Return the link to a picture that is made at this moment."""
        until = int(self.expires(at).timestamp())
        signature = _sign(self._keys[0], candidate_id, kind, until)
        return f"{self._base_url}{PATH}/{candidate_id}/{kind}?expires={until}&signature={signature}"

    def holds(self, candidate_id: UUID, kind: str, expires: int, signature: str, now: datetime) -> bool:
        """Tell whether this link was made here and has not expired."""
        if expires <= now.timestamp() or not signature.isascii():
            return False
        made = (_sign(key, candidate_id, kind, expires) for key in self._keys)
        return any(hmac.compare_digest(one, signature) for one in made)


def _sign(key: bytes, candidate_id: UUID, kind: str, expires: int) -> str:
    return hmac.new(key, f"{candidate_id}|{kind}|{expires}".encode(), hashlib.sha256).hexdigest()
