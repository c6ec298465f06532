"""What the rulebook says of a sighting at an hour."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The three answers: `unknown` never becomes `violation`."""

    VIOLATION = "violation"
    PERMITTED = "permitted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rulebook says, and why in words.

    `reasons` are English sentences and `reasons_zh` the same ones in Chinese, in the same order. `code` is the city's
    event code, `rule` and `zone` the ids that spoke; the three are None where nothing forbids the thing.
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    code: str | None = None
    rule: str | None = None
    zone: str | None = None
    rulebook_version: str = ""
    reasons_zh: tuple[str, ...] = ()
