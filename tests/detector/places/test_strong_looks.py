"""When networks run: at a beat, by reasons, and never more often than the credit allows."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from detector.places.strong_looks import SIGN_BEAT, LookReason, StrongLooks, Task, beats
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.zones import Zone

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CORNERS = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0))
STALLS = Rule("stalls", ("stall",), ("road",), dwell=timedelta(minutes=5))
SIGNS = Rule("signs", ("signboard",), ("road",))


def book(*rules: Rule, camera: str | None = "camera") -> Rulebook:
    return Rulebook.of("1", ZoneInfo("UTC"), [Zone("road", "road", CORNERS, camera)], rules, None)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def run(
    looks: StrongLooks, task: Task, seconds: int, *wanted: LookReason, step: int = 5
) -> list[tuple[int, LookReason]]:
    found = []
    for second in range(0, seconds, step):
        reason = looks.due(task, at(second), wanted)
        if reason is not None:
            looks.taken(task, at(second), reason)
            found.append((second, reason))
    return found


def test_stalls_are_looked_for_twice_within_the_shortest_dwell_and_signs_every_few_minutes() -> None:
    short = Rule("short", ("stall",), ("road",), dwell=timedelta(minutes=2))
    assert beats(book(STALLS, SIGNS), "camera") == {Task.STALLS: timedelta(minutes=2), Task.SIGNS: SIGN_BEAT}
    assert 2 * beats(book(STALLS, short), "camera")[Task.STALLS] <= timedelta(minutes=2)
    day = Rule("day", ("stall",), ("road",), dwell=timedelta(days=1))
    assert beats(book(day), "camera")[Task.STALLS] <= timedelta(minutes=5)
    assert beats(book(Rule("now", ("stall",), ("road",))), "camera")[Task.STALLS] >= timedelta(seconds=10)


def test_a_camera_without_a_rule_for_a_task_does_not_pay_for_it() -> None:
    looks = StrongLooks(book(SIGNS), "camera")
    assert looks.tasks == (Task.SIGNS,)
    assert run(looks, Task.STALLS, 600, LookReason.NEW) == []
    assert StrongLooks(book(STALLS, SIGNS), "another").tasks == (), "its zones are in another camera's picture"


def test_without_a_reason_it_keeps_the_beat() -> None:
    found = run(StrongLooks(book(STALLS), "camera"), Task.STALLS, 600)
    assert found == [(0, LookReason.FIRST), *((second, LookReason.BEAT) for second in (120, 240, 360, 480))]


def test_a_street_where_everything_moves_costs_no_more_than_its_credit() -> None:
    found = run(StrongLooks(book(STALLS), "camera"), Task.STALLS, 3600, LookReason.NEW)
    assert 60 <= len(found) <= 3600 / 60 + 3600 / 120 + 10
    early = [second for second, _ in found if second < 60]
    assert len(early) <= 6, "saved credit is spent at once, then it is one in a minute"


def test_a_candidate_is_looked_at_before_it_is_handed_on_whatever_the_credit() -> None:
    looks = StrongLooks(book(STALLS), "camera")
    run(looks, Task.STALLS, 100, LookReason.NEW)
    assert looks.due(Task.STALLS, at(110), [LookReason.HAND_ON]) is LookReason.HAND_ON


def test_a_clock_that_is_set_back_and_a_new_view_bring_a_look_at_once() -> None:
    looks = StrongLooks(book(STALLS), "camera")
    looks.taken(Task.STALLS, at(100), LookReason.FIRST)
    assert looks.due(Task.STALLS, at(50)) is LookReason.BEAT
    looks.taken(Task.STALLS, at(50), LookReason.BEAT)
    assert looks.due(Task.STALLS, at(55)) is None
    looks.restart()
    assert looks.due(Task.STALLS, at(60)) is LookReason.FIRST


def test_changes_that_bring_nothing_are_waited_on_ever_longer() -> None:
    looks = StrongLooks(book(SIGNS), "camera")
    before = looks.patience(Task.SIGNS)
    for second in (0, 100):
        looks.taken(Task.SIGNS, at(second), LookReason.CHANGED)
        looks.learn(Task.SIGNS, new=False)
    assert looks.patience(Task.SIGNS) == 4 * before
    looks.learn(Task.SIGNS, new=True)
    assert looks.patience(Task.SIGNS) == before
    for second in range(200, 4000, 100):
        looks.taken(Task.SIGNS, at(second), LookReason.CHANGED)
        looks.learn(Task.SIGNS, new=False)
    assert looks.patience(Task.SIGNS) == SIGN_BEAT


def test_the_status_says_the_beat_and_the_reasons() -> None:
    looks = StrongLooks(book(STALLS), "camera")
    run(looks, Task.STALLS, 300)
    (status,) = looks.status()
    assert (status.beat, status.last_at, status.last_reason) == (timedelta(minutes=2), at(240), LookReason.BEAT)
    assert status.reasons == (("beat", 2), ("first", 1))


@pytest.mark.parametrize("camera", ["camera", None])
def test_zones_on_the_ground_are_every_cameras(camera: str | None) -> None:
    assert Task.STALLS in beats(book(STALLS, camera=camera), "camera")
