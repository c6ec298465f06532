"""The places that a survey found: every thing once, with its position and the picture that shows it best."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, Select, and_, insert, select

from api.candidates.repository import State
from api.candidates.tables import candidates
from api.db.scope import Scope
from api.surveys.jobs.tables import survey_places
from detector.rules.ruling import Outcome
from detector.vision.detections import Box


@dataclass(frozen=True, slots=True)
class SurveyPlace:
    """One thing of a survey; `picture` is a path under the survey's folder of pictures and `box` lies in it.

    `candidate_id` and `state` are those of the candidate that came of it; None where it is permitted. Where the footage
    does not say when it was taken (not `timed`) the two moments only order it.
    """

    survey_id: UUID
    key: str
    class_name: str
    lat: float | None
    lon: float | None
    ce90: float | None
    confidence: float
    first_seen: datetime
    last_seen: datetime
    frames: int
    outcome: Outcome
    box: Box
    width: int
    height: int
    picture: str
    timed: bool = True
    candidate_id: UUID | None = None
    state: State | None = None

    @property
    def id(self) -> str:
        """Return the part of the key that tells it from the survey's other places: twelve hexadecimal digits."""
        return self.key.rpartition("-")[2]


def source_of(survey_id: UUID) -> str:
    """Return what candidates of a survey call their source, and begin their keys with."""
    return f"survey {survey_id}"


def add(connection: Connection, places: Iterable[SurveyPlace]) -> None:
    """Store the places of a survey. Raises IntegrityError where one is known."""
    rows = [
        {
            name: getattr(place, name)
            for name in SurveyPlace.__dataclass_fields__
            if name not in ("candidate_id", "state")
        }
        | {"box": list(place.box)}
        for place in places
    ]
    if rows:
        connection.execute(insert(survey_places), rows)


def of_survey(scope: Scope, connection: Connection, survey_id: UUID) -> tuple[SurveyPlace, ...]:
    """Return the places of a survey, first seen first, each with its candidate where it has one."""
    query = _query(scope, survey_id).order_by(survey_places.c.first_seen, survey_places.c.key)
    return tuple(_place(row) for row in connection.execute(query))


def _query(scope: Scope, survey_id: UUID) -> Select[tuple[object, ...]]:
    table = survey_places.c
    theirs = and_(candidates.c.survey_id == table.survey_id, candidates.c.key == table.key)
    return (
        select(survey_places, candidates.c.id.label("candidate_id"), candidates.c.state)
        .join(candidates, theirs, isouter=True)
        .where(table.survey_id == survey_id, scope.sees_parent(table.survey_id, "surveys"))
    )


def find(scope: Scope, connection: Connection, survey_id: UUID, place_id: str) -> SurveyPlace | None:
    """Return the place of this id."""
    mine = survey_places.c.key == f"{source_of(survey_id)}-{place_id}"
    row = connection.execute(_query(scope, survey_id).where(mine)).one_or_none()
    return _place(row) if row else None


def in_picture(scope: Scope, connection: Connection, survey_id: UUID, picture: str) -> tuple[SurveyPlace, ...]:
    """Return the places that one picture shows best."""
    query = _query(scope, survey_id).where(survey_places.c.picture == picture)
    return tuple(_place(row) for row in connection.execute(query))


def _place(row: Row[tuple[object, ...]]) -> SurveyPlace:
    values = dict(row._mapping)
    return SurveyPlace(
        **values
        | {
            "outcome": Outcome(values["outcome"]),
            "box": tuple(values["box"]),
            "state": State(values["state"]) if values["state"] else None,
        }
    )
