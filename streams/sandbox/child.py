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

from detector.frame import Frame
from streams.errors import NotAVideo, TelemetryUnreadable
from streams.footage import Clip, Span, find_clips, frames, length
from streams.sandbox.messages import (
    PIXELS,
    Asked,
    AskedClip,
    Done,
    Failed,
    Length,
    Note,
    Picture,
    Refused,
    Said,
    SaidPose,
    Unreadable,
)
from streams.telemetry.record import Telemetry

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET of sched.h
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl.h
_FILES = 32


def main() -> None:
    """Read what was asked, say it, end."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)  # whatever a library prints must not be taken for a message
    asked = Asked.model_validate_json(sys.stdin.readline())
    pixels = mmap.mmap(int(sys.argv[1]), PIXELS * 3)
    _limit(asked)
    try:
        if asked.what == "length":
            _say(out, Length(seconds=length(Path(asked.clips[0].path))))
        else:
            _give(asked, out, pixels)
        _say(out, Done())
    except (NotAVideo, TelemetryUnreadable) as error:
        _say(out, Refused(text=str(error)[:2000]))
    except MemoryError:
        _say(out, Failed(text="needs more memory than a reading process may have"))
    except cv2.error as error:
        _say(out, Failed(text=f"OpenCV: {error.err}"[:2000]))
    except Exception as error:  # noqa: BLE001  # a hostile file may break a parser in any way; the parent raises it
        _say(out, Failed(text=f"{type(error).__name__}: {error}"[:2000]))


def _limit(asked: Asked) -> None:
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


def _give(asked: Asked, out: TextIO, pixels: mmap.mmap) -> None:
    zone = ZoneInfo(asked.zone)
    for number, wanted in enumerate(asked.clips):
        try:
            for clip in _clips(wanted, asked.span, out):
                noted = frames([clip], zone=zone, span=asked.span, on_note=lambda text: _note(out, text))
                for frame in noted:
                    _show(frame, number, out, pixels)
        except (NotAVideo, cv2.error) as error:  # one bad file takes no other with it
            if len(asked.clips) == 1:
                raise
            text = f"OpenCV: {error.err}" if isinstance(error, cv2.error) else str(error)
            _say(out, Unreadable(clip=number, text=text[:2000]))


def _clips(wanted: AskedClip, span: Span, out: TextIO) -> Iterator[Clip]:
    """The clip with its telemetry; one that cannot be read costs the positions, not the flight."""
    path, telemetry = Path(wanted.path), Path(wanted.telemetry) if wanted.telemetry else None
    try:
        clips = find_clips([path], telemetry, span=span)
    except TelemetryUnreadable as error:
        clips = [Clip(path, Telemetry(()), str(error))]
    for clip in clips:
        for note in (*clip.telemetry.skipped, clip.note):
            if note:
                _note(out, note)
        yield clip


def _note(out: TextIO, text: str) -> None:
    _say(out, Note(text=text[:2000]))


def _show(frame: Frame, number: int, out: TextIO, pixels: mmap.mmap) -> None:
    image = frame.image
    np.copyto(np.frombuffer(pixels, np.uint8, image.size).reshape(image.shape), image)
    picture = Picture(
        clip=number,
        index=frame.index,
        height=frame.height,
        width=frame.width,
        captured_at=frame.captured_at,
        pose=SaidPose.of(frame.pose) if frame.pose else None,
        timed=frame.timed,
    )
    _say(out, picture)
    if not sys.stdin.readline():  # nobody waits for the next one
        sys.exit()


def _say(out: TextIO, said: Said) -> None:
    out.write(said.model_dump_json() + "\n")
    out.flush()


if __name__ == "__main__":
    main()
