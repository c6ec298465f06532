"""From a figure to the rows behind it."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from api.candidates.repository import State
from api.cases.tables import CaseStatus
from api.statistics.case_queries import Pace
from api.statistics.period import NO_DISTRICT, Selection
from api.statistics.repository import Mesh


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of the rows behind the figures of what is asked for.

    What the list of candidates can be filtered by leads there; the rest to the page of rows of the statistics.
    """

    asked: Selection

    @property
    def query(self) -> str:
        """Return what is asked for, as the query of an address."""
        return urlencode(self._asked(self.asked.district))

    def of(
        self,
        *,
        state: State | str | None = None,
        district: str | None = None,
        class_name: str | None = None,
        camera: str | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> str:
        """Return where candidates of a state, district, class, camera and of some days are listed."""
        of = district or self.asked.district
        values = {"state": state, "camera": camera, "class": class_name} | self._asked(of)
        values |= {"from": first, "to": last} if first and last else {}
        page = "/statistics/rows" if of == NO_DISTRICT else "/candidates"
        return _address(page, values)

    def of_none(self, state: State | str | None = None) -> str:
        """Return where candidates of no district are listed."""
        return self.of(state=state, district=NO_DISTRICT)

    def hour(self, hour: int) -> str:
        """Return where those first seen in an hour of the day are listed."""
        return self._rows(hour=hour)

    def zone(self, zone: str | None) -> str:
        """Return where those of a zone, or of none, are listed."""
        return self._rows(zone=zone or NO_DISTRICT)

    def cell(self, mesh: Mesh, row: int, column: int) -> str:
        """Return where those of a cell of a grid are listed."""
        return self._rows(cell=f"{mesh.side}.{mesh.around}.{row}.{column}")

    def pace(self, pace: Pace | str) -> str:
        """Return where those whose case fares so are listed."""
        return self._rows(pace=pace)

    def status(self, status: CaseStatus | str) -> str:
        """Return where those whose case is so far are listed."""
        return self._rows(status=status)

    def judged(
        self, right: bool, *, class_name: str | None = None, camera: str | None = None, hour: str | None = None
    ) -> str:
        """Return where those are listed of which the verdict says that the model was right, or wrong."""
        said = "right" if right else "wrong"
        return self._rows(verdict=said, **{"class": class_name, "camera": camera, "hour": hour})

    def _rows(self, **values: object) -> str:
        return _address("/statistics/rows", values | self._asked(self.asked.district))

    def _asked(self, district: str | None) -> dict[str, object]:
        found: dict[str, object] = {"from": self.asked.period.first, "to": self.asked.period.last}
        return found | ({"district": district} if district else {})


def _address(page: str, values: dict[str, object]) -> str:
    return f"{page}?{urlencode({key: str(value) for key, value in values.items() if value not in (None, '')})}"
