"""Keeps the fleet in step with the registry and the leases: a change takes effect within a second."""

import logging
import time
from collections.abc import Iterable, Set
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from api.background import BackgroundLoop
from api.cameras import health as camera_health
from api.cameras import leases
from api.cameras import repository as cameras
from api.cameras.assembly import LookSpec, build_look, job_of, spec_of
from api.cameras.encryption import SecretBox
from api.cameras.health_gate import HealthGatedLook, LookAgain
from api.cameras.health_store import HealthStore
from api.cameras.leases import HEARTBEAT, Lease
from api.cameras.live_status import LiveStatus
from api.cameras.ownership import CameraOwnership
from api.cameras.past import PastSince, known_past
from api.cameras.repository import RegisteredCamera
from api.cameras.state_files import HandedOnSince
from api.db.database import Database
from api.inference.model_cache import ModelCache
from api.models.shadow_runner import ShadowRunner
from api.rulebooks.fallback import without_rulebook
from detector.errors import DetectorError
from detector.rules.rulebook import Rulebook
from models.errors import ModelError
from streams.camera.address import Reach
from streams.camera.state import CameraState
from streams.errors import CameraUnknown, StreamError
from streams.fleet import Fleet
from streams.frames.sink import CameraNote, Sink

log = logging.getLogger(__name__)

PERIOD = timedelta(seconds=0.5)  # between two looks at the registry's version: one small query


@dataclass(slots=True)
class Watching:
    """What cameras are watched with; without a rulebook everything is worth a look and every ruling is unknown."""

    shelf: ModelCache
    rulebook: Rulebook | None
    sink: Sink
    health: HealthStore
    memory: Path
    reach: Reach
    ownership: CameraOwnership
    handed_on: HandedOnSince | None = None
    shadows: ShadowRunner | None = None
    past: PastSince | None = None
    look_again: LookAgain | None = None


@dataclass(slots=True)
class RegistrySync:
    """A context manager: while it lasts, a thread follows the registry and watches those cameras whose leases it holds.

    Without `watching` only the live follows, with what those who watch say.

    Entering it raises DatabaseUnavailable or SecretUnreadable; later on both are logged and tried again.
    """

    database: Database
    box: SecretBox
    live: LiveStatus
    watching: Watching | None = None
    _fleet: Fleet | None = None
    _known: dict[str, RegisteredCamera] = field(default_factory=dict)
    _specs: dict[str, LookSpec] = field(default_factory=dict)
    _looks: dict[str, HealthGatedLook] = field(default_factory=dict)
    _version: int = -1
    _registered: dict[str, RegisteredCamera] = field(default_factory=dict)
    _settle_at: float = 0.0
    _said: dict[str, CameraNote] = field(default_factory=dict)
    _loop: BackgroundLoop = field(init=False)

    def __post_init__(self) -> None:
        self._loop = BackgroundLoop("camera registry", self._step, pause=PERIOD)

    def __enter__(self) -> Self:
        if self.watching is not None:
            self.watching.ownership.start()
            # In processes: a decoder that hangs or crashes takes no other camera with it.
            self._fleet = Fleet(partial(self._make_look, self.watching), self.watching.sink, processes=True)
            self.live.statuses = self._fleet.status
        try:
            self.follow()
        except BaseException:
            self._close()
            raise
        self._loop.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._loop.stop()
        self._close()

    def follow(self) -> None:
        """Watch what the registry and the leases say from now on. Raises DatabaseUnavailable or SecretUnreadable."""
        with self.database.read() as connection:
            version = cameras.latest(connection)
            changed = version != self._version
            if not changed and time.monotonic() < self._settle_at:
                return
            if changed:
                self._registered = {camera.id: camera for camera in cameras.present(connection, self.box)}
        self.live.cameras = tuple(camera.config for camera in self._registered.values())
        self.live.paused = {camera.id: camera.paused for camera in self._registered.values()}
        if changed:  # first, so that nothing is watched as it was longer than it must be
            self._watch(self._registered.keys() & self._known.keys())
        self._watch(self._settle())
        if changed:
            # Again, as the last frames of one that goes may have begun a fault when it was out of the registry already.
            with self.database.write() as connection:
                camera_health.end_of_gone(connection, datetime.now(UTC))
        self._version = version
        self._settle_at = time.monotonic() + HEARTBEAT.total_seconds()

    def _settle(self) -> Set[str]:
        """Return which cameras this process is to watch, and show what the others say of theirs."""
        if self.watching is None:
            with self.database.read() as connection:
                found = leases.all_leases(connection)
            self._show_elsewhere(found, set())
            return self._registered.keys()
        ownership = self.watching.ownership
        found = ownership.settle(tuple(self._registered), self._let_go)
        self._show_elsewhere(found, ownership.held.keys())
        self._say_states(ownership)
        return ownership.held.keys()

    def _let_go(self, going: Set[str]) -> None:
        """Stop watching cameras that are another's, or nobody's, from now on."""
        self._remove(going & self._known.keys())
        for camera_id in going:
            self._known.pop(camera_id, None)
            self._said.pop(camera_id, None)

    def _watch(self, mine: Set[str]) -> None:
        """Watch these cameras and no others, each as the registry says."""
        known = self._known  # kept true step by step: what fails half-way is gone on with, not done twice
        wanted = {camera_id: camera for camera_id, camera in self._registered.items() if camera_id in mine}
        for camera in wanted.values():
            if camera.id not in known:
                self._add(camera)
                known[camera.id] = camera
        # One that is read elsewhere, or looks for other things, begins anew; one that has a new name is watched on.
        changed = {one.id for one in wanted.values() if one.id in known and _work(one) != _work(known[one.id])}
        self._remove(going := (known.keys() - wanted.keys()) | changed)
        for camera_id in going:
            del known[camera_id]
        for camera in wanted.values():
            if camera.id in changed:
                self._add(camera)
            elif camera.paused != known[camera.id].paused:
                self._pause_or_resume(camera)
            known[camera.id] = camera

    def _show_elsewhere(self, found: Iterable[Lease], held: Set[str]) -> None:
        elsewhere = {one.camera: one for one in found if one.holder is not None and one.camera not in held}
        self.live.elsewhere = {camera: one.holder_name or "" for camera, one in elsewhere.items()}
        for one in elsewhere.values():
            if one.state is not None and one.state_at is not None:
                self.live.note(CameraNote(one.camera, one.state, one.state_at, one.reason))

    def _say_states(self, ownership: CameraOwnership) -> None:
        """Tell the other services how the cameras do that this one watches, where that has changed."""
        said = {
            view.id: CameraNote(view.id, view.state, view.since, view.reason)
            for view in self.live.views()
            if view.id in ownership.held
        }
        fresh = [note for camera, note in said.items() if self._said.get(camera) != note]
        ownership.say_states(
            [
                {"camera_": note.camera, "state": note.state, "state_at": note.at, "reason": note.reason}
                for note in fresh
            ]
        )
        self._said = said

    def _add(self, camera: RegisteredCamera) -> None:
        if self.watching is None or self._fleet is None:
            self._note(camera.id, CameraState.PAUSED if camera.paused else CameraState.IDLE)
            return
        try:
            self._specs[camera.id] = spec_of(camera, self.watching.shelf)
            self._fleet.add(job_of(camera.config, self.watching.reach), paused=camera.paused)
        except (ModelError, DetectorError, StreamError) as error:  # the others are watched all the same
            log.error("camera %s cannot be watched: %s", camera.id, error)
            self._note(camera.id, CameraState.STOPPED, str(error))

    def _remove(self, going: Set[str]) -> None:
        for camera in going:
            self._specs.pop(camera, None)
        if self._fleet is not None:
            watched = {one.camera for one in self._fleet.status()}  # not those that could not be watched
            self._fleet.remove(*(going & watched))
            self._keep(going)

    def _pause_or_resume(self, camera: RegisteredCamera) -> None:
        if self._fleet is None:
            self._note(camera.id, CameraState.PAUSED if camera.paused else CameraState.IDLE)
        else:
            with suppress(CameraUnknown):
                (self._fleet.pause if camera.paused else self._fleet.resume)(camera.id)
            if camera.paused:
                self._keep([camera.id])

    def _note(self, camera: str, state: CameraState, reason: str = "") -> None:
        self.live.note(CameraNote(camera, state.value, datetime.now(UTC), reason))

    def _make_look(self, watching: Watching, camera: str) -> HealthGatedLook:
        book = watching.rulebook or without_rulebook([camera])
        look = build_look(self._specs[camera], book, watching.shelf, watching.shadows)
        if watching.past is not None:
            look.past.ask = known_past(camera, watching.past)
        gated = HealthGatedLook(
            look,
            self.live,
            watching.sink,
            watching.health,
            watching.memory,
            watching.handed_on,
            watching.look_again,
        )
        self._looks[camera] = gated
        return gated

    def _keep(self, cameras: Iterable[str]) -> None:
        """Write down what is known of cameras that nobody looks at any more."""
        for camera in cameras:
            if (look := self._looks.pop(camera, None)) is not None:
                look.keep()

    def _step(self) -> bool:
        self.follow()  # where it fails, what is watched goes on being watched
        return False

    def _close(self) -> None:
        if self._fleet is not None:
            self._fleet.close()
            self._keep(tuple(self._looks))
        if self.watching is not None:
            self.watching.ownership.stop()


def _work(camera: RegisteredCamera) -> tuple[object, ...]:
    """Return where and how a camera is read, and what its look is made of: all that `job_of` and `spec_of` use.

    The version is left out: candidates refer to the one that began to be watched, and a later one that changes nothing
    here would judge the same.
    """
    config = camera.config
    read = config.address, config.substream, config.every, config.transport
    return (*read, config.models, config.lat, config.lon, config.district, camera.points)
