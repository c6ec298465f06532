"""Readers that fail as decoders written in C do, or as one that was taken over: programs for `ProcessSource`."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

from detector.vision.frame import Frame
from streams.camera.backoff import Turns
from streams.camera.job import CameraJob
from streams.camera.source import CameraSource
from streams.frames.sink import CameraNote
from streams.sandbox.camera_child import run
from streams.sandbox.camera_messages import AskedCamera
from streams.sandbox.channel import ChildChannel
from streams.sandbox.messages import Begun, NoteMessage, Request
from tests.streams.scripted import frame


class Crashing(CameraSource):
    """A decoder that dies."""

    def frames(self) -> Iterator[Frame]:
        yield frame(0, source="crashing")
        os.abort()


class Hanging(CameraSource):
    """A decoder that never comes back."""

    def frames(self) -> Iterator[Frame]:
        yield frame(0, source="hanging")
        self.counts.busy_since = time.monotonic()
        time.sleep(3600)


def crashing(channel: int, pixels: int, held: Mapping[str, object]) -> None:
    run(channel, pixels, _make(Crashing))


def hanging(channel: int, pixels: int, held: Mapping[str, object]) -> None:
    run(channel, pixels, _make(Hanging))


def saying(channel: int, pixels: int, held: Mapping[str, object]) -> None:
    """Says the line that stands in its camera's address instead of reading it; "endless" is one without an end."""
    talk = ChildChannel(channel)
    job = AskedCamera.model_validate_json(talk.hear()).job()
    line = unquote(job.url.partition("?")[2])
    if line == "endless":  # no camera would take an address as long
        line = "x" * 70_000
    for _ in range(2000):
        talk.say(line)


def lying(channel: int, pixels: int, held: Mapping[str, object]) -> None:
    """Says the line that stands in its footage instead of reading it."""
    talk = ChildChannel(channel)
    (clip,) = Request.model_validate_json(talk.hear()).clips
    talk.say(os.pread(clip.file, 10_000, 0).decode())
    talk.hear()


def chattering(channel: int, pixels: int, held: Mapping[str, object]) -> None:
    """Says notes for ever, with what would begin a new line of a log."""
    talk = ChildChannel(channel)
    talk.hear()
    talk.say(Begun(clip=0).model_dump_json())
    while True:
        talk.say(NoteMessage(text="all is well").model_dump_json().replace("all", r"\n\u001b[2J"))


def talking_to_itself(channel: int, pixels: int, held: Mapping[str, object]) -> None:
    """Says what it hears from itself over TCP."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as end:
        end.settimeout(5)
        end.connect(listener.getsockname())
        other, _ = listener.accept()
        with other:
            other.sendall(b"hello")
            ChildChannel(channel).say(end.recv(10).decode())


def _make(kind: type[CameraSource]) -> Callable[[CameraJob, Turns, Callable[[CameraNote], None]], CameraSource]:
    return lambda job, budget, on_note: kind(job.url, budget=budget, on_note=on_note)
