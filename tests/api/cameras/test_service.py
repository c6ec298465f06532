"""What a person does to cameras, and that it is they who did it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.cameras import health, service
from api.cameras import repository as cameras
from api.cameras.encryption import box_of, make_key
from api.cameras.live_status import CameraView, LiveCameras
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.errors import NotFound, NotMoved
from api.evidence.files import EvidenceStore
from api.settings import Settings
from streams.health.faults import Fault
from tests.api.cameras.registered import LI_WEI, a_camera
from tests.api.samples import NOON, a_candidate

BY_LI_WEI = replace(EVERYWHERE, actor=LI_WEI)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def box_settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, secret_key=SecretStr(make_key()))


def live(accepted: list[str]) -> LiveCameras:
    views = [CameraView("gate", "Gate", "live", NOON, district="erqi")]
    return LiveCameras(lambda: views, accept_view=accepted.append)


def test_an_import_a_pause_and_a_removal_are_told_with_who_did_them(database: Database, box_settings: Settings) -> None:
    changes = service.replace_all(BY_LI_WEI, database, box_settings, NOON, [a_camera("gate")], "cameras.yaml")
    assert (changes.version, changes.added, changes.none) == (1, ("gate",), False)
    again = service.replace_all(BY_LI_WEI, database, box_settings, LATER, [a_camera("gate")], "other.yaml")
    assert (again.version, again.none, again.unchanged) == (1, True, 1)
    service.set_paused(BY_LI_WEI, database, box_settings, LATER, "gate", paused=True)
    service.set_paused(BY_LI_WEI, database, box_settings, LATER, "gate", paused=True)
    service.remove(BY_LI_WEI, database, box_settings, LATER, "gate")
    told = service.history_of(BY_LI_WEI, database, box_settings, "gate", None, 9)
    assert [(act.act.value, act.actor.name, act.subject) for act in told.items] == [
        ("removed", "Li Wei", "gate"),
        ("paused", "Li Wei", "gate"),
        ("added", "Li Wei", "cameras.yaml"),
    ]
    with pytest.raises(NotFound):
        service.set_paused(BY_LI_WEI, database, box_settings, LATER, "gate", paused=False)


def test_a_camera_that_is_imported_again_stays_paused(database: Database, box_settings: Settings) -> None:
    service.replace_all(BY_LI_WEI, database, box_settings, NOON, [a_camera("gate")], "a")
    service.set_paused(BY_LI_WEI, database, box_settings, NOON, "gate", paused=True)
    service.replace_all(BY_LI_WEI, database, box_settings, LATER, [a_camera("gate", every=9.0)], "b")
    with database.read() as connection:
        (camera,) = cameras.present(connection, box_of(box_settings))
    assert (camera.paused, camera.config.every) == (True, timedelta(seconds=9))


def moved(database: Database, files: EvidenceStore, settings: Settings) -> None:
    service.replace_all(BY_LI_WEI, database, settings, NOON, [a_camera("gate")], "a")
    with database.write() as connection:
        health.begin(connection, "gate", Fault.MOVED, files.keep_frame(a_candidate().evidence))


def test_a_new_view_is_accepted_in_the_store_and_by_the_watcher(
    database: Database, files: EvidenceStore, box_settings: Settings
) -> None:
    accepted: list[str] = []
    with pytest.raises(NotMoved, match="'gate' is not known to have been moved"):
        service.accept_view(BY_LI_WEI, database, box_settings, live(accepted), "gate")
    assert accepted == []
    moved(database, files, box_settings)
    service.accept_view(BY_LI_WEI, database, box_settings, live(accepted), "gate")
    assert accepted == ["gate"]
    with database.read() as connection:
        (fault,) = health.lasting(connection, "gate")
    assert fault.accepted_by is not None
    assert fault.accepted_by.name == "Li Wei"


def test_the_watcher_hears_nothing_of_what_the_scope_does_not_see(
    database: Database, files: EvidenceStore, box_settings: Settings
) -> None:
    moved(database, files, box_settings)
    accepted: list[str] = []
    theirs = Scope.of(["jinshui"])
    with pytest.raises(NotFound):
        service.accept_view(theirs, database, box_settings, live(accepted).within(theirs), "gate")
    with pytest.raises(NotMoved):  # also where a route forgot to narrow the live cameras
        service.accept_view(theirs, database, box_settings, live(accepted), "gate")
    with pytest.raises(NotFound):
        service.accept_view(BY_LI_WEI, database, box_settings, live(accepted), "nowhere")
    assert accepted == []


def test_a_fault_of_a_camera_in_no_district_is_of_none(
    database: Database, files: EvidenceStore, box_settings: Settings
) -> None:
    camera = a_camera("gate")
    bare = replace(camera, config=replace(camera.config, district=""))
    service.replace_all(BY_LI_WEI, database, box_settings, NOON, [bare], "a")
    with database.write() as connection:
        health.begin(connection, "gate", Fault.BLACK, files.keep_frame(a_candidate().evidence))
        health.begin(connection, "unregistered", Fault.BLACK, files.keep_frame(a_candidate().evidence))
        (fault,), (other,) = health.lasting(connection, "gate"), health.lasting(connection, "unregistered")
    assert (fault.district, fault.camera_version, other.district, other.camera_version) == (None, 1, None, None)
