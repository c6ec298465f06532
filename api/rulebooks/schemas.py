"""The JSON of rulebooks."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from api.rulebooks.repository import StoredRulebook


class RulebookOut(BaseModel):
    """A rulebook that judged something: its file, and the permit file that it named, as they were.

    `sha256` is that of both files one after the other. A byte order mark is left out.
    """

    sha256: str
    version: str
    first_used_at: datetime
    content: str
    permits: str | None

    @classmethod
    def of(cls, kept: StoredRulebook) -> Self:
        source = kept.source
        return cls(
            sha256=source.sha256,
            version=source.version,
            first_used_at=kept.first_used_at,
            content=source.content.decode("utf-8-sig"),
            permits=None if source.permits is None else source.permits.decode("utf-8-sig"),
        )
