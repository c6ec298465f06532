"""The reading process: `python -m streams.sandbox.child FD`, asked by one line on its standard input.

It takes its limits before it looks at the first byte of a file, has no network, cannot write a file, and knows no
secret: its environment is empty but for what OpenCV needs.
"""

import ctypes
import mmap
import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from detector.vision.frame import Frame
from streams.errors import NotAVideo, TelemetryUnreadable
from streams.footage_wording import FootageFault
from streams.sandbox.messages import (
    PIXELS,
    ClipRequest,
    DoneMessage,
    FailedMessage,
    LengthMessage,
    NoteMessage,
    PictureMessage,
    PoseMessage,
    RefusedMessage,
    Request,
    Said,
)
from streams.survey.frame_selection import FootageClip, find_clips, frames, length
from streams.telemetry.record import Telemetry

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET of sched.h
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl.h
_FILES = 32


def main() -> None:
    """Read what was asked, say it, end."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)  # whatever a library prints must not be taken for a message
    asked = Request.model_validate_json(sys.stdin.readline())
    pixels = mmap.mmap(int(sys.argv[1]), PIXELS * 3)
    _limit(asked)
    try:
        if asked.what == "length":
            _say(out, LengthMessage(seconds=length(Path(asked.clips[0].path))))
        else:
            _give(asked, out, pixels)
        _say(out, DoneMessage())
    except NotAVideo as error:
        code, params = FootageFault(error.reason.code), dict(error.reason.params)
        _say(out, RefusedMessage(text=str(error)[:2000], where=error.where, code=code, params=params))
    except TelemetryUnreadable as error:
        _say(out, RefusedMessage(text=str(error)[:2000], params={"detail": str(error)[:2000]}))
    except MemoryError:
        text = "needs more memory than a reading process may have"
        _say(out, FailedMessage(text=text, code=FootageFault.OUT_OF_MEMORY))
    except cv2.error as error:
        _say(out, FailedMessage(text=f"OpenCV: {error.err}"[:2000]))
    except Exception as error:  # noqa: BLE001  # a hostile file may break a parser in any way; the parent raises it
        _say(out, FailedMessage(text=f"{type(error).__name__}: {error}"[:2000]))


def _limit(asked: Request) -> None:
    system = ctypes.CDLL(None)
    system.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    # No network: root may ask for an empty one at once, others in a user namespace, where the kernel lets them. Where
    # it does not, the protocols that FFmpeg may use (`ffmpeg.py`) still are files alone.
    if system.unshare(_NEW_NETWORK) != 0:
        system.unshare(_NEW_USER | _NEW_NETWORK)
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_CPU, (asked.cpu, asked.cpu + 5))  # the first says why, the second ends it
    for what, most in (
        (resource.RLIMIT_AS, mapped + asked.memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
    ):
        resource.setrlimit(what, (most, most))


def _give(asked: Request, out: TextIO, pixels: mmap.mmap) -> None:
    zone = ZoneInfo(asked.zone)
    for number, wanted in enumerate(asked.clips):
        for clip in _clips(wanted, out):
            for frame in frames([clip], zone=zone, span=asked.span):
                _show(frame, number, out, pixels)


def _clips(wanted: ClipRequest, out: TextIO) -> Iterator[FootageClip]:
    """The clip with its telemetry; one that cannot be read costs the positions, not the flight."""
    path, telemetry = Path(wanted.path), Path(wanted.telemetry) if wanted.telemetry else None
    try:
        clips = find_clips([path], telemetry)
    except TelemetryUnreadable as error:
        clips = [FootageClip(path, Telemetry(()), str(error))]
    for clip in clips:
        for note in (*clip.telemetry.skipped, clip.note):
            if note:
                _say(out, NoteMessage(text=note[:2000]))
        yield clip


def _show(frame: Frame, number: int, out: TextIO, pixels: mmap.mmap) -> None:
    image = frame.image
    np.copyto(np.frombuffer(pixels, np.uint8, image.size).reshape(image.shape), image)
    picture = PictureMessage(
        clip=number,
        index=frame.index,
        height=frame.height,
        width=frame.width,
        captured_at=frame.captured_at,
        pose=PoseMessage.of(frame.pose) if frame.pose else None,
    )
    _say(out, picture)
    if not sys.stdin.readline():  # nobody waits for the next one
        sys.exit()


def _say(out: TextIO, said: Said) -> None:
    out.write(said.model_dump_json() + "\n")
    out.flush()


if __name__ == "__main__":
    main()
