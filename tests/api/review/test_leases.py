"""A candidate is with one reviewer at a time, and comes back when they leave it."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

from api.accounts.tables import users
from api.actor import Actor
from api.audit.acts import Act
from api.audit.tables import audit_events
from api.candidates.intake import StoreSink
from api.candidates.tables import candidates
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.errors import Forbidden, LookedAtElsewhere
from api.review import deferrals, leases, service, waiting
from api.review.deferrals import Deferral, DeferralKind
from api.review.tables import review_leases
from api.review.waiting import QueueFilter, QueueList
from api.roles import Role
from tests.api.candidates.test_intake import only
from tests.api.conftest import Service
from tests.api.samples import NOON, a_candidate
from tests.api.signing import COOKIE, a_user, sign_in

WEI = Scope(role=Role.REVIEWER, actor=Actor.person("Li Wei"))
NA = Scope(role=Role.REVIEWER, actor=Actor.person("Wang Na"))


@pytest.fixture
def candidate_id(database: Database, sink: StoreSink) -> UUID:
    sink.take(a_candidate())
    return only(database).id


def queue(database: Database, scope: Scope, wanted: QueueFilter = QueueFilter()) -> list[UUID]:
    with database.read() as connection:
        ids, total = waiting.page(scope, connection, wanted, datetime.now(UTC), 100)
    assert total == len(ids)
    return list(ids)


def test_what_one_looks_at_is_handed_to_nobody_else(database: Database, candidate_id: UUID) -> None:
    ends = service.lease(WEI, database, candidate_id)
    assert timedelta(seconds=80) < ends - datetime.now(UTC) < timedelta(seconds=100)
    assert queue(database, WEI) == [candidate_id]
    assert queue(database, NA) == []
    with pytest.raises(LookedAtElsewhere):
        service.lease(NA, database, candidate_id)
    assert service.lease(WEI, database, candidate_id) >= ends


def test_it_comes_back_when_they_leave(database: Database, candidate_id: UUID) -> None:
    service.lease(WEI, database, candidate_id)
    service.give_back(NA, database, candidate_id)
    assert queue(database, NA) == []
    service.give_back(WEI, database, candidate_id)
    assert queue(database, NA) == [candidate_id]
    service.lease(NA, database, candidate_id)


def test_it_comes_back_when_nothing_is_heard_of_them(database: Database, candidate_id: UUID) -> None:
    service.lease(WEI, database, candidate_id)
    with database.write() as connection:
        connection.execute(update(review_leases).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert queue(database, NA) == [candidate_id]
    service.lease(NA, database, candidate_id)
    with pytest.raises(LookedAtElsewhere):
        service.lease(WEI, database, candidate_id)


def test_one_of_many_who_open_the_same_in_one_instant_gets_it(database: Database, candidate_id: UUID) -> None:
    crowd = [replace(WEI, actor=Actor.person(f"reviewer {number}")) for number in range(6)]
    together = Barrier(len(crowd))

    def reach(scope: Scope) -> bool:
        together.wait()
        try:
            service.lease(scope, database, candidate_id)
        except LookedAtElsewhere:
            return False
        return True

    with ThreadPoolExecutor(len(crowd)) as pool:
        assert sum(pool.map(reach, crowd)) == 1


def test_parked_comes_back_by_itself_and_escalated_waits(database: Database, candidate_id: UUID) -> None:
    now = datetime.now(UTC)
    parked = Deferral(candidate_id, DeferralKind.PARKED, WEI.actor, "too dark", now, now + timedelta(hours=2))
    service.lease(WEI, database, candidate_id)
    service.defer(WEI, database, parked)
    assert queue(database, NA) == []
    assert queue(database, NA, QueueFilter(QueueList.PARKED)) == [candidate_id]
    with database.read() as connection:
        later, _ = waiting.page(NA, connection, QueueFilter(), now + timedelta(hours=3), 9)
        assert deferrals.find(NA, connection, candidate_id) == parked
        assert deferrals.counts(NA, connection, now) == {DeferralKind.PARKED: 1, DeferralKind.ESCALATED: 0}
    assert later == (candidate_id,)
    service.defer(NA, database, replace(parked, kind=DeferralKind.ESCALATED, actor=NA.actor, until=None))
    assert queue(database, WEI, QueueFilter(QueueList.PARKED)) == []
    assert queue(database, WEI, QueueFilter(QueueList.ESCALATED)) == [candidate_id]
    with pytest.raises(Forbidden):
        service.resume(WEI, database, candidate_id, now)
    assert queue(database, WEI) == []
    service.resume(NA, database, candidate_id, now)
    assert queue(database, WEI) == [candidate_id]
    with database.read() as connection:
        acts = connection.execute(select(audit_events.c.act).order_by(audit_events.c.number)).scalars().all()
    assert acts[-3:] == [Act.CANDIDATE_DEFERRED, Act.CANDIDATE_DEFERRED, Act.CANDIDATE_RESUMED]


def test_what_is_worth_most_comes_first_and_filters_narrow(database: Database, sink: StoreSink) -> None:
    sink.take(a_candidate("unsure", confidence=0.3))
    sink.take(a_candidate("long", confidence=0.3, minutes=600, source="cam-2"))
    sink.take(a_candidate("sure", confidence=0.9, class_name="banner"))
    with database.read() as connection:
        known = {row.id: row.key for row in connection.execute(select(candidates.c.id, candidates.c.key))}
    assert [known[one] for one in queue(database, EVERYWHERE)] == ["sure", "long", "unsure"]
    assert [known[one] for one in queue(database, EVERYWHERE, QueueFilter(camera="cam-2"))] == ["long"]
    assert [known[one] for one in queue(database, EVERYWHERE, QueueFilter(class_name="banner"))] == ["sure"]
    assert len(queue(database, EVERYWHERE, QueueFilter(rule="stall-on-main-road"))) == 3
    assert queue(database, EVERYWHERE, QueueFilter(district="jinshui")) == []
    with database.read() as connection:
        for hours, waits in ((23, 0), (25, 3)):
            now = NOON + timedelta(hours=hours)
            assert waiting.page(EVERYWHERE, connection, QueueFilter(hours=24), now, 9)[1] == waits
        assert waiting.choices(EVERYWHERE, connection).class_names == ("banner", "stall")


@pytest.fixture
def pair(service: Service) -> Iterator[list[httpx.Client]]:
    """Two reviewers with sessions of their own."""
    with ExitStack() as stack:
        found = []
        for login in ("li.wei", "wang.na"):
            http = httpx.Client(base_url=service.url, timeout=20, trust_env=False, headers={"Origin": service.url})
            http.cookies.set(COOKIE, sign_in(service.database, a_user(login, login)))
            found.append(stack.enter_context(http))
        yield found


def verdict(http: httpx.Client, candidate_id: str) -> httpx.Response:
    said = {"decision": "rejected", "reason": "vehicle"}
    return http.post(f"/api/v1/candidates/{candidate_id}/verdict", json=said)


def test_a_verdict_on_what_another_looks_at_or_decided_is_refused(pair: list[httpx.Client], service: Service) -> None:
    (candidate_id,) = service.seed()
    wei, na = pair
    assert wei.post(f"/api/v1/candidates/{candidate_id}/lease").status_code == 200
    refused = verdict(na, candidate_id)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:streetwarden:problem:leased")
    put_off = na.post(f"/api/v1/candidates/{candidate_id}/deferral", json={"kind": "parked", "hours": 2})
    assert put_off.status_code == 409
    assert verdict(wei, candidate_id).status_code == 201
    late = verdict(na, candidate_id)
    assert (late.status_code, late.json()["type"]) == (409, "urn:streetwarden:problem:already-decided")
    assert "decided elsewhere" in late.json()["detail"]
    assert "rejected" not in late.text
    assert na.post(f"/api/v1/candidates/{candidate_id}/lease").json()["type"].endswith("already-decided")


def test_two_who_race_through_one_queue_give_one_verdict_each(pair: list[httpx.Client], service: Service) -> None:
    ids = service.seed(40)
    met: Counter[int] = Counter()

    def work(http: httpx.Client) -> list[str]:
        """Work as the page does: lease what the queue hands out first, decide, go on."""
        mine = []
        while waits := http.get("/review/queue").json()["ids"]:
            leased = next(
                (one for one in waits if http.post(f"/api/v1/candidates/{one}/lease").status_code == 200), None
            )
            if leased is not None:
                status = verdict(http, leased).status_code
                met[status] += 1
                mine += [leased] if status == 201 else []
        return mine

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(work, pair)
    assert sorted(first + second) == sorted(ids)
    assert met == {201: 40}
    assert service.http.get("/api/v1/candidates", params={"state": "rejected"}).json()["total"] == 40


def test_two_who_race_without_leases_give_one_verdict_each(pair: list[httpx.Client], service: Service) -> None:
    ids = service.seed(25)
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda http: [verdict(http, one).status_code for one in ids], pair))
    assert [sorted(both) for both in zip(*said, strict=True)] == [[201, 409]] * len(ids)


def test_leases_end_with_their_verdict_and_those_that_ended_long_ago(
    pair: list[httpx.Client], service: Service
) -> None:
    ids = service.seed(4)
    wei, na = pair
    for http, one in zip((wei, na, na, na), ids, strict=True):
        http.post(f"/api/v1/candidates/{one}/lease").raise_for_status()
    now = datetime.now(UTC)
    with service.database.write() as connection:
        for one, ended in ((ids[2], leases.LASTS * 2), (ids[3], timedelta(seconds=9))):
            of = review_leases.c.candidate_id == UUID(one)
            connection.execute(update(review_leases).where(of).values(expires_at=now - ended))
    assert verdict(wei, ids[0]).status_code == 201
    with service.database.read() as connection:
        kept = connection.execute(select(review_leases.c.candidate_id)).scalars().all()
    assert {str(one) for one in kept} == {ids[1], ids[3]}


def test_a_verdict_is_reopened_by_its_author_or_a_supervisor(pair: list[httpx.Client], service: Service) -> None:
    (candidate_id,) = service.seed()
    wei, na = pair
    with service.database.write() as connection:
        grant = {"role": Role.REVIEWER.value}
        connection.execute(update(users).where(users.c.login == "wang.na").values(**grant))
    assert verdict(wei, candidate_id).status_code == 201
    url = f"/api/v1/candidates/{candidate_id}/reopening"
    assert na.post(url).status_code == 403
    assert wei.post(url).status_code == 204
    assert wei.post(url).status_code == 409
    assert verdict(na, candidate_id).status_code == 201
    assert wei.post(url).status_code == 204  # an administrator may do what a supervisor may
    assert verdict(na, candidate_id).status_code == 201
    assert na.post(url).status_code == 204
