"""The review page in a real Chromium, where what a reviewer sees and what is stored could come apart."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from detector.places.pictures import Moment, MomentPicture
from detector.vision.jpeg import encode
from tests.api.conftest import Service
from tests.api.samples import NOON, STALL, a_candidate, street
from tests.api.signing import COOKIE, a_user, sign_in

sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright: pip install playwright")
from playwright.sync_api import Page, Route, expect  # noqa: E402  # after the skip above

from tests.api.review.test_browser import (  # noqa: E402, F401  # the fixtures
    browser,
    context,
    expected,
    left,
    page,
    states,
)


def test_a_box_is_drawn_in_the_picture_that_it_is_stored_for(page: Page, service: Service) -> None:  # noqa: F811
    at = NOON + timedelta(minutes=6)
    breach = MomentPicture(Moment.NOW, encode(street(1280, 960)), 1280, 960, at, (700.0, 500.0, 900.0, 800.0), 0.25)
    service.sink.take(replace(a_candidate(), pictures=(breach,)))
    page.goto(f"{service.url}/review")
    expect(page.locator(".scene svg")).to_have_attribute("data-kind", "breach")
    expect(page.locator("#confirm")).to_be_enabled()
    page.keyboard.press("d")
    expect(page.locator(".scene svg")).to_have_attribute("data-kind", "scene")
    expect(page.locator(".scene svg")).to_have_attribute("viewBox", "0 0 640 360")
    line = page.locator(".scene .box .line").bounding_box()
    assert line is not None
    page.mouse.move(line["x"], line["y"])
    page.mouse.down()
    page.mouse.move(line["x"] + line["width"], line["y"] + line["height"])
    page.mouse.up()
    page.keyboard.press("c")
    left(page, 0)
    (item,) = service.http.get("/api/v1/candidates").json()["items"]
    verdict = service.http.get(f"/api/v1/candidates/{item['id']}").json()["verdict"]
    assert verdict["box"] == pytest.approx(STALL, abs=4)


def test_what_was_decided_is_found_in_the_list_and_reopened(page: Page, service: Service) -> None:  # noqa: F811
    (candidate_id,) = service.seed()
    said = {"decision": "rejected", "reason": "vehicle"}
    service.http.post(f"/api/v1/candidates/{candidate_id}/verdict", json=said).raise_for_status()
    page.goto(f"{service.url}/candidates")
    page.locator("tbody a").first.click()
    expect(page.locator("h1 .chip")).to_have_text("Rejected")
    expect(page.get_by_role("button", name="Reopen")).to_have_count(0)
    page.get_by_role("link", name="Review", exact=True).last.click()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    page.wait_for_load_state()  # a click on a link does not wait for the next page's script
    page.keyboard.press("o")
    expect(page.locator("#confirm")).to_be_enabled()
    assert states(service) == ["open"]


HEARD = "**/review/events*"
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def colleague(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=10, trust_env=False, headers={"Origin": service.url}) as http:
        http.cookies.set(COOKIE, sign_in(service.database, a_user("wang.na", "Wang Na")))
        yield http


def test_a_page_listens_only_while_it_is_looked_at(page: Page, service: Service) -> None:  # noqa: F811
    service.seed()
    with page.expect_response(HEARD):
        page.goto(f"{service.url}/review")
    with page.expect_event("requestfailed", lambda one: "/review/events" in one.url):
        page.evaluate(HIDE, True)
    with page.expect_response(HEARD):
        page.evaluate(HIDE, False)


def test_what_is_heard_during_an_action_that_fails_is_said_after_it(
    page: Page,  # noqa: F811
    service: Service,
    colleague: httpx.Client,
    expected: list[str],  # noqa: F811
) -> None:
    expected.append("503 (Service Unavailable)")
    (candidate_id,) = service.seed()
    page.route("**/lease", lambda route: route.fulfill(status=200, json={}))  # so a colleague can take it
    with page.expect_response(HEARD):
        page.goto(f"{service.url}/review")

    def fail(route: Route) -> None:
        colleague.post(f"/api/v1/candidates/{candidate_id}/lease").raise_for_status()
        time.sleep(1.5)  # the service looks once a second
        route.fulfill(status=503)

    page.route("**/verdict", fail)
    page.keyboard.press("c")
    expect(page.locator(".card .notice.bad")).to_have_text("Somebody else is looking at this one")
    expect(page.locator("#confirm")).to_be_disabled()


def test_what_a_colleague_looks_at_or_put_off_since_is_theirs(
    page: Page,  # noqa: F811
    service: Service,
    colleague: httpx.Client,
    expected: list[str],  # noqa: F811
) -> None:
    expected += ["403 (Forbidden)", "503 (Service Unavailable)"]
    first, second = service.seed(2)
    page.route(HEARD, lambda route: route.fulfill(status=503))
    page.route("**/lease", lambda route: route.fulfill(status=200, json={}))
    page.goto(f"{service.url}/review")
    colleague.post(f"/api/v1/candidates/{first}/lease").raise_for_status()
    page.keyboard.press("e")
    expect(page.locator("#toast")).to_have_text("Somebody else is looking at this one")
    expect(page.locator(".card")).to_have_attribute("data-id", second)
    page.keyboard.press("e")
    expect(page.locator("#toast")).to_have_text("Escalated")
    again = {"kind": "escalated", "note": "the permit is missing"}
    colleague.post(f"/api/v1/candidates/{second}/deferral", json=again).raise_for_status()
    page.keyboard.press("u")
    expect(page.locator("#toast")).to_have_text("Too late to take it back")
    expect(page.locator("#undo")).to_be_disabled()
    assert "the permit is missing" in service.http.get(f"/review/{second}/card").text
