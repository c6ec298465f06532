"""A camera's reader connects to its camera, and nowhere else."""

import ipaddress
import json
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from streams.camera.address import CameraAddress, Reach
from streams.camera.backoff import Backoff, OpeningBudget
from streams.camera.job import CameraJob
from streams.camera.process_source import ProcessSource
from streams.sandbox import camera_network
from streams.sandbox.camera_messages import Found, LookUp
from streams.sandbox.camera_network import CameraNetwork
from streams.sandbox.kernel import LACKS, what_holds
from streams.sandbox.start import Program, start
from streams.sandbox.supervisor import Addresses, Supervisor
from streams.video.capture import Deadlines
from tests.streams.conftest import Clips
from tests.streams.rtsp_server import PASSWORD, BadCameras, Fault
from tests.streams.sandbox.tls import TlsFront
from tests.streams.sandbox.users import run_as
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


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes a camera's address one with TLS in front of it, signed by itself."""
    with ExitStack() as stack:
        yield lambda url: stack.enter_context(TlsFront(url, tmp_path)).url


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps"])
@pytest.mark.parametrize("user", ["root", "nobody"])
def test_the_relay_works_for_every_user(
    user: str, scheme: str, bad_cameras: BadCameras, clips: Clips, encrypted: Callable[[str], str]
) -> None:
    url = bad_cameras.add("gate", clips["small"], auth="Digest")
    said = run_as(user, "tests.streams.sandbox.reading", encrypted(url) if scheme == "rtsps" else url)
    assert said["shapes"] == [[240, 320, 3]] * 2, said["reasons"]
    assert (said["user"] == 0, said["replaced"]) == (user == "root", 0)


@pytest.mark.parametrize("call", ["unshare", "landlock_create_ruleset", "seccomp", "pidfd_getfd"])
def test_the_relay_works_where_a_container_forbids(call: str, bad_cameras: BadCameras, clips: Clips) -> None:
    url = bad_cameras.add("gate", clips["small"])
    said = run_as("root" if os.getuid() == 0 else "nobody", "tests.streams.sandbox.reading", url, call)
    assert said["shapes"] == [[240, 320, 3]] * 2, said["reasons"]


class Redirecting:
    """A camera that answers every question with an address to ask instead."""

    def __init__(self, host: str, location: str) -> None:
        self.asked = 0
        self._host = host
        self._location = location
        self._listener = socket.create_server((host, 0))
        self._listener.settimeout(0.2)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"rtsp://{self._host}:{self._listener.getsockname()[1]}/gate"

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
def service() -> Iterator[socket.socket]:
    """Another service of this machine, which is no camera."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        yield listener


def own_address() -> str:
    """The address of this machine in its network."""
    with socket.socket(type=socket.SOCK_DGRAM) as end:
        try:
            end.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no network")
        return str(end.getsockname()[0])


def test_a_redirect_leads_to_no_service_of_this_machine(service: socket.socket) -> None:
    if not what_holds().supervised:
        pytest.skip(LACKS["camera_addresses"])
    here = own_address()
    camera = Redirecting(here, f"rtsp://127.0.0.1:{service.getsockname()[1]}/secret")
    sink = Notebook()
    reach = Reach((ipaddress.ip_network(here),))
    source = source_of(replace(JOB, url=camera.url, reach=reach), sink)
    reading = threading.Thread(target=lambda: list(source.frames()))
    reading.start()
    reading.join(5)
    source.stop()
    reading.join(10)
    camera.close()
    assert camera.asked > 0
    assert any("redirects to an address that is not allowed" in note.reason for note in sink.notes)
    with pytest.raises(TimeoutError):
        service.accept()


def test_a_redirect_within_the_camera_networks_is_followed_without_the_password(
    bad_cameras: BadCameras, clips: Clips
) -> None:
    with BadCameras() as elsewhere:
        target = elsewhere.add("main", clips["small"])
        url = bad_cameras.add("gate", clips["small"], Fault.REDIRECT, target=target)
        url = url.replace("rtsp://", f"rtsp://operator:{PASSWORD}@")
        source = source_of(replace(JOB, url=url, reach=Reach(loopback=True)), Notebook())
        timer = threading.Timer(20, source.stop)
        timer.start()
        frames = 0
        for _ in source.frames():
            frames += 1
            if frames == 3:
                source.stop()
        timer.cancel()
        assert (frames, source.replaced) == (3, 0)
        assert elsewhere["main"].plays > 0
        assert elsewhere["main"].signed == []


class Told:
    """A child that notes what it is told."""

    def __init__(self) -> None:
        self.channel = self
        self.found: queue.Queue[tuple[str, ...]] = queue.Queue()

    def say(self, line: str) -> None:
        self.found.put(Found.model_validate_json(line).ips)


class Asking:
    """What a child that asks is told, and where it may connect then."""

    def __init__(self, reach: Reach | None) -> None:
        address = CameraAddress.parse("rtsp://10.1.2.3/")
        self.network = CameraNetwork([address], reach, OpeningBudget(), threading.Event())
        self._told = Told()

    def __call__(self, host: str, port: int) -> bool:
        """Whether it may connect there, having asked."""
        self.network.answer(LookUp(host=host, port=port), self._told)  # type: ignore[arg-type]  # as far as it is used
        self._told.found.get(timeout=5)
        while self.network._look_up.locked():
            time.sleep(0.001)
        return self.may(host, port)

    def may(self, host: str, port: int) -> bool:
        return self.network._allowed.allow(ipaddress.ip_address(host), port, stream=True)


def test_a_reader_is_let_to_one_other_place_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was taken over must search no network by asking for redirects."""
    ask = Asking(Reach())
    assert ask("10.1.2.3", 554)
    assert ask("10.1.2.4", 8554)
    assert ask.network._allowed.allow(ipaddress.ip_address("10.1.2.4"), 40_000, stream=False)
    assert ask("10.1.2.4", 8554)
    assert not ask("10.1.2.5", 8554)
    assert not ask("10.1.2.4", 22)
    assert ask("10.1.2.3", 554)
    monkeypatch.setattr(camera_network, "REDIRECTED", 0.0)
    assert ask("10.1.2.5", 8554)
    assert not ask.may("10.1.2.4", 8554), "where the camera was redirected to before"


@pytest.mark.parametrize("host", ["127.0.0.1", "8.8.8.8", "169.254.169.254", "::1", "::ffff:127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("reach", [Reach(), None])
def test_a_reader_is_let_out_of_the_camera_networks_by_no_redirect(host: str, reach: Reach | None) -> None:
    ask = Asking(reach)
    assert not ask(host, 554)
    assert ask("10.1.2.3", 554)


def test_a_name_that_leads_partly_outside_is_let_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Asking(Reach())
    entries = [(2, 1, 6, "", (ip, 554)) for ip in ("10.9.9.9", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
    ask.network.answer(LookUp(host="gate.city", port=554), ask._told)  # type: ignore[arg-type]  # as above
    assert ask._told.found.get(timeout=5) == ("10.9.9.9", "127.0.0.1")
    assert not ask.may("10.9.9.9", 554)


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
    talker = Program(
        "tests.streams.camera.bad_readers", "talking_to_itself", ("detector", "models", "streams", "tests")
    )
    with start(talker, network=True, supervised=True, ports=(554,)) as child:
        listener = json.loads(child.channel.hear(30) or b"{}")
        supervisor = Supervisor(child.process.pid, listener["file"], Addresses((554,)))
        assert child.channel.hear(30) == b"hello"
        child.process.kill()
        supervisor.close()
