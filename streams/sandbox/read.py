"""Frames of uploaded footage, decoded in another process, whose hang, crash or lack of memory is one clear error."""

import os
import re
import signal
import stat
import subprocess
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from detector.reason import Param, Reason, say
from detector.vision.frame import Frame
from streams.errors import DecoderFailed, FootageError, NotAVideo
from streams.footage_wording import TEXTS, FootageFault
from streams.sandbox.channel import Silent
from streams.sandbox.messages import (
    SAID,
    Begun,
    ClipRequest,
    DoneMessage,
    FailedMessage,
    LengthMessage,
    NoteMessage,
    PictureMessage,
    RefusedMessage,
    Request,
    Said,
)
from streams.sandbox.pixels import Pixels
from streams.sandbox.start import Child, Program, start
from streams.survey.frame_selection import WHOLE, Span

READER: Final = Program("streams.sandbox.child")
MOST_MESSAGES: Final = 100_000  # of one process, a hundred times what a chunk gives; one taken over could go on and on
MOST_NOTES: Final = 1000
_OPEN_FILE: Final = re.compile(r"/proc/self/fd/(\d+)|^(\d+)(?=: )")


@dataclass(frozen=True, slots=True)
class Footage:
    """A video or photo to read: what people call it, where it lies, and where its telemetry lies."""

    name: str
    path: Path
    telemetry: Path | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reading process may take: bytes of memory beyond OpenCV's own, seconds of CPU, seconds of silence."""

    memory: int = 2_500_000_000
    cpu: int = 900
    silence: float = 180.0


USUAL: Final = Limits()
OnFailure = Callable[[int, FootageError], None]
"""Told of an item that could not be read, by its number, and why."""


def read_length(footage: Footage, limits: Limits = USUAL) -> float:
    """Return how many seconds a video claims to last, 0 where it does not say. Raises NotAVideo and DecoderFailed."""
    with ExitStack() as stack:
        opened = _Opened.of(0, footage, stack, lambda _: None)
        asked = Request(
            what="length", clips=(opened.clip,), zone="UTC", span=WHOLE, memory=limits.memory, cpu=limits.cpu
        )
        talk = _Talk(asked, [opened], limits)
        try:
            for said, _ in talk.messages():
                if isinstance(said, LengthMessage):
                    return said.seconds
                if isinstance(said, RefusedMessage | FailedMessage):
                    raise talk.error(said)
        except _Lost as lost:
            raise talk.lost(lost) from lost
    raise DecoderFailed(f"{footage.name}: the reading process did not say how long it is")


def read_frames(
    footage: Sequence[Footage],
    on_note: Callable[[str], None],
    *,
    on_failure: OnFailure | None = None,
    zone: ZoneInfo | None = None,
    span: Span = WHOLE,
    limits: Limits = USUAL,
) -> Generator[Frame, None, None]:
    """Yield the chosen frames (`streams.survey.frame_selection`) of uploaded files; a frame's `source` is its file.

    `on_note` is told what was skipped, in words. Where a file is not what we read, or the process that reads it dies,
    hangs or asks for too much, `on_failure` is told and the other files are read on; without it NotAVideo or
    DecoderFailed is raised. Closing the iterator ends the process.
    """
    first = 0
    while first < len(footage):
        with ExitStack() as stack:
            opened = _open_all(footage, first, stack, on_note, on_failure)
            if not opened:
                return
            clips = tuple(one.clip for one in opened)
            asked = Request(
                what="frames",
                clips=clips,
                zone=str(zone) if zone else "UTC",
                span=span,
                memory=limits.memory,
                cpu=limits.cpu,
            )
            talk = _Talk(asked, opened, limits)
            try:
                for said, pixels in talk.messages():
                    if isinstance(said, NoteMessage):
                        on_note(said.text)
                    elif isinstance(said, PictureMessage):
                        yield _frame(said, pixels, talk.at.footage.name)
                    elif isinstance(said, RefusedMessage | FailedMessage):
                        if on_failure is None:
                            raise talk.error(said)
                        on_failure(talk.at.number, talk.error(said))
                return
            except _Lost as lost:
                error = talk.lost(lost)
                if on_failure is None:
                    raise error from lost
                on_failure(talk.at.number, error)
                first = talk.at.number + 1


class _Lost(Exception):
    """The reading process crashed, hung, or sent an invalid message; `reason` says which."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(say(reason, TEXTS))

    @classmethod
    def of(cls, detail: str) -> "_Lost":
        return cls(Reason(FootageFault.DECODER_FAILED, {"detail": detail}))


@dataclass(frozen=True, slots=True)
class _Opened:
    """An item by its number, open for reading."""

    number: int
    footage: Footage
    clip: ClipRequest

    @classmethod
    def of(cls, number: int, footage: Footage, stack: ExitStack, on_note: Callable[[str], None]) -> "_Opened":
        """Open an item until the stack ends; raises NotAVideo. Telemetry that cannot be opened costs the positions."""
        file = _open(footage.path, footage.name, stack)
        telemetry = None
        if footage.telemetry is not None:
            try:
                telemetry = _open(footage.telemetry, f"telemetry of {footage.name}", stack)
            except NotAVideo as error:
                on_note(str(error))
        return cls(number, footage, ClipRequest(file=file, telemetry=telemetry))


def _open(path: Path, name: str, stack: ExitStack) -> int:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would keep us waiting
    except OSError as error:
        raise NotAVideo.of(name, FootageFault.UNREADABLE, detail=str(error.strerror)) from error
    stack.callback(os.close, file)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise NotAVideo.of(name, FootageFault.UNREADABLE, detail="not a regular file")
    return file


def _open_all(
    footage: Sequence[Footage],
    first: int,
    stack: ExitStack,
    on_note: Callable[[str], None],
    on_failure: OnFailure | None,
) -> list[_Opened]:
    opened = []
    for number in range(first, len(footage)):
        try:
            opened.append(_Opened.of(number, footage[number], stack, on_note))
        except NotAVideo as error:
            if on_failure is None:
                raise
            on_failure(number, error)
    return opened


def _frame(said: PictureMessage, pixels: Pixels, source: str) -> Frame:
    try:
        image = pixels.read(said.height, said.width)
    except ValueError as error:
        raise _Lost.of(f"{source}: it sent an invalid frame size ({error})") from error
    pose = said.pose.pose() if said.pose else None
    return Frame(image, said.captured_at, source, index=said.index, pose=pose, timed=said.timed)


class _Talk:
    """A new process and everything that it says; `at` is the item that it is reading."""

    def __init__(self, asked: Request, opened: Sequence[_Opened], limits: Limits) -> None:
        self._asked = asked
        self._opened = opened
        self._limits = limits
        self._begun = -1
        self._messages = self._notes = 0
        self.at = opened[0]

    def messages(self) -> Iterator[tuple[Said, Pixels]]:
        """Yield each message, with the memory that holds a picture's pixels, until all is done. Raises _Lost."""
        files = [file for one in self._opened for file in (one.clip.file, one.clip.telemetry) if file is not None]
        try:
            started = start(READER, files=files)
        except OSError as error:
            raise _Lost.of(f"it cannot be started ({error.strerror})") from error
        with started as child:
            child.channel.say(self._asked.model_dump_json())
            while not isinstance(said := self._next(child), DoneMessage):
                self._count(said)
                if isinstance(said, Begun) or (isinstance(said, NoteMessage) and self._notes > MOST_NOTES):
                    continue
                yield said, child.pixels
                if isinstance(said, PictureMessage):
                    child.channel.say("next")

    def _count(self, said: Said) -> None:
        self._messages += 1
        self._notes += isinstance(said, NoteMessage)
        if self._messages > MOST_MESSAGES:
            raise _Lost.of(f"it sent more than {MOST_MESSAGES} messages and was stopped")

    def _next(self, child: Child) -> Said:
        try:
            line = child.channel.hear(self._limits.silence)
        except Silent:
            raise _Lost(Reason(FootageFault.SILENT, {"seconds": f"{self._limits.silence:g}"})) from None
        if line is None:
            raise _Lost(_death(child.process, self._limits))
        try:
            return self._checked(SAID.validate_json(line))
        except (ValidationError, ValueError) as error:
            raise _Lost.of("it sent an invalid message") from error

    def _checked(self, said: Said) -> Said:
        """Return the message with people's names of the files.

        Raises ValueError where it does not fit the item at hand.
        """
        if isinstance(said, Begun):
            self._begun += 1
            if said.clip != self._begun or said.clip >= len(self._opened):
                raise ValueError(f"item {said.clip} is not the next")
            self.at = self._opened[said.clip]
        elif isinstance(said, PictureMessage) and said.clip != self._begun:
            raise ValueError(f"a picture of item {said.clip} while {self._begun} is read")
        elif isinstance(said, DoneMessage) and self._begun != len(self._opened) - 1:
            raise ValueError("done before all was read")
        elif isinstance(said, NoteMessage):
            return NoteMessage(text=self._named(said.text))
        return said

    def error(self, said: RefusedMessage | FailedMessage) -> FootageError:
        """Return what the process said of the item at hand as an error, in people's names of the files."""
        if isinstance(said, FailedMessage):
            broke = said.code is FootageFault.DECODER_FAILED
            reason = Reason(said.code, self._of_several({"detail": self._cleaned(said.text)} if broke else {}))
            return DecoderFailed(self._named(say(reason, TEXTS)), reason, self.at.footage.name)
        params: dict[str, Param] = {
            name: self._cleaned(one) if isinstance(one, str) else one for name, one in said.params.items()
        }
        reason = Reason(said.code, self._of_several(params))
        return NotAVideo(self._named(said.text), reason, self.at.footage.name)

    def lost(self, lost: _Lost) -> DecoderFailed:
        """Return the end of the process as an error of the item at hand."""
        reason = Reason(lost.reason.code, self._of_several(lost.reason.params))
        return DecoderFailed(self._named(str(lost)), reason, self.at.footage.name)

    def _of_several(self, params: Mapping[str, Param]) -> dict[str, Param]:
        """Name the item where there are several."""
        return dict(params) | ({"file": self.at.footage.name} if len(self._opened) > 1 else {})

    def _named(self, text: str) -> str:
        """Return the text with people's names of the files in place of our numbers, the item at hand first."""
        text = self._cleaned(text)
        name = self.at.footage.name
        return (text if name in text else f"{name}: {text}")[:2000]

    def _cleaned(self, text: str) -> str:
        names: dict[int, str] = {}
        for one in self._opened:
            names[one.clip.file] = one.footage.name
            if one.clip.telemetry is not None:
                names[one.clip.telemetry] = f"telemetry of {one.footage.name}"
        return _OPEN_FILE.sub(lambda found: names.get(int(found[1] or found[2]), found[0]), text)


def _death(process: subprocess.Popen[bytes], limits: Limits) -> Reason:
    try:
        code = process.wait(5)
    except subprocess.TimeoutExpired:
        return Reason(FootageFault.DIED, {"how": "closed its pipe and had to be killed"})
    if code == -signal.SIGXCPU:
        return Reason(FootageFault.OUT_OF_TIME, {"seconds": limits.cpu})
    return Reason(FootageFault.DIED, {"how": f"signal {-code}" if code < 0 else f"exit code {code}"})
