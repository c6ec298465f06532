"""Frames of uploaded footage, decoded elsewhere: a decoder that hangs, crashes or eats memory is one clear failure."""

import mmap
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import IO, Final
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import ValidationError

from detector.frame import Frame
from streams.errors import DecoderFailed, NotAVideo
from streams.footage import WHOLE, Span
from streams.sandbox.messages import (
    LONGEST_LINE,
    PIXELS,
    SAID,
    Asked,
    AskedClip,
    Done,
    Failed,
    Length,
    Note,
    Picture,
    Refused,
    Said,
    Unreadable,
)

_KEPT: Final = ("OPENCV_IO_MAX_IMAGE_PIXELS", "LD_LIBRARY_PATH", "SYSTEMROOT", "TZDIR")
_PIECE: Final = 64 * 1024


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


def read_length(footage: Footage, limits: Limits = USUAL) -> float:
    """How many seconds a video claims to last, 0 where it does not say. Raises NotAVideo and DecoderFailed."""
    asked = _asked("length", [footage], "UTC", WHOLE, limits)
    for said, _ in _talk(asked, [footage], limits):
        if isinstance(said, Length):
            return said.seconds
    raise DecoderFailed(f"{footage.name}: the reading process did not say how long it is")


def read_frames(
    footage: Sequence[Footage],
    on_note: Callable[[str], None],
    *,
    zone: ZoneInfo | None = None,
    span: Span = WHOLE,
    limits: Limits = USUAL,
    on_unreadable: Callable[[int, str], None] | None = None,
) -> Generator[Frame, None, None]:
    """The chosen frames (see `streams.footage.frames`) of uploaded files; `source` of a frame is its file's name.

    `on_note` is told what was skipped, in words, and `on_unreadable` which file of several cannot be read, by its
    number in `footage`, and why (without it, `on_note` is). Raises NotAVideo where a file is not what we read, and
    DecoderFailed where the process that read it died, hung or asked for too much. Closing the iterator ends the
    process.
    """
    asked = _asked("frames", footage, str(zone) if zone else "UTC", span, limits)
    for said, pixels in _talk(asked, footage, limits):
        if isinstance(said, Note):
            on_note(said.text)
        elif isinstance(said, Unreadable):
            if said.clip >= len(footage):
                raise DecoderFailed("the reading process told of a file that cannot be")
            if on_unreadable is None:
                on_note(said.text)
            else:
                on_unreadable(said.clip, said.text)
        elif isinstance(said, Picture):
            yield _frame(said, pixels, footage)


def _asked(what: str, footage: Sequence[Footage], zone: str, span: Span, limits: Limits) -> Asked:
    clips = tuple(
        AskedClip(path=str(one.path.absolute()), telemetry=str(one.telemetry.absolute()) if one.telemetry else None)
        for one in footage
    )
    return Asked.model_validate(
        {"what": what, "clips": clips, "zone": zone, "span": span, "memory": limits.memory, "cpu": limits.cpu}
    )


def _frame(said: Picture, pixels: mmap.mmap, footage: Sequence[Footage]) -> Frame:
    if said.height * said.width > PIXELS or said.clip >= len(footage):
        raise DecoderFailed("the reading process told of a picture that cannot be")
    shape = (said.height, said.width, 3)
    image = np.frombuffer(pixels, np.uint8, said.height * said.width * 3).reshape(shape).copy()
    pose = said.pose.pose() if said.pose else None
    at = said.captured_at.astimezone(UTC)
    return Frame(image, at, footage[said.clip].name, index=said.index, pose=pose, timed=said.timed)


def _talk(asked: Asked, footage: Sequence[Footage], limits: Limits) -> Iterator[tuple[Said, mmap.mmap]]:
    """Everything that a new process says until it is done, each with the memory that holds its pixels."""
    memory = os.memfd_create("frame")
    os.ftruncate(memory, PIXELS * 3)
    pixels = mmap.mmap(memory, PIXELS * 3)
    process = _start(memory)
    try:
        stdin, stdout = _pipes(process)
        lines = _Lines(stdout, limits.silence)
        _tell(stdin, asked.model_dump_json().encode())
        while True:
            said = _understood(lines.next())
            if said is None:
                raise DecoderFailed(_named(_death(process, lines, limits), footage))
            if isinstance(said, Done):
                return
            if isinstance(said, Refused):
                raise NotAVideo(_named(said.text, footage))
            if isinstance(said, Failed):
                raise DecoderFailed(_named(f"the reading process failed: {said.text}", footage))
            if isinstance(said, Note):
                said = Note(text=_named(said.text, footage))
            elif isinstance(said, Unreadable):
                said = Unreadable(clip=said.clip, text=_named(said.text, footage))
            yield said, pixels
            if isinstance(said, Picture):
                _tell(stdin, b"next")
    finally:
        process.kill()
        process.communicate()
        pixels.close()
        os.close(memory)


def _start(memory: int) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-m", "streams.sandbox.child", str(memory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        pass_fds=(memory,),
        start_new_session=True,  # Ctrl-C reaches the whole group; whoever reads ends this process itself
    )


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise TypeError("the reading process was started without pipes")
    return process.stdin, process.stdout


def _tell(stdin: IO[bytes], line: bytes) -> None:
    try:
        stdin.write(line + b"\n")
        stdin.flush()
    except BrokenPipeError:  # it has died; the next line that is missing says so
        return


def _understood(line: bytes | None) -> Said | None:
    try:
        return None if line is None else SAID.validate_json(line)
    except ValidationError as error:
        raise DecoderFailed("the reading process said what cannot be understood") from error


class _Lines:
    """Lines of a pipe, each awaited for so long; `hung` says that the last one did not come in time."""

    def __init__(self, pipe: IO[bytes], silence: float) -> None:
        self._fd = pipe.fileno()
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        self._silence = silence
        self._read = b""
        self.hung = False

    def next(self) -> bytes | None:
        """The next line; None where the pipe has ended, where it is silent for too long, or its line too long."""
        until = time.monotonic() + self._silence
        while b"\n" not in self._read:
            if not self._poll.poll(max(0.0, until - time.monotonic()) * 1000):
                self.hung = True
                return None
            piece = os.read(self._fd, _PIECE)
            if not piece or len(self._read) > LONGEST_LINE:
                return None
            self._read += piece
        line, _, self._read = self._read.partition(b"\n")
        return line


def _death(process: subprocess.Popen[bytes], lines: _Lines, limits: Limits) -> str:
    if lines.hung:
        return f"the reading process said nothing for {limits.silence:g} s and was ended"
    process.wait(5)
    code = process.returncode
    if code == -signal.SIGXCPU:
        return f"reading took more than {limits.cpu} s of CPU time"
    return f"the reading process died ({f'signal {-code}' if code < 0 else f'exit code {code}'})"


def _named(text: str, footage: Sequence[Footage]) -> str:
    """The text with people's names of the files in place of where we keep them, on one line."""
    for one in footage:
        for path, name in ((one.path, one.name), (one.telemetry, f"telemetry of {one.name}")):
            if path is not None:
                text = text.replace(str(path.absolute()), name)
                text = text.replace(path.name, name) if len(path.name) > 8 else text
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(footage) != 1 or footage[0].name in text else f"{footage[0].name}: {text}"
