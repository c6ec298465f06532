"""Says in the log when a precision has fallen, once for each fall."""

import logging
from datetime import timedelta

from api.background import BackgroundLoop
from api.clock import Clock, wall_clock
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.models.drift import Group, Precision, figures

log = logging.getLogger(__name__)

PERIOD = timedelta(hours=1)


class DriftWatch:
    """Looks at the verdicts every PERIOD, between `start` and `stop`."""

    def __init__(self, database: Database, clock: Clock = wall_clock) -> None:
        self._database, self._clock = database, clock
        self._said: set[tuple[Group, str]] = set()
        self._loop = BackgroundLoop("precision watch", self.look, pause=PERIOD, first_pause=timedelta(seconds=20))

    def start(self) -> None:
        """Begin to look."""
        self._loop.start()

    def stop(self, timeout: timedelta) -> None:
        """Look no more."""
        self._loop.stop(timeout)

    def look(self) -> bool:
        """Look once: log each fall that was not said yet; one that is over can be said again. Nothing is left to do."""
        with self._database.read() as connection:
            fallen = {(one.group, one.key): one for one in figures(EVERYWHERE, connection, self._clock()) if one.fell}
        for key in fallen.keys() - self._said:
            log.warning("%s", said(fallen[key]))
        self._said = set(fallen)
        return False


def said(one: Precision) -> str:
    """Return a fall as the log says it."""
    recent, before = one.recent, one.before
    spans = [f"{share.interval[0]:.2f}-{share.interval[1]:.2f}" for share in (recent, before)]
    return (
        f"precision of {one.group} {one.key} has fallen to {recent.value:.2f} ({spans[0]}, {recent.total} verdicts of "
        f"14 days) from {before.value:.2f} ({spans[1]}, {before.total} before): see /models"
    )
