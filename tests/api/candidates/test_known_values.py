"""What candidates can be asked for by: each rule and zone by one candidate, however many came in at once."""

from dataclasses import replace

from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.candidates.repository import EVERYTHING, State
from api.db.database import Database
from api.db.scope import EVERYWHERE
from tests.api.conftest import FakeClock
from tests.api.samples import VIOLATION, a_candidate


def test_a_rule_is_known_by_the_newest_candidate_and_of_many_at_once_by_one(
    database: Database, sink: StoreSink, clock: FakeClock
) -> None:
    square = replace(VIOLATION, rule="on-square", zone="square")
    sink.take(a_candidate("old"))
    sink.take(a_candidate("square", ruling=square))
    clock.pass_by(hours=1)
    for number in range(12):
        sink.take(a_candidate(f"new-{number}"))
    with database.read() as connection:
        found = candidates.page(EVERYWHERE, connection, EVERYTHING, None, 50).items
        known = candidates.known_values(EVERYWHERE, connection)
        rejected = candidates.newest_of_rules(EVERYWHERE, connection, State.REJECTED)
    first = min(one.id for one in found if one.key.startswith("new-"))
    of_square = next(one.id for one in found if one.key == "square")
    assert [(one.rule, one.id) for one in known.rules] == [("on-square", of_square), ("stall-on-main-road", first)]
    assert [(one.zone, one.id) for one in known.zones] == [("daxue-road", first), ("square", of_square)]
    assert rejected == ()
