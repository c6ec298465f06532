"""Whether a camera still sees its street: black, over-exposed, frozen, blurred, covered, moved.

Every judgement compares a picture with what this camera usually shows *at this brightness*: night, rain and snow change
a picture too, but slowly or all over, and a camera at night is compared with itself at night. A fault must
hold for several samples before it counts, and be gone for several before it ends.
"""

import io
import zipfile
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.vision.frame import Frame
from streams.errors import MemoryDamaged

HOLD = 3  # samples in a row that show a fault before it begins, and that do not before it ends,
HOLD_TIME = timedelta(seconds=5)  # and how long they must last: a lorry may fill the picture for a moment
LEARN = 8  # samples at one brightness before a camera is judged by them
FOLLOW = 0.05  # share of a new sample in what is usual: shadows wander, snow falls, leaves grow
SIZE = (320, 180)
GRID = (9, 16)
BANDS = ("night", "dusk", "day")
APART = timedelta(seconds=2)  # between two samples of what a moment ago was like: passing cars are not what is usual
LIGHT = timedelta(minutes=10)  # for how long the light of a moment ago is that of now
SWAY = 8  # pixels of SIZE by which the view may be off and still be the same one
Grey = NDArray[np.float32]


class Fault(StrEnum):
    """What is wrong with a picture. After `moved`, positions and zones of this camera are not to be trusted."""

    BLACK = "black"
    OVEREXPOSED = "over-exposed"
    FROZEN = "frozen"
    BLURRED = "blurred"
    COVERED = "covered"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class HealthEvent:
    """A fault that begins (`ended_at` None) or has ended.

    `evidence` is the first frame that showed it; of one that has ended, the frame that does not any more: holding the
    first one until then would keep a whole picture in memory for each camera that is dark at night.
    """

    camera: str
    fault: Fault
    started_at: datetime
    ended_at: datetime | None
    evidence: Frame


@dataclass(slots=True)
class _Usual:
    """What a camera usually shows at one brightness."""

    samples: int = 0
    likeness: float = 0.0  # of the samples' edges to `edges`
    detail: float = 0.0  # of the samples, by `sharpness`: below 1 where noise has blunted `fine`
    edges: Grey = field(default_factory=lambda: np.zeros((SIZE[1], SIZE[0]), np.float32))
    fine: Grey = field(default_factory=lambda: np.zeros((2 * SIZE[1], 2 * SIZE[0]), np.float32))
    coarse: Grey = field(default_factory=lambda: np.zeros((SIZE[1], SIZE[0]), np.float32))

    def learn(self, view: "_View") -> None:
        share = max(FOLLOW, 1.0 / (self.samples + 1))
        likeness = _likeness(view.edges, self.edges) if self.samples else 1.0
        self.likeness += share * (likeness - self.likeness)
        self.detail += share * ((self.sharpness(view) if self.samples else 1.0) - self.detail)
        self.edges += np.float32(share) * (view.edges - self.edges)
        self.fine += np.float32(share) * (view.fine - self.fine)
        self.coarse += np.float32(share) * (view.coarse - self.coarse)
        self.samples += 1

    def pack(self) -> Grey:
        """Return all of it as one row of numbers."""
        numbers = np.array((self.samples, self.likeness, self.detail), np.float32)
        return np.concatenate((numbers, self.edges.ravel(), self.fine.ravel(), self.coarse.ravel()))

    @classmethod
    def unpack(cls, row: Grey) -> "_Usual":
        """From what `pack` gave; raises ValueError."""
        fresh = cls()
        if row.shape != fresh.pack().shape or not np.isfinite(row).all():
            raise ValueError("not what was packed")
        edges, fine, coarse = np.split(row[3:], np.cumsum((fresh.edges.size, fresh.fine.size)))
        return cls(
            samples=max(0, int(row[0])),
            likeness=float(row[1]),
            detail=float(row[2]),
            edges=edges.reshape(fresh.edges.shape).copy(),
            fine=fine.reshape(fresh.fine.shape).copy(),
            coarse=coarse.reshape(fresh.coarse.shape).copy(),
        )

    def sharpness(self, view: "_View") -> float:
        """Return how much of the usual fine detail is there, against how much of the usual coarse.

        Fog, rain and dusk lower both alike, a lens out of focus only the fine. Rain and noise add detail of their
        own, but not where this view has it.
        """
        return _share_of(view.fine, self.fine) / max(_share_of(view.coarse, self.coarse), 0.05)

    def sharpness_swayed(self, view: "_View") -> float:
        """Return the same for a camera whose mast sways by some pixels; costly: five times the rest of a judgement."""
        fine = _share_swayed(view.fine, self.fine, 2 * SWAY)
        return fine / max(_share_swayed(view.coarse, self.coarse, SWAY), 0.05)


@dataclass(frozen=True, slots=True)
class _View:
    """The measures of one picture."""

    grey: Grey
    brightness: float
    brightest: float
    white: float  # share of pixels at the sensor's end
    fine: Grey
    coarse: Grey
    texture: Grey  # standard deviation in each cell of the grid
    edges: Grey
    digest: bytes

    @classmethod
    def of(cls, frame: Frame) -> "_View":
        middle = cv2.cvtColor(cv2.resize(frame.image, (640, 360)), cv2.COLOR_BGR2GRAY)
        grey = np.asarray(cv2.resize(middle, SIZE, interpolation=cv2.INTER_AREA), np.float32)
        cells = grey.reshape(GRID[0], SIZE[1] // GRID[0], GRID[1], SIZE[0] // GRID[1])
        gradient = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
        edges = np.asarray(np.minimum(gradient / (float(gradient.mean()) + 1.0), 4.0), np.float32)
        return cls(
            grey=grey,
            brightness=float(grey.mean()),
            brightest=float(np.percentile(grey, 99.5)),
            white=float(np.mean(grey >= 250)),
            fine=np.asarray(cv2.Laplacian(cv2.GaussianBlur(middle, (0, 0), 1.0), cv2.CV_32F), np.float32),
            coarse=np.asarray(grey - cv2.blur(grey, (15, 15)), np.float32),
            texture=np.asarray(cells.std(axis=(1, 3)), np.float32),
            edges=edges,
            digest=frame.image[::8, ::8].tobytes(),
        )


class HealthWatch:
    """Judges one camera's frames, one after the other. Costs about 2 ms a frame; not thread-safe."""

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._usual = {band: _Usual() for band in BANDS}
        self._recent: deque[Grey] = deque(maxlen=HOLD + 5)  # texture of the last samples, whatever the brightness
        self._recent_at: datetime | None = None
        self._last_digest = b""
        self._equal = 0
        self._epoch = 0
        self._seen: dict[Fault, int] = {}  # samples in a row: positive with the fault, negative without
        self._turned: dict[Fault, datetime] = {}  # when that row began
        self._first: dict[Fault, Frame] = {}
        self._active: dict[Fault, datetime] = {}  # since when

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Return what is wrong now."""
        return tuple(sorted(self._active))

    @property
    def positions_hold(self) -> bool:
        """Return whether pixels still mean the places that they were calibrated for."""
        return Fault.MOVED not in self._active

    @property
    def knows_view(self) -> bool:
        """Return whether it has seen enough at some brightness to tell when the camera is moved."""
        return any(usual.samples >= LEARN for usual in self._usual.values())

    def accept_view(self, frame: Frame) -> tuple[HealthEvent, ...]:
        """Accept what the camera shows from now on as its view and drop the old one. Ends `moved`."""
        self._usual = {band: _Usual() for band in BANDS}
        self._seen.pop(Fault.MOVED, None)
        since = self._active.pop(Fault.MOVED, None)
        return () if since is None else (HealthEvent(self._camera, Fault.MOVED, since, frame.captured_at, frame),)

    def stay_moved(self, since: datetime) -> None:
        """Restore `moved` from an earlier run: it lasts until the view is as before or the new one is accepted."""
        self._active[Fault.MOVED] = since

    def snapshot(self) -> bytes:
        """Return what the camera usually shows, for `restore` after a restart; some 2 MB."""
        stream = io.BytesIO()
        night, dusk, day = (self._usual[band].pack().astype(np.float16) for band in BANDS)
        np.savez_compressed(stream, night=night, dusk=dusk, day=day)
        return stream.getvalue()

    def restore(self, snapshot: bytes) -> None:
        """Take up what an earlier run had learned; raises MemoryDamaged."""
        try:
            with np.load(io.BytesIO(snapshot), allow_pickle=False) as kept:
                known = {band: _Usual.unpack(np.asarray(kept[band], np.float32)) for band in BANDS}
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise MemoryDamaged(
                f"{self._camera}: its saved view cannot be read; remove it to learn the view again"
            ) from error
        self._usual = known

    def judge(self, frame: Frame) -> tuple[HealthEvent, ...]:
        """Return the faults that begin or end with this frame."""
        if frame.epoch != self._epoch:  # another stream or picture size: nothing known of the old one applies
            self._epoch, self._recent, self._equal = frame.epoch, deque(maxlen=HOLD + 5), 0
        self._forget_old_light(frame.captured_at)
        view = _View.of(frame)
        usual = self._usual[_band(view.brightness)]
        shown = self._faults_of(view, usual)
        if Fault.MOVED in self._active and (shown or usual.samples < LEARN):
            shown.add(Fault.MOVED)  # there is nothing to compare with just now, so it stays as it was
        events = tuple(event for fault in Fault if (event := self._count(fault, fault in shown, frame)) is not None)
        if not shown and not self._active:
            usual.learn(view)
        before = self._recent_at
        fresh = before is None or not timedelta(0) <= frame.captured_at - before < APART
        if fresh and shown <= {Fault.MOVED} and shown == self._active.keys():
            self._recent.append(view.texture)
            self._recent_at = frame.captured_at
        return events

    def _forget_old_light(self, at: datetime) -> None:
        """After an outage the light may be another; what covers a camera may stay for longer, and is still compared."""
        if Fault.COVERED not in self._active and self._recent_at and abs(at - self._recent_at) > LIGHT:
            self._recent.clear()

    def _faults_of(self, view: _View, usual: _Usual) -> set[Fault]:
        self._equal = self._equal + 1 if view.digest == self._last_digest else 0
        self._last_digest = view.digest
        if view.brightest < 24:
            return {Fault.BLACK}
        if view.white > 0.6:
            return {Fault.OVEREXPOSED}
        if self._equal:  # a sensor's noise makes every picture differ in some pixel; a frozen one does not
            return {Fault.FROZEN}
        if self._flattened(view):
            return {Fault.COVERED}
        if usual.samples < LEARN:
            return set()
        dull = 0.4 * usual.detail
        same_view = _likeness(view.coarse, usual.coarse) > 0.4
        if same_view and usual.sharpness(view) < dull and usual.sharpness_swayed(view) < dull:
            return {Fault.BLURRED}
        # Where even the usual samples are hardly alike (noise in the dark, leaves everywhere), nothing can be told.
        if usual.likeness > 0.15 and _likeness(view.edges, usual.edges) < 0.4 * usual.likeness:
            return {Fault.MOVED}
        return set()

    def _flattened(self, view: _View) -> bool:
        """Most of what had texture a moment ago has none now; in the dark (lamps switched off) that proves nothing."""
        if len(self._recent) < HOLD or view.brightness < 25:
            return False
        before = np.median(np.stack(self._recent), axis=0)
        textured = before > 8
        if textured.mean() < 0.2:  # of an empty place the cars that have left were all there was to see
            return False
        return float(np.mean(view.texture[textured] < 0.3 * before[textured])) > 0.6

    def _count(self, fault: Fault, shown: bool, frame: Frame) -> HealthEvent | None:
        run = self._seen.get(fault, 0)
        run = (max(run, 0) + 1) if shown else (min(run, 0) - 1)
        self._seen[fault] = run
        if abs(run) == 1:
            self._turned[fault] = frame.captured_at
        if run == 1 and fault not in self._active:
            self._first[fault] = frame
        if run == -1:
            self._first.pop(fault, None)
        if abs(run) < HOLD or abs(frame.captured_at - self._turned[fault]) < HOLD_TIME:
            return None
        if shown and fault not in self._active:
            evidence = self._first.pop(fault)
            self._active[fault] = evidence.captured_at
            return HealthEvent(self._camera, fault, evidence.captured_at, None, evidence)
        if not shown and fault in self._active:
            return HealthEvent(self._camera, fault, self._active.pop(fault), frame.captured_at, frame)
        return None


def _band(brightness: float) -> str:
    return "night" if brightness < 55 else "dusk" if brightness < 100 else "day"


def _share_of(one: Grey, usual: Grey) -> float:
    """Return how strongly a picture holds the usual one: 1 wholly, 0 not at all."""
    return float((one * usual).sum() / ((usual**2).sum() + 1e-6))


def _share_swayed(one: Grey, usual: Grey, sway: int) -> float:
    """`_share_of` at the shift of up to `sway` pixels at which it is largest."""
    held = cv2.matchTemplate(usual, one[sway:-sway, sway:-sway], cv2.TM_CCORR)
    return float(held.max() / ((usual[sway:-sway, sway:-sway] ** 2).sum() + 1e-6))


def _likeness(one: Grey, other: Grey) -> float:
    """Correlation of two edge pictures, -1 to 1; a pixel or two of shake is forgiven by blurring."""
    one, other = (np.asarray(cv2.GaussianBlur(edges, (0, 0), 2.0), np.float32) for edges in (one, other))
    one, other = one - one.mean(), other - other.mean()
    return float((one * other).sum() / (np.sqrt((one**2).sum() * (other**2).sum()) + 1e-6))
