"""A video file, or a single picture, as a source of frames."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from detector.vision.frame import Frame
from streams.errors import NotAVideo
from streams.footage_wording import FootageFault
from streams.frames.sampling import recording_sampler
from streams.video.capture import open_file
from streams.video.file_type import is_picture


class FileSource:
    """Frames of a file, as fast as they are taken.

    `start` is when the first picture was taken (timezone-aware); unknown, the file's last change orders the frames, and
    they are not `timed`. One second of the clip is `speed` seconds of the scene: a clip that shows an hour in a minute
    has speed 60. With `every` (scene time) only one frame a period is delivered, the others are not even converted to
    pictures.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str = "",
        start: datetime | None = None,
        speed: float = 1.0,
        every: timedelta = timedelta(0),
    ) -> None:
        """Open the file. Raises NotAVideo when it cannot be read or is of a kind that we do not open."""
        if speed <= 0:
            raise ValueError(f"speed {speed}: scene seconds per clip second must be more than 0")
        if start is not None and start.tzinfo is None:
            raise ValueError(f"start {start}: needs a time zone")
        self._picture = is_picture(path)
        self._path = path
        self._name = name or path.name
        self._timed = start is not None
        self._start = start or datetime.fromtimestamp(path.stat().st_mtime, UTC)
        self._speed = speed
        self._sampler = recording_sampler(every)
        self._stop = threading.Event()

    @property
    def name(self) -> str:
        return self._name

    @property
    def live(self) -> bool:
        return False

    def stop(self) -> None:
        self._stop.set()

    def frames(self) -> Iterator[Frame]:
        """Frames to the file's end or `stop`; raises NotAVideo when the file holds nothing that decodes."""
        if self._picture:
            yield self._still()
            return
        capture = open_file(self._path)
        try:
            if not capture.isOpened():
                raise NotAVideo.of(self._path, FootageFault.VIDEO_DAMAGED)
            yield from self._read(capture)
        finally:
            capture.release()

    def _read(self, capture: cv2.VideoCapture) -> Iterator[Frame]:
        grabbed = index = epoch = 0
        size: tuple[int, int] | None = None
        while not self._stop.is_set() and capture.grab():
            grabbed += 1
            seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
            captured_at = self._start + timedelta(seconds=seconds * self._speed)
            if not self._sampler.due(captured_at):
                continue
            read, image = capture.retrieve()
            if not read or image is None:
                continue
            if size is not None and size != image.shape[:2]:
                epoch += 1
            size = (image.shape[0], image.shape[1])
            pixels = np.asarray(image, np.uint8)
            yield Frame(pixels, captured_at, self._name, index=index, epoch=epoch, timed=self._timed)
            index += 1
        if grabbed == 0 and not self._stop.is_set():
            raise NotAVideo.of(self._path, FootageFault.NO_PICTURE, second=0)

    def _still(self) -> Frame:
        # Read here and decoded from memory: imread takes a path that it encodes in its own way.
        data = np.frombuffer(self._path.read_bytes(), np.uint8)
        try:
            image = cv2.imdecode(data, cv2.IMREAD_COLOR)
        except cv2.error as error:  # more pixels than OPENCV_IO_MAX_IMAGE_PIXELS
            raise NotAVideo.of(self._path, FootageFault.REFUSED, detail=error.err) from error
        if image is None:
            raise NotAVideo.of(self._path, FootageFault.PICTURE_DAMAGED)
        return Frame(np.asarray(image, np.uint8), self._start, self._name, timed=self._timed)
