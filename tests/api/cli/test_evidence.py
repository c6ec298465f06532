"""`streetwarden evidence` and `sweep`: a pack is written, checked and known to the log; a hold keeps pictures."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from api.bootstrap import open_store
from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.candidates.verdicts import Decision
from api.cases.payload import write_payload
from api.db.scope import EVERYWHERE
from api.review.service import decide
from api.settings import Settings
from tests.api.cameras.registered import LI_WEI
from tests.api.cli.conftest import Typed
from tests.api.evidence.test_moments import seen
from tests.api.samples import NOON

PROOF = "for the hearing"


@pytest.fixture
def case(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A confirmed case in the data folder of the commands: its id, and that of its candidate."""
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    database, files = open_store(settings)
    StoreSink(database, files, clock=lambda: NOON).take(seen(6, first=True))
    with database.read() as connection:
        (item,) = candidates.seen_since(connection, "cam-1", NOON)
    verdict = decide(
        EVERYWHERE, database, files, item.id, decision=Decision.CONFIRMED, reason=None, note="", actor=LI_WEI,
        now=NOON, undo_window=timedelta(0), write_body=lambda *said: write_payload(*said, base_url="https://city.test"),
    )  # fmt: skip
    database.close()
    return str(verdict.id), str(item.id)


def test_a_pack_is_exported_and_verified(streetwarden: Typed, case: tuple[str, str], tmp_path: Path) -> None:
    pack = tmp_path / "pack.zip"
    assert streetwarden("evidence", "export", case[0], "--reason", PROOF, "--originals", "--out", pack).code == 0
    checked = streetwarden("evidence", "verify", pack, "--against-log", "--json")
    assert (checked.code, checked.records[0]["faults"]) == (0, [])
    harmed = bytearray(pack.read_bytes())
    harmed[len(harmed) // 2] ^= 1
    pack.write_bytes(harmed)
    checked = streetwarden("evidence", "verify", pack)
    assert checked.code == 1
    assert checked.err


def test_a_pack_of_another_service_is_unknown_to_the_log(
    streetwarden: Typed, case: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = tmp_path / "pack.zip"
    streetwarden("evidence", "export", case[0], "--reason", PROOF, "--originals", "--out", pack)
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(tmp_path / "other"))
    streetwarden("db", "upgrade")
    checked = streetwarden("evidence", "verify", pack, "--against-log")
    assert checked.code == 1
    assert "the audit log names no such pack" in checked.err


def test_an_export_without_a_reason_is_refused(streetwarden: Typed, case: tuple[str, str], tmp_path: Path) -> None:
    refused = streetwarden("evidence", "export", case[0], "--reason", " ", "--out", tmp_path / "pack.zip")
    assert refused.code != 0
    assert "say why" in refused.err
    assert not (tmp_path / "pack.zip").exists()


def test_a_hold_is_put_and_lifted_once(streetwarden: Typed, case: tuple[str, str]) -> None:
    assert streetwarden("evidence", "hold", case[1], "--reason", "appeal 2026-114").code == 0
    assert streetwarden("evidence", "lift", case[1], "--reason", "appeal withdrawn").code == 0
    again = streetwarden("evidence", "lift", case[1], "--reason", "appeal withdrawn")
    assert again.code != 0
    assert "is on no hold" in again.err


def test_a_dry_run_of_the_sweep_prints_and_removes_nothing(
    streetwarden: Typed, case: tuple[str, str], settings: Settings
) -> None:
    database, files = open_store(settings)
    other = seen(7, first=True)
    StoreSink(database, files, clock=lambda: NOON - timedelta(days=400)).take(
        replace(other, sighting=replace(other.sighting, source="cam-2"))
    )
    had = sum(path.is_file() for path in files.folder.rglob("*"))
    database.close()
    printed = streetwarden("sweep", "--dry-run", "--json")
    assert [record["expired"] for record in printed.records if "expired" in record]
    assert sum(path.is_file() for path in files.folder.rglob("*")) == had
