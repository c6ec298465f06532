"""The cameras in a real Chromium: what is old or frozen is never shown as live, and a new view is accepted."""

from collections.abc import Iterator

import pytest

from api.app import create_app
from api.bootstrap import open_store
from api.clock import wall_clock
from api.settings import Settings
from streams.frames.sink import CameraNote
from tests.api.cameras.watched import CONFIG, Post, turned
from tests.api.serving import serve
from tests.api.signing import COOKIE, sign_in

sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright: pip install playwright")
from playwright.sync_api import BrowserContext, Page, expect  # noqa: E402  # after the skip above

from tests.api.review.test_browser import browser, context  # noqa: E402

__all__ = ["browser", "context"]


@pytest.fixture
def post(settings: Settings) -> Iterator[Post]:
    database, files = open_store(settings)
    yield Post(database, files, settings.data_dir / "memory", wall_clock)
    database.close()


@pytest.fixture
def page(context: BrowserContext, post: Post, settings: Settings) -> Iterator[Page]:
    """The page of the cameras, not opened yet; it may neither complain nor be wider than its window."""
    live = post.live
    app = create_app(
        settings, post.database, post.files, cameras=live.views, picture=live.picture, accept_view=live.accept
    )
    with serve(app) as served:
        context.add_cookies([{"name": COOKIE, "value": sign_in(post.database), "url": served.url}])
        opened = context.new_page()
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.goto(f"{served.url}/cameras")
        yield opened
        assert complaints == []
        assert opened.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_picture_gets_its_mark_by_itself_when_the_service_is_away(
    page: Page, post: Post, context: BrowserContext
) -> None:
    expect(page.locator(".nopicture")).to_have_text("No picture yet")
    post.watch(post.good(1))
    post.live.note(CameraNote(CONFIG.id, "live", post.clock()))
    page.clock.install()
    page.reload()
    assert page.locator(".picture img").evaluate("async image => { await image.decode(); return image.naturalWidth }")
    expect(page.locator(".chip.camera")).to_have_text("Live")
    expect(page.locator(".since")).to_be_hidden()
    context.set_offline(True)
    page.clock.fast_forward(20_000)
    expect(page.locator(".since")).to_be_visible()
    expect(page.locator(".since")).to_contain_text("No picture since")
    expect(page.locator(".age")).to_be_hidden()


def test_a_frozen_picture_is_marked_in_both_languages(page: Page, post: Post) -> None:
    (still,) = post.good(1)
    post.watch([*post.good(3), *[still] * 5])
    page.reload()
    expect(page.locator(".since")).to_contain_text("Frozen since")
    expect(page.locator(".chips")).to_contain_text("frozen")
    page.get_by_role("link", name="中文").click()
    expect(page.locator(".since")).to_contain_text("画面冻结")
    expect(page.locator(".chips")).to_contain_text("画面异常")


def test_a_new_view_is_accepted_by_a_button(page: Page, post: Post) -> None:
    post.watch(post.good(20))
    post.watch([turned(picture) for picture in post.good(4)])
    page.reload()
    expect(page.locator(".moved")).to_contain_text("both are suspended")
    page.get_by_role("button", name="Accept the new view").click()
    post.watch([turned(picture) for picture in post.good(1)])
    page.reload()
    expect(page.locator(".moved")).to_have_count(0)
    row = page.locator("tbody tr")
    expect(row).to_contain_text("new view accepted by Li Wei")
    assert row.locator("img").evaluate("async image => { await image.decode(); return image.naturalWidth }") == 640
