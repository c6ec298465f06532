"""A drone's footage as few frames with poses: chosen by ground overlap and sharpness, not every n-th."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from shapely.geometry import Polygon

from detector.vision.frame import Frame, Image, Lens, Pose
from streams.errors import NotAVideo, TelemetryUnreadable
from streams.footage_wording import FootageFault
from streams.survey.footprint import overlap
from streams.telemetry.flight import PoseTrack, lens_from
from streams.telemetry.photo import read_photo
from streams.telemetry.read import read_telemetry
from streams.telemetry.record import Telemetry
from streams.video.capture import FOOTAGE_CODECS, is_decodable, open_file
from streams.video.file_type import check_video, is_picture

DUE: Final = 0.7  # a new frame is wanted when it and the last one kept share less than this of their ground
LATE: Final = 0.6  # and taken at the latest when less than this was
HOVER: Final = 10.0  # seconds after which a hovering drone gives a frame again: things move even when it does not
BLIND: Final = 1.0  # seconds between frames where no pose is known
LONGEST: Final = 24 * 3600.0  # seconds that a video may claim to last; no aircraft flies so long
_CHOICE: Final = 0.5  # seconds within which the sharpest picture is waited for
_PICTURES: Final = (".jpg", ".jpeg", ".png", ".webp")
_VIDEOS: Final = (".mp4", ".mov", ".mkv", ".ts", ".avi")


@dataclass(frozen=True, slots=True)
class FootageClip:
    """One video or photo with what its telemetry said; `skipped` lists broken lines of it."""

    path: Path
    telemetry: Telemetry
    note: str | None = None


def find_clips(paths: Sequence[Path], telemetry: Path | None = None, area: Polygon | None = None) -> list[FootageClip]:
    """Videos and photos named or lying in the folders named, each with its telemetry.

    `telemetry` is the sidecar of a single video; without it a file of the same stem is taken (DJI_0001.MP4 and
    dji_0001.srt), else the video's own subtitle track. `area` (lon, lat) is where it was flown. Raises NotAVideo
    and TelemetryUnreadable.
    """
    files: list[Path] = []
    for path in paths:
        found = (
            sorted(p for p in path.iterdir() if p.suffix.lower() in _PICTURES + _VIDEOS) if path.is_dir() else [path]
        )
        if not found:
            raise NotAVideo.of(path, FootageFault.EMPTY_FOLDER)
        files += found
    if telemetry is not None and len(files) != 1:
        raise TelemetryUnreadable(f"{telemetry}: one telemetry file belongs to one video, but {len(files)} were named")
    return [_clip(path, telemetry, area) for path in files]


Span = tuple[float, float | None]
"""Seconds into a video: from, and up to but without (None: its end)."""

WHOLE: Final[Span] = (0.0, None)


def frames(
    clips: Sequence[FootageClip], *, zone: tzinfo = UTC, lens: Lens | None = None, span: Span = WHOLE
) -> Iterator[Frame]:
    """The chosen frames of all clips, in order; `pose` is None where the telemetry does not tell it.

    `zone` is the aircraft's clock where the telemetry names none; `lens` replaces the one made from the telemetry's
    focal length; `span` is the part of each video that is wanted. Raises NotAVideo.
    """
    for clip in clips:
        yield from _photo(clip, zone, lens) if is_picture(clip.path) else _video(clip, zone, lens, span)


def length(path: Path) -> float:
    """How many seconds a video claims to last, 0 where it does not say. Raises NotAVideo."""
    capture = _open(path)
    try:
        rate, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    finally:
        capture.release()
    seconds = count / rate if rate > 0 and count > 0 else 0.0
    if seconds > LONGEST:
        raise NotAVideo.of(path, FootageFault.TOO_LONG, hours=round(seconds / 3600))
    return seconds


def sharpness(image: Image) -> float:
    """Variance of the Laplacian of the picture at 960 pixels of width: falls with blur, whatever the size."""
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    scale = 960 / gray.shape[1]
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else gray
    return float(cv2.Laplacian(small, cv2.CV_32F).var())


def _clip(path: Path, telemetry: Path | None, area: Polygon | None) -> FootageClip:
    if is_picture(path):
        return FootageClip(path, Telemetry(()))
    if telemetry is None:
        beside = (
            p for p in path.parent.iterdir() if p.suffix.lower() == ".srt" and p.stem.lower() == path.stem.lower()
        )
        telemetry = next(beside, None)
    try:
        return FootageClip(path, read_telemetry(telemetry or path, area=area))
    except TelemetryUnreadable as error:
        if telemetry is not None:
            raise
        return FootageClip(path, Telemetry(()), f"{path.name}: no telemetry beside it and none inside ({error})")


def _photo(clip: FootageClip, zone: tzinfo, lens: Lens | None) -> Iterator[Frame]:
    data = clip.path.read_bytes()
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:  # more pixels than OPENCV_IO_MAX_IMAGE_PIXELS
        raise NotAVideo.of(clip.path, FootageFault.REFUSED, detail=error.err) from error
    if decoded is None:
        raise NotAVideo.of(clip.path, FootageFault.PICTURE_DAMAGED)
    image = np.asarray(decoded, np.uint8)
    photo = read_photo(data, zone=zone)
    taken, pose = None, None
    if photo is not None:
        taken, focal = photo.record.time, photo.record.focal_35mm
        size = (image.shape[1], image.shape[0])
        own = photo.lens if (photo.width, photo.height) == size else None
        known = lens or own or (lens_from(focal, *size) if focal else None)
        pose = PoseTrack(Telemetry((photo.record,))).pose_at(0.0, known) if known else None
    yield Frame(image, taken or _changed(clip.path), clip.path.name, pose=pose)


def _open(path: Path) -> cv2.VideoCapture:
    check_video(path)
    capture = open_file(path, codecs=FOOTAGE_CODECS)
    if not capture.isOpened():
        raise NotAVideo.of(path, FootageFault.VIDEO_DAMAGED)
    if not is_decodable(capture):
        capture.release()
        raise NotAVideo.of(path, FootageFault.UNKNOWN_CODEC, codecs=", ".join(FOOTAGE_CODECS))
    return capture


def _video(clip: FootageClip, zone: tzinfo, lens: Lens | None, span: Span) -> Iterator[Frame]:
    flight, start = PoseTrack(clip.telemetry), _start(clip, zone)
    capture = _open(clip.path)
    try:
        size = (round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        chooser = _Chooser(size)
        before = round(span[0] * max(capture.get(cv2.CAP_PROP_FPS), 0.0))
        for index, t in enumerate(_moments(capture, span), before):
            pose = flight.pose_at(t, lens, size=size)
            if chooser.finished(t, pose) and (frame := chooser.take()):
                yield frame
            if chooser.wants(t, pose):
                read, image = capture.retrieve()
                if read and image is not None:
                    when = start + timedelta(seconds=t)
                    chooser.offer(Frame(np.asarray(image, np.uint8), when, clip.path.name, index=index, pose=pose), t)
        if frame := chooser.take():
            yield frame
        elif not chooser.any:
            raise NotAVideo.of(clip.path, FootageFault.NO_PICTURE, second=round(span[0]))
    finally:
        capture.release()


def _moments(capture: cv2.VideoCapture, span: Span) -> Iterator[float]:
    """Seconds into the video of each frame of the span, as it is grabbed."""
    start, end = span
    entered = start <= 0 or not capture.set(cv2.CAP_PROP_POS_MSEC, start * 1000)
    while capture.grab():
        t = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if not entered and t > start + _CHOICE:  # the file cannot be entered here: pass over what comes before
            capture.set(cv2.CAP_PROP_POS_MSEC, 0)
            entered = True
            continue
        entered = True
        if end is not None and t >= end:
            return
        if t >= start:
            yield t


class _Chooser:
    """Waits until a new frame is due, then takes the sharpest of the next few."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._kept: tuple[float, Pose | None] | None = None
        self._best: tuple[float, float, Frame] | None = None  # sharpness, t, frame
        self._opened = 0.0
        self.any = False

    def wants(self, t: float, pose: Pose | None) -> bool:
        """Whether the picture at `t` should be offered."""
        if self._best is not None or self._kept is None:
            return True
        passed = t - self._kept[0]
        share = self._share(pose)
        return passed >= BLIND if share is None else share < DUE or passed >= HOVER

    def finished(self, t: float, pose: Pose | None) -> bool:
        """Whether waiting any longer, until the picture at `t`, would lose ground or time."""
        if self._best is None:
            return False
        share = self._share(pose)
        return t - self._opened >= _CHOICE or (share is not None and share < LATE)

    def offer(self, frame: Frame, t: float) -> None:
        """A picture that was wanted."""
        sharp = sharpness(frame.image)
        if self._best is None:
            self._opened = t
        if self._best is None or sharp > self._best[0]:
            self._best = (sharp, t, frame)

    def take(self) -> Frame | None:
        """The sharpest picture offered since the last one taken."""
        if self._best is None:
            return None
        _, t, frame = self._best
        self._kept, self._best, self.any = (t, frame.pose), None, True
        return frame

    def _share(self, pose: Pose | None) -> float | None:
        last = self._kept[1] if self._kept else None
        if pose is None or last is None:
            return None
        # both ways: a camera that looks ahead sees again what it saw, while what it passes slips out of the picture
        return min(overlap(pose, last, self._size), overlap(last, pose, self._size))


def _start(clip: FootageClip, zone: tzinfo) -> datetime:
    """When the video began, by its telemetry, else by the file's last change."""
    for record in clip.telemetry.records:
        if record.time is not None:
            time = record.time if record.time.tzinfo else record.time.replace(tzinfo=zone)
            return time - timedelta(seconds=record.t)
    return _changed(clip.path)


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
