"""The JSON of rulebooks."""

from base64 import b64encode
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from api.rulebooks.repository import StoredRulebook
from detector.office_text import decode_text


class RulebookOut(BaseModel):
    """A rulebook that judged something: its file, and the permit file that it named, as they were.

    `sha256` is that of both files one after the other. A byte order mark is left out, GB18030 and UTF-16 are decoded. A
    permit file that is not UTF-8 text, such as an Excel workbook, is `permits_base64`, its bytes as they were.
    """

    sha256: str
    version: str
    first_used_at: datetime
    content: str
    permits: str | None
    permits_base64: str | None

    @classmethod
    def of(cls, kept: StoredRulebook) -> Self:
        source, text, encoded = kept.source, None, None
        if source.permits is not None:
            try:
                text = source.permits.decode("utf-8-sig")
            except UnicodeDecodeError:
                encoded = b64encode(source.permits).decode("ascii")
        return cls(
            sha256=source.sha256,
            version=source.version,
            first_used_at=kept.first_used_at,
            content=decode_text(source.content),
            permits=text,
            permits_base64=encoded,
        )
