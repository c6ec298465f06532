"""Frames of uploaded footage, decoded elsewhere: a decoder that hangs, crashes or eats memory is one clear failure."""

import os
import re
import signal
import stat
import subprocess
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from detector.frame import Frame
from streams.errors import DecoderFailed, NotAVideo
from streams.footage import WHOLE, Span
from streams.sandbox.channel import Silent
from streams.sandbox.messages import (
    SAID,
    Asked,
    AskedClip,
    Begun,
    Done,
    Failed,
    Length,
    Note,
    Picture,
    Refused,
    Said,
)
from streams.sandbox.pixels import Pixels
from streams.sandbox.start import Child, Program, start

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
OnFailure = Callable[[int, str], None]
"""Told of an item that could not be read, by its number, and why."""


def read_length(footage: Footage, limits: Limits = USUAL) -> float:
    """How many seconds a video claims to last, 0 where it does not say. Raises NotAVideo and DecoderFailed."""
    with ExitStack() as stack:
        opened = _Opened.of(0, footage, stack, lambda _: None)
        asked = Asked(what="length", clips=(opened.clip,), zone="UTC", span=WHOLE, memory=limits.memory, cpu=limits.cpu)
        for said, _ in _Talk(asked, [opened], limits).messages():
            if isinstance(said, Length):
                return said.seconds
            if isinstance(said, Refused | Failed):
                raise _error(said)
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
    """The chosen frames (see `streams.footage.frames`) of uploaded files; `source` of a frame is its file's name.

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
            asked = Asked(
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
                    if isinstance(said, Note):
                        on_note(said.text)
                    elif isinstance(said, Picture):
                        yield _frame(said, pixels, talk.at.footage.name)
                    elif isinstance(said, Refused | Failed):
                        if on_failure is None:
                            raise _error(said)
                        on_failure(talk.at.number, said.text)
                return
            except _Lost as error:
                if on_failure is None:
                    raise DecoderFailed(str(error)) from error
                on_failure(talk.at.number, str(error))
                first = talk.at.number + 1


class _Lost(Exception):
    """The reading process died, hung, or said what cannot be."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """An item by its number, open for reading."""

    number: int
    footage: Footage
    clip: AskedClip

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
        return cls(number, footage, AskedClip(file=file, telemetry=telemetry))


def _open(path: Path, name: str, stack: ExitStack) -> int:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would keep us waiting
    except OSError as error:
        raise NotAVideo(f"{name}: cannot be read ({error.strerror})") from error
    stack.callback(os.close, file)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise NotAVideo(f"{name}: cannot be read (not a regular file)")
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
            on_failure(number, str(error))
    return opened


def _frame(said: Picture, pixels: Pixels, source: str) -> Frame:
    try:
        image = pixels.read(said.height, said.width)
    except ValueError as error:
        raise _Lost(f"{source}: the reading process told of an invalid frame size ({error})") from error
    return Frame(image, said.captured_at, source, index=said.index, pose=said.pose.pose() if said.pose else None)


def _error(said: Refused | Failed) -> NotAVideo | DecoderFailed:
    return NotAVideo(said.text) if isinstance(said, Refused) else DecoderFailed(said.text)


class _Talk:
    """A new process and everything that it says; `at` is the item that it is reading."""

    def __init__(self, asked: Asked, opened: Sequence[_Opened], limits: Limits) -> None:
        self._asked = asked
        self._opened = opened
        self._limits = limits
        self._begun = -1
        self._messages = self._notes = 0
        self.at = opened[0]

    def messages(self) -> Iterator[tuple[Said, Pixels]]:
        """Each message, with the memory that holds a picture's pixels, until all is done. Raises _Lost."""
        files = [file for one in self._opened for file in (one.clip.file, one.clip.telemetry) if file is not None]
        try:
            started = start(READER, files=files)
        except OSError as error:
            raise _Lost(self._named(f"the reading process cannot be started ({error.strerror})")) from error
        with started as child:
            child.channel.say(self._asked.model_dump_json())
            while not isinstance(said := self._next(child), Done):
                self._count(said)
                if isinstance(said, Begun) or (isinstance(said, Note) and self._notes > MOST_NOTES):
                    continue
                yield said, child.pixels
                if isinstance(said, Picture):
                    child.channel.say("next")

    def _count(self, said: Said) -> None:
        self._messages += 1
        self._notes += isinstance(said, Note)
        if self._messages > MOST_MESSAGES:
            raise _Lost(self._named(f"the reading process said more than {MOST_MESSAGES} things and was ended"))

    def _next(self, child: Child) -> Said:
        try:
            line = child.channel.hear(self._limits.silence)
        except Silent:
            reason = f"the reading process said nothing for {self._limits.silence:g} s and was ended"
            raise _Lost(self._named(reason)) from None
        if line is None:
            raise _Lost(self._named(_death(child.process, self._limits)))
        try:
            return self._checked(SAID.validate_json(line))
        except (ValidationError, ValueError) as error:
            raise _Lost(self._named("the reading process said what cannot be understood")) from error

    def _checked(self, said: Said) -> Said:
        """The message with people's names of the files; raises ValueError where it does not fit the item at hand."""
        if isinstance(said, Begun):
            self._begun += 1
            if said.clip != self._begun or said.clip >= len(self._opened):
                raise ValueError(f"item {said.clip} is not the next")
            self.at = self._opened[said.clip]
        elif isinstance(said, Picture) and said.clip != self._begun:
            raise ValueError(f"a picture of item {said.clip} while {self._begun} is read")
        elif isinstance(said, Done) and self._begun != len(self._opened) - 1:
            raise ValueError("done before all was read")
        elif isinstance(said, Failed):
            return Failed(text=self._named(f"the reading process failed: {said.text}"))
        elif isinstance(said, Refused | Note):
            return type(said)(text=self._named(said.text))
        return said

    def _named(self, text: str) -> str:
        """The text with people's names of the files in place of our numbers."""
        names: dict[int, str] = {}
        for one in self._opened:
            names[one.clip.file] = one.footage.name
            if one.clip.telemetry is not None:
                names[one.clip.telemetry] = f"telemetry of {one.footage.name}"
        text = _OPEN_FILE.sub(lambda found: names.get(int(found[1] or found[2]), found[0]), text)
        name = self.at.footage.name
        return (text if name in text else f"{name}: {text}")[:2000]


def _death(process: subprocess.Popen[bytes], limits: Limits) -> str:
    try:
        code = process.wait(5)
    except subprocess.TimeoutExpired:
        return "the reading process hung up and was ended"
    if code == -signal.SIGXCPU:
        return f"reading took more than {limits.cpu} s of CPU time"
    return f"the reading process died ({f'signal {-code}' if code < 0 else f'exit code {code}'})"
