"""The figures over HTTP, for the reader's districts: by the day on which candidates were handed on."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import AppSettings, CurrentScope, Db, Now
from api.statistics import service
from api.statistics.dependencies import AskedFor
from api.statistics.schemas import CaseFiguresOut, CountsOut, CoverageOut, PlaceFiguresOut, PrecisionOut, TrendOut
from api.web.problems import problem_responses

router = APIRouter(tags=["statistics"], prefix="/statistics", responses=problem_responses(422))
Within = Annotated[int, Query(ge=1, le=365, description="Days within which a place comes again.")]


@router.get("/counts")
def show_counts(scope: CurrentScope, database: Db, asked: AskedFor) -> CountsOut:
    """Return candidates by state: all, by district and by class."""
    with database.read() as connection:
        return CountsOut.model_validate(service.counts(scope, connection, asked))


@router.get("/trend")
def show_trend(scope: CurrentScope, database: Db, asked: AskedFor) -> TrendOut:
    """Return candidates by day, or by week for more than three months, and by the hour of the day."""
    with database.read() as connection:
        return TrendOut.model_validate(service.trend(scope, connection, asked))


@router.get("/cases")
def show_case_figures(
    scope: CurrentScope, database: Db, settings: AppSettings, now: Now, asked: AskedFor, within: Within = 30
) -> CaseFiguresOut:
    """Return how far cases are, how long each step took (seconds), overdue ones, and places that came again."""
    allowed = timedelta(hours=settings.case_due_hours)
    with database.read() as connection:
        found = service.case_figures(scope, connection, asked, allowed, timedelta(days=within), now)
    return CaseFiguresOut.model_validate(found)


@router.get("/precision")
def show_precision(scope: CurrentScope, database: Db, asked: AskedFor) -> PrecisionOut:
    """Return how right the models were, with Wilson's interval at 95 %, by class, camera and hour."""
    with database.read() as connection:
        return PrecisionOut.model_validate(service.precision(scope, connection, asked))


@router.get("/coverage")
def show_coverage(scope: CurrentScope, database: Db, now: Now, asked: AskedFor) -> CoverageOut:
    """Return how long each camera was to watch, and when its pictures were worth nothing."""
    with database.read() as connection:
        return CoverageOut.model_validate(service.coverage_figures(scope, connection, asked, now))


@router.get("/places")
def show_places(scope: CurrentScope, database: Db, asked: AskedFor) -> PlaceFiguresOut:
    """Return where candidates stand: cells of a grid, and zones of the rulebook."""
    with database.read() as connection:
        return PlaceFiguresOut.of(service.places(scope, connection, asked))
