"""The figures as JSON; time spans are seconds."""

from datetime import date, datetime, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from api.cases.tables import CaseStatus
from api.statistics.case_queries import Step
from api.statistics.service import PlaceFigures
from streams.health.faults import Fault

Seconds = Annotated[
    timedelta,
    PlainSerializer(lambda span: round(span.total_seconds(), 3), return_type=float),
    WithJsonSchema({"type": "number"}),
]


class _Figures(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class StateTallyOut(_Figures):
    """Candidates of a group by state; `key` is null for those of no district."""

    key: str | None
    open: int
    confirmed: int
    rejected: int
    expired: int
    total: int


class CountsOut(_Figures):
    """Candidates by state."""

    states: StateTallyOut
    districts: list[StateTallyOut]
    classes: list[StateTallyOut]
    total: int


class StretchOut(_Figures):
    """A day or a week; a district without a name is that of none."""

    first: date
    last: date
    classes: dict[str, int]
    districts: dict[str, int]
    total: int


class TrendOut(_Figures):
    """Candidates over time; `hours` counts by the hour of the day, 0 to 23."""

    weekly: bool
    stretches: list[StretchOut]
    classes: list[str]
    hours: list[int]
    total: int


class StepTimeOut(_Figures):
    """How long a step took: nearest-rank median and 90th percentile; null without a case."""

    step: Step
    count: int
    median: Seconds | None
    ninetieth: Seconds | None


class PunctualityOut(_Figures):
    """Cases fixed in time, fixed late, overdue, with time left, refused."""

    in_time: int
    late: int
    overdue: int
    pending: int
    refused: int


class RecurrenceOut(_Figures):
    """Of the cases that were fixed, after how many the place came again."""

    fixed: int
    recurred: int


class CaseFiguresOut(_Figures):
    """How cases fare."""

    statuses: dict[CaseStatus, int]
    steps: list[StepTimeOut]
    punctuality: PunctualityOut
    recurrence: RecurrenceOut
    total: int


class PrecisionRowOut(_Figures):
    """A precision with its interval."""

    key: str
    right: int
    total: int
    value: float
    low: float
    high: float


class PrecisionOut(_Figures):
    """How right the models were."""

    all: PrecisionRowOut
    classes: list[PrecisionRowOut]
    cameras: list[PrecisionRowOut]
    hours: list[PrecisionRowOut]
    total: int


class FaultSpanOut(_Figures):
    """When a camera's picture was faulty; `until` is null while it lasts."""

    fault: Fault
    since: datetime
    until: datetime | None


class CameraCoverageOut(_Figures):
    """How long one camera watched."""

    camera: str
    name: str
    district: str | None
    watched: Seconds
    blind: Seconds
    faults: list[FaultSpanOut]


class CoverageOut(_Figures):
    """How long the cameras watched."""

    cameras: list[CameraCoverageOut]
    watched: Seconds
    blind: Seconds
    until: datetime
    total: int


class PlaceCellOut(BaseModel):
    """A cell of the grid: its south-western corner in WGS-84 degrees, and its count."""

    lat: float
    lon: float
    count: int


class ZoneCountOut(_Figures):
    """How many candidates lie in a zone; null: in none."""

    zone: str | None
    count: int


class PlaceFiguresOut(BaseModel):
    """Where candidates stand; cells have sides of `side` metres, `north` and `east` degrees."""

    side: int
    north: float
    east: float
    cells: list[PlaceCellOut]
    zones: list[ZoneCountOut]
    unplaced: int
    total: int

    @classmethod
    def of(cls, found: PlaceFigures) -> Self:
        mesh = found.grid.mesh
        cells = []
        for one in found.grid.cells:
            lat, lon = mesh.corner(one.row, one.column)
            cells.append(PlaceCellOut(lat=round(lat, 6), lon=round(lon, 6), count=one.count))
        zones = [ZoneCountOut.model_validate(one) for one in found.zones]
        return cls(
            side=mesh.side,
            north=mesh.north,
            east=mesh.east,
            cells=cells,
            zones=zones,
            unplaced=found.unplaced,
            total=found.total,
        )
