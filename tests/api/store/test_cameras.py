"""The camera registry, on each engine."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from api.errors import NotFound, SecretUnreadable
from api.secret_box import SecretBox, make_key
from api.store import Database, cameras
from api.store.cameras import Change, RegisteredCamera
from detector.calibration import ControlPoint
from streams.address import CameraAddress
from streams.cameras_file import CameraConfig, LegalReview
from tests.api.samples import NOON

BOX = SecretBox.of(make_key())
CHANGE = Change("Li Wei", NOON, "import of cameras.yaml")


def camera(ident: str, every: float = 5.0) -> RegisteredCamera:
    config = CameraConfig(
        id=ident,
        name=f"Camera {ident}",
        address=CameraAddress.parse("rtsp://admin:hunter2@10.1.2.3:554/main"),
        substream=CameraAddress.parse("rtsp://admin:hunter2@10.1.2.3:554/sub"),
        every=timedelta(seconds=every),
        models=("street-ads",),
        lat=34.7466,
        lon=113.6253,
        calibration="north.csv",
        district="erqi",
        grade=2,
        transport="udp",
        legal_review=LegalReview("ZZCG-2026-118", date(2027, 6, 30)),
    )
    return RegisteredCamera(config, (ControlPoint(1.0, 2.0, 34.7, 113.6),))


def test_what_is_kept_comes_back_whole(database: Database) -> None:
    with database.write() as connection:
        changes = cameras.replace(connection, BOX, [camera("b"), camera("a")], CHANGE)
    assert (changes.version, changes.added) == (1, ("b", "a"))
    with database.read() as connection:
        first, second = cameras.present(connection, BOX)
        (who,) = connection.execute(text('SELECT "by", what FROM camera_versions')).all()
    assert tuple(who) == ("Li Wei", "import of cameras.yaml")
    assert (first, second) == (replace(camera("a"), since=1), replace(camera("b"), since=1))


def test_addresses_lie_encrypted_and_only_their_key_opens_them(database: Database) -> None:
    with database.write() as connection:
        cameras.replace(connection, BOX, [camera("a")], CHANGE)
        (row,) = connection.execute(text("SELECT * FROM cameras")).all()
    assert "hunter2" not in str(row)
    assert "10.1.2.3" not in str(row)
    with database.read() as connection, pytest.raises(SecretUnreadable, match="STREETWARDEN_SECRET_KEY"):
        cameras.present(connection, SecretBox.of(make_key()))


def test_an_import_puts_everything_under_the_newest_key(database: Database) -> None:
    old, new = make_key(), make_key()
    with database.write() as connection:
        cameras.replace(connection, SecretBox.of(old), [camera("a"), camera("b")], CHANGE)
        cameras.replace(connection, SecretBox.of(f"{new},{old}"), [camera("a")], CHANGE)
        tokens = connection.execute(text("SELECT addresses FROM cameras")).scalars().all()
    assert len(tokens) == 2
    for token in tokens:
        assert "hunter2" in SecretBox.of(new).decrypt(token)


def test_an_import_says_what_it_changed_and_keeps_what_was(database: Database) -> None:
    with database.write() as connection:
        cameras.replace(connection, BOX, [camera("a"), camera("b"), camera("c")], CHANGE)
        cameras.pause(connection, "a", CHANGE, paused=True)
    with database.write() as connection:
        changes = cameras.replace(connection, BOX, [camera("a", every=9), camera("b"), camera("d")], CHANGE)
    assert (changes.added, changes.changed, changes.removed, changes.unchanged) == (("d",), ("a",), ("c",), 1)
    with database.write() as connection:
        again = cameras.replace(connection, BOX, [camera("a", every=9), camera("b"), camera("d")], CHANGE)
        assert (again.none, again.version, cameras.latest(connection)) == (True, changes.version, changes.version)
        known = {one.id: one for one in cameras.present(connection, BOX)}
        rows = connection.execute(text('SELECT camera, since, until FROM cameras ORDER BY camera, "since"')).all()
    assert known.keys() == {"a", "b", "d"}
    assert known["a"].paused
    assert not known["d"].paused
    assert [tuple(row) for row in rows] == [("a", 1, 3), ("a", 3, None), ("b", 1, None), ("c", 1, 3), ("d", 3, None)]


def test_pausing_and_removing_are_versions_too(database: Database) -> None:
    with database.write() as connection:
        cameras.replace(connection, BOX, [camera("a")], CHANGE)
        cameras.pause(connection, "a", CHANGE, paused=True)
        cameras.pause(connection, "a", CHANGE, paused=True)
        assert cameras.latest(connection) == 2
        cameras.remove(connection, "a", CHANGE)
        assert (cameras.latest(connection), cameras.present(connection, BOX)) == (3, ())
        with pytest.raises(NotFound):
            cameras.remove(connection, "a", CHANGE)
        with pytest.raises(NotFound):
            cameras.pause(connection, "a", CHANGE, paused=False)
