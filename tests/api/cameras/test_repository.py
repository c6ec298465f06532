"""The camera registry, on each engine."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from api.cameras import health as camera_health
from api.cameras import repository as cameras
from api.cameras.encryption import SecretBox, make_key
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import NotFound, SecretUnreadable
from api.evidence.repository import EvidenceFile, EvidenceKind
from streams.health.faults import Fault
from tests.api.cameras.registered import A_CHANGE, LI_WEI, a_camera
from tests.api.samples import NOON

BOX = SecretBox.of(make_key())


def test_what_is_kept_comes_back_whole(database: Database) -> None:
    with database.write() as connection:
        changes = cameras.replace(EVERYWHERE, connection, BOX, [a_camera("b"), a_camera("a")], A_CHANGE)
    assert (changes.version, changes.added) == (1, ("b", "a"))
    with database.read() as connection:
        first, second = cameras.present(connection, BOX)
        said = text("SELECT name, kind, change, subject FROM camera_versions JOIN actors ON actors.id = actor_id")
        (who,) = connection.execute(said).all()
    assert tuple(who) == ("Li Wei", "person", "import", "cameras.yaml")
    assert (first, second) == (replace(a_camera("a"), since=1), replace(a_camera("b"), since=1))


def test_addresses_lie_encrypted_and_only_their_key_opens_them(database: Database) -> None:
    with database.write() as connection:
        cameras.replace(EVERYWHERE, connection, BOX, [a_camera("a")], A_CHANGE)
        (row,) = connection.execute(text("SELECT * FROM cameras")).all()
    assert "hunter2" not in str(row)
    assert "10.1.2.3" not in str(row)
    with database.read() as connection, pytest.raises(SecretUnreadable, match="STREETWARDEN_SECRET_KEY"):
        cameras.present(connection, SecretBox.of(make_key()))


def test_an_import_puts_everything_under_the_newest_key(database: Database) -> None:
    old, new = make_key(), make_key()
    with database.write() as connection:
        cameras.replace(EVERYWHERE, connection, SecretBox.of(old), [a_camera("a"), a_camera("b")], A_CHANGE)
        cameras.replace(EVERYWHERE, connection, SecretBox.of(f"{new},{old}"), [a_camera("a")], A_CHANGE)
        tokens = connection.execute(text("SELECT addresses FROM cameras")).scalars().all()
    assert len(tokens) == 2
    for token in tokens:
        assert "hunter2" in SecretBox.of(new).decrypt(token)


def test_an_import_says_what_it_changed_and_keeps_what_was(database: Database) -> None:
    with database.write() as connection:
        cameras.replace(EVERYWHERE, connection, BOX, [a_camera("a"), a_camera("b"), a_camera("c")], A_CHANGE)
        cameras.pause(EVERYWHERE, connection, "a", LI_WEI, NOON, paused=True)
    with database.write() as connection:
        changes = cameras.replace(
            EVERYWHERE, connection, BOX, [a_camera("a", every=9), a_camera("b"), a_camera("d")], A_CHANGE
        )
    assert (changes.added, changes.changed, changes.removed, changes.unchanged) == (("d",), ("a",), ("c",), 1)
    with database.write() as connection:
        again = cameras.replace(
            EVERYWHERE, connection, BOX, [a_camera("a", every=9), a_camera("b"), a_camera("d")], A_CHANGE
        )
        assert (again.none, again.version, cameras.latest(connection)) == (True, changes.version, changes.version)
        known = {one.id: one for one in cameras.present(connection, BOX)}
        rows = connection.execute(text('SELECT camera, since, until FROM cameras ORDER BY camera, "since"')).all()
    assert known.keys() == {"a", "b", "d"}
    assert known["a"].paused
    assert not known["d"].paused
    assert [tuple(row) for row in rows] == [("a", 1, 3), ("a", 3, None), ("b", 1, None), ("c", 1, 3), ("d", 3, None)]


def test_pausing_and_removing_are_versions_too(database: Database) -> None:
    with database.write() as connection:
        cameras.replace(EVERYWHERE, connection, BOX, [a_camera("a")], A_CHANGE)
        cameras.pause(EVERYWHERE, connection, "a", LI_WEI, NOON, paused=True)
        cameras.pause(EVERYWHERE, connection, "a", LI_WEI, NOON, paused=True)
        assert cameras.latest(connection) == 2
        cameras.remove(EVERYWHERE, connection, "a", LI_WEI, NOON)
        assert (cameras.latest(connection), cameras.present(connection, BOX)) == (3, ())
        with pytest.raises(NotFound):
            cameras.remove(EVERYWHERE, connection, "a", LI_WEI, NOON)
        with pytest.raises(NotFound):
            cameras.pause(EVERYWHERE, connection, "a", LI_WEI, NOON, paused=False)


def test_changes_at_the_same_moment_come_one_after_the_other(database: Database) -> None:
    with database.write() as connection:
        cameras.replace(EVERYWHERE, connection, BOX, [a_camera("a")], A_CHANGE)

    def keep(number: int) -> None:
        with database.write() as connection:
            cameras.replace(
                EVERYWHERE, connection, BOX, [a_camera("a", every=number + 1), a_camera(f"b{number}")], A_CHANGE
            )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(keep, range(8)))
    with database.read() as connection:
        assert cameras.latest(connection) == 9
        assert len(cameras.present(connection, BOX)) == 2


def test_what_was_wrong_with_a_camera_ends_when_it_is_taken_out(database: Database) -> None:
    wanted = [a_camera("gone"), a_camera("left-out"), a_camera("stays")]
    picture = EvidenceFile(EvidenceKind.SCENE, "0" * 64, "00/0.jpg", NOON, 640, 360)
    late = replace(picture, captured_at=NOON + timedelta(hours=2))  # a clock that was set back
    with database.write() as connection:
        cameras.replace(EVERYWHERE, connection, BOX, wanted, A_CHANGE)
        for ident in ("gone", "left-out", "stays"):
            camera_health.begin(connection, ident, Fault.BLACK, picture)
        camera_health.begin(connection, "gone", Fault.MOVED, late)
        hour_later = replace(A_CHANGE, at=NOON + timedelta(hours=1))
        cameras.remove(EVERYWHERE, connection, "gone", LI_WEI, hour_later.at)
        assert [item.ended_at for item in camera_health.page(EVERYWHERE, connection, "gone", None, 9).items] == [
            late.captured_at,
            hour_later.at,
        ]
        assert [len(camera_health.lasting(connection, ident)) for ident in ("gone", "left-out", "stays")] == [0, 1, 1]
        cameras.replace(EVERYWHERE, connection, BOX, [wanted[2]], hour_later)
        assert [len(camera_health.lasting(connection, ident)) for ident in ("left-out", "stays")] == [0, 1]
