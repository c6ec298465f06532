"""Store the faults of cameras' pictures as they begin and end, with the picture that shows each."""

from api.cameras import health
from api.cameras.health import FaultEvent
from api.candidates.intake import Fence, no_fence
from api.db.database import Database
from api.evidence.files import EvidenceStore
from streams.health.faults import HealthEvent


class HealthStore:
    """Faults over the database; safe to share between watchers. `fence` refuses those who have lost their camera."""

    def __init__(self, database: Database, files: EvidenceStore, *, fence: Fence = no_fence) -> None:
        self._fence = fence
        self._database = database
        self._files = files

    def record(self, event: HealthEvent) -> None:
        """Store that a fault of a camera's picture began, with the picture, or ended.

        Storing one twice changes nothing. Raises EvidenceError, LeaseLost or DatabaseUnavailable.
        """
        if event.ended_at is not None:
            with self._database.write() as connection:
                self._fence(connection, event.camera)
                health.end(connection, event.camera, event.fault, event.ended_at)
            return
        picture = self._files.keep_frame(event.evidence)
        with self._database.write() as connection:
            self._fence(connection, event.camera)
            health.begin(connection, event.camera, event.fault, picture)

    def lasting(self, camera: str) -> tuple[FaultEvent, ...]:
        """Return the faults of a camera that are stored without an end. Raises DatabaseUnavailable."""
        with self._database.read() as connection:
            return health.lasting(connection, camera)
