"""What the list of cases is filtered by: each alone, all of them together, and within what somebody may see."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from uuid import UUID

from sqlalchemy import Connection

from api.cases import desk_queries, looks, outbox, progress
from api.cases.desk_queries import CaseFilter
from api.cases.tables import CaseStatus, LookOutcome
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from tests.api.cases.stored_cases import case_of, say, status_of, stored_case
from tests.api.samples import NOON

DUE = NOON - timedelta(hours=48)
SCOPES = (EVERYWHERE, Scope.of(["erqi"]), Scope.of([]))


@dataclass(frozen=True, slots=True)
class Known:
    """What a stored case is; `status` is None where it is on its way."""

    status: CaseStatus | None
    district: str
    confirmed: datetime
    assignee: str = ""
    looked: str = ""

    def fits(self, asked: CaseFilter) -> bool:
        """Tell it the slow way."""
        done = self.status in (CaseStatus.FIXED, CaseStatus.CHECKED, CaseStatus.CLOSED, CaseStatus.REFUSED)
        if self.status is CaseStatus.FIXED and self.looked == LookOutcome.STILL_THERE:
            done = False
        ended = self.status in (CaseStatus.CLOSED, CaseStatus.REFUSED)
        return (
            asked.status in (None, self.status)
            and asked.district in ("", self.district)
            and asked.assignee in ("", self.assignee)
            and (asked.overdue is None or (self.confirmed < asked.overdue and not done))
            and (not asked.looked or (self.looked == asked.looked and not ended))
        )


def street_of_cases() -> Iterator[Known]:
    """Yield cases of two districts before and at the border of what is late."""
    kinds = product((None, *CaseStatus), ("erqi", "jinshui"), (DUE - timedelta(microseconds=1), DUE))
    for turn, (status, district, confirmed) in enumerate(kinds, 1):
        assignee = ("", "Crew 1", "Crew 2")[turn % 3] if status else ""
        looked = ""
        if status in (CaseStatus.FIXED, CaseStatus.CLOSED):
            looked = ("", *LookOutcome)[turn % 3]
        yield Known(status, district, confirmed, assignee, looked)


def store(connection: Connection, known: Known) -> UUID:
    system = "city" if known.status else None
    key = stored_case(connection, system=system, district=known.district, at=known.confirmed)
    if known.looked:
        say(connection, key, CaseStatus.FIXED)
        (check,) = looks.of_cases(EVERYWHERE, connection, [key]).values()
        looks.keep(connection, replace(check, outcome=LookOutcome(known.looked), seen_at=NOON))
    if known.status is not None and known.status is not status_of(connection, key):
        say(connection, key, known.status)
    if known.assignee:
        progress.give_to(EVERYWHERE, connection, case_of(connection, key), known.assignee, NOON)
    return key


def test_every_filter_finds_what_it_asks_for_with_every_other_and_in_every_scope(database: Database) -> None:
    with database.write() as connection:
        cases = {store(connection, known): known for known in street_of_cases()}
        found_by = set[CaseFilter]()
        for status, district, assignee, overdue, looked in product(
            (None, CaseStatus.REPORTED, CaseStatus.FIXED, CaseStatus.CLOSED),
            ("", "erqi"), ("", "Crew 1"), (None, DUE), ("", "still_there"),
        ):  # fmt: skip
            asked = CaseFilter(status, district, assignee, overdue, looked)
            for scope in SCOPES:
                page = outbox.page(scope, connection, None, None, 100, asked.conditions())
                wanted = {key for key, one in cases.items() if scope.allows(one.district) and one.fits(asked)}
                assert {item.id for item in page.items} == wanted, (asked, scope)
                assert desk_queries.count(scope, connection, asked) == len(wanted)
                found_by |= {asked} if wanted else set()
        assert len(found_by) > 20  # the filters were asked about something


def test_a_case_is_late_a_moment_after_its_hours_are_over_until_it_is_fixed(database: Database) -> None:
    with database.write() as connection:
        key = stored_case(connection, at=DUE)
        before, after = CaseFilter(overdue=DUE), CaseFilter(overdue=DUE + timedelta(microseconds=1))
        assert desk_queries.count(EVERYWHERE, connection, before) == 0
        for status in (None, CaseStatus.ACCEPTED, CaseStatus.DISPATCHED):
            if status is not None:
                say(connection, key, status)
            assert desk_queries.count(EVERYWHERE, connection, before) == 0
            assert desk_queries.count(EVERYWHERE, connection, after) == 1
        say(connection, key, CaseStatus.FIXED)
        assert desk_queries.count(EVERYWHERE, connection, after) == 0
        (check,) = looks.of_cases(EVERYWHERE, connection, [key]).values()
        looks.keep(connection, replace(check, outcome=LookOutcome.STILL_THERE, seen_at=NOON))
        assert desk_queries.count(EVERYWHERE, connection, after) == 1  # it never was
        say(connection, key, CaseStatus.FIXED)
        assert desk_queries.count(EVERYWHERE, connection, after) == 0


def test_the_list_and_its_marks_agree_on_what_is_late(database: Database) -> None:
    with database.write() as connection:
        cases = {store(connection, known): known for known in street_of_cases()}
        listed = outbox.page(EVERYWHERE, connection, None, None, 100, CaseFilter(overdue=DUE).conditions())
    looked = {key: LookOutcome(one.looked) if one.looked else None for key, one in cases.items()}
    marked = {key for key, one in cases.items() if desk_queries.is_late(one.status, looked[key], one.confirmed, DUE)}
    assert {item.id for item in listed.items} == marked
    assert {(cases[key].status, looked[key]) for key in marked} == {
        (None, None), (CaseStatus.REPORTED, None), (CaseStatus.ACCEPTED, None), (CaseStatus.DISPATCHED, None),
        (CaseStatus.FIXED, LookOutcome.STILL_THERE),
    }  # fmt: skip


def test_a_case_that_was_only_asked_about_is_still_reported(database: Database) -> None:
    with database.write() as connection:
        key = stored_case(connection, system="city")
        asked = progress.next_to_poll(connection, "city", timedelta(0), NOON)
        assert asked is not None
        found = outbox.page(EVERYWHERE, connection, None, None, 9, CaseFilter(CaseStatus.REPORTED).conditions())
        assert [item.id for item in found.items] == [asked.id] == [key]


def test_nobody_is_offered_names_of_another_district(database: Database) -> None:
    with database.write() as connection:
        for district, name in (("erqi", "Crew 2"), ("erqi", "Crew 1"), ("jinshui", "Crew 9"), ("jinshui", "Crew 2")):
            store(connection, Known(CaseStatus.DISPATCHED, district, NOON, name))
        store(connection, Known(None, "guancheng", NOON))
        everywhere, erqi, nobody = (desk_queries.choices(one, connection) for one in SCOPES)
    assert everywhere.districts == ("erqi", "guancheng", "jinshui")
    assert everywhere.assignees == ("Crew 1", "Crew 2", "Crew 9")
    assert (erqi.districts, erqi.assignees) == (("erqi",), ("Crew 1", "Crew 2"))
    assert (nobody.districts, nobody.assignees) == ((), ())
