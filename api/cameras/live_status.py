"""What is known of the cameras just now: each one's state, what is wrong with its picture, and the picture itself."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import cv2

from api.clock import Clock, wall_clock
from api.db.scope import USUAL_GRADE, Scope
from api.errors import NotFound
from detector.look import LookStatus
from detector.vision.frame import Frame
from streams.camera.config_file import CameraConfig
from streams.camera.state import CameraState
from streams.fleet import CameraStatus
from streams.frames.sink import CameraNote
from streams.health.faults import Fault


@dataclass(frozen=True, slots=True)
class FaultView:
    """What is wrong with a camera's picture, and since when."""

    fault: Fault
    since: datetime


@dataclass(frozen=True, slots=True)
class LastPicture:
    """A camera's newest picture, made small: `taken_at` is when the light fell, by this machine's clock."""

    jpeg: bytes
    taken_at: datetime
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class LookView:
    """How a camera is looked at: the looks so far, and their share of one core's time since the first (0 to 1)."""

    status: LookStatus
    cpu_share: float


@dataclass(frozen=True, slots=True)
class CameraView:
    """One camera as a reviewer sees it: `state` in the fleet's words, and since when it has been so.

    `skipped` frames showed nothing new; `status` is what the fleet counts, None where no fleet watches. `paused` is
    what the registry says, None for a camera that is not in it. `looks` is None before the first look. `elsewhere` is
    the process that watches it where that is not this one: its pictures are not here.
    """

    id: str
    name: str
    state: str
    since: datetime
    reason: str = ""
    last_frame_at: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    every: timedelta = timedelta(seconds=5)
    has_picture: bool = False
    faults: tuple[FaultView, ...] = ()
    skipped: int = 0
    status: CameraStatus | None = None
    paused: bool | None = None
    looks: LookView | None = None
    district: str | None = None
    elsewhere: str | None = None
    grade: int = USUAL_GRADE

    def age(self, now: datetime) -> timedelta | None:
        """Return how old the last picture is; None before the first."""
        return None if self.last_frame_at is None else max(now - self.last_frame_at, timedelta(0))

    def live_for(self, now: datetime) -> float:
        """Seconds until the last picture is too old to be called live: three periods, and never less than ten seconds.

        0 where it is so already, or where there is none.
        """
        age = self.age(now)
        limit = max(3 * self.every, timedelta(seconds=10))
        return 0.0 if age is None else max(0.0, (limit - age).total_seconds())

    def silent(self, now: datetime) -> bool:
        """Return whether the last picture is too old to be called live, or there is none."""
        return self.elsewhere is None and self.live_for(now) <= 0


CamerasProvider = Callable[[], Sequence[CameraView]]
PictureProvider = Callable[[str], LastPicture | None]
AcceptView = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LiveCameras:
    """The cameras as they are just now, whoever watches them; asked each time a page needs them."""

    views: CamerasProvider = field(default=tuple)
    picture: PictureProvider = field(default=lambda _: None)
    accept_view: AcceptView = field(default=lambda _: None)

    def within(self, scope: Scope) -> "LiveCameras":
        """Return the cameras of this scope alone, with their pictures; of the others not even that they are there."""
        if scope.unrestricted:
            return self

        def views() -> Sequence[CameraView]:
            return [view for view in self.views() if scope.allows(view.district, view.grade)]

        def picture(camera_id: str) -> LastPicture | None:
            return self.picture(camera_id) if any(view.id == camera_id for view in views()) else None

        return LiveCameras(views, picture, self.accept_view)

    def find(self, camera_id: str) -> CameraView | None:
        """Return the camera with this id."""
        return next((view for view in self.views() if view.id == camera_id), None)

    def check_known(self, camera_id: str) -> None:
        """Raise NotFound where there is no such camera."""
        if self.find(camera_id) is None:
            raise NotFound(f"there is no camera {camera_id!r}")


@dataclass(slots=True)
class LiveFrames:
    """Whole frames of cameras, as they came: only those that were asked for are held, one a camera, until taken."""

    cameras: CamerasProvider = field(default=tuple)
    _asked: set[str] = field(default_factory=set)
    _held: dict[str, Frame] = field(default_factory=dict)
    _times: Counter[str] = field(default_factory=Counter)

    def ask_frames(self, most: int) -> None:
        """Ask that many cameras, live and without a fault, for their next frame: those asked least so far."""
        live = [view.id for view in self.cameras() if view.state == CameraState.LIVE.value]
        self._asked = set(sorted(live, key=lambda camera: (self._times[camera], camera))[:most])
        self._times.update(self._asked)

    def offer(self, camera: str, frame: Frame) -> None:
        """Hold a camera's frame if it was asked for."""
        if camera in self._asked:
            self._asked.discard(camera)
            self._held[camera] = frame

    def take_frames(self) -> list[tuple[CameraView, Frame]]:
        """Return the frames that are held, each with its camera, and hold them no longer."""
        held, self._held = self._held, {}
        views = {view.id: view for view in self.cameras()}
        return [(views[camera], frame) for camera, frame in held.items() if camera in views]


PICTURE_WIDTH = 480
JPEG_QUALITY = 75  # with this width some 20 kB a camera: a thousand cameras' last pictures fit in 20 MB

Statuses = Callable[[], Sequence[CameraStatus]]


@dataclass(slots=True)
class LiveStatus:
    """Written by the watchers, read by the pages; what pages have to say to a watcher (`accept`) it reads here.

    Each value is replaced as a whole, never changed, so no reader sees half of one. `paused` holds the cameras of the
    registry; those that come from elsewhere cannot be paused. `elsewhere` names, for each camera that another process
    watches, that process: its pictures are there, its state is known here.
    """

    cameras: Sequence[CameraConfig] = ()
    paused: Mapping[str, bool] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    statuses: Statuses = field(default=tuple)
    clock: Clock = wall_clock
    frames: LiveFrames = field(default_factory=LiveFrames)
    _notes: dict[str, CameraNote] = field(default_factory=dict)
    _pictures: dict[str, LastPicture] = field(default_factory=dict)
    _faults: dict[str, tuple[FaultView, ...]] = field(default_factory=dict)
    _skipped: dict[str, int] = field(default_factory=dict)
    _looks: dict[str, LookView] = field(default_factory=dict)
    _accepted: set[str] = field(default_factory=set)

    def note(self, note: CameraNote) -> None:
        """Record a camera's new state."""
        self._notes[note.camera] = note

    def show(self, camera: str, frame: Frame, skipped: int) -> None:
        """Record a camera's newest picture, and how many were skipped so far because nothing had changed."""
        height = max(1, round(frame.height * PICTURE_WIDTH / frame.width))
        small = cv2.resize(frame.image, (PICTURE_WIDTH, height))
        done, encoded = cv2.imencode(".jpg", small, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
        if done:
            taken_at = self.clock() - timedelta(seconds=frame.lag)
            self._pictures[camera] = LastPicture(encoded.tobytes(), taken_at, PICTURE_WIDTH, height)
        self._skipped[camera] = skipped
        self.frames.offer(camera, frame)

    def report_fault(self, camera: str, faults: tuple[FaultView, ...]) -> None:
        """Record what is wrong with a camera's picture from now on; nothing when empty."""
        self._faults[camera] = faults

    def count_looks(self, camera: str, looks: LookView) -> None:
        """How a camera is looked at so far."""
        self._looks[camera] = looks

    def picture(self, camera: str) -> LastPicture | None:
        """Return the newest picture of a camera that is still on the live."""
        return self._pictures.get(camera) if any(one.id == camera for one in self.cameras) else None

    def accept(self, camera: str) -> None:
        """Accept a moved camera's new view; its watcher applies this with its next frame."""
        self._accepted.add(camera)

    def take_accepted(self, camera: str) -> bool:
        """Return whether the view was accepted since this was last asked."""
        accepted = camera in self._accepted
        self._accepted.discard(camera)
        return accepted

    def views(self) -> Sequence[CameraView]:
        """Return every camera as a page shows it."""
        statuses = {status.camera: status for status in self.statuses()}
        now = self.clock()
        return [self._view(camera, statuses.get(camera.id), now) for camera in self.cameras]

    def _view(self, camera: CameraConfig, status: CameraStatus | None, now: datetime) -> CameraView:
        note = self._notes.get(camera.id, CameraNote(camera.id, CameraState.IDLE.value, now))
        picture, faults = self._pictures.get(camera.id), self._faults.get(camera.id, ())
        elsewhere = self.elsewhere.get(camera.id)
        if elsewhere is not None:  # what is left here is of the time when it was watched here
            picture, faults = None, ()
        # Frames that arrive again after a cut say "live" of a camera that may still be black.
        unhealthy = faults and note.state == CameraState.LIVE.value
        return CameraView(
            id=camera.id,
            name=camera.name,
            state=CameraState.UNHEALTHY.value if unhealthy else note.state,
            since=note.at,
            reason=note.reason,
            last_frame_at=picture.taken_at if picture else None,
            lat=camera.lat,
            lon=camera.lon,
            every=camera.every,
            has_picture=picture is not None,
            faults=faults,
            skipped=self._skipped.get(camera.id, 0),
            status=status,
            paused=self.paused.get(camera.id),
            district=camera.district or None,
            grade=camera.grade,
            looks=self._looks.get(camera.id) if elsewhere is None else None,
            elsewhere=elsewhere,
        )
