"""A reviewer's hour in a real Chromium: by keyboard, in both languages, with the strict policy in force."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from api.cameras import repository as cameras
from api.cameras.encryption import SecretBox, make_key
from api.db.scope import EVERYWHERE
from api.surveys.jobs import worker
from detector.candidate import Origin
from streams.camera.config_file import LegalReview
from tests.api.cameras.registered import A_CHANGE, a_camera
from tests.api.conftest import Service
from tests.api.samples import a_candidate
from tests.api.surveys.jobs.flights import context_over, drawn_flight, uploaded

sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright: pip install playwright")
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect  # noqa: E402  # after the skip above

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    fresh = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    fresh.set_default_timeout(10_000)
    yield fresh
    fresh.close()


@pytest.fixture
def expected() -> list[str]:
    """What Chromium itself may report: answers that the page knows how to read."""
    return ["409 (Conflict)"]


@pytest.fixture
def page(context: BrowserContext, service: Service, expected: list[str]) -> Iterator[Page]:
    """A page that fails its test if the console complains or anything is asked of another site."""
    complaints: list[str] = []
    ours = urlsplit(service.url).netloc

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in expected):
            complaints.append(message.text)

    def watch(request: Request) -> None:
        if urlsplit(request.url).netloc != ours:
            complaints.append(request.url)

    context.add_cookies([service.cookie])
    opened = context.new_page()
    opened.on("console", listen)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", watch)
    yield opened
    assert complaints == []


def shown(page: Page) -> str:
    return page.locator(".card").get_attribute("data-id") or ""


def left(page: Page, count: int) -> None:
    expect(page.locator("#left")).to_have_text(str(count))


def states(service: Service) -> list[str]:
    return [item["state"] for item in service.http.get("/api/v1/candidates").json()["items"]]


def test_a_row_of_candidates_is_worked_off_by_keyboard(page: Page, service: Service) -> None:
    ids = service.seed(4)
    page.goto(f"{service.url}/")
    expect(page.locator(".card h2")).to_have_text("Street stall")
    left(page, 4)
    assert shown(page) == ids[0]
    page.keyboard.press("c")
    left(page, 3)
    page.keyboard.press("Enter")
    left(page, 2)
    page.keyboard.press("r")
    page.keyboard.press("6")
    left(page, 1)
    expect(page.locator("#toast")).to_have_text("Rejected")
    page.keyboard.press("u")
    left(page, 2)
    assert shown(page) == ids[2]
    page.keyboard.press("r")
    page.keyboard.press("1")
    left(page, 1)
    page.keyboard.press("c")
    expect(page.locator(".nothing h2")).to_have_text("Nothing to review")
    left(page, 0)
    assert states(service) == ["confirmed", "confirmed", "rejected", "confirmed"]
    reasons = [service.http.get(f"/api/v1/candidates/{ids[2]}").json()["verdict"]["reason"]]
    assert reasons == ["permitted"]
    assert service.http.get("/api/v1/outbox").json()["total"] == 3


def test_an_undo_that_the_service_could_not_do_can_be_done_again(
    page: Page, service: Service, expected: list[str]
) -> None:
    expected.append("503 (Service Unavailable)")
    (candidate_id,) = service.seed()
    page.goto(f"{service.url}/review")
    page.keyboard.press("c")
    left(page, 0)
    page.route("**/verdict", lambda route: route.fulfill(status=503), times=1)
    page.keyboard.press("u")
    expect(page.locator("#toast")).to_have_text("That did not work; nothing was recorded")
    left(page, 0)
    page.keyboard.press("u")
    left(page, 1)
    assert states(service) == ["open"]
    assert shown(page) == candidate_id


def test_what_cannot_be_confirmed_stays_and_says_so(page: Page, service: Service) -> None:
    (candidate_id,) = service.seed()
    page.goto(f"{service.url}/review")
    expect(page.locator(".card")).to_be_visible()
    for file in (service.data_dir / "evidence").rglob("*.jpg"):
        file.unlink()
    page.keyboard.press("c")
    expect(page.locator("#toast")).to_contain_text("It cannot be confirmed")
    left(page, 1)
    assert shown(page) == candidate_id
    assert states(service) == ["open"]


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "legal review ended on 2026-11-19"), ("zh", "合法性审核已于 2026-11-19 到期")]
)
def test_a_candidate_of_an_expired_camera_says_so(page: Page, service: Service, lang: str, said: str) -> None:
    camera = a_camera("cam-1")
    camera = replace(camera, config=replace(camera.config, legal_review=LegalReview("ZZCG-1", date(2026, 11, 19))))
    with service.database.write() as connection:
        version = cameras.replace(EVERYWHERE, connection, SecretBox.of(make_key()), [camera], A_CHANGE).version
    service.sink.take(a_candidate(origin=Origin(camera_id="cam-1", camera_version=version)))
    (item,) = service.http.get("/api/v1/candidates").json()["items"]
    assert item["legal_review_expired"] == "2026-11-19"
    page.goto(f"{service.url}/review?lang={lang}")
    expect(page.locator(".card")).to_contain_text(said)
    expect(page.locator("#confirm")).to_be_disabled()
    expect(page.locator("#reject")).to_be_enabled()


def test_looking_around_decides_nothing(page: Page, service: Service) -> None:
    ids = service.seed(3)
    page.goto(f"{service.url}/review")
    for key, expected in (("j", 1), ("ArrowRight", 2), ("j", 0), ("k", 2), ("ArrowLeft", 1)):
        page.keyboard.press(key)
        expect(page.locator(".card")).to_have_attribute("data-id", ids[expected])
    page.keyboard.press("b")
    expect(page.locator(".box")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("c")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    left(page, 3)
    assert set(states(service)) == {"open"}


def test_the_box_lies_on_the_thing_in_the_untouched_picture(page: Page, service: Service) -> None:
    service.seed()
    page.goto(f"{service.url}/review")
    picture, box = page.locator(".scene image").bounding_box(), page.locator(".box .line").bounding_box()
    assert picture is not None
    assert box is not None
    scale = picture["width"] / 640
    assert (box["x"] - picture["x"]) / scale == pytest.approx(220, abs=2)
    assert box["width"] / scale == pytest.approx(110, abs=4)
    assert page.locator(".scene image").evaluate("async image => { await image.decode(); return image.href.baseVal }")


def test_by_mouse_with_a_note_in_chinese(page: Page, service: Service) -> None:
    (candidate_id,) = service.seed()
    page.goto(f"{service.url}/review")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator(".why")).to_contain_text("已停留 6 分")
    page.wait_for_load_state()  # a click on a link does not wait for the next page's script
    page.get_by_role("button", name="驳回").click()
    page.get_by_label("备注（可选）").fill("c1 店内")
    page.get_by_role("button", name="店内经营").click()
    expect(page.locator(".nothing")).to_contain_text("没有待审线索")
    verdict = service.http.get(f"/api/v1/candidates/{candidate_id}").json()["verdict"]
    assert (verdict["reason"], verdict["note"]) == ("in_shop", "c1 店内")


def test_what_somebody_else_decided_says_so_and_its_keys_stop(page: Page, service: Service) -> None:
    first, second = service.seed(2)
    page.goto(f"{service.url}/review")
    expect(page.locator("#confirm")).to_be_enabled()
    service.http.post(f"/api/v1/candidates/{first}/verdict", json={"decision": "rejected", "reason": "vehicle"})
    expect(page.locator(".card .notice.bad")).to_have_text("This one was decided elsewhere", timeout=5000)
    expect(page.locator("#confirm")).to_be_disabled()
    page.keyboard.press("c")
    expect(page.locator(".card")).to_have_attribute("data-id", first)
    page.keyboard.press("j")
    expect(page.locator(".card")).to_have_attribute("data-id", second)
    left(page, 1)


def test_what_somebody_else_decided_is_skipped(page: Page, service: Service, expected: list[str]) -> None:
    expected.append("503 (Service Unavailable)")
    first, second = service.seed(2)
    page.route("**/review/events*", lambda route: route.fulfill(status=503))
    page.goto(f"{service.url}/review")
    service.http.post(f"/api/v1/candidates/{first}/verdict", json={"decision": "rejected", "reason": "vehicle"})
    page.keyboard.press("c")
    expect(page.locator(".card")).to_have_attribute("data-id", second)
    expect(page.locator("#toast")).to_have_text("This one was decided elsewhere")


def test_new_candidates_appear_by_themselves(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/review")
    expect(page.locator(".nothing")).to_be_visible()
    service.sink.take(a_candidate())
    expect(page.locator(".card")).to_be_visible()
    left(page, 1)


def test_cases_and_cameras_in_a_narrow_window(page: Page, service: Service) -> None:
    service.seed()
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(f"{service.url}/review")
    expect(page.locator("#confirm")).to_be_in_viewport()
    page.keyboard.press("c")
    expect(page.locator(".nothing")).to_be_visible()
    page.get_by_role("link", name="Cases").click()
    page.locator("tbody a").first.click()
    expect(page.locator("pre")).to_contain_text("stall-on-main-road")
    page.get_by_role("link", name="Cameras").click()
    expect(page.locator("article.camera")).to_have_count(2)
    for path in ("/review", "/cases", "/cameras"):
        page.goto(f"{service.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize(("lang", "done"), [("en", "Completed"), ("zh", "已完成")])
def test_a_survey_is_followed_from_its_map_to_its_candidate(
    page: Page, service: Service, tmp_path: Path, lang: str, done: str
) -> None:
    survey_id = uploaded(service.database, service.data_dir, drawn_flight(tmp_path))
    worker.run(context_over(service.database, service.data_dir, service.sink), until_idle=True)
    page.goto(f"{service.url}/surveys/{survey_id}?lang={lang}")
    expect(page.locator("h1 .chip")).to_have_text(done)
    expect(page.locator(".places tbody tr")).to_have_count(3)
    page.locator(".survey-map a").first.click()
    expect(page.locator("#place-1")).to_be_in_viewport()
    pictures = page.locator(".places img")
    page.wait_for_function(
        "[...document.querySelectorAll('.places img')].every(i => i.complete && i.naturalWidth > 10)"
    )
    assert pictures.count() == 3
    page.locator("#place-1 a[href^='/review/']").click()
    expect(page.locator(".card .flown")).to_have_count(1)


def test_the_picture_has_the_room_and_comes_closer(page: Page, service: Service) -> None:
    service.seed()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{service.url}/review")
    shown, whole = page.locator(".scene image"), page.locator(".scene svg")
    box = shown.bounding_box()
    assert box is not None
    assert box["width"] * box["height"] >= 0.6 * 1440 * 900
    page.keyboard.press("z")
    assert float((whole.get_attribute("viewBox") or "").split()[2]) < 400
    page.keyboard.press("z")
    assert (whole.get_attribute("viewBox") or "").split() == ["0", "0", "640", "360"]
    page.mouse.move(600, 400)
    page.mouse.wheel(0, -300)
    closer = (whole.get_attribute("viewBox") or "").split()
    assert float(closer[2]) < 640
    page.mouse.down()
    page.mouse.move(500, 380)
    page.mouse.up()
    assert float((whole.get_attribute("viewBox") or "").split()[0]) > float(closer[0])
    page.keyboard.press("r")
    panel = page.locator("#reasons").bounding_box()
    assert panel is not None
    assert panel["x"] >= box["x"] + box["width"] - 1


def test_parked_escalated_noted_corrected_and_undone_after_a_reload(page: Page, service: Service) -> None:
    first, second, third = service.seed(3)
    page.goto(f"{service.url}/review?class=stall")
    page.keyboard.press("p")
    page.keyboard.press("2")
    left(page, 2)
    page.keyboard.press("e")
    left(page, 1)
    page.keyboard.press("n")
    page.get_by_label("What is to be said of this candidate").fill("<b>two</b> carts")
    page.get_by_label("It is rather").select_option("banner")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.mouse.move(300, 300)
    page.mouse.down()
    page.mouse.move(420, 380)
    page.mouse.up()
    expect(page.locator("#toast")).to_have_text("The new box goes with the confirmation")
    page.keyboard.press("c")
    expect(page.locator(".nothing")).to_contain_text("Parked 1")
    expect(page.locator(".nothing")).to_contain_text("Escalated 1")
    verdict = service.http.get(f"/api/v1/candidates/{third}").json()["verdict"]
    assert (verdict["note"], verdict["class"], len(verdict["box"])) == ("<b>two</b> carts", "banner", 4)
    page.goto(f"{service.url}/review/{third}")
    expect(page.locator("blockquote.note")).to_have_text("<b>two</b> carts")
    expect(page.locator("#undo .seconds")).to_have_text(re.compile("^[0-9]+$"))
    page.keyboard.press("u")
    left(page, 1)
    expect(page.locator("#confirm")).to_be_enabled()
    page.keyboard.press("u")
    left(page, 2)
    page.keyboard.press("u")
    left(page, 3)
    assert {first, second} <= set(service.http.get("/review/queue").json()["ids"])


def test_what_was_decided_is_reopened_later(page: Page, service: Service) -> None:
    (candidate_id,) = service.seed()
    verdict = {"decision": "rejected", "reason": "vehicle", "note": "a van"}
    service.http.post(f"/api/v1/candidates/{candidate_id}/verdict", json=verdict)
    page.goto(f"{service.url}/review/{candidate_id}")
    expect(page.locator("#confirm")).to_be_disabled()
    page.keyboard.press("o")
    expect(page.locator("#confirm")).to_be_enabled()
    assert states(service) == ["open"]
