"""What people decide on versions of the rulebook: replayed, put in force twice, back, in the past; and what is kept."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from api.accounts.users import Grant
from api.audit.acts import Act
from api.audit.tables import audit_events
from api.candidates.intake import StoreSink
from api.candidates.tables import candidates
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import NotFound, RulebookRefused
from api.roles import Role
from api.rulebook_versions import replay
from api.rulebook_versions import service as rulebook_service
from api.rulebooks import repository as rulebooks
from api.rulebooks.repository import RulebookVersion
from detector.geometry.ground import GroundPoint
from detector.places.pictures import Moment, picture_of
from detector.rules.load import load_rulebook
from detector.rules.ruling import Outcome
from detector.vision.frame import Frame
from tests.api.conftest import FakeClock, Service
from tests.api.rulebooks.test_in_force import BOOK, written
from tests.api.samples import NOON, STALL, a_candidate, ruled, street
from tests.api.signing import COOKIE, a_user, sign_in

HOUR = timedelta(hours=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def draft(database: Database, folder: Path, dwell: str, note: str = "") -> int:
    file = written(folder, text=BOOK.replace("300s", dwell).replace('"1"', f'"{folder.name}"'))
    return rulebook_service.add_version(EVERYWHERE, database, file, note, NOON)


def found(database: Database, hours: float) -> dict[int, RulebookVersion]:
    with database.read() as connection:
        return {one.number: one for one in rulebooks.versions(EVERYWHERE, connection, NOON + hours * HOUR)}


def states(database: Database, hours: float) -> dict[int, str]:
    return {number: one.state.value for number, one in found(database, hours).items()}


def force(database: Database, number: int, at: float, now: float) -> None:
    rulebook_service.put_in_force(EVERYWHERE, database, number, NOON + at * HOUR, NOON + now * HOUR)


def told(database: Database, act: Act) -> list[dict[str, object]]:
    with database.read() as connection:
        rows = connection.execute(audit_events.select().where(audit_events.c.act == act).order_by("number"))
        return [json.loads(row.details) for row in rows]


def test_each_of_several_drafts_comes_at_its_own_time(database: Database, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        draft(database, tmp_path / name, f"{ord(name)}s")
    force(database, 3, at=6, now=0)  # decided first, begins last
    force(database, 1, at=2, now=1)
    assert states(database, 1.9) == {3: "coming", 2: "draft", 1: "coming"}
    assert states(database, 2) == {3: "coming", 2: "draft", 1: "in_force"}
    assert states(database, 6) == {3: "in_force", 2: "draft", 1: "earlier"}
    force(database, 1, at=6, now=6)  # back, at the very moment: the later decision counts
    assert states(database, 6) == {3: "earlier", 2: "draft", 1: "in_force"}


@pytest.mark.parametrize("hours", [(3, 5), (5, 3)])
def test_a_version_that_was_forced_twice_says_the_sooner_time(
    database: Database, tmp_path: Path, hours: tuple[int, int]
) -> None:
    number = draft(database, tmp_path / "a", "10s")
    for at in hours:
        force(database, number, at=at, now=0)
    assert found(database, 1)[number].starts_at == NOON + 3 * HOUR
    assert states(database, 2.9) == {number: "coming"}
    assert states(database, 3) == states(database, 6) == {number: "in_force"}
    assert [one["number"] for one in told(database, Act.RULEBOOK_FORCED)] == [number, number]


def test_what_was_refused_leaves_no_trace(database: Database, tmp_path: Path) -> None:
    number = draft(database, tmp_path / "a", "10s")
    with pytest.raises(RulebookRefused, match="not in the past"):
        force(database, number, at=-1, now=0)
    with pytest.raises(RulebookRefused, match="within a year"):
        force(database, number, at=24 * 367, now=0)
    with pytest.raises(NotFound):
        rulebook_service.replay_version(EVERYWHERE, database, number + 1, NOON - HOUR, NOON)
    assert states(database, 24) == {number: "draft"}
    assert told(database, Act.RULEBOOK_FORCED) == told(database, Act.RULEBOOK_REPLAYED) == []


def test_adding_forcing_and_going_back_are_in_the_log(database: Database, tmp_path: Path) -> None:
    first, second = draft(database, tmp_path / "a", "10s"), draft(database, tmp_path / "b", "20s")
    force(database, first, at=0, now=0)
    force(database, second, at=1, now=0.5)
    force(database, first, at=2, now=2)
    assert [(one["number"], one["version"]) for one in told(database, Act.RULEBOOK_ADDED)] == [(1, "a"), (2, "b")]
    events = told(database, Act.RULEBOOK_FORCED)
    assert [one["number"] for one in events] == [1, 2, 1]
    assert [one["from"] for one in events] == [(NOON + hours * HOUR).isoformat() for hours in (0, 1, 2)]
    assert states(database, 2) == {2: "earlier", 1: "in_force"}


def test_a_replay_counts_each_way_that_a_ruling_goes(
    database: Database, sink: StoreSink, clock: FakeClock, tmp_path: Path
) -> None:
    """What stood too short is permitted now, what has no place cannot be told, and an older one is not looked at."""
    clock.now = NOON - timedelta(days=2)
    sink.take(a_candidate("old"))
    clock.now = NOON
    sink.take(a_candidate("long", minutes=20))
    sink.take(a_candidate("short", minutes=6))
    sink.take(a_candidate("lost", position=None, minutes=20))
    sink.take(a_candidate("doubted", ruling=ruled(Outcome.UNKNOWN), minutes=30))
    number = draft(database, tmp_path / "a", "600s")
    report = rulebook_service.replay_version(EVERYWHERE, database, number, NOON - HOUR, NOON + HOUR)
    v, p, u = Outcome.VIOLATION, Outcome.PERMITTED, Outcome.UNKNOWN
    assert {(one.before, one.after): one.count for one in report.counts} == {
        (v, v): 1,
        (v, p): 1,
        (v, u): 1,
        (u, v): 1,
    }
    assert report.looked_at == sum(one.count for one in report.counts) == 4
    assert report.changed == len(report.changes) == 4  # also the one whose code alone is another
    same = next(one for one in report.changes if one.before is one.after)
    assert (same.code_before, same.code_after) == ("0501", None)
    assert all(one.why for one in report.changes)
    assert found(database, 1)[number].replay == report.model_dump(mode="json")
    assert told(database, Act.RULEBOOK_REPLAYED) == [{"number": number, "looked_at": 4, "changed": 4}]


LATE_BOOK = """
version: "1"
timezone: Asia/Shanghai
zones:
  - {id: road, kind: main_road, polygon: [[113.62, 34.74], [113.63, 34.74], [113.63, 34.75], [113.62, 34.75]]}
rules:
  - {id: stall, classes: [stall], zones: [main_road], permitted: 19:00-24:00, dwell: 300s, code: "0501"}
  - {id: sign, classes: [banner], zones: [main_road], permitted: 19:00-24:00, permit: required}
"""


def test_a_replay_of_the_rulebook_that_judged_changes_nothing(
    database: Database, sink: StoreSink, clock: FakeClock, tmp_path: Path
) -> None:
    """Things stand on into permitted hours, before and after a verdict; what was said of them was of another moment."""
    file = written(tmp_path / "own", text=LATE_BOOK)
    book = load_rulebook(file)
    first = datetime(2026, 11, 20, 18, 40, tzinfo=SHANGHAI).astimezone(UTC)
    here = GroundPoint(34.745, 113.625, 0.0, 2.0)
    for minutes in range(0, 55, 5):
        clock.now = at = first + timedelta(minutes=minutes)
        for class_name, key in (("stall", "early"), ("banner", "doubted"), ("stall", "decided")):
            dwell = timedelta(minutes=minutes)
            ruling = book.rule(class_name=class_name, at=at, position=here, dwell=dwell)
            candidate = a_candidate(key, source=key, class_name=class_name, ruling=ruling, position=here)
            frame = Frame(street(), at, key)
            moments = (Moment.FIRST, Moment.NOW) if minutes == 0 else (Moment.NOW,)
            pictures = tuple(picture_of(moment, frame, STALL) for moment in moments)
            seen = replace(candidate.sighting, first_seen=first, last_seen=at)
            sink.take(replace(candidate, sighting=seen, evidence=frame, pictures=pictures))
        if minutes == 10:
            with database.write() as connection:
                connection.execute(update(candidates).where(candidates.c.key == "decided").values(state="confirmed"))
    number = rulebook_service.add_version(EVERYWHERE, database, file, "", NOON)
    report = rulebook_service.replay_version(EVERYWHERE, database, number, first - HOUR, clock.now)
    assert (report.looked_at, report.left_out) == (3, 0)
    assert [(one.class_name, one.before, one.after) for one in report.changes] == []
    # And what would be otherwise is told: an hour earlier all of it was permitted.
    early = written(tmp_path / "early", text=LATE_BOOK.replace("19:00-24:00", "18:00-24:00"))
    other = rulebook_service.add_version(EVERYWHERE, database, early, "", NOON)
    told_otherwise = rulebook_service.replay_version(EVERYWHERE, database, other, first - HOUR, clock.now)
    assert [one.after for one in told_otherwise.changes] == [Outcome.PERMITTED] * 3


def test_a_replay_says_how_many_were_too_many(
    database: Database, sink: StoreSink, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "MOST", 3)
    monkeypatch.setattr(replay, "BATCH", 2)
    for number in range(5):
        clock.now = NOON + timedelta(minutes=number)
        sink.take(a_candidate(f"place-{number}", source=f"cam-{number}"))
    number = draft(database, tmp_path / "a", "600s")
    report = rulebook_service.replay_version(EVERYWHERE, database, number, NOON - HOUR, NOON + HOUR)
    assert (report.looked_at, report.left_out) == (3, 2)
    assert [one.before for one in report.changes] == [Outcome.VIOLATION] * 3


def test_a_second_replay_takes_the_place_of_the_first(
    database: Database, sink: StoreSink, clock: FakeClock, tmp_path: Path
) -> None:
    number = draft(database, tmp_path / "a", "600s")
    none = rulebook_service.replay_version(EVERYWHERE, database, number, NOON - HOUR, NOON)
    assert (none.looked_at, none.changed, none.counts, none.changes) == (0, 0, [], [])
    sink.take(a_candidate())
    later = rulebook_service.replay_version(EVERYWHERE, database, number, NOON - HOUR, NOON + HOUR)
    assert (later.looked_at, found(database, 1)[number].replay) == (1, later.model_dump(mode="json"))
    assert states(database, 1) == {number: "draft"}  # to replay it decides nothing


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("draft", "coming", "Not replayed yet.")), ("zh", ("草稿", "待生效", "尚未试算。"))],
)
def test_the_pages_say_what_is_coming_and_when(
    service: Service, tmp_path: Path, language: str, words: tuple[str, str, str]
) -> None:
    first = draft(service.database, tmp_path / "a", "10s", note="<script>alert(1)</script>")
    second = draft(service.database, tmp_path / "b", "20s")
    assert words[2] in service.http.get(f"/rulebooks/{first}?lang={language}").text
    tomorrow = (datetime.now(SHANGHAI) + timedelta(days=1)).replace(second=0, microsecond=0, tzinfo=None)
    answer = service.http.post(f"/rulebooks/{second}/force", data={"starts_at": tomorrow.isoformat("T", "minutes")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/rulebooks")
    page = service.http.get("/rulebooks").text
    assert words[0] in page
    assert words[1] in page
    assert "<script>alert" not in page
    meant = tomorrow.replace(tzinfo=SHANGHAI).astimezone(UTC)  # the form speaks in the rulebook's time zone
    assert f"{meant:%Y-%m-%d %H:%M} UTC" in page


def test_a_time_that_is_none_is_told_on_the_page_and_decides_nothing(service: Service, tmp_path: Path) -> None:
    number = draft(service.database, tmp_path / "a", "10s")
    for said in ("soon", "2026-13-01T00:00", "0001-01-01T00:00", "9999-12-31T23:59", "<b>now</b>"):
        answer = service.http.post(f"/rulebooks/{number}/force", data={"starts_at": said})
        assert (answer.status_code, 'role="alert"' in answer.text) == (422, True), said
        assert "<b>now" not in answer.text
    assert told(service.database, Act.RULEBOOK_FORCED) == []


def test_only_who_manages_may_replay_or_force(service: Service, tmp_path: Path) -> None:
    number = draft(service.database, tmp_path / "a", "10s")
    acts = (f"/rulebooks/{number}/replay", f"/rulebooks/{number}/force")
    for act in acts:
        assert service.http.post(act, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    viewer = a_user("viewer", "Wang Fang", Grant(Role.VIEWER, None, 3))
    service.http.cookies.set(COOKIE, sign_in(service.database, viewer))
    page = service.http.get(f"/rulebooks/{number}")
    assert (page.status_code, "/replay" in page.text, "/force" in page.text) == (200, False, False)
    for act in acts:
        assert service.http.post(act).status_code == 403
    assert told(service.database, Act.RULEBOOK_FORCED) == told(service.database, Act.RULEBOOK_REPLAYED) == []
