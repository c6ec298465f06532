"""What was done to a camera, told from the rows that the registry keeps."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from api.cameras import history as camera_history
from api.cameras import repository as cameras
from api.cameras.encryption import SecretBox, make_key
from api.cameras.repository import Change, RegisteredCamera
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import CursorInvalid
from tests.api.cameras.registered import A_CHANGE, LI_WEI, a_camera
from tests.api.samples import NOON

BOX = SecretBox.of(make_key())
FIRST = a_camera("gate")
SECOND = replace(
    a_camera("gate", url="rtsp://admin:other@10.1.2.3:554/main", every=9),
    config=replace(a_camera("gate", url="rtsp://admin:other@10.1.2.3:554/main", every=9).config, name="North gate"),
)


def change(hour: int) -> Change:
    return replace(A_CHANGE, at=at(hour))


def at(hour: int) -> datetime:
    return NOON + timedelta(hours=hour)


def keep(database: Database, hour: int, *wanted: RegisteredCamera) -> None:
    with database.write() as connection:
        cameras.replace(EVERYWHERE, connection, BOX, wanted, change(hour))


def told(database: Database, box: SecretBox = BOX) -> list[tuple[int, str, tuple[str, ...]]]:
    with database.read() as connection:
        found = camera_history.page(EVERYWHERE, connection, box, "gate", None, 50).items
    assert all(past.at == NOON + timedelta(hours=past.version) and past.actor == LI_WEI for past in found)
    return [(past.version, past.act.value, past.fields) for past in found]


@pytest.fixture
def eventful(database: Database) -> Database:
    keep(database, 1, FIRST, a_camera("other"))
    with database.write() as connection:
        cameras.pause(EVERYWHERE, connection, "gate", LI_WEI, at(2), paused=True)
        cameras.pause(EVERYWHERE, connection, "gate", LI_WEI, at(3), paused=False)
    keep(database, 4, SECOND, a_camera("other", every=7))
    with database.write() as connection:
        cameras.remove(EVERYWHERE, connection, "gate", LI_WEI, at(5))
    keep(database, 6, FIRST)
    return database


def test_all_that_was_done_latest_first(eventful: Database) -> None:
    assert told(eventful) == [
        (6, "added", ()),
        (5, "removed", ()),
        (4, "changed", ("name", "address", "every")),
        (3, "resumed", ()),
        (2, "paused", ()),
        (1, "added", ()),
    ]
    with eventful.read() as connection:
        assert camera_history.page(EVERYWHERE, connection, BOX, "nobody", None, 50).total == 0


def test_without_its_key_an_address_is_not_said_to_have_changed(eventful: Database) -> None:
    assert told(eventful, SecretBox.of(make_key()))[2] == (4, "changed", ("name", "every"))


def test_pages_follow_each_other(eventful: Database) -> None:
    with eventful.read() as connection:
        first = camera_history.page(EVERYWHERE, connection, BOX, "gate", None, 4)
        second = camera_history.page(EVERYWHERE, connection, BOX, "gate", first.next, 4)
        assert ([past.version for past in first.items], first.total) == ([6, 5, 4, 3], 6)
        assert ([past.version for past in second.items], second.next) == ([2, 1], None)
        with pytest.raises(CursorInvalid):
            camera_history.page(EVERYWHERE, connection, BOX, "gate", "bm9uZQ", 4)
