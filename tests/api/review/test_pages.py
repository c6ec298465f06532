"""The pages as the server makes them, without a browser."""

import re
from uuid import uuid4

import pytest

from api.cases import outbox
from api.db.scope import EVERYWHERE
from detector.reason import Reason
from detector.rules.ruling import Outcome
from tests.api.conftest import Service
from tests.api.samples import HEARD, RULEBOOK, a_candidate, ruled

PAGES = ["/review", "/cases", "/cameras"]


def confirm(service: Service, candidate_id: str) -> str:
    url = f"/api/v1/candidates/{candidate_id}/verdict"
    return str(service.http.post(url, json={"decision": "confirmed"}).json()["id"])


def test_the_root_leads_to_the_review(service: Service) -> None:
    assert service.http.get("/").headers["location"] == "/review"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_speaks_the_language_asked_for_and_remembers_it(service: Service, path: str) -> None:
    english = service.http.get(path, headers={"Accept-Language": "de,en"})
    service.http.cookies.delete("language")
    chinese = service.http.get(path, params={"lang": "zh"})
    again = service.http.get(path, headers={"Accept-Language": "en"})
    assert '<html lang="en">' in english.text
    assert '<html lang="zh-CN">' in chinese.text
    assert '<html lang="zh-CN">' in again.text
    assert chinese.headers["content-language"] == "zh-CN"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_without_anything_to_show_says_so(service: Service, path: str, lang: str) -> None:
    page = service.http.get(path, params={"lang": lang})
    assert page.status_code == 200
    assert re.search("Nothing to review|No case yet|Cameras|没有待审线索|暂无案件|摄像机", page.text)


def test_nothing_on_a_page_comes_from_elsewhere_or_runs_inline(service: Service) -> None:
    (candidate_id,) = service.seed()
    key = confirm(service, candidate_id)
    for path in [*PAGES, f"/review/{candidate_id}", f"/cases/{key}"]:
        page = service.http.get(path).text
        assert not re.search(r'(src|href|action)="(https?:)?//', page), path
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", page), path


def test_a_card_shows_why_in_both_languages(service: Service) -> None:
    (candidate_id,) = service.seed()
    english = service.http.get(f"/review/{candidate_id}/card", params={"lang": "en"}).text
    chinese = service.http.get(f"/review/{candidate_id}/card", params={"lang": "zh"}).text
    assert "has stood 6 min; the limit of 5 min is reached" in english
    assert "已停留 6 分，达到时限 5 分" in chinese
    for card in (english, chinese):
        assert "0501" in card
        assert "Daxue Road north" in card
        assert "34.74650, 113.62540" in card
        assert len(re.findall(r"<code>[0-9a-f]{64}</code>", card)) == 3
        assert f"/api/v1/rulebooks/{RULEBOOK.sha256}" in card


def test_a_card_shows_what_the_finders_say_in_both_languages(service: Service) -> None:
    service.sink.take(a_candidate(evidence=HEARD))
    (item,) = service.http.get("/api/v1/candidates").json()["items"]
    english = service.http.get(f"/review/{item['id']}/card", params={"lang": "en"}).text
    chinese = service.http.get(f"/review/{item['id']}/card", params={"lang": "zh"}).text
    assert "seen in 5 of 6 looks, at most 83 %" in english
    assert "seen in none of 6 looks" in english
    assert "分析 6 次，发现 5 次，最高 83 %" in chinese
    assert "分析 6 次，均未发现" in chinese
    for card in (english, chinese):
        assert f'<img src="/api/v1/candidates/{item["id"]}/evidence/by_model"' in card
        assert '<time datetime="2026-11-20T04:00:00+00:00" data-zone="UTC">04:00:00</time>' in card


def test_a_card_of_which_no_finder_is_recorded_has_no_list_of_them(service: Service) -> None:
    (candidate_id,) = service.seed()
    assert "finders" not in service.http.get(f"/review/{candidate_id}/card").text


def test_what_cameras_and_rules_are_called_cannot_become_markup(service: Service) -> None:
    wicked = "<img src=x onerror=alert(1)>"
    service.sink.take(
        a_candidate(
            wicked,
            source=wicked,
            class_name=wicked,
            ruling=ruled(Outcome.VIOLATION, Reason(wicked), Reason("inside_zone", {"zone": wicked, "kind": "x"})),
        )
    )
    (candidate_id,) = [item["id"] for item in service.http.get("/api/v1/candidates").json()["items"]]
    key = confirm(service, candidate_id)
    for path in ("/review", f"/review/{candidate_id}", "/cases", f"/cases/{key}"):
        assert "<img src=x" not in service.http.get(path).text


def test_a_place_without_position_has_no_map(service: Service) -> None:
    service.sink.take(a_candidate(position=None))
    page = service.http.get("/review").text
    assert 'class="map"' not in page
    assert "Position unknown" in page


def test_a_decided_candidate_shows_its_verdict(service: Service) -> None:
    (candidate_id,) = service.seed()
    service.http.post(f"/api/v1/candidates/{candidate_id}/verdict", json={"decision": "rejected", "reason": "vehicle"})
    page = service.http.get(f"/review/{candidate_id}").text
    assert "A parked vehicle" in page
    assert "Li Wei" in page
    assert service.http.get("/review/queue").json() == {"ids": [], "total": 0, "parked": 0, "escalated": 0}
    assert service.http.get(f"/review/{uuid4()}/card").status_code == 404


def test_a_refused_case_is_shown_and_sent_again_from_its_page(service: Service) -> None:
    (candidate_id,) = service.seed()
    key = confirm(service, candidate_id)
    with service.database.write() as connection:
        outbox.give_up(connection, outbox.page(EVERYWHERE, connection, None, None, 1).items[0], 422, "answered 422")
    assert "Refused" in service.http.get("/cases").text
    page = service.http.get(f"/cases/{key}").text
    assert "answered 422" in page
    assert "Send again" in page
    back = service.http.post(f"/cases/{key}/retry")
    assert (back.status_code, back.headers["location"]) == (303, f"/cases/{key}")
    assert "On its way" in service.http.get(f"/cases/{key}").text
