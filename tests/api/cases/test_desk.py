"""The case desk: assign, fix with a photograph, refuse, close."""

import io
import re
import struct
import zlib
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image as Pillow
from sqlalchemy import update

from api.accounts.users import Grant
from api.cases import looks, outbox, progress
from api.cases.progress import CaseProgress
from api.cases.tables import CaseStatus, LookOutcome
from api.cases.tables import outbox as deliveries
from api.db.scope import EVERYWHERE
from api.roles import Role
from tests.api.cases.desk_service import at_desk, delivered, photograph
from tests.api.cases.stored_cases import say, stored_case
from tests.api.conftest import Service
from tests.api.samples import NOON
from tests.api.signing import COOKIE, a_user, sign_in

ENGLISH = {"lang": "en"}


def status_of(service: Service, key: UUID) -> CaseProgress:
    with service.database.read() as connection:
        delivery = outbox.find(EVERYWHERE, connection, key)
        assert delivery is not None
        return progress.of_cases(EVERYWHERE, connection, [delivery])[key]


def fix(service: Service, key: UUID, content: bytes, note: str = "") -> httpx.Response:
    return service.http.post(
        f"/cases/{key}/fix", files={"photograph": ("IMG_0001.JPG", content, "image/jpeg")}, data={"note": note}
    )


def test_a_case_goes_round_at_the_desk(service: Service) -> None:
    (key,) = at_desk(service)
    assert status_of(service, key).status is CaseStatus.REPORTED
    given = service.http.post(f"/cases/{key}/assign", data={"assignee": "Crew 3"})
    assert (given.status_code, given.headers["location"]) == (303, f"/cases/{key}")
    assert (status_of(service, key).status, status_of(service, key).assignee) == (CaseStatus.DISPATCHED, "Crew 3")
    assert fix(service, key, photograph(), "moved\r\ninside").status_code == 303
    assert service.http.post(f"/cases/{key}/close", data={"note": "seen"}).status_code == 303
    assert status_of(service, key).status is CaseStatus.CLOSED
    page = service.http.get(f"/cases/{key}", params=ENGLISH).text
    for said in ("Dispatched", "Fixed", "Closed", "Crew 3", "moved\ninside", "at the desk · Li Wei"):
        assert said in page, said
    assert "<form" not in page.split("How far it is")[0].split("</header>", 2)[-1]  # nothing is left to be done
    assert "已结案" in service.http.get(f"/cases/{key}", params={"lang": "zh"}).text
    log = service.http.get("/audit", params=ENGLISH | {"subject": str(key)}).text
    assert (log.count("<td>case moved</td>"), log.count("<td>case assigned</td>")) == (2, 1)


def test_a_photograph_is_shown_upright_and_says_nothing_of_the_phone(service: Service) -> None:
    (key,) = at_desk(service)
    sent = photograph(400, 300, turned=6)
    assert b"Phone of Li Wei" in sent
    assert fix(service, key, sent).status_code == 303
    page = service.http.get(f"/cases/{key}").text
    found = re.search(rf'src="(/cases/{key}/photographs/[0-9a-f-]+)"', page)
    assert found is not None
    shown = service.http.get(found[1])
    assert shown.headers["content-type"] == "image/jpeg"
    with Pillow.open(io.BytesIO(shown.content)) as picture:
        assert (picture.size, dict(picture.getexif())) == ((300, 400), {})
    assert b"Phone of Li Wei" not in shown.content
    assert service.http.get(f"/cases/{uuid4()}/photographs/{found[1].split('/')[-1]}").status_code == 404


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_large_photographs_of_other_kinds_are_made_smaller(service: Service, kind: str) -> None:
    (key,) = at_desk(service)
    assert fix(service, key, photograph(4000, 3000, kind=kind)).status_code == 303
    page = service.http.get(f"/cases/{key}").text
    shown = service.http.get(re.findall(r'src="(/cases/[^"]+/photographs/[^"]+)"', page)[0]).content
    with Pillow.open(io.BytesIO(shown)) as picture:
        assert (picture.size, picture.format) == ((1920, 1440), "JPEG")


def bomb() -> bytes:
    """A PNG of 30,000 x 30,000 pixels in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30000, 30000, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(30001 * 1000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"this is no picture",
        b"\xff\xd8\xff\xe0" + bytes(500),
        photograph()[:-200],
        bomb(),
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        photograph(8, 8),
        photograph() + bytes(17 * 2**20),
    ],
    ids=["nothing", "text", "broken", "cut off", "bomb", "list", "svg", "tiny", "too long"],
)
def test_what_is_no_photograph_is_refused_and_changes_nothing(service: Service, content: bytes) -> None:
    (key,) = at_desk(service)
    refused = fix(service, key, content)
    assert refused.status_code == 422
    assert "Not done:" in refused.text
    assert status_of(service, key).status is CaseStatus.REPORTED


def test_a_form_that_is_none_is_refused(service: Service) -> None:
    (key,) = at_desk(service)
    kind = "multipart/form-data; boundary=x"
    for headers, body in (
        ({"Content-Type": "application/json"}, b"{}"),
        ({"Content-Type": "multipart/form-data"}, b"--x--"),
        ({"Content-Type": kind}, b"--x\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--x--\r\n"),
        ({"Content-Type": kind}, b"--x\r\nContent-Disposition: form-data; name=photograph\r\n\r\ntext\r\n--x--\r\n"),
        ({"Content-Type": kind}, b"\x00\xff garbage"),
    ):
        answer = service.http.post(f"/cases/{key}/fix", content=body, headers=headers)
        assert answer.status_code == 422, (headers, answer.text[:200])
    assert status_of(service, key).status is CaseStatus.REPORTED


def test_a_case_is_refused_for_a_reason_and_that_is_an_end(service: Service) -> None:
    (key,) = at_desk(service)
    for reason in ("", "because"):
        assert service.http.post(f"/cases/{key}/refuse", data={"reason": reason}).status_code == 422
    sent = {"reason": "permitted", "note": "<b>see</b> permit 7"}
    assert service.http.post(f"/cases/{key}/refuse", data=sent).status_code == 303
    page = service.http.get(f"/cases/{key}", params=ENGLISH).text
    assert "It is permitted" in page
    assert "&lt;b&gt;see&lt;/b&gt; permit 7" in page
    assert service.http.post(f"/cases/{key}/assign", data={"assignee": "Crew 1"}).status_code == 409
    assert service.http.post(f"/cases/{key}/close").status_code == 409
    assert fix(service, key, photograph()).status_code == 409
    assert status_of(service, key).status is CaseStatus.REFUSED
    with service.database.read() as connection:
        candidate = outbox.find(EVERYWHERE, connection, key)
        assert candidate is not None
        assert progress.refused(EVERYWHERE, connection, [candidate.candidate_id]) == {
            candidate.candidate_id: "permitted"
        }


def test_what_is_fixed_is_neither_fixed_again_nor_refused(service: Service) -> None:
    (key,) = at_desk(service)
    assert fix(service, key, photograph()).status_code == 303
    assert fix(service, key, photograph()).status_code == 409
    assert service.http.post(f"/cases/{key}/refuse", data={"reason": "permitted"}).status_code == 409


def test_the_case_of_another_case_system_is_not_moved_here(service: Service) -> None:
    (key,) = at_desk(service)
    delivered(service, key, case_system="city")
    assert service.http.post(f"/cases/{key}/assign", data={"assignee": "Crew 1"}).status_code == 409
    assert 'class="desk"' not in service.http.get(f"/cases/{key}").text
    assert status_of(service, key).assignee is None


def test_nobody_is_no_assignee(service: Service) -> None:
    (key,) = at_desk(service)
    for name in ("", " \t", "\u202e"):
        assert service.http.post(f"/cases/{key}/assign", data={"assignee": name}).status_code == 422


def test_the_list_is_filtered(service: Service) -> None:
    first, second, third = at_desk(service, 3)
    service.http.post(f"/cases/{first}/assign", data={"assignee": "Crew 3"})
    with service.database.write() as connection:
        row = connection.execute(deliveries.select().where(deliveries.c.id == second)).one()
        old = row.created_at - timedelta(hours=49)
        connection.execute(update(deliveries).where(deliveries.c.id == second).values(created_at=old))

    def listed(**asked: str) -> set[UUID]:
        page = service.http.get("/cases", params=asked).text
        return {UUID(one) for one in re.findall(r'<a href="/cases/([0-9a-f-]{36})"', page)}

    assert listed() == {first, second, third}
    assert listed(status="dispatched") == listed(assignee="Crew 3") == {first}
    assert listed(status="reported") == {second, third}
    assert listed(overdue="1") == {second}
    assert listed(status="closed") == listed(district="nowhere") == set()
    assert listed(status="", district="", assignee="", overdue="") == {first, second, third}
    assert listed(status="no such") == {first, second, third}
    page = service.http.get("/cases", params=ENGLISH).text
    assert "1 not fixed within 48 h" in page
    assert "No case fits" in service.http.get("/cases", params=ENGLISH | {"status": "closed"}).text


def test_what_is_still_there_is_overdue_on_both_pages(service: Service) -> None:
    with service.database.write() as connection:
        gone, there = (stored_case(connection, at=NOON - timedelta(days=800)) for _ in range(2))
        for key, outcome in ((gone, LookOutcome.CLEARED), (there, LookOutcome.STILL_THERE)):
            say(connection, key, CaseStatus.FIXED)
            (check,) = looks.of_cases(EVERYWHERE, connection, [key]).values()
            looks.keep(connection, replace(check, outcome=outcome, seen_at=NOON))
    listed = service.http.get("/cases", params=ENGLISH).text
    assert listed.count('<span class="chip dead">overdue</span>') == 1
    assert str(there) in service.http.get("/cases", params=ENGLISH | {"overdue": "1"}).text
    assert str(gone) not in service.http.get("/cases", params=ENGLISH | {"overdue": "1"}).text
    pages = {key: service.http.get(f"/cases/{key}", params=ENGLISH).text for key in (gone, there)}
    assert {key: '<span class="chip dead">overdue</span>' in page for key, page in pages.items()} == {
        gone: False, there: True
    }  # fmt: skip


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR])
def test_who_may_not_act_sees_the_case_without_forms(service: Service, role: Role) -> None:
    (key,) = at_desk(service)
    service.http.cookies.set(COOKIE, sign_in(service.database, a_user("reads", "Reads", Grant(role, None, 3))))
    page = service.http.get(f"/cases/{key}", params=ENGLISH)
    assert page.status_code == 200
    assert 'class="desk"' not in page.text
    assert service.http.post(f"/cases/{key}/close").status_code == 403
