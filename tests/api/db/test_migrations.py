"""A database of version 0006, with data in it, becomes one of this version; nothing is lost and nothing invented."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, DateTime, MetaData, Uuid, inspect

from api.actor import Actor
from api.cameras import health, history
from api.cameras.encryption import SecretBox, make_key
from api.cameras.rows import CameraRow, join_addresses
from api.candidates import repository as candidates
from api.candidates import verdicts
from api.candidates.repository import EVERYTHING, StoredCandidate
from api.cases import repository as cases
from api.cases.schemas import CaseOut
from api.db.columns import UtcTime
from api.db.database import MIGRATIONS, Database
from api.db.metadata import metadata
from api.db.migrations.legacy_sentences import RULING, footage_error, ruling_reason
from api.db.scope import EVERYWHERE, Scope
from api.labels import repository as labels
from api.models import repository as shadows
from api.rulebooks import repository as rulebooks
from api.surveys import files
from api.surveys import repository as surveys
from api.surveys.jobs import chunks
from detector.reason import Param, Reason
from detector.rules.source import NO_RULEBOOK
from detector.rules.wording import TEXTS, english
from models.card import ModelVersion
from streams.footage_wording import TEXTS as FOOTAGE
from tests.api.cameras.registered import LI_WEI, a_camera
from tests.api.postgres import PostgresServer
from tests.api.samples import NOON, RULEBOOK

BOX = SecretBox.of(make_key())
HOUR = timedelta(hours=1)
CAMERA, FLIGHT = uuid4(), UUID("0f0e0d0c-0b0a-4908-8706-050403020100")
OF_CAMERA, OF_FLIGHT, STRAY = uuid4(), uuid4(), uuid4()
VIDEO, TWIN = uuid4(), uuid4()


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of version 0006."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        database = server.empty_database()
    upgrade(database, "0006")
    yield database
    database.close()


def upgrade(database: Database, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)


class Rows:
    """Puts rows into the tables as they were."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = MetaData()
        self._tables.reflect(connection)
        for table in self._tables.tables.values():
            for column in table.columns:
                if isinstance(column.type, DateTime):
                    column.type = UtcTime()
                elif column.name in ("id", "idempotency_key") or (
                    column.name.endswith("_id") and column.name != "camera_id"
                ):
                    column.type = Uuid()

    def put(self, table: str, **values: object) -> None:
        self._connection.execute(self._tables.tables[table].insert().values(**values))


def candidate(rows: Rows, ident: UUID, source: str, reasons: list[str], chinese: list[str], created: datetime) -> None:
    rows.put(
        "candidates", id=ident, source=source, key="place-0", class_name="stall", outcome="violation", reasons=reasons,
        reasons_zh=chinese, code="0501", rule="stalls", zone="daxue-road", rulebook_version="2026-10-01", lat=34.7,
        lon=113.6, ce90=2.4, box=[1.0, 2.0, 3.0, 4.0], confidence=0.9, first_seen=NOON, last_seen=NOON + HOUR,
        frames=72, found_by="occupancy", models=["street"], state="confirmed", created_at=created, updated_at=created,
    )  # fmt: skip


def fill(connection: Connection) -> None:
    rows = Rows(connection)
    settings = CameraRow.of(a_camera("gate").config, a_camera("gate").points).model_dump(mode="json")
    for version, what in enumerate(("import of cameras.yaml", "pause gate", "remove gate", "tidied up"), 1):
        rows.put("camera_versions", version=version, at=NOON + version * HOUR, by="Li Wei", what=what)
    rows.put(
        "cameras", id=CAMERA, camera="gate", since=1, until=3, settings=settings,
        addresses=BOX.encrypt(join_addresses(a_camera("gate").config)), paused=True,
    )  # fmt: skip
    for number, accepted_by in enumerate(("Li Wei", None)):
        rows.put(
            "camera_health", id=uuid4(), camera="gate" if accepted_by else "elsewhere", fault="moved",
            started_at=NOON + 2 * HOUR, ended_at=None, accepted_by=accepted_by, sha256="0" * 64,
            path=f"{number}.jpg", width=640, height=360,
        )  # fmt: skip
    rows.put(
        "surveys", id=FLIGHT, name="Daxue Road", manifest="m" * 64, state="done_with_errors", created_at=NOON,
        updated_at=NOON, ground=None, model=None, error="DJI_0001.MP4: a picture, not a video; DJI_0002.MP4: odd",
    )  # fmt: skip
    for ident, name, state, note in (
        (VIDEO, "DJI_0001.MP4", "stored", "no_telemetry"),
        (TWIN, "copy of 1.MP4", "duplicate", "same_as DJI_0001.MP4"),
        (uuid4(), "DJI_0002.MP4", "stored", ""),
    ):
        rows.put(
            "survey_files", id=ident, survey_id=FLIGHT, name=name, kind="video", size=3, sha256="1" * 64, state=state,
            received=3, path=None, pair_id=None, note=note,
        )  # fmt: skip
    for place, (state, reason) in enumerate(
        (("dead", "DJI_0001.MP4: a picture, not a video"), ("dead", "what nobody says any more"), ("done", None))
    ):
        rows.put(
            "survey_chunks", id=uuid4(), survey_id=FLIGHT, kind="look", files=[str(VIDEO)], place=place, start=0.0,
            end=None, state=state, attempts=1, strikes=1, epoch=1, worker=None, lease_until=None, frames=0, notes=[],
            reason=reason, created_at=NOON,
        )  # fmt: skip
    known = "has stood 6 min 0 s, 5 min 0 s are allowed"
    candidate(rows, OF_CAMERA, "gate", [known, "as it was said once"], ["已停留", "从前的说法"], NOON + 2 * HOUR)
    candidate(rows, OF_FLIGHT, f"survey {FLIGHT}", [known], ["已停留"], NOON)
    candidate(rows, STRAY, "file.mp4", [], [], NOON)
    rows.put(
        "evidence", candidate_id=OF_CAMERA, kind="scene", sha256="2" * 64, path="2.jpg",
        captured_at=NOON + timedelta(minutes=7), width=640, height=360,
    )  # fmt: skip
    verdict = uuid4()
    rows.put(
        "verdicts", id=verdict, candidate_id=OF_CAMERA, reviewer="Li Wei", decision="confirmed", reason=None, note="",
        decided_at=NOON, undone_at=None,
    )  # fmt: skip
    rows.put(
        "verdicts", id=uuid4(), candidate_id=OF_CAMERA, reviewer="Zhao Min", decision="rejected", reason="other",
        note="", decided_at=NOON, undone_at=NOON,
    )  # fmt: skip
    rows.put(
        "outbox", id=verdict, candidate_id=OF_CAMERA, body=b'{"reasons": ["as it was"]}', state="delivered", attempts=1,
        created_at=NOON, next_attempt_at=NOON, delivered_at=NOON,
    )  # fmt: skip
    rows.put("cases", id=uuid4(), idempotency_key=verdict, body=b'{"reasons": ["as it was"]}', received_at=NOON)


@pytest.fixture
def migrated(old: Database) -> Database:
    with old.write() as connection:
        fill(connection)
    old.migrate()
    return old


def known(connection: Connection, ident: UUID) -> StoredCandidate:
    found = candidates.find(EVERYWHERE, connection, ident)
    assert found is not None
    return found


def test_the_tables_are_those_of_the_code(migrated: Database) -> None:
    with migrated.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        for table in metadata.sorted_tables:
            checks = {one["name"] for one in inspect(connection).get_check_constraints(table.name)}
            assert checks == {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint)}


def test_sentences_become_codes_and_sources_references(migrated: Database) -> None:
    stood = Reason("stood", {"dwell_s": 360.0, "allowed_s": 300.0})
    with migrated.read() as connection:
        assert candidates.page(EVERYWHERE, connection, EVERYTHING, None, 9).total == 3
        seen, flown, stray = (known(connection, one) for one in (OF_CAMERA, OF_FLIGHT, STRAY))
    assert seen.reasons == (stood, Reason("legacy", {"text": "as it was said once", "text_zh": "从前的说法"}))
    assert (seen.camera_id, seen.camera_version, seen.district, seen.survey_id) == ("gate", 1, "erqi", None)
    assert (seen.frame_at, flown.frame_at) == (NOON + timedelta(minutes=7), NOON + HOUR)
    assert (seen.models, seen.rulebook_version, seen.rulebook_hash) == ((ModelVersion("street"),), "2026-10-01", None)
    assert [one.finders for one in (seen, flown, stray)] == [(), (), ()]
    assert (flown.reasons, flown.survey_id, flown.camera_id) == ((stood,), FLIGHT, None)
    assert (stray.survey_id, stray.camera_id, stray.camera_version, stray.district) == (None, None, None, None)


def test_names_become_actors(migrated: Database) -> None:
    with migrated.read() as connection:
        (verdict,) = verdicts.standing(EVERYWHERE, connection, [OF_CAMERA]).values()
        acts = history.page(EVERYWHERE, connection, BOX, "gate", None, 9).items
        (fault,) = health.page(EVERYWHERE, connection, "gate", None, 9).items
        (other,) = health.page(EVERYWHERE, connection, "elsewhere", None, 9).items
    assert verdict.actor == LI_WEI == Actor.person("Li Wei")
    assert [(act.act.value, act.change.value, act.subject) for act in acts] == [
        ("removed", "remove", "gate"),
        ("paused", "pause", "gate"),
        ("added", "import", "cameras.yaml"),
    ]
    assert {act.actor for act in acts} == {LI_WEI}
    assert (fault.accepted_by, fault.camera_version, fault.district) == (LI_WEI, 1, "erqi")
    assert (other.accepted_by, other.camera_version, other.district) == (None, None, None)


def test_errors_of_footage_become_codes(migrated: Database) -> None:
    with migrated.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, FLIGHT)
        notes = {file.name: (file.note, file.same_as_id) for file in files.files(EVERYWHERE, connection, FLIGHT)}
        errors = [chunk.error for chunk in chunks.of_survey(EVERYWHERE, connection, FLIGHT)]
    assert survey is not None
    assert survey.errors == (
        Reason("picture_not_video", {"file": "DJI_0001.MP4"}),
        Reason("legacy", {"file": "DJI_0001.MP4", "text": "what nobody says any more"}),
    )
    assert errors == [
        Reason("picture_not_video"),
        Reason("legacy", {"text": "what nobody says any more"}),
        None,
    ]
    assert notes == {
        "DJI_0001.MP4": ("no_telemetry", None),
        "copy of 1.MP4": ("same_as", VIDEO),
        "DJI_0002.MP4": (None, None),
    }


def test_documents_that_were_sent_stay_as_they_were(migrated: Database) -> None:
    with migrated.read() as connection:
        (case,) = cases.page(EVERYWHERE, connection, None, 9).items
    assert CaseOut.of(case).body == {"reasons": ["as it was"]}


def test_frames_get_the_grade_of_their_camera(old: Database) -> None:
    """Of a camera that had several, the strictest; of one that is in no registry, the usual one."""
    upgrade(old, "0021")
    with old.write() as connection:
        rows = Rows(connection)
        rows.put("actors", id=LI_WEI.id, name=LI_WEI.name, kind=LI_WEI.kind.value)
        for version in (1, 2):
            rows.put("camera_versions", version=version, at=NOON, actor_id=LI_WEI.id, change="import", subject="a.yaml")
        for since, until, grade in ((1, 2, 3), (2, None, 1)):
            rows.put(
                "cameras", id=uuid4(), camera="gate", since=since, until=until, settings={}, addresses=b"",
                paused=False, grade=grade,
            )  # fmt: skip
        picture = {"path": "1.jpg", "width": 9, "height": 9, "district": "erqi"}
        for number, camera in enumerate(("gate", "elsewhere")):
            rows.put(
                "label_frames", id=uuid4(), sha256=f"{number}" * 64, captured_at=NOON, timed=True, source=camera,
                camera_id=camera, origin="camera", proposals=[], score=0.0, state="open", version=0, created_at=NOON,
                **picture,
            )  # fmt: skip
            rows.put(
                "shadow_disagreements", id=uuid4(), model="street", serving_version="1", shadow_version="2",
                source=camera, frame_at=NOON, sha256=f"{number}" * 64, serving_boxes=[], shadow_boxes=[], differing=1,
                **picture,
            )  # fmt: skip
    old.migrate()
    with old.read() as connection:
        framed = labels.page(EVERYWHERE, connection, None, None, 9).items
        differing = shadows.disagreements(Scope.of(["erqi"], grade=2), connection, 9)
    assert {one.camera_id: one.grade for one in framed} == {"gate": 3, "elsewhere": 2}
    assert [one.source for one in differing] == ["elsewhere"]


def test_rulebooks_that_were_in_force_become_versions_and_none_is_no_rulebook(old: Database) -> None:
    upgrade(old, "0029")
    with old.write() as connection:
        rows = Rows(connection)
        rows.put("actors", id=LI_WEI.id, name=LI_WEI.name, kind=LI_WEI.kind.value)
        for source in (NO_RULEBOOK, RULEBOOK):
            rows.put(
                "rulebooks", sha256=source.sha256, version=source.version, content=source.content,
                permits=source.permits, first_used_at=NOON,
            )  # fmt: skip
        for number, source in enumerate((NO_RULEBOOK, RULEBOOK, NO_RULEBOOK, RULEBOOK), 1):
            rows.put(
                "rulebook_changes", number=number, rulebook_hash=source.sha256, at=NOON + number * HOUR,
                actor_id=LI_WEI.id,
            )  # fmt: skip
    old.migrate()
    with old.read() as connection:
        (version,) = rulebooks.versions(EVERYWHERE, connection, NOON + 9 * HOUR)
    assert (version.number, version.sha256, version.state.value) == (2, RULEBOOK.sha256, "in_force")
    assert version.added_at == NOON + 2 * HOUR


def test_references_hold_afterwards(migrated: Database, tmp_path: Path) -> None:
    with migrated.write() as connection:
        assert connection.dialect.name != "sqlite" or connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


SAID_BEFORE = {
    "unknown_codec": "in none of the codecs that footage comes in (%(codecs)s)",
    "decoder_silent": "the reading process said nothing for %(seconds)s s and was ended",
    "decoder_died": "the reading process died (%(how)s)",
}
"""Sentences of version 0006 that are worded otherwise today."""
NOT_SAID_OF_FOOTAGE = {"not_footage", "decoder_out_of_memory", "picture_cut_off", "picture_format_not_read"}
"""Codes that came after version 0006, which stored sentences, or had none of their own."""


@pytest.mark.parametrize("code", sorted(RULING))
def test_every_sentence_of_a_ruling_is_known(code: str) -> None:
    """Read back, it says the same; what it did not say is not there."""
    params: dict[str, Param] = {
        "class_name": "stall", "zone": "daxue-road", "kind": "main_road", "zones": "main_road, lane", "error_m": 3.4,
        "at": "10:12", "hours": "19:00-25:00; PH off", "allowed_s": 300.0, "dwell_s": 93600.0, "as_of": "2026-11-20",
        "max_age_s": 604800.0, "tolerance_m": 12.0, "permit": "P-1", "other": "P-2", "distance_m": 31.0,
        "valid_to": "2026-11-30", "valid_from": "2026-12-01",
    }  # fmt: skip
    wanted = {name: value for name, value in params.items() if f"%({name})s" in TEXTS[code]}
    told = ruling_reason(english(Reason(code, wanted)))
    assert (told["code"], told["params"]) == (code, wanted)


@pytest.mark.parametrize("code", sorted(set(FOOTAGE) - NOT_SAID_OF_FOOTAGE))
def test_every_sentence_of_footage_is_known(code: str) -> None:
    params = {"codecs": "h264, hevc", "detail": "x (y)", "second": 60, "hours": 30, "seconds": "180", "how": "signal 9"}
    sentence = SAID_BEFORE.get(code, FOOTAGE[code])
    wanted = {name: value for name, value in params.items() if f"%({name})s" in sentence}
    told = footage_error("a: b.mp4: " + sentence % wanted, ["a: b.mp4"])
    assert (told["code"], told["params"]) == (code, wanted)
