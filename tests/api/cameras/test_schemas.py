"""What the JSON says of a camera: ages, silence, where its picture is, and whether positions hold."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from api.actor import Actor
from api.cameras.health import FaultEvent
from api.cameras.live_status import CameraView, FaultView, LastPicture, LiveCameras, LiveStatus, LookView
from api.cameras.schemas import CameraOut, FaultEventOut
from api.db.scope import EVERYWHERE, Scope
from api.errors import NotFound
from detector.look import LookStatus
from streams.frames.sink import CameraNote
from streams.health.faults import Fault
from tests.api.cameras.registered import a_camera
from tests.api.samples import NOON
from tests.streams.street import Street

VIEW = CameraView("gate", "Gate", "live", NOON, last_frame_at=NOON, has_picture=True, district="erqi")


def shown(view: CameraView, seconds: float = 3.0) -> CameraOut:
    return CameraOut.of(view, NOON + timedelta(seconds=seconds))


def test_a_camera_that_has_shown_nothing_has_no_age_and_is_silent() -> None:
    never = shown(CameraView("gate", "Gate", "idle", NOON))
    assert (never.last_frame_age, never.silent, never.picture, never.looks, never.reading) == (
        None,
        True,
        None,
        None,
        None,
    )
    assert (never.paused, never.district, never.positions_hold) == (None, None, True)


@pytest.mark.parametrize(
    ("every", "age", "silent"),
    [(5, 14.9, False), (5, 15.0, True), (1, 9.9, False), (1, 10.0, True), (600, 1799, False), (600, 1800, True)],
)
def test_three_periods_and_at_least_ten_seconds_are_live(every: int, age: float, silent: bool) -> None:
    assert shown(replace(VIEW, every=timedelta(seconds=every)), age).silent is silent


def test_a_picture_of_the_future_is_new() -> None:
    early = shown(VIEW, -60)
    assert (early.last_frame_age, early.silent) == (0.0, False)


def test_a_name_with_marks_makes_an_address_that_leads_to_it() -> None:
    odd = shown(replace(VIEW, id='st/1?"#'))
    assert odd.picture == "/api/v1/cameras/st%2F1%3F%22%23/picture"
    assert shown(replace(VIEW, has_picture=False)).picture is None


@pytest.mark.parametrize(("faults", "hold"), [((), True), ((Fault.BLACK,), True), ((Fault.BLACK, Fault.MOVED), False)])
def test_positions_hold_unless_the_camera_was_moved(faults: tuple[Fault, ...], hold: bool) -> None:
    out = shown(replace(VIEW, faults=tuple(FaultView(fault, NOON) for fault in faults)))
    assert (out.positions_hold, [one.fault for one in out.faults]) == (hold, list(faults))


def test_looks_are_counted_and_their_share_is_short() -> None:
    looks = shown(replace(VIEW, looks=LookView(LookStatus(looks=9, strong=2, tasks=()), 0.1234567))).looks
    assert looks is not None
    assert (looks.looks, looks.strong, looks.cpu_share, looks.tasks) == (9, 2, 0.12346, [])


def test_a_fault_names_who_accepted_it_and_where_its_picture_is() -> None:
    event = FaultEvent(
        UUID(int=7), "a b", 3, "erqi", Fault.MOVED, NOON, None, Actor.person("Li Wei"), "0" * 64, "p", 9, 9
    )
    out = FaultEventOut.of(event).model_dump(mode="json")
    assert out["picture"] == f"/api/v1/cameras/a%20b/health/{UUID(int=7)}/picture"
    assert (out["accepted_by"]["name"], out["ended_at"], out["camera_version"]) == ("Li Wei", None, 3)
    assert FaultEventOut.of(replace(event, accepted_by=None)).accepted_by is None


def test_live_cameras_are_of_the_scope_and_its_pictures_too() -> None:
    views = [VIEW, replace(VIEW, id="other", district="jinshui"), replace(VIEW, id="nobodys", district=None)]
    live = LiveCameras(lambda: views, lambda camera: LastPicture(camera.encode(), NOON, 9, 9))
    ours = live.within(Scope.of(["erqi"]))
    assert [view.id for view in ours.views()] == ["gate"]
    assert [ours.picture(view.id) is not None for view in views] == [True, False, False]
    assert ours.find("other") is None
    ours.check_known("gate")
    for hidden in ("other", "nobodys"):
        with pytest.raises(NotFound, match="there is no camera"):
            ours.check_known(hidden)
    assert live.within(EVERYWHERE) is live
    assert len(live.views()) == 3


def test_a_view_that_was_accepted_is_told_once() -> None:
    status = LiveStatus()
    assert not status.take_accepted("gate")
    status.accept("gate")
    assert (status.take_accepted("other"), status.take_accepted("gate"), status.take_accepted("gate")) == (
        False,
        True,
        False,
    )


def test_a_camera_that_left_shows_no_picture_and_a_fault_makes_a_live_one_unhealthy() -> None:
    config = a_camera("gate").config
    status = LiveStatus([config], {"gate": True}, clock=lambda: NOON)
    status.show("gate", Street().frame(0), skipped=4)
    status.show("gone", Street().frame(0), skipped=0)
    assert status.picture("gate") is not None
    assert status.picture("gone") is None
    status.note(CameraNote("gate", "live", NOON))
    status.report_fault("gate", (FaultView(Fault.BLACK, NOON),))
    (view,) = status.views()
    assert (view.state, view.skipped, view.paused, view.district) == ("unhealthy", 4, True, "erqi")
    status.note(CameraNote("gate", "waiting", NOON, "refused"))
    assert status.views()[0].state == "waiting"  # what is not read is not merely unhealthy
    status.report_fault("gate", ())
    status.note(CameraNote("gate", "live", NOON))
    assert status.views()[0].state == "live"
