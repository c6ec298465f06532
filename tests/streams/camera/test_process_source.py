import errno
import os
import re
import signal
import subprocess
import threading
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from streams.camera import process_source as process
from streams.camera.backoff import Backoff, OpeningBudget
from streams.camera.job import CameraJob
from streams.camera.process_source import READER, ProcessSource
from streams.errors import AddressRefused
from streams.sandbox.kernel import what_holds
from streams.sandbox.start import Child, Program, start
from streams.video.capture import Deadlines
from tests.streams.conftest import Clips
from tests.streams.rtsp_server import PASSWORD, BadCameras, Fault
from tests.streams.scripted import Notebook

EVERY = timedelta(seconds=0.4)


CRASHING, HANGING, SAYING = (
    Program("tests.streams.camera.bad_readers", function, ("detector", "models", "streams", "tests"))
    for function in ("crashing", "hanging", "saying")
)


def make(url: str, sink: Notebook, program: Program = READER) -> ProcessSource:
    job = CameraJob("gate", url, EVERY, deadlines=Deadlines(0.5, 0.5))
    return ProcessSource(
        job, OpeningBudget(per_second=50), sink.note, program=program, backoff=Backoff(base=0.1, cap=0.2)
    )


def test_frames_come_from_another_process_as_from_this_one(bad_cameras: BadCameras, clips: Clips) -> None:
    sink = Notebook()
    source = make(bad_cameras.add("gate", clips["small"]), sink)
    frames = []
    for one in source.frames():
        frames.append(one)
        assert source.counts.delivered == one.index + 1  # told with the frame, not with the next heartbeat
        if len(frames) == 3:
            source.stop()
    assert [(one.index, one.epoch, one.source, one.image.shape) for one in frames] == [
        (number, 0, "gate", (240, 320, 3)) for number in range(3)
    ]
    assert frames[0].image.std() > 20
    assert sink.states("gate") == ["opening", "live", "stopped"]
    assert source.plan is not None


@pytest.mark.parametrize(("program", "words"), [(CRASHING, "ended"), (HANGING, "hung")])
def test_a_decoder_that_fails_is_replaced(program: Program, words: str, bad_cameras: BadCameras, clips: Clips) -> None:
    sink = Notebook()
    source = make(bad_cameras.add("gate", clips["small"]), sink, program)
    epochs = []
    for one in source.frames():
        epochs.append(one.epoch)
        if len(epochs) == 3:
            source.stop()
    assert epochs == [0, 1, 2]
    assert source.replaced == 2
    assert all(words in note.reason for note in sink.notes if note.state == "waiting")


def test_a_killed_child_loses_one_camera_for_a_moment(bad_cameras: BadCameras, clips: Clips) -> None:
    sink = Notebook()
    source = make(bad_cameras.add("gate", clips["small"]), sink)
    timer = threading.Timer(20, source.stop)
    timer.start()
    killed = False
    for one in source.frames():
        if not killed:
            killed = True
            source.kill()
        elif one.epoch == 1:
            source.stop()
    timer.cancel()
    assert one.epoch == 1
    assert bad_cameras["gate"].plays <= 4  # measured once, played, and played again without measuring


def test_a_child_that_falls_silent_is_replaced(bad_cameras: BadCameras, clips: Clips) -> None:
    """Stopped right after a frame, when it says that it is not inside OpenCV."""
    sink = Notebook()
    source = make(bad_cameras.add("gate", clips["small"]), sink)
    timer = threading.Timer(30, source.stop)
    timer.start()
    for one in source.frames():
        if one.epoch == 0 and source._child is not None:
            source._child.process.send_signal(signal.SIGSTOP)
        elif one.epoch == 1:
            source.stop()
    timer.cancel()
    assert (one.epoch, source.replaced) == (1, 1)
    assert [note.reason[:15] for note in sink.notes if note.state == "waiting"] == ["its reader hung"]


def test_a_reader_that_cannot_be_started_is_tried_again(
    bad_cameras: BadCameras, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No process or file descriptor to be had for a moment is no end of a camera."""
    tries = []

    def start_at_last(*arguments: object, **named: object) -> Child:
        tries.append(1)
        if len(tries) < 3:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return start(*arguments, **named)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(process, "start", start_at_last)
    sink = Notebook()
    source = make(bad_cameras.add("gate", clips["small"]), sink)
    for _ in source.frames():
        source.stop()
    assert (len(tries), source.replaced) == (3, 0)
    assert [note.state for note in sink.notes][:3] == ["waiting", "waiting", "opening"]
    assert "cannot be started (Too many open files); next try in" in sink.notes[0].reason


def test_a_failed_start_leaves_no_file_open(
    bad_cameras: BadCameras, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, "no memory")

    source = make(bad_cameras.add("gate", clips["small"]), Notebook())
    what_holds()
    monkeypatch.setattr(subprocess, "Popen", fail)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(OSError, match="no memory"):
            source._start((554,))
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_a_camera_that_is_away_costs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def start_none(*_: object, **__: object) -> Child:
        raise AssertionError("a process was started")

    monkeypatch.setattr(process, "start", start_none)
    sink = Notebook()
    source = make("rtsp://127.0.0.1:9/x", sink)
    threading.Timer(0.5, source.stop).start()
    assert list(source.frames()) == []
    assert {note.state for note in sink.notes} == {"waiting", "stopped"}
    assert "connection refused" in sink.notes[0].reason
    assert source.counts.last_reason == "refused"


def test_stopping_leaves_no_child_behind(bad_cameras: BadCameras, clips: Clips) -> None:
    source = make(bad_cameras.add("gate", clips["small"]), Notebook())
    for _ in source.frames():
        child = source._child
        source.stop()
    assert child is not None
    assert child.process.returncode is not None


@pytest.mark.parametrize(
    "line",
    [
        "not JSON",
        '{"kind":"picture"}',
        '{"kind":"look_up","host":7,"port":554}',
        '{"kind":"look_up","host":"elsewhere.example"}',
        '{"kind":"listener","file":0}',
        '{"kind":"report","counts":{"delivered":-1}}',
        '{"kind":"look_up","host":"192.0.2.9","port":554}',
        "endless",
    ],
)
def test_a_reader_that_says_what_it_must_not_is_replaced(line: str, bad_cameras: BadCameras, clips: Clips) -> None:
    """Nonsense, a second listener, a flood of questions, a line without end."""
    sink = Notebook()
    source = make(f"{bad_cameras.add('gate', clips['small'])}?{quote(line)}", sink, SAYING)
    reading = threading.Thread(target=lambda: list(source.frames()))
    reading.start()
    until = time.monotonic() + 20
    while source.replaced < 2 and time.monotonic() < until:
        time.sleep(0.05)
    source.stop()
    reading.join(10)
    assert source.replaced >= 2
    assert {note.state for note in sink.notes} == {"waiting", "stopped"}
    assert threading.active_count() < 20


def test_a_bad_address_is_refused_before_any_process_starts() -> None:
    with pytest.raises(AddressRefused):
        make("http://me:s3cret@10.1.2.3/", Notebook())


def test_a_camera_without_the_stream_or_with_a_wrong_password_costs_no_process(
    bad_cameras: BadCameras, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(process, "start", lambda *_, name, **__: started.append(name))
    locked = bad_cameras.add("locked", clips["small"], auth="Digest").replace(PASSWORD, "wr0ng")
    for url, reason in (
        (bad_cameras.add("gone", clips["small"], Fault.MISSING), "not found"),
        (locked, "unauthorised"),
    ):
        sink = Notebook()
        source = ProcessSource(CameraJob("gate", url, EVERY), OpeningBudget(), sink.note)
        reader = threading.Thread(target=list, args=(source.frames(),))
        reader.start()
        while not sink.notes:
            reader.join(0.02)
        source.stop()
        reader.join()
        assert source.counts.last_reason == reason
        pause = re.search(r"next try in ([0-9.]+) s", sink.notes[0].reason)
        assert pause is not None
        assert (float(pause[1]) >= 30) == (reason == "unauthorised")
    assert started == []
