"""A case dealt with on a phone, in a real Chromium, with the strict policy in force."""

from pathlib import Path

import pytest

from tests.api.cases.desk_service import at_desk, photograph
from tests.api.conftest import Service

sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright: pip install playwright")
from playwright.sync_api import ConsoleMessage, Page, expect  # noqa: E402  # after the skip above

CHROMIUM = Path("/usr/bin/chromium")
TOO_SMALL = """() => [...document.querySelectorAll("#main button, #main select, #main input, #main a.button")]
  .filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.outerHTML.slice(0, 80))"""


def fits(page: Page) -> None:
    """Fail where the page is wider than the phone, or something on it is too small for a thumb."""
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate(TOO_SMALL) == []


def test_a_case_is_fixed_with_a_phone(service: Service, tmp_path: Path) -> None:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    (key,) = at_desk(service)
    taken = tmp_path / "IMG_0001.JPG"
    taken.write_bytes(photograph(1600, 1200))
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="zh-CN"
        )
        context.set_default_timeout(10_000)
        context.add_cookies([service.cookie])
        page = context.new_page()
        page.on("console", listen)
        page.goto(f"{service.url}/cases")
        fits(page)
        page.locator("td a").first.tap()
        expect(page.locator("h1 .chip")).to_have_text(["已上报"])
        fits(page)
        page.get_by_label("承办人或承办班组").fill("三组")
        page.get_by_role("button", name="指派").tap()
        expect(page.locator("h1 .chip")).to_have_text(["已派遣"])
        page.get_by_label("现场照片（处置后）").set_input_files(taken)
        page.get_by_role("button", name="标记为已处置").tap()
        expect(page.locator("h1 .chip")).to_have_text(["已处置"])
        shown = page.get_by_alt_text("处置后的现场照片")
        shown.scroll_into_view_if_needed()
        expect(shown).to_have_js_property("naturalWidth", 1600)
        fits(page)
        page.get_by_role("button", name="结案").tap()
        expect(page.locator("h1 .chip")).to_have_text(["已结案"])
        expect(page.locator(".desk")).to_have_count(0)
        page.goto(f"{service.url}/cases/{key}?lang=en")
        expect(page.locator(".case-steps .chip")).to_have_text(["Dispatched", "Fixed", "Closed"])
        browser.close()
    assert complaints == []
