"""The one place that opens a cv2.VideoCapture.

OpenCV's FFmpeg backend takes its options from the environment variable OPENCV_FFMPEG_CAPTURE_OPTIONS, which it reads at
every `open` (cap_ffmpeg_impl.hpp), so they are the process's, not the capture's. Cameras and files need different ones:
what keeps a playlist from naming another file also keeps RTSP out, and key-frame decoding would thin a file. Openings
that need the same options run side by side; one that needs others waits until those under way have ended.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# OPENCV_FFMPEG_IS_THREAD_SAFE: without it one camera that hangs while opening blocks the opening of every other one.
# OPENCV_FFMPEG_LOGLEVEL 8 (fatal): a bad camera writes a line per broken macroblock to standard error otherwise.
os.environ.setdefault("OPENCV_FFMPEG_IS_THREAD_SAFE", "1")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "8")

import cv2

# What FFmpeg may decode only to look at a stream. Packets of H.264 and H.265 tell their size by themselves; to decode
# their first picture once more, which OpenCV does anyhow, was most of what an opening and a single picture cost: 37 and
# 14 of 31 ms of CPU at 1080p. OpenCV's own decoder is not bound by this.
_LOOKED_INTO = "codec_whitelist;mjpeg,mpeg4,mpeg2video,h263,vp8,vp9,av1"
_USUAL = os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", f"rtsp_transport;tcp|{_LOOKED_INTO}")

# Every opening warns that OPENCV_FFMPEG_IS_THREAD_SAFE is set; what we need to know of a failure we find out ourselves.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

# h264, hevc and pipe are for `open_packet`, which may meet these options; `sniff` keeps such files out.
_FILE_OPTIONS = (
    "protocol_whitelist;file,pipe|format_whitelist;mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,avi,h264,hevc"
)

# What aircraft record in. A decoder that no upload needs is one that no upload can attack (MagicYUV and VobSub each had
# a hole in the FFmpeg that OpenCV brings). FFmpeg opens no other one to look at a file; OpenCV itself would, so
# `is_decodable` must be asked before the first picture.
FOOTAGE_CODECS = ("h264", "hevc", "mpeg4", "mjpeg", "vp9")


def rtsp_options(*, transport: str, key_frames: bool, patient: bool = False, described: bool = False) -> str:
    """Options for a camera: `transport` tcp or udp; `key_frames` decodes nothing else (9 times less CPU, measured).

    OpenCV would look at a stream for a second before it opens; a fifth is enough for a camera that begins with a key
    frame and names its parameters. `patient` looks for longer than any usual key-frame distance, for one that does not.
    With `described` the first packets are enough, as parameters and rate are known: a slow camera's fifth of a second
    takes five pictures.
    `fflags;nobuffer` is left out: it throws the first key frame away, which costs a period, not a delay.
    """
    probe = 12_000_000 if patient else 200_000
    options = (
        f"rtsp_transport;{transport}|protocol_whitelist;rtsp,rtp,rtcp,tcp,udp,srtp,crypto,pipe"
        f"|analyzeduration;{probe}|{_LOOKED_INTO}"
    )
    options += "|probesize;32|fpsprobesize;0" if described else ""
    return f"{options}|avdiscard;nonkey" if key_frames else options


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds after which an opening or a read is given up."""

    open: float = 5.0
    read: float = 5.0


def open_rtsp(url: str, options: str, deadlines: Deadlines, *, raw: bool = False) -> cv2.VideoCapture:
    """Open a camera; look at `isOpened()`. `raw` hands out packets as they came instead of pictures.

    An opening that its deadline has ended is none, although OpenCV says so: the time stamps of such a stream are wrong.
    """
    if raw and "avdiscard" in options:
        raise ValueError("raw packets and key-frame decoding exclude each other: together they crash OpenCV 5.0")
    parameters = [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(deadlines.open * 1000)),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(deadlines.read * 1000)),
        *((cv2.CAP_PROP_FORMAT, -1) if raw else (cv2.CAP_PROP_N_THREADS, 1)),
    ]
    with _turnstile.passing(options):
        began = time.monotonic()
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, parameters)
        if time.monotonic() - began >= deadlines.open:
            capture.release()
        return capture


@dataclass(frozen=True, slots=True)
class Stamp:
    """When the packet or picture just grabbed is to be shown.

    `seconds` since the stream's beginning. `position` is OpenCV's other account of it, which starts anew once during
    the first fifth of a second and so tells time badly; but it is not rounded to whole frames of the declared rate.
    """

    seconds: float
    position: float

    def same_picture(self, other: "Stamp | None") -> bool:
        """Return whether both belong to one picture.

        At the very beginning OpenCV may say 0 twice, which means nothing.
        """
        return self == other and self.seconds > 0


def stamp_of(capture: cv2.VideoCapture) -> Stamp:
    """Return the stamp of what was grabbed last."""
    position = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
    rate = capture.get(cv2.CAP_PROP_FPS)
    return Stamp(capture.get(cv2.CAP_PROP_PTS) / rate if rate > 0 else position, position)


def open_file(path: Path, *, raw: bool = False, codecs: tuple[str, ...] = ()) -> cv2.VideoCapture:
    """Open a video file; look at `isOpened()`. `file:` keeps a name like `concat:x` from being a protocol.

    With `codecs` no other decoder looks at the file while it is opened; ask `is_decodable` before taking pictures.
    """
    parameters = [cv2.CAP_PROP_FORMAT, -1] if raw else [cv2.CAP_PROP_N_THREADS, 1]
    options = f"{_FILE_OPTIONS}|codec_whitelist;{','.join(codecs)}" if codecs else _FILE_OPTIONS
    with _turnstile.passing(options):
        return cv2.VideoCapture(f"file:{path.absolute()}", cv2.CAP_FFMPEG, parameters)


def is_decodable(capture: cv2.VideoCapture) -> bool:
    """Return whether a file opened with `codecs` is in one of them.

    Of any other, FFmpeg could not tell the pixel format.
    """
    return capture.get(cv2.CAP_PROP_CODEC_PIXEL_FORMAT) >= 0


@contextmanager
def open_packet(packet: bytes) -> Iterator[cv2.VideoCapture]:
    """One picture in memory (Annex-B), open until the end of the block. Never waits: any options will do.

    FFmpeg reads it from a file that exists in memory alone. OpenCV would also read from a Python object, and lose a
    little at every 4 kB of it (5.0): of 1080p pictures a megabyte a minute in 64 cameras.
    """
    with os.fdopen(os.memfd_create("packet"), "w+b") as memory:
        memory.write(packet)
        memory.seek(0)
        capture = cv2.VideoCapture(f"pipe:{memory.fileno()}", cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        try:
            yield capture
        finally:
            capture.release()


class _Turnstile:
    """Lets openings with equal options pass together, in the order in which they came."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()
        self._options = _USUAL
        self._passing = 0

    @contextmanager
    def passing(self, options: str) -> Iterator[None]:
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            self._changed.wait_for(
                lambda: self._queue[0] is ticket and (self._passing == 0 or self._options == options)
            )
            self._queue.popleft()
            self._passing += 1
            if self._options != options:
                self._options = options
                os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = options
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._passing -= 1
                if self._passing == 0:  # whoever opens a capture without us must not inherit key frames only
                    self._options = os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = _USUAL
                self._changed.notify_all()


_turnstile = _Turnstile()
