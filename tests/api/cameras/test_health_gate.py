"""What is wrong with a camera's picture: shown, stored with its evidence, and known again after a restart."""

from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.cameras import health as camera_health
from api.cameras.health_gate import HealthGatedLook
from api.cases.place_checks import GONE_LOOKS
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import DatabaseUnavailable
from api.evidence.files import EvidenceStore
from detector.look import Look
from detector.places.strong_look import StrongLook
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.zones import Zone
from detector.vision.engine import OnnxModel
from detector.vision.frame import Frame
from streams.frames.sink import CameraNote
from streams.health.faults import Fault
from tests.api.cameras.registered import LI_WEI
from tests.api.cameras.watched import CAMERA, Post, turned
from tests.api.conftest import FakeClock
from tests.detector.nets import save_colour_detector


@pytest.fixture
def post(database: Database, files: EvidenceStore, tmp_path: Path, clock: FakeClock) -> Post:
    return Post(database, files, tmp_path / "memory", clock)


def test_a_fault_is_noted_shown_and_stored_with_its_first_picture_and_its_end(post: Post) -> None:
    post.watch(post.good(10))
    black = [picture // 20 for picture in post.good(4)]
    post.watch(black)
    (view,) = post.live.views()
    (item,) = post.stored()
    assert (view.state, post.shown(), post.notes[-1].reason) == ("unhealthy", ["black"], "black")
    assert (item.fault, item.started_at, item.ended_at) == (
        Fault.BLACK,
        post.street.as_frame(black[0], 50.0).captured_at,
        None,
    )
    kept = cv2.imdecode(np.frombuffer(post.files.read(item.picture), np.uint8), cv2.IMREAD_COLOR)
    assert kept is not None
    assert kept.shape == black[0].shape
    assert float(kept.max()) < 40
    post.watch(post.good(4))
    (item,) = post.stored()
    assert item.ended_at is not None
    assert (post.shown(), post.notes[-1].state) == ([], "live")


def test_a_camera_that_reconnects_while_it_is_sick_is_not_called_live(post: Post) -> None:
    post.watch([*post.good(5), *[picture // 20 for picture in post.good(4)]])
    post.live.note(CameraNote(CAMERA, "live", post.clock()))
    assert post.live.views()[0].state == "unhealthy"


def test_the_last_picture_is_small_and_carries_its_own_time(post: Post, clock: FakeClock) -> None:
    assert post.live.picture(CAMERA) is None
    assert post.live.views()[0].silent(post.clock())
    post.watch(post.good(1))
    picture = post.live.picture(CAMERA)
    assert picture is not None
    assert (picture.width, picture.height, picture.taken_at) == (480, 270, post.clock())
    assert cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR) is not None
    (view,) = post.live.views()
    clock.pass_by(seconds=14)
    assert not view.silent(post.clock())  # three periods of five seconds
    clock.pass_by(seconds=1)
    assert view.silent(post.clock())
    post.live.cameras = ()
    assert post.live.picture(CAMERA) is None


def test_a_moved_camera_stays_moved_over_a_restart_until_it_looks_as_before(post: Post) -> None:
    post.watch(post.good(20))
    post.watch([turned(picture) for picture in post.good(4)])
    assert post.shown() == ["moved"]
    (before,) = post.stored()
    post.start()
    post.watch([turned(picture) for picture in post.good(20)])
    assert post.shown() == ["moved"]
    assert post.live.views()[0].faults[0].since == before.started_at
    assert post.stored() == (before,)
    post.watch(post.good(4))
    assert post.shown() == []
    (after,) = post.stored()
    assert (after.id, after.ended_at is None, after.accepted_by) == (before.id, False, None)


@pytest.mark.parametrize("restart", [False, True])
def test_a_new_view_that_was_accepted_counts_from_the_next_picture_on(post: Post, restart: bool) -> None:
    post.watch(post.good(20))
    post.watch([turned(picture) for picture in post.good(4)])
    with post.database.write() as connection:
        assert camera_health.accept_view(EVERYWHERE, connection, CAMERA, LI_WEI)
    post.live.accept(CAMERA)
    if restart:
        post.start()
    post.watch([turned(picture) for picture in post.good(20)])
    (item,) = post.stored()
    assert (post.shown(), item.accepted_by, item.ended_at is None) == ([], LI_WEI, False)
    with post.database.write() as connection:
        assert not camera_health.accept_view(EVERYWHERE, connection, CAMERA, LI_WEI)
    post.watch(post.good(4))
    assert post.shown() == ["moved"]


def test_what_ended_while_nobody_watched_is_closed_when_somebody_does(post: Post) -> None:
    post.watch([*post.good(5), *[picture // 20 for picture in post.good(4)]])
    post.start()
    post.watch(post.good(4))
    (item,) = post.stored()
    assert item.ended_at is not None


@pytest.mark.parametrize(
    "error", [DatabaseUnavailable("database: away"), PoolTimeout("no connection is free"), OSError("no file is free")]
)
def test_a_fault_waits_for_a_store_that_fails(post: Post, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    post.watch(post.good(5))

    def away(_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(post.health, "record", away)
        post.watch([picture // 20 for picture in post.good(4)])
    assert post.shown() == ["black"]
    assert post.stored() == ()
    post.watch(post.good(1))
    assert [item.fault for item in post.stored()] == [Fault.BLACK]


def test_pages_of_a_history_follow_each_other_latest_first(post: Post) -> None:
    for _ in range(3):
        post.watch([*post.good(4), *[picture // 20 for picture in post.good(4)]])
    with post.database.read() as connection:
        first = camera_health.page(EVERYWHERE, connection, CAMERA, None, 2)
        second = camera_health.page(EVERYWHERE, connection, CAMERA, first.next, 2)
        other = camera_health.page(EVERYWHERE, connection, "another", None, 2)
    assert (first.total, second.next, other.total) == (3, None, 0)
    began = [item.started_at for item in (*first.items, *second.items)]
    assert began == sorted(began, reverse=True)
    assert len(set(began)) == 3


def test_only_a_healthy_camera_tells_of_its_strong_looks(post: Post, tmp_path: Path) -> None:
    model = OnnxModel(save_colour_detector(tmp_path / "colours.onnx"), ("red", "green", "blue"), 0.9, name="colours")
    told: list[Frame] = []

    def hear(camera: str, frame: Frame, look: StrongLook) -> None:
        assert (camera, look.classes) == (CAMERA, frozenset({"red", "green", "blue"}))
        told.append(frame)

    road = Zone("street", "road", ((0, 0), (640, 0), (640, 360), (0, 360)), CAMERA)
    book = Rulebook.of("1", ZoneInfo("UTC"), (road,), (Rule("red", ("red",), ("road",)),), None)
    post.look = HealthGatedLook(
        Look(CAMERA, book, [model]), post.live, post.sink, post.health, post.memory, look_again=hear
    )
    post.watch(post.good(5))
    assert len(told) >= 1
    heard = len(told)
    for picture in post.good(6):
        post.number += 80  # long enough for another strong look at each
        post.watch([picture // 20])
    assert len(told) - heard < GONE_LOOKS  # those before the fault is sure are too few to say that a place is empty
