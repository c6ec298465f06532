"""Which candidates a request asks for: one set of parameters for the page, the list and the export."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AfterValidator, BeforeValidator, StringConstraints

from api.candidates import legal_review
from api.candidates.repository import Filter, State
from api.dependencies import CurrentScope, Db
from detector.rules.ruling import Outcome

T = TypeVar("T")
FIRST: Final = date(2000, 1, 1)
LAST: Final = date(2199, 12, 31)


def _sensible(day: date | None) -> date | None:
    if day is not None and not FIRST <= day <= LAST:
        raise ValueError(f"a day from {FIRST} to {LAST}")
    return day


Blank = BeforeValidator(lambda value: None if value == "" else value)
"""A form sends what was left open as nothing."""
Word = Annotated[Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")] | None, Blank, Query()]
OneClass = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_ -]{1,64}$")]
ClassName = Annotated[OneClass | None, Blank, Query(alias="class")]
SurveyId = Annotated[UUID | None, Blank, Query()]
StateAsked = Annotated[State | None, Blank, Query()]
OutcomeAsked = Annotated[Outcome | None, Blank, Query()]
Since = Annotated[
    date | None, Blank, AfterValidator(_sensible), Query(alias="from", description="First day, in the rulebook's zone.")
]
Until = Annotated[
    date | None, Blank, AfterValidator(_sensible), Query(alias="to", description="Last day, in the rulebook's zone.")
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; `said` holds the parameters as they came, those left open absent."""

    filter: Filter
    said: dict[str, str]
    zone: tzinfo

    @property
    def zone_name(self) -> str:
        return getattr(self.zone, "key", "UTC")


def wanted(
    scope: CurrentScope,
    database: Db,
    state: StateAsked = None,
    class_name: ClassName = None,
    ruling: OutcomeAsked = None,
    district: Word = None,
    camera: Word = None,
    survey: SurveyId = None,
    rule: Word = None,
    zone: Word = None,
    since: Since = None,
    until: Until = None,
) -> Wanted:
    """Return which candidates the request asks for; days are those of the rulebook that is in force."""
    with database.read() as connection:
        here = legal_review.zone_now(scope, connection)
    begin = datetime.combine(since, time(), here) if since else None
    end = datetime.combine(until + timedelta(days=1), time(), here) if until else None
    asked: dict[str, object | None] = {
        "state": state, "class": class_name, "ruling": ruling, "district": district, "camera": camera,
        "survey": survey, "rule": rule, "zone": zone, "from": since, "to": until,
    }  # fmt: skip
    sought = Filter(state, class_name, ruling, district, camera, survey, rule, zone, begin, end)
    return Wanted(sought, {name: str(value) for name, value in asked.items() if value is not None}, here)


WantedCandidates = Annotated[Wanted, Depends(wanted)]
