"""A drone's footage as few frames with poses: chosen by ground overlap and sharpness, not every n-th."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from shapely.geometry import Polygon

from detector.vision.frame import Frame, Image, Lens, Pose
from streams.errors import NotAVideo, TelemetryUnreadable
from streams.footage_wording import FootageFault
from streams.survey.footprint import overlap, predicts
from streams.telemetry.alignment import misaligned, nothing_placed
from streams.telemetry.clock import believable
from streams.telemetry.flight import PoseTrack
from streams.telemetry.photo import read_photo
from streams.telemetry.photo_pose import pose_of_photo
from streams.telemetry.read import read_telemetry
from streams.telemetry.record import Telemetry
from streams.video.capture import FOOTAGE_CODECS, is_decodable, open_file
from streams.video.file_type import check_video, is_picture

DUE: Final = 0.7  # a new frame is wanted when it and the last one kept share less than this of their ground
LATE: Final = 0.6  # and taken at the latest when less than this was
HOVER: Final = 10.0  # seconds after which a hovering drone gives a frame again: things move even when it does not
_DOUBT: Final = 2.5  # and the first time; doubled up to those: it may be the telemetry alone that stands (`motion.py`)
BLIND: Final = 1.0  # seconds between frames where no pose is known
LONGEST: Final = 24 * 3600.0  # seconds that a video may claim to last; no aircraft flies so long
_CHOICE: Final = 0.5  # seconds within which the sharpest picture is waited for
_SHORT: Final = 1.0  # seconds that a video may end before the length that it claims
_SHORT_SHARE: Final = 0.02
_AROUND: Final = 15.0  # seconds of telemetry before and after a span that are read with it
_SIDECARS: Final = (".srt", ".ass", ".vtt")
_PICTURES: Final = (".jpg", ".jpeg", ".png", ".webp")
_VIDEOS: Final = (".mp4", ".mov", ".mkv", ".ts", ".avi")


@dataclass(frozen=True, slots=True)
class FootageClip:
    """One video or photo with what its telemetry said; `skipped` lists broken lines of it."""

    path: Path
    telemetry: Telemetry
    note: str | None = None


UNTIMED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Where the clock of footage stands that does not say when it was taken; see `Frame.timed`."""

Note = Callable[[str], None]
"""Is told what was skipped or cannot be, in words."""

Span = tuple[float, float | None]
"""Seconds into a video: from, and up to but without (None: its end)."""

WHOLE: Final[Span] = (0.0, None)


def find_clips(
    paths: Sequence[Path], telemetry: Path | None = None, area: Polygon | None = None, span: Span = WHOLE
) -> list[FootageClip]:
    """Videos and photos named or lying in the folders named, each with its telemetry.

    `telemetry` is the sidecar of a single video; without it a file of the same stem is taken (DJI_0001.MP4 and
    dji_0001.srt), else the video's own subtitle track. `area` (lon, lat) is where it was flown, `span` the part that is
    wanted. Hidden files, such as macOS leaves beside each one, are passed over. Raises NotAVideo and
    TelemetryUnreadable.
    """
    files: list[Path] = []
    for path in paths:
        found = sorted(p for p in path.iterdir() if _is_footage(p)) if path.is_dir() else [path]
        if not found:
            raise NotAVideo.of(path, FootageFault.EMPTY_FOLDER)
        files += found
    if telemetry is not None and len(files) != 1:
        raise TelemetryUnreadable(f"{telemetry}: one telemetry file belongs to one video, but {len(files)} were named")
    clips: list[FootageClip] = []
    unread: list[NotAVideo] = []
    for path in files:
        try:
            clips.append(_clip(path, telemetry, area, span))
        except NotAVideo as error:  # one bad file takes no other with it
            unread.append(error)
    faults = [str(error) for error in unread]
    if not clips:
        raise unread[0] if len(unread) == 1 else NotAVideo("; ".join(faults))
    first = clips[0]
    clips[0] = replace(first, telemetry=replace(first.telemetry, skipped=(*first.telemetry.skipped, *faults)))
    return clips


def frames(
    clips: Sequence[FootageClip],
    *,
    zone: tzinfo = UTC,
    lens: Lens | None = None,
    span: Span = WHOLE,
    on_note: Note = lambda _: None,
) -> Iterator[Frame]:
    """Yield the chosen frames of all clips, in order; `pose` is None where the telemetry does not tell it.

    `zone` is the aircraft's clock where the telemetry names none; `lens` replaces the one made from the telemetry's
    focal length; `span` is the part of each video that is wanted. `on_note` is told of a file that cannot be read while
    others can. Raises NotAVideo where none can.
    """
    unread: list[NotAVideo] = []
    for clip in clips:
        try:
            yield from (
                _photo(clip, zone, lens, on_note) if is_picture(clip.path) else _video(clip, zone, lens, span, on_note)
            )
        except NotAVideo as error:
            unread.append(error)
            if len(clips) > 1:
                on_note(str(error))
    if unread and len(unread) == len(clips):
        raise unread[0]


def length(path: Path) -> float:
    """Return how many seconds a video claims to last, 0 where it does not say. Raises NotAVideo."""
    capture = _open(path)
    try:
        seconds = _claimed(capture)
    finally:
        capture.release()
    if seconds > LONGEST:
        raise NotAVideo.of(path, FootageFault.TOO_LONG, hours=round(seconds / 3600))
    return seconds


def sharpness(image: Image) -> float:
    """Variance of the Laplacian of the picture at 960 pixels of width: falls with blur, whatever the size."""
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    scale = 960 / gray.shape[1]
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else gray
    return float(cv2.Laplacian(small, cv2.CV_32F).var())


def around(span: Span) -> tuple[float, float] | None:
    """Return the seconds of telemetry that a part of a video needs; None where it is the whole."""
    return None if span == WHOLE else (span[0] - _AROUND, (LONGEST if span[1] is None else span[1]) + _AROUND)


def _claimed(capture: cv2.VideoCapture) -> float:
    rate, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    return count / rate if rate > 0 and count > 0 else 0.0


def _is_footage(path: Path) -> bool:
    return path.suffix.lower() in _PICTURES + _VIDEOS and not path.name.startswith(".") and path.is_file()


def _clip(path: Path, telemetry: Path | None, area: Polygon | None, span: Span) -> FootageClip:
    if is_picture(path):
        return FootageClip(path, Telemetry(()))
    part = around(span)
    if telemetry is not None:
        return FootageClip(path, read_telemetry(telemetry, area=area, span=part))
    faults = []
    for source in (*_beside(path), path):
        try:
            return FootageClip(path, read_telemetry(source, area=area, span=part))
        except TelemetryUnreadable as error:
            faults.append(str(error))
    return FootageClip(
        path, Telemetry(()), f"{path.name}: no telemetry beside it and none inside ({'; '.join(faults)})"
    )


def _beside(path: Path) -> list[Path]:
    """Sidecars of the same stem in the same folder, SubRip first."""
    found = [
        p
        for p in path.parent.iterdir()
        if p.suffix.lower() in _SIDECARS and p.stem.lower() == path.stem.lower() and not p.name.startswith(".")
    ]
    return sorted(found, key=lambda p: (_SIDECARS.index(p.suffix.lower()), p.name))


def _photo(clip: FootageClip, zone: tzinfo, lens: Lens | None, on_note: Note) -> Iterator[Frame]:
    data = clip.path.read_bytes()
    if is_cut_off(data):
        raise NotAVideo.of(clip.path, FootageFault.PICTURE_CUT_OFF)
    photo = read_photo(data, zone=zone)
    # what it says of its pose is about the sensor's pixels: a viewer may have turned the picture since
    turn = cv2.IMREAD_IGNORE_ORIENTATION if photo is not None and photo.points else 0
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | turn)
    except cv2.error as error:  # more pixels than OPENCV_IO_MAX_IMAGE_PIXELS
        raise NotAVideo.of(clip.path, FootageFault.REFUSED, detail=error.err) from error
    if decoded is None:
        raise NotAVideo.of(clip.path, FootageFault.PICTURE_DAMAGED)
    image = np.asarray(decoded, np.uint8)
    taken, pose = None, None
    if photo is not None:
        taken = photo.record.time
        pose, note = pose_of_photo(photo, (image.shape[1], image.shape[0]), lens)
        if note is not None:
            on_note(f"{clip.path.name}: {note}")
    if taken is None:
        on_note(f"{clip.path.name}: does not say when it was taken")
    yield Frame(image, taken or UNTIMED, clip.path.name, pose=pose, timed=taken is not None)


def is_cut_off(data: bytes) -> bool:
    """Return whether a JPEG ends before its picture does; what decodes of it is grey below."""
    begins = data.rfind(b"\xff\xda")
    return data[:3] == b"\xff\xd8\xff" and (begins < 0 or data.find(b"\xff\xd9", begins) < 0)


def _open(path: Path) -> cv2.VideoCapture:
    check_video(path)
    capture = open_file(path, codecs=FOOTAGE_CODECS)
    if not capture.isOpened():
        raise NotAVideo.of(path, FootageFault.VIDEO_DAMAGED)
    if not is_decodable(capture):
        capture.release()
        raise NotAVideo.of(path, FootageFault.UNKNOWN_CODEC, codecs=", ".join(FOOTAGE_CODECS))
    return capture


def _video(clip: FootageClip, zone: tzinfo, lens: Lens | None, span: Span, on_note: Note) -> Iterator[Frame]:
    capture = _open(clip.path)
    try:
        claimed = _claimed(capture)
        flight = _flight(clip, claimed, capture, on_note)
        size = (round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        chooser = _Chooser(size)
        rate = capture.get(cv2.CAP_PROP_FPS)
        before = round(span[0] * max(rate, 0.0))
        t = span[0]
        for index, t in enumerate(_moments(capture, span), before):
            pose = flight.pose_at(t, lens, size=size)
            if chooser.finished(t, pose) and (frame := chooser.take()):
                yield frame
            if chooser.wants(t, pose):
                read, image = capture.retrieve()
                if read and image is not None:
                    when, timed = _moment(flight, t, zone)
                    seen = Frame(np.asarray(image, np.uint8), when, clip.path.name, index=index, pose=pose, timed=timed)
                    chooser.offer(seen, t)
        if frame := chooser.take():
            yield frame
        elif not chooser.any:
            raise NotAVideo.of(clip.path, FootageFault.NO_PICTURE, second=round(span[0]))
    finally:
        capture.release()
    wanted = claimed if span[1] is None else min(span[1], claimed)
    t += 1 / rate if rate > 0 else 0.0  # the last picture stands for so long
    if wanted - t > max(_SHORT, _SHORT_SHARE * claimed):
        on_note(f"{clip.path.name}: only {t:.0f} of {claimed:.0f} s could be read; is it complete?")


def _flight(clip: FootageClip, claimed: float, capture: cv2.VideoCapture, on_note: Note) -> PoseTrack:
    """Return the flight of a video, with no line where its telemetry is of another recording."""
    flight, name = PoseTrack(clip.telemetry), clip.path.name
    if note := misaligned(clip.telemetry, claimed):
        on_note(f"{name}: {note}")
        return PoseTrack(Telemetry(()))
    if note := nothing_placed(clip.telemetry):
        on_note(f"{name}: {note}")
    if flight.points:  # the telemetry is about the sensor's pixels, however a player is told to turn them
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
    return flight


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
        self._stood = 0  # frames in a row that the telemetry puts where the one before was
        self.any = False

    def wants(self, t: float, pose: Pose | None) -> bool:
        """Return whether the picture at `t` should be offered."""
        if self._best is not None or self._kept is None:
            return True
        passed = t - self._kept[0]
        share = self._share(pose)
        return passed >= BLIND if share is None else share < DUE or passed >= min(HOVER, _DOUBT * 2**self._stood)

    def finished(self, t: float, pose: Pose | None) -> bool:
        """Return whether waiting any longer, until the picture at `t`, would lose ground or time."""
        if self._best is None:
            return False
        share = self._share(pose)
        return t - self._opened >= _CHOICE or (share is not None and share < LATE)

    def offer(self, frame: Frame, t: float) -> None:
        """Handle a picture that was wanted."""
        sharp = sharpness(frame.image)
        if self._best is None:
            self._opened = t
        if self._best is None or sharp > self._best[0]:
            self._best = (sharp, t, frame)

    def take(self) -> Frame | None:
        """Return the sharpest picture offered since the last one taken."""
        if self._best is None:
            return None
        _, t, frame = self._best
        share = self._share(frame.pose)
        self._stood = self._stood + 1 if share is not None and share >= DUE else 0
        self._kept, self._best, self.any = (t, frame.pose), None, True
        return frame

    def _share(self, pose: Pose | None) -> float | None:
        last = self._kept[1] if self._kept else None
        if pose is None or last is None or not (predicts(pose) and predicts(last)):
            return None
        # both ways: a camera that looks ahead sees again what it saw, while what it passes slips out of the picture
        return min(overlap(pose, last, self._size), overlap(last, pose, self._size))


def _moment(flight: PoseTrack, t: float, zone: tzinfo) -> tuple[datetime, bool]:
    """Return when the picture at `t` was taken, and whether anything says so."""
    said = flight.time_at(t)
    time = None if said is None else believable(said)  # packets count from a clock that was perhaps never set
    if time is None:
        return UNTIMED + timedelta(seconds=t), False
    return (time if time.tzinfo else time.replace(tzinfo=zone)), True
