"""A camera's reader connects to its camera, and nowhere else."""

import ipaddress
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from streams.camera.backoff import Backoff, OpeningBudget
from streams.camera.job import CameraJob
from streams.camera.process_source import ProcessSource
from streams.sandbox.kernel import LACKS, what_holds
from streams.sandbox.start import Program, start
from streams.sandbox.supervisor import Addresses, Supervisor
from streams.video.capture import Deadlines
from tests.streams.conftest import Clips
from tests.streams.rtsp_server import BadCameras
from tests.streams.scripted import Notebook

JOB = CameraJob("gate", "", timedelta(seconds=0.4), deadlines=Deadlines(2, 2))


def source_of(job: CameraJob, sink: Notebook) -> ProcessSource:
    return ProcessSource(job, OpeningBudget(per_second=50), sink.note, backoff=Backoff(base=0.1, cap=0.2))


@pytest.mark.parametrize("change", [{"transport": "udp"}, {"substream": "sub"}, {"url": "localhost"}])
def test_a_camera_is_read(change: dict[str, str], bad_cameras: BadCameras, clips: Clips) -> None:
    """Over UDP, from its sub-stream, by a name that the service looks up."""
    url = bad_cameras.add("gate", clips["small"])
    job = replace(JOB, url=url)
    if "substream" in change:
        job = replace(job, substream=bad_cameras.add("sub", clips["large"]))
    elif "url" in change:
        job = replace(job, url=url.replace("127.0.0.1", "localhost"))
    else:
        job = replace(job, transport="udp")
    source = source_of(job, Notebook())
    timer = threading.Timer(30, source.stop)
    timer.start()
    shapes = []
    for frame in source.frames():
        shapes.append(frame.image.shape)
        if len(shapes) == 3:
            source.stop()
    timer.cancel()
    assert shapes == [(480, 640, 3) if "substream" in change else (240, 320, 3)] * 3
    assert source.replaced == 0


class Redirecting:
    """A camera that answers every question with an address to ask instead."""

    def __init__(self, location: str) -> None:
        self.asked = 0
        self._location = location
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.2)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._listener.getsockname()[1]}/gate"

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(1)
                try:
                    self._answer(connection)
                except OSError:
                    continue

    def _answer(self, connection: socket.socket) -> None:
        while data := connection.recv(4096):
            self.asked += 1
            number = data.partition(b"CSeq: ")[2].partition(b"\r\n")[0].decode()
            connection.sendall(f"RTSP/1.0 302 Moved\r\nCSeq: {number}\r\nLocation: {self._location}\r\n\r\n".encode())

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._listener.close()


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    """Another service of this machine, which is no camera."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        yield listener


def test_a_redirect_leads_to_no_other_service(elsewhere: socket.socket) -> None:
    if not what_holds().supervised:
        pytest.skip(LACKS["camera_addresses"])
    camera = Redirecting(f"rtsp://127.0.0.1:{elsewhere.getsockname()[1]}/secret")
    sink = Notebook()
    source = source_of(replace(JOB, url=camera.url), sink)
    reading = threading.Thread(target=lambda: list(source.frames()))
    reading.start()
    reading.join(5)
    source.stop()
    reading.join(10)
    camera.close()
    assert camera.asked > 0
    with pytest.raises(TimeoutError):
        elsewhere.accept()


def test_addresses_are_those_of_the_camera() -> None:
    addresses = Addresses((554,))
    ip = ipaddress.ip_address
    assert not addresses.allow(ip("10.1.2.3"), 554, stream=True)
    addresses.add(ip("10.1.2.3"))
    assert addresses.allow(ip("10.1.2.3"), 554, stream=True)
    assert addresses.allow(ip("::ffff:10.1.2.3"), 554, stream=True)
    assert addresses.allow(ip("10.1.2.3"), 40_000, stream=False)  # RTP over UDP
    assert not addresses.allow(ip("10.1.2.3"), 22, stream=True)
    assert not addresses.allow(ip("10.1.2.4"), 554, stream=True)


def test_open_files_do_not_grow(bad_cameras: BadCameras, clips: Clips) -> None:
    """A reader that is replaced leaves nothing open: over months a service would run out."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(2):
        source = source_of(replace(JOB, url=bad_cameras.add("gate", clips["small"])), Notebook())
        for frame in source.frames():
            if frame.index == 0 and source.replaced == 0:
                source.kill()
            else:
                source.stop()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_a_port_that_the_reader_listens_at_is_its_own() -> None:
    """And one that another process listens at is not, though both are on this machine."""
    addresses = Addresses((554,))
    ip = ipaddress.ip_address("127.0.0.1")
    addresses.own(ip, 40_000)
    assert addresses.allow(ip, 40_000, stream=True)
    assert not addresses.allow(ip, 40_001, stream=True)
    assert not addresses.allow(ip, 554, stream=True)
    assert not addresses.allow(ipaddress.ip_address("127.0.0.2"), 40_000, stream=True)


def test_a_reader_may_talk_to_itself() -> None:
    """Over a listener of its own, as a relay between it and its camera does."""
    if not what_holds().supervised:
        pytest.skip(LACKS["camera_addresses"])
    ours = ("detector", "models", "streams", "tests")
    talker = Program("tests.streams.camera.bad_readers", "talking_to_itself", ours)
    with start(talker, network=True, supervised=True, ports=(554,)) as child:
        listener = json.loads(child.channel.hear(30) or b"{}")
        supervisor = Supervisor(child.process.pid, listener["file"], Addresses((554,)))
        assert child.channel.hear(30) == b"hello"
        child.process.kill()
        supervisor.close()
