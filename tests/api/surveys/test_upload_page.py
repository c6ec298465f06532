"""Footage sent from a real Chromium: a folder chosen, hashed, sent in pieces, cut off and gone on with."""

from pathlib import Path

import pytest

from api.surveys.jobs import worker
from tests.api.conftest import Service
from tests.api.surveys.footage import Given, announce, files_of, offset, photo, send, settled, sidecar, video
from tests.api.surveys.jobs.flights import context_over, drawn_flight, uploaded

sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright: pip install playwright")
from playwright.sync_api import BrowserContext, Page, Request, Route, expect  # noqa: E402  # after the skip above

from tests.api.review.test_browser import browser, context, expected, page  # noqa: E402

__all__ = ["browser", "context", "expected", "page"]


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "Daxue card"
    (folder / "100MEDIA").mkdir(parents=True)
    for given in (video(size=20_000_000), sidecar(), photo()):
        (folder / "100MEDIA" / given.name).write_bytes(given.content)
    (folder / "notes.txt").write_text("not footage")
    return folder


def test_a_card_is_sent_from_the_list_of_surveys(page: Page, service: Service, card: Path) -> None:
    page.goto(f"{service.url}/surveys")
    expect(page.locator(".none")).to_contain_text("streetwarden survey push DIR --to URL")
    page.get_by_role("link", name="Send footage").click()
    page.locator("#folder").set_input_files(card)
    expect(page.locator("#chosen")).to_have_text("Files: 4, 20 MB")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#step")).to_have_text("All files are there.", timeout=30_000)
    (survey,) = service.http.get("/api/v1/surveys").json()["items"]
    assert (survey["name"], survey["ground"], survey["state"]) == ("Daxue card", None, "ready")
    files = files_of(service.http, survey["id"])
    assert {name: file["state"] for name, file in files.items()} == {
        "100MEDIA/DJI_0001.MP4": "stored",
        "100MEDIA/DJI_0001.SRT": "stored",
        "100MEDIA/DJI_0002.JPG": "stored",
        "notes.txt": "suspect",
    }
    assert files["100MEDIA/DJI_0001.MP4"]["sha256"] == video(size=20_000_000).sha256
    page.get_by_role("link", name="Show the survey").click()
    expect(page.locator("h1")).to_contain_text("Daxue card")
    page.get_by_role("link", name="← Surveys").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody .chip")).to_have_text("Waiting for a worker")


def test_a_survey_that_was_cut_off_goes_on_where_it_stopped(page: Page, service: Service, tmp_path: Path) -> None:
    footage = video(size=20_000_000, seed=77)
    answer = announce(service.http, footage, photo(seed=78), name="Cut off <b>").json()
    upload = answer["files"][0]["upload"]
    send(service.http, upload, footage.content[:9_000_000])
    for given in (footage, photo(seed=78)):
        (tmp_path / given.name).write_bytes(given.content)
    page.goto(f"{service.url}/surveys?lang=zh")
    expect(page.locator("tbody")).to_contain_text("已收到 9.0 MB，共 20.0 MB")
    page.get_by_role("link", name="继续上传").click()
    expect(page.locator(".notice").first).to_contain_text("“Cut off <b>”")
    sent: list[int] = []

    def count(request: Request) -> None:
        if request.method == "PATCH":
            sent.append(int(request.headers["upload-offset"]))

    page.on("request", count)
    page.locator("#files").set_input_files([tmp_path / footage.name, tmp_path / photo().name])
    page.get_by_role("button", name="上传", exact=True).click()
    expect(page.locator("#step")).to_have_text("所有文件均已到齐。", timeout=30_000)
    settled(service.http, answer["survey"]["id"])
    assert service.http.get("/api/v1/surveys").json()["total"] == 1
    assert offset(service.http, upload) == 20_000_000
    assert sent == [9_000_000, 9_000_000 + 8 * 2**20, 0]


def test_a_line_that_breaks_is_mended_by_itself(
    page: Page, service: Service, tmp_path: Path, expected: list[str]
) -> None:
    expected.append("net::ERR_")
    footage = Given("DJI_0009.MP4", video(size=20_000_000, seed=79).content)
    (tmp_path / footage.name).write_bytes(footage.content)
    breaks = iter([True, False, True])

    def route(route: Route) -> None:
        if route.request.method == "PATCH" and next(breaks, False):
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/files/**", route)
    page.goto(f"{service.url}/surveys/new")
    page.locator("#files").set_input_files([tmp_path / footage.name])
    page.locator("#name").fill("Broken line")
    page.locator("#ground").fill("-3.5")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#step")).to_have_text("All files are there.", timeout=30_000)
    (survey,) = service.http.get("/api/v1/surveys").json()["items"]
    assert (survey["name"], survey["ground"]) == ("Broken line", -3.5)


def test_what_is_wrong_is_said_in_the_page(page: Page, service: Service, tmp_path: Path, expected: list[str]) -> None:
    expected.append("422 (Unprocessable")
    page.goto(f"{service.url}/surveys/new")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#fault")).to_have_text("Choose a folder or files first")
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    page.locator("#files").set_input_files([tmp_path / "a.jpg"])
    page.locator("#name").fill("..")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#fault")).to_have_text("name: give the survey a name that can be read")


def test_the_pages_fit_a_telephone(page: Page, service: Service) -> None:
    announce(service.http, video("a/very/long/" + "x" * 150 + ".mp4"), name="n" * 190)
    page.set_viewport_size({"width": 400, "height": 800})
    for path in ("/surveys", "/surveys/new"):
        page.goto(f"{service.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_nothing_is_sent_before_the_page_is_ready(page: Page, service: Service, tmp_path: Path) -> None:
    """A slow line brings the script last: a click before would reload the page and forget what was chosen."""
    held: list[Route] = []
    page.route("**/static/upload.js", lambda route: held.append(route))  # noqa: PLW0108  # playwright wants a function
    page.goto(f"{service.url}/surveys/new", wait_until="commit")
    (tmp_path / photo().name).write_bytes(photo(seed=80).content)
    page.locator("#files").set_input_files(tmp_path / photo().name)
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    page.locator("#name").press("Enter")
    held[0].continue_()
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#step")).to_have_text("All files are there.", timeout=30_000)
    assert page.url == f"{service.url}/surveys/new"


def folder_of(path: Path, *given: Given) -> Path:
    path.mkdir()
    for one in given:
        (path / one.name).write_bytes(one.content)
    return path


def test_what_was_chosen_when_sending_began_is_sent(page: Page, service: Service, tmp_path: Path) -> None:
    """Another folder with files of the same names is chosen while the first one is on its way."""
    first = folder_of(tmp_path / "first", video(size=400_000, seed=91), photo(seed=92))
    second = folder_of(tmp_path / "second", video(size=400_000, seed=93), photo(seed=94))
    held: list[Route] = []
    hold = lambda route: held.append(route)  # noqa: E731, PLW0108  # playwright wants a function
    page.route("**/api/v1/surveys", hold, times=1)
    page.goto(f"{service.url}/surveys/new")
    page.locator("#folder").set_input_files(first)
    with page.expect_request("**/api/v1/surveys"):
        page.get_by_role("button", name="Send").click()
    page.locator("#folder").set_input_files(second)
    held[0].continue_()
    expect(page.locator("#step")).to_have_text("All files are there.", timeout=30_000)
    (survey,) = service.http.get("/api/v1/surveys").json()["items"]
    files = files_of(service.http, survey["id"])
    assert survey["name"] == "first"
    assert {name: file["state"] for name, file in files.items()} == {"DJI_0001.MP4": "stored", "DJI_0002.JPG": "stored"}
    page.get_by_role("button", name="Send").click()  # the second folder, now
    expect(page.locator("#after a")).not_to_have_attribute("href", f"/surveys/{survey['id']}")
    expect(page.locator("#step")).to_have_text("All files are there.", timeout=30_000)
    assert service.http.get("/api/v1/surveys").json()["items"][0]["name"] == "second"


def test_an_upload_goes_on_by_itself_when_the_browser_is_online_again(
    page: Page, context: BrowserContext, service: Service, tmp_path: Path, expected: list[str]
) -> None:
    expected.append("net::ERR_")
    footage = video(size=20_000_000, seed=95)
    card = folder_of(tmp_path / "card", footage)
    page.goto(f"{service.url}/surveys/new")
    page.locator("#folder").set_input_files(card)
    page.get_by_role("button", name="Send").click()
    with page.expect_request(lambda request: request.method == "PATCH"):
        pass
    context.set_offline(True)
    expect(page.locator("#step")).to_have_text("No connection. Sending goes on by itself when it is back.")
    expect(page.locator("#fault")).to_be_hidden()
    context.set_offline(False)
    expect(page.locator("#step")).to_have_text("All files are there.", timeout=30_000)
    (survey,) = service.http.get("/api/v1/surveys").json()["items"]
    settled(service.http, survey["id"])


def test_an_open_page_follows_a_survey_to_its_end(page: Page, service: Service, tmp_path: Path) -> None:
    """Also while a reader who clicked into it and marked a word has gone for tea."""
    page.clock.install()
    survey_id = uploaded(service.database, service.data_dir, drawn_flight(tmp_path / "card"))
    page.goto(f"{service.url}/surveys/{survey_id}")
    expect(page.locator("h1 .chip")).to_have_text("Waiting for a worker")
    page.get_by_role("region", name="Files").focus()
    page.locator("h1").dblclick()
    worker.run(context_over(service.database, service.data_dir, service.sink), until_idle=True)
    page.clock.fast_forward(30_000)
    expect(page.locator("h1 .chip")).to_have_text("Completed")
    expect(page.locator("svg.survey-map")).to_be_visible()
    expect(page.locator("table.places tbody tr")).to_have_count(3)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.fast_forward(60_000)
    assert f"{service.url}/surveys/{survey_id}" not in asked  # nothing changes any more


def test_what_computers_leave_on_a_card_is_not_sent(page: Page, service: Service, tmp_path: Path) -> None:
    card = folder_of(
        tmp_path / "card", photo(), Given("._DJI_0002.JPG", b"x"), Given(".DS_Store", b"x"), Given("Thumbs.db", b"x")
    )
    page.goto(f"{service.url}/surveys/new")
    page.locator("#folder").set_input_files(card)
    expect(page.locator("#chosen")).to_have_text("Files: 1, 5 kB · hidden files of macOS or Windows left out: 3")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#step")).to_have_text("All files are there.", timeout=30_000)
    (survey,) = service.http.get("/api/v1/surveys").json()["items"]
    assert list(files_of(service.http, survey["id"])) == ["DJI_0002.JPG"]


def test_a_file_that_the_service_cannot_store_ends_the_wait(page: Page, service: Service, tmp_path: Path) -> None:
    card = folder_of(tmp_path / "card", photo(seed=96))
    (service.data_dir / "footage" / photo(seed=96).sha256[:2]).write_text("in the way")
    page.goto(f"{service.url}/surveys/new?lang=zh")
    page.locator("#folder").set_input_files(card)
    page.get_by_role("button", name="上传", exact=True).click()
    expect(page.locator("#fault")).to_have_text("DJI_0002.JPG: 已到达，但服务器无法保存，原因见服务器日志")
    page.locator("#after a").click()
    expect(page.locator(".notice.bad")).to_contain_text("部分文件已到达，但无法保存")
    expect(page.locator("tbody")).to_contain_text("已到达，但服务器无法保存")
