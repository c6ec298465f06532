"""How the client of uploads takes each answer: when it goes on, asks anew, waits or gives up."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from api.errors import CardUnreadable, PushFailed
from api.upload_client import client as module
from api.upload_client.card import CardFile, read_card
from api.upload_client.client import Patience, SurveyService

UPLOAD = "/api/v1/surveys/1/files/2"
CONTENT = bytes(range(10))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CardFile:
    """Ten bytes, sent four at a time."""
    monkeypatch.setattr(module, "CHUNK", 4)
    (tmp_path / "v.mp4").write_bytes(CONTENT)
    return read_card(tmp_path, print)[0]


class Receiver:
    """The other end: keeps what comes, and first answers whatever the script holds for PATCH."""

    def __init__(self, *script: int | Exception, at: int = 0) -> None:
        self.content = bytearray(CONTENT[:at])
        self.script = list(script)
        self.offsets: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["Tus-Resumable"] == "1.0.0"
        if request.method == "HEAD":
            return httpx.Response(200, headers={"Upload-Offset": str(len(self.content))})
        self.offsets.append(int(request.headers["Upload-Offset"]))
        answer = self.script.pop(0) if self.script else 204
        if isinstance(answer, Exception):
            self.content += request.content  # it came, and its answer was lost
            raise answer
        if answer != 204:
            return httpx.Response(answer, json={"detail": f"because {answer}"})
        digest = base64.b64encode(hashlib.sha256(request.content).digest()).decode()
        assert request.headers["Upload-Checksum"] == f"sha256 {digest}"
        self.content += request.content
        return httpx.Response(204, headers={"Upload-Offset": str(len(self.content))})


def service(
    answer: Callable[[httpx.Request], httpx.Response], waits: list[float], limit: float = 60.0
) -> SurveyService:
    http = httpx.Client(base_url="http://street.test", transport=httpx.MockTransport(answer))
    return SurveyService(http, Patience(lambda line: None, limit, waits.append))


def sent(receiver: Receiver, file: CardFile) -> tuple[list[int], list[float]]:
    moved: list[int] = []
    waits: list[float] = []
    service(receiver, waits).send(file, UPLOAD, moved.append)
    assert bytes(receiver.content) == CONTENT
    return moved, waits


def test_a_file_goes_piece_by_piece(file: CardFile) -> None:
    assert sent(Receiver(), file) == ([0, 4, 8, 10], [])


def test_what_is_there_already_is_not_sent_again(file: CardFile) -> None:
    receiver = Receiver(at=7)
    assert sent(receiver, file) == ([7, 10], [])
    assert receiver.offsets == [7]
    done = Receiver(at=10)
    assert sent(done, file) == ([10], [])
    assert done.offsets == []


@pytest.mark.parametrize("status", [408, 409, 423, 425, 429, 460, 500, 502, 503, 504, 507])
def test_after_these_answers_it_asks_where_to_go_on(file: CardFile, status: int) -> None:
    receiver = Receiver(204, status)
    moved, waits = sent(receiver, file)
    assert receiver.offsets == [0, 4, 4, 8]
    assert moved == [0, 4, 4, 8, 10]
    assert len(waits) == 1
    assert waits[0] >= 0.05


@pytest.mark.parametrize("status", [400, 401, 403, 404, 412, 413, 415, 422])
def test_after_these_it_gives_up_and_says_why(file: CardFile, status: int) -> None:
    waits: list[float] = []
    with pytest.raises(PushFailed, match=f"the service says {status}: because {status}"):
        service(Receiver(status), waits).send(file, UPLOAD, lambda _: None)
    assert waits == []


def test_an_answer_that_was_lost_costs_no_byte_twice(file: CardFile) -> None:
    receiver = Receiver(httpx.ReadError("cut"))
    moved, _ = sent(receiver, file)
    assert (receiver.offsets, moved) == ([0, 4, 8], [0, 4, 8, 10])


def test_a_proxy_that_drops_headers_is_named(file: CardFile) -> None:
    with pytest.raises(PushFailed, match="did not say its Upload-Offset; is there a proxy"):
        service(lambda _: httpx.Response(200), []).send(file, UPLOAD, lambda _: None)


def test_a_file_that_went_is_the_cards_fault(file: CardFile) -> None:
    file.path.unlink()
    with pytest.raises(CardUnreadable, match=r"v\.mp4: cannot be read"):
        service(Receiver(), []).send(file, UPLOAD, lambda _: None)


def test_patience_is_told_of_once_and_begins_anew_with_progress() -> None:
    told: list[str] = []
    patience = Patience(told.append, 60.0, lambda _: None)
    for _ in range(3):
        patience.wait("the line broke")
    assert told == ["streetwarden: the line broke; trying again"]
    patience.progress()
    patience.wait("it says 503")
    assert len(told) == 2


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("api.upload_client.client.time.monotonic", lambda: now[0])
    patience = Patience(lambda _: None, 60.0, lambda _: None)
    patience.wait("away")
    now[0] += 60.0
    patience.wait("away")
    now[0] += 0.1
    with pytest.raises(PushFailed, match=r"away; given up after 60 s\. Type the same command to go on"):
        patience.wait("away")
