"""The list of cameras with many of them: found, faults first, in pages, and kept up to date where it stands."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import httpx
import pytest

from api.app import create_app
from api.bootstrap import open_store
from api.cameras.listing import PER_PAGE, CameraQuery, camera_page
from api.cameras.live_status import CameraView, FaultView, LastPicture, LiveStatus
from api.settings import Settings
from streams.camera.address import CameraAddress
from streams.camera.config_file import CameraConfig
from streams.frames.sink import CameraNote
from streams.health.faults import Fault
from tests.api.conftest import client
from tests.api.serving import serve
from tests.api.signing import COOKIE, sign_in

sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright: pip install playwright")
from playwright.sync_api import BrowserContext, expect  # noqa: E402  # after the skip above

from tests.api.review.test_browser import browser, context  # noqa: E402

__all__ = ["browser", "context"]
ADDRESS = CameraAddress.parse("rtsp://10.1.2.3/main")
COUNT = 2000


def config(number: int) -> CameraConfig:
    district = ("erqi", "jinshui", "")[number % 3]
    every = timedelta(seconds=600)  # so that a slow test does not make a picture old
    return CameraConfig(
        f'cam{number}#"&', f"Gate {number}", ADDRESS, None, every, (), None, None, None, district, 2, "tcp", None
    )


@pytest.fixture
def live() -> LiveStatus:
    """2,000 cameras that are live, but for every hundredth, which is cut off, and one that is black."""
    made = LiveStatus([config(number) for number in range(COUNT)])
    now = datetime.now(UTC)
    for number, camera in enumerate(made.cameras):
        state = "waiting" if number % 100 == 7 else "live"
        made.note(CameraNote(camera.id, state, now, "rtsp://***: cut" if state == "waiting" else ""))
        made._pictures[camera.id] = LastPicture(b"", now, 480, 270)
    made.report_fault(config(1234).id, (FaultView(Fault.BLACK, now),))
    return made


@pytest.fixture
def http(settings: Settings, live: LiveStatus) -> Iterator[httpx.Client]:
    """A client of a service with these cameras, signed in."""
    database, files = open_store(settings)
    app = create_app(settings, database, files, cameras=live.views, picture=live.picture)
    with serve(app) as served, client(served, sign_in(database)) as signed_in:
        yield signed_in
    database.close()


def names(html: str) -> list[str]:
    return re.findall(r"Gate (\d+)</a></h2>", html)


def test_cameras_are_found_by_name_id_state_and_district_with_faults_first(live: LiveStatus) -> None:
    views, now = live.views(), datetime.now(UTC)

    def ids(query: CameraQuery, number: int = 1) -> list[str]:
        return [view.name.removeprefix("Gate ") for view in camera_page(views, query, number, now).items]

    everything = ids(CameraQuery())
    assert everything[:22] == [*map(str, range(7, 1208, 100)), "1234", *map(str, range(1307, 2000, 100)), "0"][:22]
    assert everything[21:] == ["0", "1", "2"]  # by number, not by letter
    assert ids(CameraQuery("gATE 123")) == ["1234", "123", *map(str, range(1230, 1234)), *map(str, range(1235, 1240))]
    assert ids(CameraQuery('cam77#"')) == ["77"]
    assert ids(CameraQuery("Gate 1", "waiting", "jinshui")) == ["1207", "1507", "1807"]
    assert ids(CameraQuery(state="unhealthy")) == ["1234"]
    assert len(ids(CameraQuery(state="troubled"))) == 21
    assert set(ids(CameraQuery("Gate 9", district="-"))) <= {str(number) for number in range(2, COUNT, 3)}
    last = camera_page(views, CameraQuery(), 10**6, now)
    assert (last.number, last.pages, last.first, len(last.items)) == (84, 84, 1993, 8)
    assert ids(CameraQuery("nothing")) == []


@pytest.mark.parametrize(
    ("state", "age", "failures", "expected"),
    [("live", 1, 0, False), ("live", 60, 0, True), ("opening", None, 0, False), ("waiting", 1, 1, True),
     ("paused", 3600, 0, False), ("idle", None, 0, False), ("stopped", None, 0, True)],
)  # fmt: skip
def test_which_cameras_count_as_faulty(state: str, age: int | None, failures: int, expected: bool) -> None:
    now = datetime.now(UTC)
    taken = None if age is None else now - timedelta(seconds=age)
    view = CameraView("gate", "Gate", state, now, last_frame_at=taken, has_picture=taken is not None)
    assert camera_page([view], CameraQuery(), 1, now).troubled == expected


def test_a_page_and_a_poll_stay_small_and_say_only_what_has_changed(http: httpx.Client, live: LiveStatus) -> None:
    page = http.get("/cameras", params={"q": "Gate", "page": "2"})
    assert len(page.content) < 60_000
    assert 'rel="prev" href="?q=Gate&amp;page=1"' in page.text
    assert "25 to 48 of 2000" in page.text
    known = re.findall(r'data-camera="([^"]*)" data-version="(\w+)"', page.text)
    assert len(known) == len(names(page.text)) == PER_PAGE
    ids = [ident.replace("&#34;", '"').replace("&amp;", "&") for ident, _ in known]
    asked = urlencode([("camera", one) for one in ids] + [("version", version) for _, version in known])
    quiet = http.get(f"/cameras.json?{asked}")
    assert len(quiet.content) < 6_000
    assert [card["html"] for card in quiet.json()["cards"]] == [None] * PER_PAGE
    live.note(CameraNote(ids[3], "waiting", datetime.now(UTC), "rtsp://***: cut"))
    live.cameras = [camera for camera in live.cameras if camera.id != ids[5]]
    told = http.get(f"/cameras.json?{asked}&lang=zh").json()
    assert (told["total"], told["troubled"], len(told["cards"])) == (COUNT - 1, 22, PER_PAGE - 1)
    changed = [card for card in told["cards"] if card["html"] is not None]
    assert [card["id"] for card in changed] == [ids[3]]
    assert "稍后会自动重试" in changed[0]["html"]
    too_many = urlencode([("camera", "x")] * (PER_PAGE + 1))
    assert http.get(f"/cameras.json?{too_many}").status_code == 422


def test_nothing_is_said_of_a_camera_that_never_sent_a_picture(http: httpx.Client, live: LiveStatus) -> None:
    silent, seen = live.cameras[0].id, live.cameras[1].id
    del live._pictures[silent]
    html = {one: http.get(f"/cameras/{quote(one, safe='')}").text for one in (silent, seen)}
    assert "is not known" in html[silent]
    assert "Nothing so far." not in html[silent]
    assert "Nothing so far." in html[seen]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_list_in_a_browser_updates_where_it_stands(
    context: BrowserContext, http: httpx.Client, live: LiveStatus, width: int
) -> None:
    live.paused = {camera.id: False for camera in live.cameras}
    url = str(http.base_url).rstrip("/")
    context.add_cookies([{"name": COOKIE, "value": http.cookies[COOKIE], "url": url}])
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.clock.install()
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url) if ".json" in request.url else None)
    page.goto(f"{url}/cameras?q=Gate+5&state=live")
    first = page.locator(".place").first
    ident = first.get_attribute("data-camera") or ""
    page.wait_for_function("document.images.length > 0")
    places = page.evaluate("[...document.querySelectorAll('.place')].map(one => one.dataset.camera)")

    def top() -> object:
        return page.evaluate("document.querySelector('.cameras').getBoundingClientRect().top")

    before = top()
    page.get_by_role("button", name="Pause updates").click()
    assert top() == before
    live.note(CameraNote(ident, "waiting", datetime.now(UTC), "rtsp://***: cut"))
    page.clock.run_for(11_000)
    assert polls == []
    page.get_by_role("button", name="Resume updates").click()
    expect(first.locator(".chip.camera")).to_have_text("Waiting to retry")
    expect(page.locator("#changed")).to_be_visible()
    assert top() == before
    assert len(polls) == 1
    assert polls[0].count("camera=") <= PER_PAGE
    assert page.evaluate("[...document.querySelectorAll('.place')].map(one => one.dataset.camera)") == places
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("Name or id").fill("Gate 1999")
    page.get_by_label("State").select_option("")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".place h2")).to_have_text(["Gate 1999"])
