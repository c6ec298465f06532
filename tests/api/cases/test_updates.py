"""What a look found is told to the case system that wants to know it: once, and again until it is taken."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import ValidationError

from api.candidates import repository as candidates
from api.cases import looks, outbox, progress
from api.cases.adapters import HttpCaseApi
from api.cases.picture_links import PictureLinks
from api.cases.place_checks import PlaceChecks
from api.cases.progress import Said
from api.cases.systems import CaseSystem
from api.cases.tables import CaseStatus, EventSource
from api.cases.updates import LOOK, CaseUpdate, UpdateSender
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.settings import Settings
from detector.places.strong_look import StrongLook
from detector.vision.frame import Frame
from tests.api.cases.case_server import Answer, case_server
from tests.api.conftest import FakeClock, Service
from tests.api.samples import NOON, a_candidate, street

LINKS = PictureLinks([b"key"], "https://watch.example.org", timedelta(days=90))


def cleared(database: Database, files: EvidenceStore, system: str = "city", camera: str = "cam-1") -> UUID:
    """A case of a system that was said to be fixed at noon, and whose place three looks saw empty."""
    key = uuid4()
    with database.write() as connection:
        item = candidates.add(connection, a_candidate(source=camera), NOON)
        evidence.add(connection, item, files.keep(a_candidate(source=camera)))
        outbox.add(EVERYWHERE, connection, key, item, b"{}", NOON, NOON)
        outbox.assign(connection, {system}, lambda _: system)
        outbox.delivered(connection, key, NOON, 201, "r-1")
        delivery = outbox.find(EVERYWHERE, connection, key)
        assert delivery is not None
        said = Said(f"f1 {key}", EventSource.CALLBACK, CaseStatus.FIXED, NOON)
        progress.apply(EVERYWHERE, connection, delivery, system, said, NOON)
    checks = PlaceChecks(database, files)
    for minute in (1, 2, 3):
        at = NOON + timedelta(minutes=minute)
        checks.see(camera, Frame(street(), at, camera), StrongLook(frozenset({"stall"})))
    return key


def test_an_update_is_told_once_and_again_until_it_is_taken(
    database: Database, files: EvidenceStore, clock: FakeClock
) -> None:
    with case_server() as city:
        api = HttpCaseApi(city.url, None, timedelta(seconds=2))
        sender = UpdateSender(database, {"city": api}, LINKS, clock=clock)
        assert not sender.tell_next()
        key = cleared(database, files)
        city.script = [Answer(503), Answer(201, drop=True), Answer(200)]
        told = 0
        for _ in range(20):
            clock.pass_by(minutes=31)
            told += sender.tell_next()
    assert told == len(city.requests) == 3
    assert len({one.key for one in city.requests}) == len({one.body for one in city.requests}) == 1
    update = CaseUpdate.model_validate_json(city.requests[0].body)
    assert (update.external_id, update.reference, update.outcome) == (key, "r-1", "cleared")
    assert (update.seen_at, update.looks) == (NOON + timedelta(minutes=3), 3)
    assert update.picture is not None
    assert update.picture.startswith("https://watch.example.org/shared/pictures/")
    assert json.loads(city.requests[0].body)["type"] == "org.streetwarden.case.looked_at.v1"


def test_a_system_that_is_away_holds_up_no_other(database: Database, files: EvidenceStore, clock: FakeClock) -> None:
    with case_server() as away, case_server() as city:
        apis = {
            name: HttpCaseApi(server.url, None, timedelta(seconds=2))
            for name, server in (("away", away), ("city", city))
        }
        for camera in ("cam-1", "cam-2", "cam-3"):
            cleared(database, files, "away", camera)
        cleared(database, files, "city", "cam-4")
        away.script = [Answer(503), Answer(503), Answer(503)]
        sender = UpdateSender(database, apis, LINKS, clock=clock)
        clock.pass_by(minutes=31)
        assert [sender.tell_next() for _ in range(4)] == [True, True, False, False]
        assert (len(away.requests), len(city.requests)) == (1, 1)
        clock.pass_by(seconds=16)
        assert sender.tell_next()
        assert len(away.requests) == 2


def test_the_log_tells_what_was_taken_from_what_was_refused(
    database: Database, files: EvidenceStore, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "api.cases.updates")
    with case_server() as city:
        sender = UpdateSender(database, {"city": HttpCaseApi(city.url, None, timedelta(seconds=2))}, LINKS, clock=clock)
        for camera, answer in (("cam-1", Answer(200)), ("cam-2", Answer(422))):
            cleared(database, files, "city", camera)
            city.script = [answer]
            clock.pass_by(minutes=31)
            assert sender.tell_next()
    told, refused = (record for record in caplog.records if record.name == "api.cases.updates")
    assert (told.levelname, refused.levelname) == ("INFO", "ERROR")
    assert "was told" in told.getMessage()
    assert "is not told of it again" in refused.getMessage()


def test_what_is_refused_is_not_told_again_and_another_system_hears_nothing(
    database: Database, files: EvidenceStore, clock: FakeClock
) -> None:
    with case_server() as city:
        api = HttpCaseApi(city.url, None, timedelta(seconds=2))
        sender = UpdateSender(database, {"city": api}, LINKS, clock=clock)
        cleared(database, files, "other")
        clock.pass_by(minutes=31)
        assert not sender.tell_next()
        city.script = [Answer(422)]
        sender = UpdateSender(database, {"other": api}, LINKS, clock=clock)
        assert sender.tell_next()
        clock.pass_by(minutes=31)
        assert not sender.tell_next()
    assert len(city.requests) == 1


def test_the_link_shows_the_picture_of_the_look_and_of_nothing_else(service: Service) -> None:
    key = cleared(service.database, EvidenceStore(service.data_dir / "evidence"))
    with service.database.read() as connection:
        first, last = progress.events(EVERYWHERE, connection, key)
        known = looks.of_cases(EVERYWHERE, connection, [key])[key]
    settings = Settings(_env_file=None, data_dir=service.data_dir, port=0)
    links, now = PictureLinks.of(settings), known.asked_at.now(known.asked_at.tzinfo)
    with httpx.Client(base_url=service.url, trust_env=False) as stranger:

        def get(event: UUID, kind: str = LOOK) -> int:
            return stranger.get(httpx.URL(links.url(event, kind, now)).raw_path.decode()).status_code

        assert get(last.id) == 200
        assert (get(first.id), get(key), get(last.id, "scene")) == (404, 404, 404)


def test_only_who_has_a_word_for_it_takes_updates() -> None:
    with pytest.raises(ValidationError, match="updates"):
        CaseSystem.model_validate({"name": "c", "kind": "open311", "url": "https://c.example.org", "updates": True})
