"""Makes reports of periods that are over: on a schedule, or when somebody asks."""

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from api.background import BackgroundLoop
from api.clock import Clock, wall_clock
from api.db.database import Database
from api.db.scope import EVERYWHERE, USUAL_GRADE, Scope
from api.errors import DistrictUnknown
from api.pages.svg_map import MapZone
from api.reports import repository
from api.reports.content import gather
from api.reports.repository import KeptReport
from api.reports.tables import ReportKind
from api.statistics import repository as statistics
from api.statistics.period import Period, Selection

log = logging.getLogger(__name__)
PERIOD = timedelta(hours=1)


def last_period(kind: ReportKind, now: datetime, zone: ZoneInfo) -> Period:
    """Return the last week (Monday to Sunday), month or quarter that is over."""
    today = now.astimezone(zone).date()
    if kind is ReportKind.WEEK:
        monday = today - timedelta(days=today.weekday())
        return Period(monday - timedelta(days=7), monday - timedelta(days=1), zone)
    months = 1 if kind is ReportKind.MONTH else 3
    month = today.year * 12 + (today.month - 1) // months * months
    last = date(month // 12, month % 12 + 1, 1) - timedelta(days=1)
    month -= months
    return Period(date(month // 12, month % 12 + 1, 1), last, zone)


def check_district(database: Database, district: str) -> None:
    """Refuse a district that is misspelt: its report would be empty, and kept. Raises DistrictUnknown."""
    with database.read() as connection:
        known = statistics.districts(EVERYWHERE, connection)
    if district not in known:
        raise DistrictUnknown(f"no camera or survey has the district {district!r}; known: {', '.join(known) or 'none'}")


def make_report(
    database: Database,
    kind: ReportKind,
    period: Period,
    district: str | None,
    zones: Sequence[MapZone],
    allowed_hours: int,
    now: datetime,
) -> tuple[KeptReport, bool]:
    """Return the report of a period and district, and whether it was made now: what was made once stays as it is.

    It counts what readers of the usual grade may see.
    """
    scope = Scope(None if district is None else frozenset({district}), USUAL_GRADE)
    with database.read() as connection:
        known = repository.of_period(EVERYWHERE, connection, kind, period.first, district)
        if known is not None:
            return known, False
        named = {zone.id: zone for zone in zones}
        content = gather(scope, connection, Selection(period), named, allowed_hours, now)
    report = KeptReport(uuid4(), kind, period.first, period.last, district, USUAL_GRADE, content, now)
    with database.write() as connection:
        if repository.add(EVERYWHERE, connection, report):
            return report, True
        known = repository.of_period(EVERYWHERE, connection, kind, period.first, district)
    return known or report, False  # another service was faster


class ReportMaker:
    """Looks every hour whether a period is over, and makes its reports, between `start` and `stop`."""

    def __init__(
        self,
        database: Database,
        zone: ZoneInfo,
        zones: Callable[[], Sequence[MapZone]],
        allowed_hours: int,
        clock: Clock = wall_clock,
    ) -> None:
        self._database, self._zone, self._zones = database, zone, zones
        self._allowed_hours, self._clock = allowed_hours, clock
        self._loop = BackgroundLoop("report maker", self.make_due, pause=PERIOD, first_pause=timedelta(seconds=30))

    def start(self) -> None:
        """Begin to look."""
        self._loop.start()

    def stop(self, timeout: timedelta) -> None:
        """Look no more."""
        self._loop.stop(timeout)

    def make_due(self) -> bool:
        """Make what is due and was not made, of all districts and of each. Nothing is left to do."""
        with self._database.read() as connection:
            districts = statistics.districts(EVERYWHERE, connection)
        for kind in ReportKind:
            period = last_period(kind, self._clock(), self._zone)
            for district in (None, *districts):
                self._loop.beat()
                report, made = make_report(
                    self._database, kind, period, district, self._zones(), self._allowed_hours, self._clock()
                )
                if made:
                    log.info("made the report of the %s from %s, district %s", kind, report.first, district or "all")
        return False
