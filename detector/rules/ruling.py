"""What the rulebook says of a sighting at an hour."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from detector.reason import Reason
from detector.rules.source import RulebookSource

UNKNOWN_SOURCE: Final = RulebookSource.of("", b"")


class Outcome(StrEnum):
    """The three answers: `unknown` never becomes `violation`."""

    VIOLATION = "violation"
    PERMITTED = "permitted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rulebook says, and why.

    `reasons` are codes with parameters (`detector.rules.wording` has their sentences). `code` is the city's event code,
    `rule` and `zone` the ids that spoke; the three are None where nothing forbids the thing. `rulebook` is what judged.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...]
    code: str | None = None
    rule: str | None = None
    zone: str | None = None
    rulebook: RulebookSource = UNKNOWN_SOURCE
