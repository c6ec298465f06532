"""Sixty cases through a case system that fails often, by each adapter: each applied once, the poison with a person."""

import csv
import itertools
import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from openpyxl import load_workbook
from pydantic import AnyHttpUrl, SecretStr
from sqlalchemy import select, update
from standardwebhooks.webhooks import Webhook

from api.candidates import repository as candidates
from api.cases import outbox
from api.cases.adapters import CaseApi, Receipt
from api.cases.assembly import case_api_of
from api.cases.callbacks import CallbackGate
from api.cases.sender import OutboxSender, Route
from api.cases.systems import CaseSystem
from api.cases.tables import DeliveryState, case_progress
from api.cases.tables import outbox as outbox_table
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence.files import EvidenceStore
from api.settings import Settings
from tests.api.cases.case_events import SECRET, signed
from tests.api.cases.exchange_server import chaos_server
from tests.api.conftest import FakeClock
from tests.api.samples import NOON, a_candidate

COUNT = 60
BODY = {
    "class": "stall", "class_names": {"en": "Street stall", "zh": "占道摊位"}, "district": "erqi", "code": "0501",
    "ruling": "violation", "lat": 34.7, "lon": 113.6, "review": {"decided_at": NOON.isoformat(), "note": "=1+1"},
    "reasons": [{"text": {"en": "stood 6 min", "zh": "已停留 6 分钟"}}],
    "evidence": [{"kind": "boxed", "url": "https://street.example.org/shared/pictures/1/boxed"}],
}  # fmt: skip


class Killed(BaseException):
    """The sender was killed: nothing that it has begun is noted."""


class Dying:
    """A case API whose sender is killed now and then, before or after the case has arrived."""

    def __init__(self, api: CaseApi) -> None:
        self._api = api
        self._turn = itertools.count(1)

    def deliver(self, key: UUID, body: bytes) -> Receipt:
        turn = next(self._turn)
        if turn % 20 == 0:
            raise Killed
        receipt = self._api.deliver(key, body)
        if turn % 15 == 0:
            raise Killed
        return receipt


def enqueue(database: Database, count: int) -> list[UUID]:
    keys = [uuid4() for _ in range(count)]
    with database.write() as connection:
        item = candidates.add(connection, a_candidate(), NOON)
        for key in keys:
            outbox.add(EVERYWHERE, connection, key, item, json.dumps(BODY).encode(), NOON, NOON)
    return keys


def a_system(kind: str, url: str, folder: Path) -> CaseSystem:
    if kind in ("csv", "xlsx"):
        return CaseSystem.model_validate({"name": "erqi", "kind": "drop", "folder": folder, "format": kind})
    made = CaseSystem.model_validate(
        {"name": "erqi", "kind": kind, "url": AnyHttpUrl(url), "secret_env": "X" if kind == "webhook" else None}
    )
    return made.model_copy(update={"secrets": (SecretStr(SECRET),), "callback_secrets": (SecretStr(SECRET),)})


def send_all(database: Database, files: EvidenceStore, api: CaseApi, clock: FakeClock) -> None:
    """Send until nothing is pending; whenever the sender is killed another takes its place."""
    dying = Dying(api)
    route = Route("erqi", frozenset({"erqi"}), lambda _: "erqi")
    for _ in range(400):
        sender = OutboxSender(database, files, dying, clock=clock, lease=timedelta(minutes=1), route=route)
        try:
            while sender.deliver_next():
                pass
        except Killed:
            pass
        with database.read() as connection:
            if outbox.page(EVERYWHERE, connection, DeliveryState.PENDING, None, 1).total == 0:
                return
        clock.pass_by(minutes=31)
    raise AssertionError("some are never delivered")


@pytest.fixture
def store(tmp_path: Path, sqlite_template: Path) -> Database:
    path = tmp_path / "chaos.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    made = Database(f"sqlite:///{path}")
    with made.read() as connection:
        assert connection.dialect.name == "sqlite"
    return made


@pytest.fixture
def _complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EvidenceStore, "fault", lambda *_: None)


@pytest.mark.parametrize("kind", ["json", "webhook", "open311"])
@pytest.mark.usefixtures("_complete")
def test_each_case_is_applied_once_and_the_poison_waits_for_a_person(
    kind: str, store: Database, files: EvidenceStore, clock: FakeClock, settings: Settings, tmp_path: Path
) -> None:
    keys = enqueue(store, COUNT)
    with chaos_server(str(keys[7])) as server:
        send_all(store, files, case_api_of(a_system(kind, server.url, tmp_path), settings), clock)
    good = {str(key) for key in keys} - {server.poison}
    assert server.applied == dict.fromkeys(good, 1)
    assert all(len(bodies) == 1 for bodies in server.bodies.values())
    with store.read() as connection:
        rows = {str(row.id): row for row in connection.execute(select(outbox_table))}
    assert {key for key, row in rows.items() if row.state == "dead"} == {server.poison}
    assert max(row.attempts for row in rows.values()) > 1
    if kind == "webhook":
        one = next(iter(good))
        Webhook(SECRET).verify(next(iter(server.bodies[one])), server.headers[one])
        sent = server.headers[one]
        assert sent["webhook-id"] == sent["idempotency-key"] == sent["ce-id"] == one
    store.close()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.usefixtures("_complete")
def test_a_table_holds_each_case_once(
    kind: str, store: Database, files: EvidenceStore, clock: FakeClock, settings: Settings, tmp_path: Path
) -> None:
    keys = enqueue(store, 20)
    send_all(store, files, case_api_of(a_system(kind, "", tmp_path / "drop"), settings), clock)
    path = tmp_path / "drop" / f"cases-2026-11-20.{kind}"
    if kind == "csv":
        header, *rows = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    else:
        sheet = load_workbook(path).worksheets[0]
        header, *rows = [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert sorted(row[0] for row in rows) == sorted(str(key) for key in keys)
    told = dict(zip(header, rows[0], strict=True))
    assert (told["class_zh"], told["note"]) == ("占道摊位", "'=1+1")  # no formula
    store.close()


def test_callbacks_in_any_order_and_again_and_again_end_alike(store: Database, tmp_path: Path) -> None:
    """Each case is told of four times over in a mixed order: it ends where the farthest message says."""
    keys = enqueue(store, 12)
    with store.write() as connection:
        connection.execute(
            update(outbox_table).values(state="delivered", attempts=1, case_system="erqi", delivered_at=NOON)
        )
    gate = CallbackGate([a_system("json", "http://x", tmp_path)])
    words = ("fixed", "accepted", "closed", "dispatched", "accepted", "closed")
    for turn, word in enumerate(words):
        for key in keys:
            event = f"{key}-{word}"
            body, headers = signed(key, word, event)
            first = gate.receive(store, "erqi", headers, body, "", NOON + timedelta(seconds=turn))
            assert (first.result == "moved") == (turn in (0, 2))
    with store.read() as connection:
        assert {row.status for row in connection.execute(select(case_progress))} == {"closed"}
    store.close()
