"""axe opens every page in Chromium, light and dark, wide and on a phone, and finds nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.api.conftest import Service

sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright: pip install playwright")
axe = pytest.importorskip("axe_playwright_python", reason="needs axe: pip install axe-playwright-python")
from playwright.sync_api import Browser, Page, ViewportSize  # noqa: E402  # after the skip above

from tests.api.review.test_browser import browser  # noqa: E402, F401  # the fixture

SCRIPT: Final = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
WIDE: "Final[ViewportSize]" = {"width": 1280, "height": 800}
PHONE: "Final[ViewportSize]" = {"width": 390, "height": 844}
EVERY_RULE: Final = {"rules": {"target-size": {"enabled": True}}}
COLOURS: Final = {"runOnly": ["color-contrast", "link-in-text-block"]}
LOOK: Final = """async (options) => (await axe.run(document, {...options, resultTypes: ["violations"]})).violations
  .flatMap((fault) => fault.nodes.map((node) => `${fault.id}: ${node.html.slice(0, 160)}`))"""


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:  # noqa: F811  # the fixture of that name
    context = browser.new_context(viewport=WIDE, locale="en-GB")
    context.set_default_timeout(10_000)
    context.add_init_script(SCRIPT)
    context.add_cookies([service.cookie])
    yield context.new_page()
    context.close()


def addresses(service: Service) -> list[str]:
    """Every page, those of one thing with a thing of each state."""
    opened, confirmed, rejected = service.seed(3)
    key = service.http.post(f"/api/v1/candidates/{confirmed}/verdict", json={"decision": "confirmed"}).json()["id"]
    said = {"decision": "rejected", "reason": "other", "note": "a note"}
    service.http.post(f"/api/v1/candidates/{rejected}/verdict", json=said).raise_for_status()
    frame = service.http.post("/api/v1/labels/frames", json={"candidate_id": opened}).json()["id"]
    return [
        "/review", f"/review/{confirmed}", "/candidates", "/candidates?state=open&class=stall", "/candidates/export",
        f"/candidates/{opened}", f"/candidates/{confirmed}", f"/candidates/{rejected}", "/cases", f"/cases/{key}",
        "/cameras", "/cameras/cam-1", "/surveys", "/surveys/new", "/labels", f"/labels/{frame}", "/datasets", "/models",
        "/training", "/audit", "/users", "/keys", "/account", "/nowhere",
        f"/original?picture=/api/v1/candidates/{confirmed}/evidence/scene",
    ]  # fmt: skip


def faults(page: Page, url: str) -> list[str]:
    """What axe says of a page: all rules wide and on a phone, and its colours in the dark too."""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)
    page.goto(url)
    found = [f"wide {one}" for one in page.evaluate(LOOK, EVERY_RULE)]
    page.emulate_media(color_scheme="dark")
    found += [f"dark {one}" for one in page.evaluate(LOOK, COLOURS)]
    page.set_viewport_size(PHONE)
    found += [f"dark, phone {one}" for one in page.evaluate(LOOK, COLOURS)]
    page.emulate_media(color_scheme="light")
    return found + [f"phone {one}" for one in page.evaluate(LOOK, EVERY_RULE)]


def test_axe_finds_nothing_on_any_page(page: Page, service: Service) -> None:
    found = {path: faults(page, service.url + path) for path in addresses(service)}
    assert {path: said for path, said in found.items() if said} == {}


def test_axe_finds_nothing_on_the_sign_in(browser: Browser, service: Service) -> None:  # noqa: F811  # the fixture
    with browser.new_context(viewport=WIDE, locale="en-GB") as context:
        context.add_init_script(SCRIPT)
        assert faults(context.new_page(), f"{service.url}/login") == []
