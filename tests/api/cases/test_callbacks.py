"""What comes back: forged, unknown, impossible and repeated messages change nothing, and are recorded."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from api.app import create_app
from api.audit.tables import audit_events
from api.bootstrap import open_store
from api.candidates import repository as candidates
from api.cases import outbox, progress
from api.cases.contract import written
from api.cases.systems import read_case_systems
from api.cases.tables import CaseStatus
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import SettingsInvalid
from api.settings import Settings
from tests.api.cases.case_events import SECRET, signed
from tests.api.samples import NOON, a_candidate
from tests.api.serving import serve
from tests.conftest import REPO

FILE = """
case_systems:
  - {name: erqi, kind: json, url: "http://127.0.0.1:9/", callback_secret_env: ERQI_BACK, districts: [erqi]}
"""


def deliver(database: Database) -> UUID:
    key = uuid4()
    with database.write() as connection:
        item = candidates.add(connection, a_candidate(), NOON)
        outbox.add(EVERYWHERE, connection, key, item, b'{"district": "erqi"}', NOON, NOON)
        outbox.assign(connection, {"erqi"}, lambda _: "erqi")
        assert outbox.claim(connection, NOON, timedelta(minutes=1)) is not None
        outbox.delivered(connection, key, NOON, 201, "case-1")
    return key


def status(database: Database, key: UUID) -> CaseStatus:
    with database.read() as connection:
        item = outbox.find(EVERYWHERE, connection, key)
        assert item is not None
        return progress.of_cases(EVERYWHERE, connection, [item])[key].status


def test_only_what_the_case_system_signed_moves_its_case(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERQI_BACK", SECRET)
    file = tmp_path / "systems.yaml"
    file.write_text(FILE)
    configured = settings.model_copy(update={"case_systems_file": file})
    database, files = open_store(configured)
    key = deliver(database)
    with serve(create_app(configured, database, files)) as served:

        def say(message: tuple[bytes, dict[str, str]], system: str = "erqi") -> tuple[int, str]:
            url = f"{served.url}/api/v1/case-callbacks/{system}"
            answer = httpx.post(url, content=message[0], headers=message[1], trust_env=False)
            return answer.status_code, json.loads(answer.content).get("result", "")

        body, headers = signed(key, "dispatched", "m1")
        assert say((body.replace(b"dispatched", b"closed"), headers)) == (401, "")
        assert say((body, {})) == (401, "")
        assert say(signed(key, "closed", "m2", secret="whsec_" + "A" * 32)) == (401, "")
        assert say(signed(key, "closed", "m3", at=datetime.now(UTC) - timedelta(minutes=6))) == (401, "")
        assert say((b"\xff", headers | {"webhook-signature": "v1"})) == (401, "")
        assert say(signed(uuid4(), "closed", "m4")) == (404, "")
        assert say(signed(key, "closed", "m5"), "nobody") == (404, "")
        assert say(signed(key, "burnt", "m6")) == (422, "")
        assert status(database, key) is CaseStatus.REPORTED
        assert say((body, headers)) == (200, "moved")
        assert say((body, headers)) == (200, "replayed")
        assert say(signed(key, "accepted", "m7")) == (200, "outdated")
        assert say(signed(key, "refused", "m8", reason="not_a_stall")) == (200, "moved")
        assert say(signed(key, "closed", "m9")) == (200, "outdated")
    assert status(database, key) is CaseStatus.REFUSED
    with database.read() as connection:
        item = outbox.find(EVERYWHERE, connection, key)
        assert item is not None
        assert progress.refused(EVERYWHERE, connection, [item.candidate_id]) == {item.candidate_id: "not_a_stall"}
        acts = [json.loads(row.details).get("result") for row in connection.execute(select(audit_events))]
    told = {word: acts.count(word) for word in ("forged", "unknown case", "invalid", "moved", "replayed", "outdated")}
    assert told == {"forged": 5, "unknown case": 1, "invalid": 1, "moved": 2, "replayed": 1, "outdated": 2}
    database.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("case_systems: []", "case_systems"),
        (FILE.replace("kind: json", "kind: webhook"), "a webhook is signed"),
        (FILE.replace("json", "fax"), "kind"),
        (FILE.replace("ERQI_BACK", "NOT_SET"), "nothing is to be read in NOT_SET"),
        (FILE + FILE.split("case_systems:")[1], "two case systems are called erqi"),
        ("{", "is no YAML"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_its_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.setenv("ERQI_BACK", SECRET)
    file = tmp_path / "systems.yaml"
    file.write_text(text)
    with pytest.raises(SettingsInvalid, match=said):
        read_case_systems(file, production=False)


def test_no_secret_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERQI_BACK", SECRET)
    file = tmp_path / "systems.yaml"
    file.write_text(FILE)
    (system,) = read_case_systems(file, production=False)
    assert system.callback_secrets == (SecretStr(SECRET),)
    assert SECRET not in repr(system) + system.model_dump_json()


def test_the_contract_is_that_of_the_code() -> None:
    assert (REPO / "docs" / "case-contract.json").read_text(encoding="utf-8") == written()
