"""The list of candidates of every state: filters, counts, pages, and the export."""

import csv
import io
import re
from dataclasses import replace

import pytest
from sqlalchemy import event

from api.audit import repository as audit
from api.audit.repository import Search
from api.db.scope import EVERYWHERE
from api.surveys import repository as surveys
from api.surveys.manifest import Announced, plan, read_manifest
from detector.candidate import Origin
from detector.rules.source import RulebookSource
from tests.api.conftest import Service
from tests.api.samples import NOON, VIOLATION, a_candidate


@pytest.fixture
def three(service: Service) -> list[str]:
    """An open, a confirmed and a rejected candidate."""
    ids = service.seed(3)
    for one, said in zip(ids[1:], ({"decision": "confirmed"}, REJECTED), strict=True):
        service.http.post(f"/api/v1/candidates/{one}/verdict", json=said).raise_for_status()
    return ids


REJECTED = {"decision": "rejected", "reason": "other", "note": "=HYPERLINK(0)"}


def rows(service: Service, **params: str) -> list[dict[str, str]]:
    answer = service.http.get("/api/v1/candidates/export", params={"reason": "yearly report", **params})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text[0] == "\ufeff"
    return list(csv.DictReader(io.StringIO(answer.text[1:])))


def test_every_state_is_listed_and_counted(service: Service, three: list[str]) -> None:
    page = service.http.get("/candidates", params={"lang": "en"}).text
    assert all(f'href="/candidates/{one}"' in page for one in three)
    only = service.http.get("/candidates", params={"state": "rejected"}).text
    assert [f'href="/candidates/{one}"' in only for one in three] == [False, False, True]
    counts = service.http.get("/api/v1/candidates/counts", params={"state": "open"}).json()
    assert counts == {"open": 1, "confirmed": 1, "rejected": 1, "expired": 0}


@pytest.mark.parametrize(
    ("params", "total"),
    [
        ({"class": "stall"}, 3), ({"class": "banner"}, 0), ({"camera": "cam-9"}, 0), ({"district": "erqi"}, 0),
        ({"rule": "stall-on-main-road"}, 3), ({"zone": "daxue-road"}, 3), ({"zone": "elsewhere"}, 0),
        ({"from": "2000-01-01"}, 3), ({"from": "2199-12-31"}, 0), ({"to": "2000-01-01"}, 0), ({"ruling": "unknown"}, 0),
        ({"survey": "00000000-0000-0000-0000-000000000000"}, 0),
        ({"state": "", "class": "", "from": "", "survey": "", "zone": ""}, 3),
    ],
)  # fmt: skip
def test_each_filter_narrows_page_and_list(
    service: Service, three: list[str], params: dict[str, str], total: int
) -> None:
    listed = service.http.get("/api/v1/candidates", params=params)
    assert (listed.status_code, listed.json()["total"]) == (200, total)
    page = service.http.get("/candidates", params=params)
    assert page.status_code == 200
    assert sum(f'href="/candidates/{one}"' in page.text for one in three) == total


def test_pages_follow_each_other(service: Service) -> None:
    for number in range(52):
        service.sink.take(a_candidate(f"place-{number}"))
    first = service.http.get("/candidates", params={"class": "stall", "lang": "en"}).text
    link = first.split('class="button" href="?')[-1].split('"')[0].replace("&amp;", "&")
    assert link.startswith("class=stall&cursor=")
    rest = service.http.get(f"/candidates?{link}").text
    assert rest.count('href="/candidates/') - rest.count('href="/candidates/export') == 2
    assert len(rows(service)) == 52


def test_times_are_in_the_zone_of_the_rulebook_which_is_named(service: Service) -> None:
    rulebook = RulebookSource.of("2026-11-01", b"timezone: Asia/Shanghai\n", b"id,class\n")
    service.sink.take(a_candidate(ruling=replace(VIOLATION, rulebook=rulebook)))
    page = service.http.get("/candidates").text
    first_seen, _came_in = re.findall("<time .*?</time>", page)
    said = '<time datetime="2026-11-20T04:00:00+00:00" data-zone="Asia/Shanghai">2026-11-20 12:00 Asia/Shanghai</time>'
    assert first_seen == said
    assert len(re.findall('<time [^>]*data-zone="Asia/Shanghai">[^<]* Asia/Shanghai</time>', page)) == 2


def test_rulebooks_and_surveys_are_read_once_however_many_candidates_name_them(service: Service) -> None:
    for number in range(30):
        source = RulebookSource.of("2026-11-01", b"version: %d\n" % (number % 2), b"id,class\n")
        survey, announced = plan(read_manifest(f"flight {number}", [Announced("v.mp4", 9, "a" * 64)]), {}, NOON)
        with service.database.write() as connection:
            assert surveys.add(EVERYWHERE, connection, survey, announced)
        ruling, origin = replace(VIOLATION, rulebook=source), Origin(survey_id=survey.id)
        service.sink.take(a_candidate(f"place-{number}", ruling=ruling, origin=origin))
    asked: list[str] = []

    def listen(*said: object) -> None:
        asked.append(str(said[2]))

    event.listen(service.database.engine, "before_cursor_execute", listen)
    try:
        page = service.http.get("/candidates").text
    finally:
        event.remove(service.database.engine, "before_cursor_execute", listen)
    assert all(f"<td>flight {number}</td>" in page for number in range(30))
    for table in ("rulebooks", "surveys"):  # loops of the service may ask in between, too
        assert 1 <= sum(f"FROM {table} " in one.replace("\n", " ") for one in asked) < 10


@pytest.mark.parametrize(("lang", "words"), [("en", "No candidate yet."), ("zh", "暂无线索。")])
def test_an_empty_list_says_so(service: Service, lang: str, words: str) -> None:
    assert words in service.http.get("/candidates", params={"lang": lang}).text


@pytest.mark.parametrize("params", [{"from": "1999-12-31"}, {"to": "yesterday"}, {"state": "lost"}, {"survey": "1"}])
def test_what_cannot_be_asked_for_is_refused(service: Service, params: dict[str, str]) -> None:
    for path in ("/candidates", "/api/v1/candidates", "/api/v1/candidates/counts"):
        assert service.http.get(path, params=params).status_code == 422


def test_an_export_asks_for_a_reason_runs_nothing_and_is_recorded(service: Service, three: list[str]) -> None:
    assert service.http.get("/api/v1/candidates/export").status_code == 403
    (row,) = rows(service, state="rejected", **{"class": "stall"})
    assert (row["id"], row["note"], row["reject_reason"]) == (three[2], "'=HYPERLINK(0)", "other")
    with service.database.read() as connection:
        (event,) = audit.page(EVERYWHERE, connection, Search(act="exported"), None, 9).items
    assert event.told == {"state": "rejected", "class": "stall", "rows": 1, "reason": "yearly report"}
    form = service.http.get("/candidates/export", params={"state": "rejected"}).text
    assert '<input type="hidden" name="state" value="rejected">' in form
