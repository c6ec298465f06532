"""The process that reads uploaded footage: asked by one line, it says the frames of each clip in turn.

It is isolated before this module is imported (see `launch.py`): without network, able to read its open files and its
code alone. A clip that cannot be read costs itself only.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from detector.vision.frame import Frame
from streams.errors import NotAVideo, TelemetryUnreadable
from streams.footage_wording import FootageFault
from streams.sandbox.channel import ChildChannel
from streams.sandbox.isolation import limit_cpu, limit_memory
from streams.sandbox.messages import (
    Begun,
    ClipRequest,
    DoneMessage,
    FailedMessage,
    LengthMessage,
    Message,
    NoteMessage,
    PictureMessage,
    PoseMessage,
    RefusedMessage,
    Request,
)
from streams.sandbox.pixels import PixelsOut
from streams.sandbox.seccomp import forbid_threads
from streams.survey.frame_selection import FootageClip, Span, around, frames, length
from streams.telemetry.read import read_telemetry
from streams.telemetry.record import Telemetry
from streams.video.file_type import is_picture

_THREADS: Final = 8


def main(channel: int, pixels: int, held: Mapping[str, object]) -> None:
    """Read what was asked, say it, end."""
    reader = _Reader(ChildChannel(channel), PixelsOut(pixels))
    asked = Request.model_validate_json(reader.channel.hear())
    limit_memory(asked.memory)
    limit_cpu(asked.cpu)
    _warm_up()
    forbid_threads()
    for number, clip in enumerate(asked.clips):
        reader.say(Begun(clip=number))
        try:
            if asked.what == "length":
                reader.say(LengthMessage(seconds=length(_path(clip.file))))
            else:
                reader.give(number, clip, asked)
        except NotAVideo as error:
            code, params = FootageFault(error.reason.code), dict(error.reason.params)
            reader.say(RefusedMessage(text=str(error)[:2000], code=code, params=params))
        except TelemetryUnreadable as error:
            reader.say(RefusedMessage(text=str(error)[:2000], params={"detail": str(error)[:2000]}))
        except MemoryError:
            text = "needs more memory than a reading process may have"
            reader.say(FailedMessage(text=text, code=FootageFault.OUT_OF_MEMORY))
        except cv2.error as error:
            reader.say(FailedMessage(text=f"OpenCV: {error.err}"[:2000]))
        except Exception as error:  # noqa: BLE001  # a hostile file may break a parser in any way; the parent raises it
            reader.say(FailedMessage(text=f"{type(error).__name__}: {error}"[:2000]))
    reader.say(DoneMessage())


def _warm_up() -> None:
    """Let OpenCV start the threads that it computes with, while it still may."""
    cv2.setNumThreads(min(cv2.getNumThreads(), _THREADS))
    cv2.resize(np.zeros((1080, 1920, 3), np.uint8), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


class _Reader:
    """What is said, and to whom."""

    def __init__(self, channel: ChildChannel, pixels: PixelsOut) -> None:
        self.channel = channel
        self._pixels = pixels

    def say(self, message: Message) -> None:
        self.channel.say(message.model_dump_json())

    def give(self, number: int, asked: ClipRequest, wanted: Request) -> None:
        """Every frame of a clip."""
        clip = _clip(asked, wanted.span)
        for note in (*clip.telemetry.skipped, clip.note):
            if note:
                self._note(note)
        for frame in frames([clip], zone=ZoneInfo(wanted.zone), span=wanted.span, on_note=self._note):
            self._show(frame, number)

    def _note(self, text: str) -> None:
        self.say(NoteMessage(text=text[:2000]))

    def _show(self, frame: Frame, number: int) -> None:
        self._pixels.write(frame.image)
        picture = PictureMessage(
            clip=number,
            index=frame.index,
            height=frame.height,
            width=frame.width,
            captured_at=frame.captured_at,
            pose=PoseMessage.of(frame.pose) if frame.pose else None,
            timed=frame.timed,
        )
        self.say(picture)
        if not self.channel.hear():  # nobody waits for the next one
            raise SystemExit


def _clip(asked: ClipRequest, span: Span) -> FootageClip:
    """The clip with its telemetry; one that cannot be read costs the positions, not the flight."""
    path = _path(asked.file)
    if is_picture(path):
        return FootageClip(path, Telemetry(()))
    try:
        beside = path if asked.telemetry is None else _path(asked.telemetry)
        return FootageClip(path, read_telemetry(beside, span=around(span)))
    except TelemetryUnreadable as error:
        alone = asked.telemetry is None
        return FootageClip(
            path, Telemetry(()), f"no telemetry beside it and none inside ({error})" if alone else str(error)
        )


def _path(file: int) -> Path:
    """An open file by a name under which libraries open it once more: they want to seek, and close what they opened."""
    return Path(f"/proc/self/fd/{file}")
