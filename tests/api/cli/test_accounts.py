"""Users, keys and the audit log from the command line."""

from pathlib import Path

import pytest
from sqlalchemy import update

from api.accounts import keys
from api.audit.tables import audit_events
from api.bootstrap import open_database
from api.clock import wall_clock
from api.settings import Settings
from tests.api.cli.conftest import Typed, streetwarden

__all__ = ["streetwarden"]


@pytest.fixture(autouse=True)
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))


def test_a_user_is_added_listed_disabled_and_reset(streetwarden: Typed) -> None:
    assert "no users" in streetwarden("users", "list").err
    added = streetwarden("users", "add", "li.wei", "--name", "Li Wei", "--district", "erqi", "--json")
    assert str(added.records[0]["link"]).startswith("http://127.0.0.1:8000/welcome/")
    assert streetwarden("users", "add", "li.wei", "--name", "Li Wei").err == "streetwarden: login: 'li.wei' is taken\n"
    assert streetwarden("users", "add", "Li Wei", "--name", "x").code == 2
    assert streetwarden("users", "add", "x", "--name", "\x07").code == 2
    assert streetwarden("users", "list").out == "li.wei  Li Wei  reviewer, erqi, grade 2\n"
    assert streetwarden("users", "disable", "li.wei").code == 0
    (record,) = streetwarden("users", "list", "--json").records
    assert (record["state"], record["districts"], record["grade"]) == ("disabled", ["erqi"], 2)
    assert streetwarden("users", "enable", "li.wei").code == 0
    assert "/welcome/" in streetwarden("users", "reset", "li.wei").out
    assert "there is no user 'nobody'" in streetwarden("users", "reset", "nobody").err


def test_a_key_is_made_shown_once_and_revoked(streetwarden: Typed, settings: Settings) -> None:
    assert "no API keys" in streetwarden("keys", "list").err
    key = streetwarden("keys", "add", "drone team", "--district", "erqi").out.strip()
    database = open_database(settings)
    with database.read() as connection:
        assert keys.by_secret(connection, key, wall_clock()) is not None
    listed = streetwarden("keys", "list", "--json")
    assert key not in listed.out
    (record,) = listed.records
    assert (record["prefix"], record["revoked"]) == (key[:11], False)
    assert streetwarden("keys", "revoke", str(record["id"])).code == 0
    with database.read() as connection:
        assert keys.by_secret(connection, key, wall_clock()) is None
    database.close()
    assert streetwarden("keys", "add", "x", "--days", "900").code == 2


def test_the_log_is_checked_and_a_change_is_named(streetwarden: Typed, settings: Settings) -> None:
    assert streetwarden("audit", "verify").out.endswith("head none yet\n")
    for login in ("a", "b"):
        streetwarden("users", "add", login, "--name", login)
    good = streetwarden("audit", "verify", "--json")
    (record,) = good.records
    assert (good.code, record["events"], record["faults"]) == (0, 2, [])
    assert streetwarden("audit", "verify", "--expect", record["head"]).code == 0
    assert "number:hash" in streetwarden("audit", "verify", "--expect", "2").err
    database = open_database(settings)
    with database.write() as connection:
        connection.execute(update(audit_events).where(audit_events.c.number == 1).values(actor="somebody else"))
    database.close()
    bad = streetwarden("audit", "verify", "--expect", f"1:{'0' * 64}")
    assert bad.code == 1
    assert "event 1 is not the one whose hash was kept" in bad.err
    assert "changed: event 1, user_added of" in bad.err
