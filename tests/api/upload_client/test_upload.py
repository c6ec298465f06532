"""A card is sent to a service: by the command, through cuts and kills, each byte once."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from api.errors import CardUnreadable, PushFailed
from api.surveys.schemas import AnnouncedOut, SurveyOut
from api.upload_client import upload
from api.upload_client.card import CardFile, open_book, read_card
from api.upload_client.client import CHUNK, Patience, SurveyService
from api.upload_client.upload import push
from tests.api.cli.conftest import Printed, Typed, streetwarden
from tests.api.conftest import Service
from tests.api.signing import bearer
from tests.api.surveys.footage import photo, sidecar, video
from tests.api.surveys.upload.test_finalizer import no_room_beyond
from tests.api.upload_client.killing import KillableService, Quiet, make_card, push_while_killing

__all__ = ["streetwarden"]


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The key that the command takes from its environment, where there is a service."""
    if "service" in request.fixturenames:
        service: Service = request.getfixturevalue("service")
        monkeypatch.setenv("STREETWARDEN_API_KEY", service.key)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "DCIM"
    (folder / "100MEDIA").mkdir(parents=True)
    for given in (video(seed=21), sidecar(), photo(seed=22)):
        (folder / "100MEDIA" / given.name).write_bytes(given.content)
    (folder / "100MEDIA" / "DJI_0001.LRF").write_bytes(b"small")
    (folder / "copy.mp4").write_bytes(video(seed=21).content)
    return folder


def pushed(streetwarden: Typed, folder: Path, service: Service, *more: str) -> Printed:
    return streetwarden("survey", "push", folder, "--to", service.url, "--json", *more)


def states(printed: Printed) -> dict[str, tuple[str, str | None]]:
    files = [record["file"] for record in printed.records if "file" in record]
    return {file["name"]: (file["state"], file["note"]) for file in files if isinstance(file, dict)}


def test_a_card_is_sent_and_said_file_by_file(streetwarden: Typed, card: Path, service: Service) -> None:
    printed = pushed(streetwarden, card, service, "--ground", "-2.5")
    assert printed.code == 0, printed.err
    assert states(printed) == {
        "100MEDIA/DJI_0001.MP4": ("duplicate", "same_as"),
        "100MEDIA/DJI_0001.SRT": ("stored", None),
        "100MEDIA/DJI_0002.JPG": ("stored", None),
        "100MEDIA/DJI_0001.LRF": ("suspect", "preview"),
        "copy.mp4": ("stored", None),  # its telemetry is called like its double
    }
    survey = printed.records[-1]["survey"]
    assert isinstance(survey, dict)
    assert (survey["name"], survey["state"], survey["ground"]) == ("DCIM", "ready", -2.5)
    assert not service.http.post("/api/v1/surveys", json={"name": "x", "files": []}).is_success
    again = pushed(streetwarden, card, service, "--ground", "-2.5")
    assert again.records == printed.records


def test_sentences_for_a_person(streetwarden: Typed, card: Path, service: Service) -> None:
    printed = streetwarden("survey", "push", card, "--to", service.url + "/")
    assert "duplicate  100MEDIA/DJI_0001.MP4 has the same content as copy.mp4" in printed.out
    assert "is ready: 5 of 5 files settled at 127.0.0.1" in printed.out


@pytest.mark.parametrize("words", [("nowhere",), ("ftp://x",), ("http://",), ("http://[half",)])
def test_an_address_that_is_none(streetwarden: Typed, card: Path, words: tuple[str]) -> None:
    printed = streetwarden("survey", "push", card, "--to", *words)
    assert (printed.code, printed.err.count("\n")) == (2, 1)
    assert "--to" in printed.err


def test_an_empty_folder_and_a_file_are_no_card(streetwarden: Typed, card: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for wrong in (tmp_path / "empty", card / "copy.mp4", tmp_path / "nowhere"):
        printed = streetwarden("survey", "push", wrong, "--to", "http://127.0.0.1:1")
        assert (printed.code, printed.out) == (2, "")
        assert str(wrong) in printed.err


def test_survey_alone_still_takes_videos(streetwarden: Typed, tmp_path: Path) -> None:
    (tmp_path / "push").write_text("no video")
    printed = streetwarden("survey", tmp_path / "push")
    assert printed.code == 2
    assert "neither a video" in printed.err


def service_at(url: str, limit: float = 60.0, key: str = "") -> tuple[httpx.Client, SurveyService]:
    http = httpx.Client(base_url=url, trust_env=False, timeout=10, headers=bearer(key) if key else {})
    return http, SurveyService(http, Patience(lambda line: None, limit, lambda seconds: None))


class Cut(Quiet):
    """Stops the client, as a kill would, when so many bytes lie at the service."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.first: int | None = None

    def sending(self, done: int, total: int) -> None:
        self.first = done if self.first is None else self.first
        if done >= self.after:
            raise KeyboardInterrupt


def test_a_client_that_was_killed_goes_on_where_it_was(service: Service, tmp_path: Path) -> None:
    card = make_card(tmp_path / "card", seed=31, videos=1, megabytes=20)
    http, other_end = service_at(service.url, key=service.key)
    with http, open_book(tmp_path / "book") as book:
        with pytest.raises(KeyboardInterrupt):
            push(card, "cut", book, other_end, Cut(after=CHUNK * 2))
        moved: list[int] = []
        shown = Quiet()
        shown.sending = lambda done, total: moved.append(done)  # type: ignore[method-assign]  # a spy
        survey, files = push(card, "cut", book, other_end, shown)
    assert survey.state == "ready"
    assert {file.state for file in files} == {"stored"}
    photo_size = next(file.size for file in card if file.name.endswith(".JPG"))
    assert min(done for done in moved if done > photo_size) == photo_size + CHUNK * 2
    assert service.http.get("/api/v1/surveys").json()["total"] == 1


def test_hashes_are_kept_and_read_anew_where_a_file_changed(tmp_path: Path) -> None:
    path = tmp_path / "card" / "a.jpg"
    path.parent.mkdir()
    path.write_bytes(b"one")
    with open_book(tmp_path / "book") as book:
        (file,) = read_card(path.parent, print)
        first = book.of(file)
    path.write_bytes(b"two")
    os.utime(path, ns=(file.changed, file.changed))
    with open_book(tmp_path / "book") as book:
        assert book.of(read_card(path.parent, print)[0]) == first  # as far as anybody can tell, nothing changed
        os.utime(path, ns=(file.changed + 1, file.changed + 1))
        assert book.of(read_card(path.parent, print)[0]) != first


def test_links_are_left_out_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "b.jpg").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "c.jpg")
    said: list[str] = []
    assert [file.name for file in read_card(tmp_path, said.append)] == ["a.jpg"]
    assert len(said) == 2


def test_a_file_that_changes_while_it_is_sent_is_said(service: Service, tmp_path: Path) -> None:
    (card,) = make_card(tmp_path / "card", seed=41, videos=1, megabytes=1)[:1]
    changed = CardFile(card.path, card.name, card.size, card.changed - 1)
    http, other_end = service_at(service.url, key=service.key)
    with http, open_book(tmp_path / "book") as book, pytest.raises(CardUnreadable, match="has changed"):
        push([changed], "changed", book, other_end, Quiet())


@pytest.fixture
def website() -> Iterator[Callable[[int, str], str]]:
    """Some other server, which answers everything the same."""
    servers: list[ThreadingHTTPServer] = []

    def start(status: int, body: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None: ...

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, "<html>welcome", "not like a streetwarden service"),
        (404, "gone", "says 404"),
        (422, '{"detail": "files.0.name: names nothing"}', "names nothing"),
        (507, '{"detail": "the files take 9.0 GiB"}', "9.0 GiB"),
        (302, "", "says 302"),
        (503, "", "given up"),
    ],
)
def test_a_service_that_says_no(
    website: Callable[[int, str], str], tmp_path: Path, status: int, body: str, said: str
) -> None:
    card = make_card(tmp_path / "card", seed=51, videos=1, megabytes=0)
    http, other_end = service_at(website(status, body), limit=0.05)
    with http, open_book(tmp_path / "book") as book, pytest.raises(PushFailed, match=said):
        push(card, "no", book, other_end, Quiet())


def test_a_disk_that_stays_full_is_given_up_not_hammered(service: Service, tmp_path: Path) -> None:
    card = make_card(tmp_path / "card", seed=71, videos=1, megabytes=13)
    tries: list[float] = []
    told: list[str] = []

    def wait(pause: float) -> None:
        tries.append(pause)
        time.sleep(0.1)

    http, _ = service_at(service.url, key=service.key)
    with http, open_book(tmp_path / "book") as book:
        other_end = SurveyService(http, Patience(told.append, 0.5, wait))
        given_up = r"no disk space is left for footage.*given up"
        with no_room_beyond(12_000_000), pytest.raises(PushFailed, match=given_up):
            push(card, "full", book, other_end, Quiet())
    assert len(told) == 2  # once before what still fitted had come, once after
    assert 3 <= len(tries) <= 7


def test_help_has_an_example(streetwarden: Typed) -> None:
    printed = streetwarden("survey", "push", "--help")
    assert printed.code == 0
    assert "streetwarden survey push" in printed.out.split("Example:")[1]


def test_a_service_that_is_killed_while_it_takes_a_card(tmp_path: Path) -> None:
    card = make_card(tmp_path / "card", seed=61, videos=2, megabytes=20)
    service = KillableService(tmp_path / "var")
    outcome = push_while_killing(service, card, kills=3, seed=5, work=tmp_path / "book")
    assert len(outcome.kills) == 3
    assert outcome.faults(card) == []


def test_a_service_that_cannot_store_what_has_come_ends_the_push(
    streetwarden: Typed, card: Path, service: Service
) -> None:
    (service.data_dir / "footage" / photo(seed=22).sha256[:2]).write_text("in the way")
    printed = pushed(streetwarden, card, service)
    assert printed.code != 0
    assert "100MEDIA/DJI_0002.JPG: has arrived, but the service cannot store it; its log says why" in printed.err
    (service.data_dir / "footage" / photo(seed=22).sha256[:2]).unlink()
    assert pushed(streetwarden, card, service).code == 0


class Idle(SurveyService):
    """A service whose check of uploads has died: all has come, and nothing more happens."""

    def survey(self, answer: AnnouncedOut) -> SurveyOut:
        come = answer.survey.progress.model_copy(update={"received": answer.survey.progress.size})
        return answer.survey.model_copy(update={"progress": come})


def test_a_service_that_checks_nothing_ends_the_push(
    card: Path, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "CHECKING", 0.0)
    http, _ = service_at(service.url, key=service.key)
    idle = Idle(http, Patience(print))
    with http, open_book(tmp_path / "book") as book, pytest.raises(PushFailed, match="has checked no file for 0 min"):
        push(read_card(card, print), "x", book, idle, Quiet(), sleep=lambda _: None)
