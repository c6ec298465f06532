"""Forms of the desk that are not as they should be, and the list of the next flight in the hands of several people."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import Connection, event, select, update

from api.accounts.users import Grant
from api.audit.tables import audit_events
from api.cases import progress
from api.cases.photograph_form import MOST_FIELDS, MOST_TEXT
from api.cases.photographs import MOST_BYTES
from api.cases.tables import CaseStatus, look_requests
from api.db.scope import EVERYWHERE
from api.roles import Role
from tests.api.cases.desk_service import at_desk, delivered, photograph
from tests.api.cases.stored_cases import say, status_of, stored_case
from tests.api.conftest import Service
from tests.api.samples import NOON
from tests.api.signing import COOKIE, a_user, sign_in

PHOTOGRAPH = ("a.jpg", photograph(), "image/jpeg")
FOREIGN: list[dict[str, str]] = [
    {},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "same-site"},
]
"""What a request says of where it comes from that does not come from our pages."""
Files = list[tuple[str, tuple[str, bytes, str]]]


@pytest.mark.parametrize(
    ("files", "texts"),
    [
        ([("photograph", PHOTOGRAPH), ("photograph", PHOTOGRAPH)], {}),
        ([("photograph", PHOTOGRAPH), ("other", PHOTOGRAPH)], {}),
        ([("picture", PHOTOGRAPH)], {}),
        ([("photograph", PHOTOGRAPH)], {"note": "x" * (MOST_TEXT + 1)}),
        ([("photograph", PHOTOGRAPH)], {f"field{n}": "x" for n in range(MOST_FIELDS + 1)}),
    ],
    ids=["two", "two names", "another name", "long text", "many fields"],
)
def test_a_form_has_one_photograph_and_few_words(service: Service, files: Files, texts: dict[str, str]) -> None:
    (key,) = at_desk(service)
    refused = service.http.post(f"/cases/{key}/fix", files=files, data=texts)
    assert refused.status_code == 422
    with service.database.read() as connection:
        assert (status_of(connection, key), progress.events(EVERYWHERE, connection, key)) == (CaseStatus.REPORTED, ())
    sent = service.http.post(f"/cases/{key}/fix", files=[("photograph", PHOTOGRAPH)], data={"note": "x" * MOST_TEXT})
    assert sent.status_code == 303  # the longest that a form may say; what is kept of it is shorter
    with service.database.read() as connection:
        assert [len(one.note) for one in progress.events(EVERYWHERE, connection, key)] == [2000]


def test_what_follows_a_photograph_counts_too_and_a_whole_one_is_read_piece_by_piece(service: Service) -> None:
    (key,) = at_desk(service)
    head = b'--x\r\nContent-Disposition: form-data; name="photograph"; filename="a.jpg"\r\n\r\n'
    form = head + photograph() + b"\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    padded = form + bytes(MOST_BYTES + 2**17)
    assert service.http.post(f"/cases/{key}/fix", content=padded, headers=headers).status_code == 422

    def pieces() -> Iterator[bytes]:
        for begin in range(0, len(form), 97):
            yield form[begin : begin + 97]

    assert service.http.post(f"/cases/{key}/fix", content=pieces(), headers=headers).status_code == 303


def test_a_bad_form_does_not_tell_which_cases_there_are(service: Service) -> None:
    """What is not there, or not this desk's, is so whatever was sent to it."""
    (key,) = at_desk(service)
    delivered(service, key, case_system="city")
    for body, kind in ((b"{}", "application/json"), (b"garbage", "multipart/form-data; boundary=x")):
        for case, status in ((uuid4(), 404), (key, 409)):
            answer = service.http.post(f"/cases/{case}/fix", content=body, headers={"Content-Type": kind})
            assert answer.status_code == status, (kind, status)


def test_a_form_of_another_page_does_nothing_to_a_case(service: Service) -> None:
    (key,) = at_desk(service)
    session = {"Cookie": f"{COOKIE}={service.http.cookies[COOKIE]}"}
    with httpx.Client(base_url=service.url, trust_env=False, headers=session) as http:
        assert http.get(f"/cases/{key}").status_code == 200
        for said in FOREIGN:
            for step in ("assign", "refuse", "close"):
                form = {"assignee": "Crew 3", "reason": "permitted"}
                assert http.post(f"/cases/{key}/{step}", data=form, headers=said).status_code == 403, (said, step)
            fixed = http.post(f"/cases/{key}/fix", files=[("photograph", PHOTOGRAPH)], headers=said)
            assert fixed.status_code == 403, said
    with service.database.read() as connection:
        assert (status_of(connection, key), progress.events(EVERYWHERE, connection, key)) == (CaseStatus.REPORTED, ())


def fixed_places(service: Service, *districts: str) -> list[UUID]:
    """Cases that no camera sees, said to be fixed one hour after the other, the first last."""
    keys = []
    with service.database.write() as connection:
        for hour, district in enumerate(districts):
            keys.append(key := stored_case(connection, district=district))
            say(connection, key, CaseStatus.FIXED, at=NOON - timedelta(hours=hour))
            mine = look_requests.c.delivery_id == key
            connection.execute(update(look_requests).where(mine).values(camera_id=None))
    return keys


def become(service: Service, role: Role, *districts: str) -> None:
    user = a_user(f"{role}", "Somebody", Grant(role, frozenset(districts) or None, 3))
    service.http.cookies.set(COOKIE, sign_in(service.database, user))


def table(service: Service) -> list[dict[str, str]]:
    answer = service.http.get("/cases/next-flight.csv", params={"lang": "en", "reason": "flight of Monday"})
    assert answer.headers["content-disposition"] == 'attachment; filename="next-flight.csv"'
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_next_flight_goes_to_what_waits_longest_and_is_not_settled(service: Service) -> None:
    first, second, third, fourth = fixed_places(service, "erqi", "jinshui", "erqi", "=1+1")
    assert [row["case"] for row in table(service)] == [str(one) for one in (fourth, third, second, first)]
    assert table(service)[0]["district"] == "'=1+1"  # no formula for a spreadsheet
    with service.database.write() as connection:
        say(connection, third, CaseStatus.CLOSED)
        say(connection, fourth, CaseStatus.CHECKED)
    assert [row["case"] for row in table(service)] == [str(second), str(first)]
    page = service.http.get("/cases/next-flight").text
    assert page.index(f"/cases/{second}") < page.index(f"/cases/{first}")
    assert str(third) not in page


def test_each_takes_the_places_of_their_own_district_along_and_says_why(service: Service) -> None:
    ours, theirs = fixed_places(service, "erqi", "jinshui")
    become(service, Role.SUPERVISOR, "erqi")
    assert [row["case"] for row in table(service)] == [str(ours)]
    page = service.http.get("/cases/next-flight").text
    assert (str(ours) in page, str(theirs) in page) == (True, False)
    for reason in ("", "  ", "ab", "x" * 201, "a\x00b c"):
        answer = service.http.get("/cases/next-flight.csv", params={"reason": reason})
        assert answer.status_code in (403, 422), reason
        assert str(ours) not in answer.text
    become(service, Role.REVIEWER, "erqi")
    assert service.http.get("/cases/next-flight.csv", params={"reason": "flight of Monday"}).status_code == 403
    assert "next-flight.csv" not in service.http.get("/cases/next-flight").text
    with service.database.read() as connection:
        kept = connection.execute(select(audit_events.c.details).where(audit_events.c.subject == "next-flight"))
        assert [json.loads(one) for one in kept.scalars()] == [{"reason": "flight of Monday", "rows": 1}]


def test_the_table_of_the_next_flight_is_read_in_few_queries_while_others_may_write(service: Service) -> None:
    fixed_places(service, "erqi", "jinshui", "erqi")
    asked: list[tuple[str, bool]] = []

    def note(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        asked.append((statement, bool(connection.get_execution_options().get("read_only"))))

    event.listen(service.database.engine, "before_cursor_execute", note)
    try:
        assert len(table(service)) == 3
    finally:
        event.remove(service.database.engine, "before_cursor_execute", note)
    assert [only_read for statement, only_read in asked if "look_requests" in statement] == [True]
    assert [only_read for statement, only_read in asked if "FROM candidates" in statement] == [True]
