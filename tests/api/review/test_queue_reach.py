"""What reviewers of different districts and roles can do to a candidate over HTTP, and what they cannot see."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update

from api.accounts.users import Grant
from api.app import create_app
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.errors import NotFound, NotReady
from api.evidence.files import EvidenceStore
from api.review import events
from api.review.events import ReviewEvents
from api.review.tables import deferrals, review_leases
from api.roles import Role
from api.settings import Settings
from detector.candidate import Origin
from tests.api.candidates.test_intake import only
from tests.api.conftest import Service, client
from tests.api.samples import a_candidate
from tests.api.serving import serve
from tests.api.signing import CHEAP, COOKIE, a_user, sign_in

Somebody = Callable[[str, Grant], httpx.Client]
REJECTED = {"decision": "rejected", "reason": "vehicle"}
ERQI = frozenset({"erqi"})


@pytest.fixture
def somebody(service: Service) -> Iterator[Somebody]:
    """Signs in whoever is asked for."""
    with ExitStack() as stack:

        def enter(login: str, grant: Grant) -> httpx.Client:
            http = httpx.Client(base_url=service.url, timeout=10, trust_env=False, headers={"Origin": service.url})
            http.cookies.set(COOKIE, sign_in(service.database, a_user(login, login, grant)))
            return stack.enter_context(http)

        yield enter


@pytest.fixture
def candidate_id(service: Service) -> str:
    """A candidate of Erqi in the usual grade."""
    service.sink.take(a_candidate(origin=Origin(district="erqi")))
    return str(only(service.database).id)


def waits(http: httpx.Client, listed: str = "waiting") -> list[str]:
    ids: list[str] = http.get("/review/queue", params={"list": listed}).raise_for_status().json()["ids"]
    return ids


@pytest.mark.parametrize(
    "grant",
    [Grant(Role.REVIEWER, frozenset({"jinshui"}), 3), Grant(Role.SUPERVISOR, ERQI, 1)],
    ids=["another district", "a lower grade"],
)
def test_what_one_may_not_see_can_be_neither_leased_nor_put_off(
    service: Service, somebody: Somebody, candidate_id: str, grant: Grant
) -> None:
    stranger, url = somebody("zhao.min", grant), f"/api/v1/candidates/{candidate_id}"
    service.http.post(f"{url}/lease").raise_for_status()
    parked = {"kind": "parked", "hours": 1}
    answers = [
        stranger.post(f"{url}/lease"), stranger.delete(f"{url}/lease"), stranger.post(f"{url}/deferral", json=parked),
        stranger.delete(f"{url}/deferral"), stranger.post(f"{url}/verdict", json=REJECTED),
        stranger.delete(f"{url}/verdict"), stranger.post(f"{url}/reopening"),
        stranger.get("/api/v1/review/events", params={"candidate": candidate_id}),
        stranger.get(f"/candidates/{candidate_id}"),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert stranger.get("/api/v1/candidates").json()["total"] == 0
    near = somebody("wang.na", Grant(Role.REVIEWER, ERQI))
    assert near.post(f"{url}/lease").status_code == 409  # the first lease stands


def test_a_viewer_sees_the_queue_but_takes_nothing(somebody: Somebody, candidate_id: str) -> None:
    viewer, url = somebody("sun.li", Grant(Role.VIEWER, ERQI)), f"/api/v1/candidates/{candidate_id}"
    refused = [
        viewer.post(f"{url}/lease"), viewer.delete(f"{url}/lease"), viewer.delete(f"{url}/deferral"),
        viewer.post(f"{url}/deferral", json={"kind": "escalated"}), viewer.post(f"{url}/reopening"),
    ]  # fmt: skip
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert viewer.get(f"/candidates/{candidate_id}").status_code == 200


def test_a_lease_is_renewed_by_its_holder_and_given_back_twice_without_harm(
    service: Service, somebody: Somebody, candidate_id: str
) -> None:
    wei, na = (somebody(login, Grant(Role.REVIEWER, ERQI)) for login in ("hao.wei", "wang.na"))
    url = f"/api/v1/candidates/{candidate_id}/lease"
    wei.post(url).raise_for_status()
    soon = datetime.now(UTC) + timedelta(seconds=5)
    with service.database.write() as connection:
        connection.execute(update(review_leases).values(expires_at=soon))
    renewed = datetime.fromisoformat(wei.post(url).raise_for_status().json()["expires_at"])
    assert renewed > soon + timedelta(seconds=60)
    assert na.delete(url).status_code == 204  # holds none
    assert (waits(wei), waits(na)) == ([candidate_id], [])
    assert [wei.delete(url).status_code for _ in range(2)] == [204, 204]
    assert na.post(url).status_code == 200
    assert wei.post(url).json()["type"] == "urn:streetwarden:problem:leased"
    assert wei.post(f"/api/v1/candidates/{uuid4()}/lease").status_code == 404


def test_whose_lease_ran_out_may_still_decide_until_another_takes_it(
    service: Service, somebody: Somebody, candidate_id: str
) -> None:
    wei, na = (somebody(login, Grant(Role.REVIEWER, ERQI)) for login in ("hao.wei", "wang.na"))
    url = f"/api/v1/candidates/{candidate_id}"
    wei.post(f"{url}/lease").raise_for_status()
    with service.database.write() as connection:
        connection.execute(update(review_leases).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    na.post(f"{url}/lease").raise_for_status()
    assert wei.post(f"{url}/verdict", json=REJECTED).status_code == 409
    na.delete(f"{url}/lease").raise_for_status()
    assert wei.post(f"{url}/verdict", json=REJECTED).status_code == 201


def test_parked_leaves_the_queue_and_is_back_when_its_time_is_over(
    service: Service, somebody: Somebody, candidate_id: str
) -> None:
    wei, url = somebody("hao.wei", Grant(Role.REVIEWER, ERQI)), f"/api/v1/candidates/{candidate_id}/deferral"
    for hours in (0, 169, "soon"):
        assert wei.post(url, json={"kind": "parked", "hours": hours}).status_code == 422
    assert wei.post(url, json={"kind": "escalated", "hours": 2}).status_code == 422
    assert waits(wei) == [candidate_id]
    began = datetime.now(UTC)
    said = wei.post(url, json={"kind": "parked", "hours": 168}).raise_for_status().json()
    assert abs(datetime.fromisoformat(said["until"]) - began - timedelta(days=7)) < timedelta(minutes=1)
    assert (waits(wei), waits(wei, "parked"), waits(wei, "escalated")) == ([], [candidate_id], [])
    assert "Parked until" in wei.get(f"/review/{candidate_id}/card", params={"lang": "en"}).text
    with service.database.write() as connection:
        connection.execute(update(deferrals).values(until=began))
    queue = wei.get("/review/queue").json()
    assert (queue["ids"], queue["parked"]) == ([candidate_id], 0)
    assert waits(wei, "parked") == []
    assert "Parked until" not in wei.get(f"/review/{candidate_id}/card", params={"lang": "en"}).text


def test_what_is_escalated_waits_in_the_list_of_the_supervisors_of_its_district(
    somebody: Somebody, candidate_id: str
) -> None:
    wei = somebody("hao.wei", Grant(Role.REVIEWER, ERQI))
    here, there = (
        somebody(login, Grant(Role.SUPERVISOR, frozenset({of})))
        for login, of in (("he.yu", "erqi"), ("lin", "jinshui"))
    )
    url = f"/api/v1/candidates/{candidate_id}"
    said = wei.post(f"{url}/deferral", json={"kind": "escalated", "note": "a permit?"}).raise_for_status().json()
    assert said == {"kind": "escalated", "until": None}
    assert [waits(http, "escalated") for http in (here, there)] == [[candidate_id], []]
    assert [http.get("/review/queue").json()["escalated"] for http in (here, there)] == [1, 0]
    assert "a permit?" in here.get(f"/review/{candidate_id}").text
    assert here.post(f"{url}/verdict", json=REJECTED).status_code == 201
    assert here.get("/review/queue", params={"list": "escalated"}).json()["escalated"] == 0
    here.post(f"{url}/reopening").raise_for_status()
    assert waits(wei) == [candidate_id]  # the verdict ended it: reopened it is nobody's escalation


def test_reopening_is_for_the_author_and_supervisors_and_keeps_what_was_said(
    service: Service, somebody: Somebody, candidate_id: str
) -> None:
    author, other = (somebody(login, Grant(Role.REVIEWER, ERQI)) for login in ("hao.wei", "wang.na"))
    chief, far = (
        somebody(login, Grant(Role.SUPERVISOR, frozenset({of})))
        for login, of in (("he.yu", "erqi"), ("lin", "jinshui"))
    )
    url = f"/api/v1/candidates/{candidate_id}"
    assert author.post(f"{url}/reopening").status_code == 409  # no verdict yet
    author.post(f"{url}/verdict", json=REJECTED | {"note": "first"}).raise_for_status()
    assert [http.post(f"{url}/reopening").status_code for http in (other, far)] == [403, 404]
    assert [http.delete(f"{url}/verdict").status_code for http in (other, far)] == [403, 404]  # nor within the window
    assert service.http.get(url).json()["state"] == "rejected"
    assert chief.post(f"{url}/reopening").status_code == 204
    other.post(f"{url}/verdict", json=REJECTED | {"note": "second"}).raise_for_status()
    assert author.post(f"{url}/reopening").status_code == 403  # the standing verdict is another's now
    page = author.get(f"/candidates/{candidate_id}", params={"lang": "en"}).text
    assert page.rindex("first") < page.index("taken back by he.yu") < page.rindex("second")
    assert page.count("taken back by") == 1


HOSTILE = ('"><img src=x onerror=alert(1)>', "</blockquote><script>alert(1)</script>", "{{ 7 * 7 }} &amp; 'x' 占道")


@pytest.mark.parametrize("note", HOSTILE)
def test_hostile_notes_are_words_on_the_pages(service: Service, candidate_id: str, note: str) -> None:
    url = f"/api/v1/candidates/{candidate_id}"
    service.http.post(f"{url}/deferral", json={"kind": "escalated", "note": note}).raise_for_status()
    put_off = service.http.get(f"/candidates/{candidate_id}").text
    service.http.post(f"{url}/verdict", json=REJECTED | {"note": note}).raise_for_status()
    shown = note.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
    for page in (put_off, service.http.get(f"/candidates/{candidate_id}").text):
        assert shown.replace("'", "&#39;") in page
        assert note not in page
    assert service.http.get(url).json()["verdict"]["note"] == note


@pytest.mark.parametrize("note", ["\x00", "bell \x07", "x" * 1001, 5])
def test_a_note_that_is_no_text_is_refused_and_changes_nothing(
    service: Service, candidate_id: str, note: object
) -> None:
    url = f"/api/v1/candidates/{candidate_id}"
    assert service.http.post(f"{url}/deferral", json={"kind": "escalated", "note": note}).status_code == 422
    assert service.http.post(f"{url}/verdict", json=REJECTED | {"note": note}).status_code == 422
    assert waits(service.http) == [candidate_id]


def test_streams_are_bounded_for_one_person_and_for_all(service: Service, candidate_id: str) -> None:
    candidate, streams = only(service.database).id, ReviewEvents(service.database)
    crowd = [Scope(actor=a_user(f"reviewer-{number}").actor) for number in range(events.MOST // events.MOST_OF_ONE + 1)]
    for _ in range(events.MOST_OF_ONE):
        streams.open(crowd[0], candidate)
    with pytest.raises(NotReady):
        streams.open(crowd[0], candidate)
    others = [scope for scope in crowd[1:-1] for _ in range(events.MOST_OF_ONE)]
    assert len(others) == events.MOST - events.MOST_OF_ONE
    for scope in others:
        streams.open(scope, candidate)
    with pytest.raises(NotReady, match="too many streams"):
        streams.open(crowd[-1], candidate)
    with pytest.raises(NotFound):  # what is not seen is said to be not there, also where the house is full
        streams.open(Scope.of(["jinshui"]), candidate)


@pytest.mark.parametrize("name", ["district", "camera", "class", "rule"])
def test_a_filter_that_no_database_can_hold_is_refused(
    database: Database, files: EvidenceStore, settings: Settings, name: str
) -> None:
    app = create_app(settings, database, files, passwords=CHEAP)
    with serve(app) as served, client(served, sign_in(database)) as http:
        assert [http.get(f"{path}?{name}=%00").status_code for path in ("/review/queue", "/review")] == [422, 422]
        assert [http.get(f"{path}?{name}=").status_code for path in ("/review/queue", "/review")] == [200, 200]


async def _first_of(streams: ReviewEvents, scope: Scope, database: Database) -> str:
    following = streams.follow(streams.open(scope, only(database).id))
    heard = await anext(following)
    await following.aclose()  # type: ignore[attr-defined]  # an asynchronous generator
    return heard


def test_a_page_that_leaves_frees_its_place(service: Service, candidate_id: str) -> None:
    streams = ReviewEvents(service.database)
    heard = [asyncio.run(_first_of(streams, EVERYWHERE, service.database)) for _ in range(events.MOST_OF_ONE + 2)]
    assert heard == ["retry: 1000\n\n"] * (events.MOST_OF_ONE + 2)
    for _ in range(events.MOST_OF_ONE):  # all places are free
        streams.open(EVERYWHERE, only(service.database).id)
    with pytest.raises(NotReady):
        streams.open(EVERYWHERE, only(service.database).id)
