"""An error in a browser is a page in the reader's language with a way back; programs get the problem document."""

from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from api.app import create_app
from api.bootstrap import open_store
from api.db.database import Database
from api.settings import Settings
from api.web.problems import prefers_page
from tests.api.conftest import Service, client
from tests.api.serving import serve
from tests.api.signing import sign_in

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("accept", "page"),
    [(BROWSER["Accept"], True), ("*/*", False), ("", False), ("application/json", False), ("text/html;q=0", False),
     ("application/json, text/html;q=0.5", False), ("text/html, application/problem+json;q=0.9", True),
     ("image/avif,image/*", False), ("TEXT/HTML;q=x", False), ("text/html;q=nan", False), (",;,", False)],
)  # fmt: skip
def test_who_wants_a_page(accept: str, page: bool) -> None:
    assert prefers_page(accept) is page


@pytest.mark.parametrize(
    ("path", "status", "english", "chinese"),
    [
        ("/nowhere", 404, "There is no such page", "页面不存在"),
        (f"/candidates/{uuid4()}", 404, "There is no such page", "页面不存在"),
        (f"/review/{uuid4()}", 404, "There is no such page", "页面不存在"),
        ("/candidates?stat=open", 422, "The request cannot be understood", "无法理解该请求"),
        ("/candidates?cursor=x", 422, "The request cannot be understood", "无法理解该请求"),
        ("/api/v1/candidates/export", 403, "A reason is needed", "需要说明原因"),
        ("/logout", 405, "This cannot be done here", "此处不能执行该操作"),
    ],
)
def test_each_fault_is_a_page_in_both_languages(
    service: Service, path: str, status: int, english: str, chinese: str
) -> None:
    for language, words in (("en", english), ("zh", chinese)):
        answer = service.http.get(path, headers=BROWSER | {"Accept-Language": language})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert f"<h1>{words}</h1>" in answer.text
        assert 'href="/review"' in answer.text
        assert answer.headers["vary"] == "Accept, Accept-Language"
        service.http.cookies.delete("language")
    told = service.http.get(path)
    assert (told.status_code, told.headers["content-type"]) == (status, "application/problem+json")


def test_the_way_back_is_where_the_reader_came_from_and_never_elsewhere(service: Service) -> None:
    def back(referer: str) -> bool:
        page = service.http.get("/nowhere", headers=BROWSER | {"Referer": referer, "Accept-Language": "en"}).text
        return "← Back" in page

    assert back(f"{service.url}/candidates?state=open")
    assert not any(map(back, ("https://example.org/x", f"{service.url}//example.org", f"{service.url}/nowhere", "//[")))


def test_hostile_text_is_shown_and_never_run(service: Service) -> None:
    page = service.http.get("/nowhere/<script>alert(1)</script>", headers=BROWSER).text
    assert "<script>alert" not in page


def test_without_a_session_the_page_leads_to_the_sign_in(service: Service) -> None:
    answer = httpx.get(f"{service.url}/api/v1/candidates?limit=9", headers=BROWSER, trust_env=False)
    assert answer.status_code == 401
    assert 'href="/login?next=%2Fapi%2Fv1%2Fcandidates%3Flimit%3D9"' in answer.text
    assert httpx.get(f"{service.url}/candidates", headers=BROWSER, trust_env=False).status_code == 303


def test_a_surprise_tells_nothing_of_our_insides(settings: Settings) -> None:
    database, files = open_store(settings)

    def broken() -> tuple[()]:
        raise RuntimeError("s3cret path /home/x")

    app = create_app(settings, database, files, cameras=broken)
    with serve(app) as served, client(served, sign_in(database)) as http:
        answer = http.get("/cameras", headers=BROWSER | {"Accept-Language": "en"})
    assert (answer.status_code, "<h1>The service failed</h1>" in answer.text) == (500, True)
    assert "s3cret" not in answer.text
    database.close()


def test_a_database_that_is_gone_is_a_page_too(settings: Settings, tmp_path: Path) -> None:
    _, files = open_store(settings)
    database = Database(f"sqlite:///{tmp_path}")  # a folder is no database
    with serve(create_app(settings, database, files)) as served, client(served, "x" * 43) as http:
        answer = http.get("/review", headers=BROWSER | {"Accept-Language": "zh"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "<h1>暂时无法使用</h1>" in answer.text
