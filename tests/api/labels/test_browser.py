"""A person labels in a real Chromium: draws a box with the mouse, names it by key, completes, and is shown the next."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from api.actor import Actor
from api.db.scope import EVERYWHERE
from api.labels import service as labels
from api.labels.repository import LabelBox
from api.labels.schemas import LabelFrameOut
from api.pages.classes import ClassNames
from tests.api.conftest import Service
from tests.api.samples import NOON, STALL, a_candidate

sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright: pip install playwright")
from playwright.sync_api import Browser, Page, expect  # noqa: E402  # after the skip above

from tests.api.review.test_browser import browser  # noqa: E402, F401  # the fixture

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:  # noqa: F811  # the fixture of that name
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(10_000)
    context.add_cookies([service.cookie])
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert [text for text in complaints if "409" not in text] == []


def frames(service: Service, *sources: str) -> list[str]:
    """Put a frame of each source into the pool; gives their ids."""
    for number, source in enumerate(sources):
        made = a_candidate(f"place-{number}", source=source)
        image = made.evidence.image.copy()
        image[340:] = number * 40
        service.sink.take(replace(made, evidence=replace(made.evidence, image=image)))
    found = []
    for one in service.http.get("/api/v1/candidates").json()["items"]:
        found.append(service.http.post("/api/v1/labels/frames", json={"candidate_id": one["id"]}).json()["id"])
    return found


def drawn(service: Service, frame: str) -> LabelFrameOut:
    return LabelFrameOut.model_validate_json(service.http.get(f"/api/v1/labels/frames/{frame}").content)


def point(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a pixel of the picture lies on the screen."""
    at = page.evaluate(
        """([x, y]) => { const to = new DOMPoint(x, y).matrixTransform(document.getElementById("stage").getScreenCTM());
        return [to.x, to.y]; }""",
        [x, y],
    )
    return at[0], at[1]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*point(page, *start))
    page.mouse.down()
    page.mouse.move(*point(page, (start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
    page.mouse.move(*point(page, *end))
    page.mouse.up()


def test_a_frame_is_labelled_by_mouse_and_keys_and_the_next_is_shown(page: Page, service: Service) -> None:
    first, second = frames(service, HOSTILE, HOSTILE)
    page.goto(f"{service.url}/labels")
    page.get_by_role("link", name="Start labelling").click()
    expect(page.locator("#proposed")).to_have_text("2")  # what stood there in either picture
    assert page.locator("#work").get_attribute("data-frame") == first
    drag(page, (400, 100), (500, 200))
    page.keyboard.press("7")
    expect(page.locator("#list button")).to_have_text(["Pavement board"])
    drag(page, (450, 150), (470, 160))  # the chosen box is moved
    drag(page, (520, 210), (540, 250))  # its corner is drawn out
    page.keyboard.press("a")  # and the proposal is taken
    expect(page.locator("#count")).to_have_text("2")
    page.keyboard.press("b")
    page.keyboard.press("x")
    expect(page.locator("#count")).to_have_text("2")
    page.keyboard.press("Enter")
    expect(page.locator("#work")).to_have_attribute("data-frame", second)
    saved = drawn(service, first)
    assert (saved.state, saved.version) == ("complete", 1)
    board, stall = saved.boxes
    assert (board.class_name, stall.class_name, stall.box) == ("a_board", "stall", STALL)
    assert board.box == pytest.approx([420, 110, 540, 250], abs=3)
    expect(page.locator("#proposed")).to_have_text("2")  # it has come
    page.keyboard.press("v")  # from the frame before
    expect(page.locator("#list button")).to_have_text(["Pavement board", "Street stall"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Labels")).to_be_visible()
    assert drawn(service, second).boxes == saved.boxes


def test_what_somebody_else_saved_meanwhile_is_not_lost_and_neither_is_mine(page: Page, service: Service) -> None:
    (frame,) = frames(service, "cam-1")
    page.goto(f"{service.url}/labels/{frame}?lang=zh")
    expect(page.locator("#proposed")).to_have_text("1")
    drag(page, (400, 100), (500, 200))
    expect(page.locator("#count")).to_have_text("1")
    labels.save(
        EVERYWHERE, service.database, UUID(frame), [LabelBox("stall", STALL)], ClassNames(), version=0,
        complete=True, actor=Actor.person("Wang"), now=NOON,
    )  # fmt: skip
    page.keyboard.press("s")
    expect(page.locator("#conflict")).to_contain_text("其他人已先保存该画面")
    expect(page.locator("#count")).to_have_text("1")
    assert drawn(service, frame).version == 1
    page.get_by_role("button", name="用我的覆盖").click()
    expect(page.locator("#conflict")).to_be_hidden()
    assert drawn(service, frame).version == 2
