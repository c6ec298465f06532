"""From a verdict to the built-in case list, over HTTP, with the sender's own thread."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from api.app import create_app
from api.bootstrap import open_store
from api.candidates.intake import StoreSink
from api.cases import outbox
from api.db.scope import EVERYWHERE
from api.settings import Settings
from tests.api.conftest import Service, client
from tests.api.serving import serve
from tests.api.signing import sign_in


@pytest.fixture
def eager(settings: Settings) -> Iterator[Service]:
    """A service without an undo window: cases leave at once."""
    hurried = settings.model_copy(update={"undo_window": timedelta(0)})
    database, files = open_store(hurried)
    with serve(create_app(hurried, database, files)) as served, client(served, sign_in(database)) as http:
        yield Service(served, StoreSink(database, files), database, http, settings.data_dir)
    database.close()


def test_what_is_confirmed_arrives_and_is_shown(eager: Service) -> None:
    confirmed, rejected = eager.seed(2)
    eager.http.post(f"/api/v1/candidates/{confirmed}/verdict", json={"decision": "confirmed", "note": "again"})
    eager.http.post(f"/api/v1/candidates/{rejected}/verdict", json={"decision": "rejected", "reason": "vehicle"})
    deadline = time.monotonic() + 10
    while not (listed := eager.http.get("/api/v1/cases").json()["items"]) and time.monotonic() < deadline:
        time.sleep(0.05)
    (case,) = listed
    (sent,) = eager.http.get("/api/v1/outbox", params={"state": "delivered"}).json()["items"]
    assert case["body"]["candidate_id"] == confirmed == sent["candidate_id"]
    assert (case["idempotency_key"], case["id"]) == (sent["id"], sent["reference"])
    assert case["body"]["review"] | {"decided_at": ""} == {
        "reviewer": "Li Wei", "decided_at": "", "decision": "confirmed", "note": "again"
    }  # fmt: skip
    assert case["body"]["reasons"][1] == {
        "code": "stood",
        "params": {"dwell_s": 360.0, "allowed_s": 300.0},
        "text": {"en": "has stood 6 min; the limit of 5 min is reached", "zh": "已停留 6 分，达到时限 5 分"},
    }
    candidate = eager.http.get(f"/api/v1/candidates/{confirmed}").json()
    own = {
        "id",
        "state",
        "created_at",
        "updated_at",
        "reasons",
        "evidence",
        "verdict",
        "finders",
        "conditions",
        "legal_review_expired",
    }
    assert {name: case["body"][name] for name in candidate.keys() - own} == {
        name: candidate[name] for name in candidate.keys() - own
    }
    assert eager.http.get(f"/api/v1/cases/{case['id']}").json() == case
    assert eager.http.delete(f"/api/v1/candidates/{confirmed}/verdict").status_code == 409
    assert eager.http.post(f"/api/v1/outbox/{sent['id']}/retry").status_code == 409


def test_a_refused_case_can_be_sent_again(service: Service) -> None:
    (candidate_id,) = service.seed()
    key = service.http.post(f"/api/v1/candidates/{candidate_id}/verdict", json={"decision": "confirmed"}).json()["id"]
    with service.database.write() as connection:
        outbox.give_up(connection, outbox.page(EVERYWHERE, connection, None, None, 1).items[0], 422, "answered 422")
    (dead,) = service.http.get("/api/v1/outbox", params={"state": "dead"}).json()["items"]
    assert (dead["id"], dead["last_error"], dead["next_attempt_at"]) == (key, "answered 422", None)
    assert service.http.post(f"/api/v1/outbox/{key}/retry").json()["state"] == "pending"
