"""Case systems that are asked: in order and out of order, with words that nobody knows, away, and hostile."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import select

from api.audit.tables import audit_events
from api.candidates import repository as candidates
from api.cases import looks, outbox, progress
from api.cases.polling import StatusPoller
from api.cases.systems import CaseSystem
from api.cases.tables import CaseStatus, LookOutcome
from api.db.database import Database
from api.db.scope import EVERYWHERE
from tests.api.conftest import FakeClock
from tests.api.samples import NOON, a_candidate

Reply = tuple[int, bytes]


class Asked(ThreadingHTTPServer):
    """A case system that answers what it was told to, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply: Reply = (200, b"[]")
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def says(self, document: object, status: int = 200) -> None:
        self.reply = status, json.dumps(document).encode()


class _Handler(BaseHTTPRequestHandler):
    server: Asked

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.server.headers.append(dict(self.headers.items()))
        status, content = self.server.reply
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def listening() -> Iterator[Asked]:
    server = Asked()
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def city() -> Iterator[Asked]:
    with listening() as server:
        yield server


class Desk:
    """A poller of one case system over a database, and a case of it."""

    def __init__(self, database: Database, clock: FakeClock, *systems: CaseSystem, reference: str = "r-1") -> None:
        self.database = database
        self.clock = clock
        self.poller = StatusPoller(database, systems, clock=clock)
        self.key = deliver(database, systems[0].name, reference)

    def ask(self, minutes: float = 11) -> bool:
        self.clock.pass_by(minutes=minutes)
        return self.poller.poll_next()

    def status(self) -> CaseStatus:
        return status_of(self.database, self.key)

    def acts(self) -> list[tuple[str, str]]:
        with self.database.read() as connection:
            rows = connection.execute(select(audit_events).order_by(audit_events.c.number)).all()
        return [(row.act, json.loads(row.details).get("status", "")) for row in rows]


def deliver(database: Database, system: str, reference: str, key: str = "place-0") -> UUID:
    made = uuid4()
    with database.write() as connection:
        item = candidates.add(connection, a_candidate(key), NOON)
        outbox.add(EVERYWHERE, connection, made, item, b"{}", NOON, NOON)
        outbox.assign(connection, {system}, lambda _: system)
        assert outbox.claim(connection, NOON, timedelta(minutes=1)) is not None
        outbox.delivered(connection, made, NOON, 201, reference)
    return made


def status_of(database: Database, key: UUID) -> CaseStatus:
    with database.read() as connection:
        item = outbox.find(EVERYWHERE, connection, key)
        assert item is not None
        return progress.of_cases(EVERYWHERE, connection, [item])[key].status


def open311(server: Asked) -> CaseSystem:
    values = {"name": "city", "kind": "open311", "url": server.url, "poll": "10m", "timeout": "2s"}
    return CaseSystem.model_validate(values | {"jurisdiction": "zz.gov"})


def other(server: Asked, **more: object) -> CaseSystem:
    values = {"name": "city", "kind": "json", "url": server.url, "poll": "10m", "timeout": "2s"}
    return CaseSystem.model_validate(values | {"status_url": server.url + "/cases/{reference}"} | more)


def request(status: str, reference: str = "r-1", **more: str) -> dict[str, str]:
    return {"service_request_id": reference, "status": status} | more


def test_open311_is_asked_now_and_then_and_moves_the_case(database: Database, clock: FakeClock, city: Asked) -> None:
    desk = Desk(database, clock, open311(city))
    city.says([request("open")])
    assert not desk.ask(minutes=9)
    assert desk.ask(minutes=2)
    assert not desk.ask(minutes=9)
    assert city.paths == ["/requests/r-1.json?jurisdiction_id=zz.gov"]
    assert desk.status() is CaseStatus.ACCEPTED
    city.says([request("closed", status_notes="cleared\x00 away")])
    assert desk.ask()
    assert desk.status() is CaseStatus.FIXED
    with database.read() as connection:
        said = progress.events(EVERYWHERE, connection, desk.key)
    assert [(one.status, one.note) for one in said] == [(CaseStatus.ACCEPTED, ""), (CaseStatus.FIXED, "cleared away")]
    assert desk.acts() == [("case_moved", "accepted"), ("case_moved", "fixed")]


def test_a_token_becomes_a_reference_and_then_a_status(database: Database, clock: FakeClock, city: Asked) -> None:
    desk = Desk(database, clock, open311(city), reference="token:t-7")
    city.says([{"token": "t-7"}])  # no request was made of it yet
    assert desk.ask()
    city.says([{"service_request_id": "r-9", "token": "t-7"}])
    assert desk.ask()
    city.says([request("open", "r-9")])
    assert desk.ask()
    assert [path.split("?")[0] for path in city.paths] == ["/tokens/t-7.json"] * 2 + ["/requests/r-9.json"]
    assert desk.status() is CaseStatus.ACCEPTED


def test_what_comes_out_of_order_or_again_changes_nothing(database: Database, clock: FakeClock, city: Asked) -> None:
    desk = Desk(database, clock, open311(city))
    for word in ("closed", "open", "closed", "open", "closed"):
        city.says([request(word)])
        assert desk.ask()
    assert desk.status() is CaseStatus.FIXED
    assert desk.acts() == [("case_moved", "fixed")]


def test_fixed_is_a_second_fix_only_after_another_word(database: Database, clock: FakeClock, city: Asked) -> None:
    desk = Desk(database, clock, open311(city))

    def outcome() -> LookOutcome | None:
        with database.read() as connection:
            return looks.outcome_of(connection, desk.key)

    def says(*words: str) -> LookOutcome | None:
        for word in words:
            city.says([request(word)])
            assert desk.ask()
        return outcome()

    for turn in (1, 2):
        says("open", "closed")
        assert (desk.status(), outcome()) == (CaseStatus.FIXED, None)  # to be looked at
        with database.write() as connection:
            (check,) = looks.of_cases(EVERYWHERE, connection, [desk.key]).values()
            looks.keep(connection, replace(check, outcome=LookOutcome.STILL_THERE, seen_at=clock()))
        assert says("closed", "closed") is LookOutcome.STILL_THERE  # it only says so still
        assert says("open", "open") is LookOutcome.STILL_THERE
        assert desk.acts().count(("case_callback_ignored", "accepted")) == turn
    assert says("closed", "closed") is None
    assert desk.acts().count(("case_moved", "fixed")) == 3


def test_a_case_that_has_ended_is_asked_about_no_more(database: Database, clock: FakeClock, city: Asked) -> None:
    desk = Desk(database, clock, other(city))
    city.says({"status": "refused"})
    assert desk.ask()
    assert desk.status() is CaseStatus.REFUSED
    assert not desk.ask(minutes=60)
    assert len(city.paths) == 1


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({"status": "已处置"}, CaseStatus.FIXED),  # a word of the file
        ({"status": "Dispatched"}, CaseStatus.DISPATCHED),
        ({"status": 200, "data": {"id": "r-1", "status": "accepted"}}, CaseStatus.ACCEPTED),  # the answer has one, too
        ({"status": "closed", "data": {}}, CaseStatus.REPORTED),
        ({"status": "ok", "data": None}, CaseStatus.REPORTED),
        ({"status": "burnt"}, CaseStatus.REPORTED),
        ({"status": ["fixed"]}, CaseStatus.REPORTED),
        ({"status": None}, CaseStatus.REPORTED),
        ({}, CaseStatus.REPORTED),
        ([], CaseStatus.REPORTED),
        ("fixed", CaseStatus.REPORTED),
        ([{"id": "r-0", "status": "closed"}, {"id": "r-1", "status": "fixed"}], CaseStatus.FIXED),
        ([{"id": "r-0", "status": "closed"}, {"id": "r-2", "status": "fixed"}], CaseStatus.REPORTED),
        ({"service_request_id": "r-2", "status": "closed"}, CaseStatus.REPORTED),  # of another case
        ({"result": {"data": {"case": {"status": "checked"}}}}, CaseStatus.CHECKED),
    ],
)
def test_the_status_of_this_case_is_read_and_no_other(
    database: Database, clock: FakeClock, city: Asked, document: object, status: CaseStatus
) -> None:
    desk = Desk(database, clock, other(city, statuses={"已处置": "fixed"}))
    city.says(document)
    assert desk.ask()
    assert desk.status() is status


@pytest.mark.parametrize(
    "reply",
    [
        (200, b""),
        (200, b"<html>closed</html>"),
        (200, b'{"status": "closed"'),
        (200, b"[" * 100_000),
        (200, b'{"note": "' + b"x" * 200_000 + b'", "status": "fixed"}'),  # longer than what is read
        (200, b"\xff\xfe\x00"),
        (302, b'{"status": "closed"}'),
        (401, b'{"status": "closed"}'),
        (404, b'{"status": "closed"}'),
        (500, b'{"status": "closed"}'),
    ],
)
def test_what_is_no_answer_changes_nothing(database: Database, clock: FakeClock, city: Asked, reply: Reply) -> None:
    desk = Desk(database, clock, other(city, token_env=None))
    city.reply = reply
    assert desk.ask()
    assert (desk.status(), desk.acts()) == (CaseStatus.REPORTED, [])
    assert all(path == "/cases/r-1" for path in city.paths)  # no redirect is followed
    city.says({"status": "fixed"})
    assert desk.ask()
    assert desk.status() is CaseStatus.FIXED


def test_xml_of_georeport_is_read_too(database: Database, clock: FakeClock, city: Asked) -> None:
    desk = Desk(database, clock, open311(city))
    one = "<service_request_id>{}</service_request_id><status>{}</status><status_notes>{}</status_notes>"
    requests = one.format("r-0", "open", ""), one.format("r-1", "closed", "cleared away")
    document = "".join(f"<request>{each}</request>" for each in requests)
    city.reply = 200, f"<?xml version='1.0'?><service_requests>{document}</service_requests>".encode()
    assert desk.ask()
    assert desk.status() is CaseStatus.FIXED
    with database.read() as connection:
        assert [one.note for one in progress.events(EVERYWHERE, connection, desk.key)] == ["cleared away"]


def test_a_system_that_is_away_is_left_alone_and_holds_up_no_other(
    database: Database, clock: FakeClock, city: Asked
) -> None:
    with listening() as gone:
        away = other(gone, name="away", status_url=gone.url + "/cases/{reference}")
    desk = Desk(database, clock, away, other(city))
    second = deliver(database, "city", "r-2", "place-1")
    city.says({"status": "accepted"})
    assert desk.ask()
    assert (desk.status(), status_of(database, second)) == (CaseStatus.REPORTED, CaseStatus.ACCEPTED)
    asked = []
    deliver(database, "away", "r-3", "place-2")
    for _ in range(40):
        clock.pass_by(seconds=1)
        asked.append(desk.poller.poll_next())
    assert sum(asked) == 1  # after 15 seconds, and then not for 30


def test_the_secret_of_a_system_goes_with_the_question_to_that_host_alone(
    database: Database, clock: FakeClock, city: Asked
) -> None:
    system = other(city).model_copy(update={"token": SecretStr("s3cret")})
    desk = Desk(database, clock, system, reference="https://evil.example.org/cases/../r%2F5.json?x=1")
    city.says({"status": "accepted"})
    assert desk.ask()
    assert city.paths == ["/cases/r%2F5"]
    assert city.headers[0]["Authorization"] == "Bearer s3cret"
    with pytest.raises(ValidationError, match="host"):
        other(city, status_url="https://{reference}/cases")


def test_nobody_asks_where_no_system_is_to_be_asked(database: Database, clock: FakeClock, city: Asked) -> None:
    silent = other(city).model_copy(update={"poll": None})
    desk = Desk(database, clock, silent)
    assert not desk.ask(minutes=600)
    assert city.paths == []
