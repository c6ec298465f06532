"""Why somebody looks at an original or takes data away: said by them, recorded with the view."""

import unicodedata
from typing import Annotated, Final

from fastapi import Query

from api.errors import ReasonNeeded

SHORTEST: Final = 3
LONGEST: Final = 200
Reason = Annotated[str | None, Query(max_length=1000, description="Why: it is recorded in the audit log.")]


def given_reason(reason: str | None) -> str:
    """Return the reason that was given. Raises ReasonNeeded where it is none."""
    text = unicodedata.normalize("NFC", reason or "").strip()
    if not SHORTEST <= len(text) <= LONGEST or any(unicodedata.category(letter).startswith("C") for letter in text):
        raise ReasonNeeded(f"say why, in {SHORTEST} to {LONGEST} characters (?reason=): it is recorded")
    return text
