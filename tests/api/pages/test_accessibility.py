"""axe opens every page in Chromium, light and dark, wide and on a phone, and finds nothing."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, get_type_hints
from zoneinfo import ZoneInfo

import pytest
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse

from api import app as application
from api.accounts import sessions, users
from api.accounts.sessions import Purpose
from api.db.scope import EVERYWHERE
from api.evidence.files import EvidenceStore
from api.reports.service import make_report
from api.reports.tables import ReportKind
from api.rulebook_versions.service import add_version
from api.statistics.period import Period
from models import registry
from models.shelf import Shelf
from models.shelf_changes import add
from tests.api.conftest import Service
from tests.api.datasets.test_datasets import export, send
from tests.api.db.districts import seed
from tests.api.rulebooks.test_in_force import written
from tests.api.statistics.made_up import Find, store
from tests.training.evaluation.test_gate import model

sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright: pip install playwright")
axe = pytest.importorskip("axe_playwright_python", reason="needs axe: pip install axe-playwright-python")
from playwright.sync_api import Browser, Page, ViewportSize  # noqa: E402  # after the skip above

from tests.api.review.test_browser import browser  # noqa: E402, F401  # the fixture
from tests.api.training_runs.test_pages import save_report, save_run  # noqa: E402

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


def pages() -> list[str]:
    """The paths of every page of the application for who is signed in; a card is a part of one."""
    found = [
        route.path
        for router in application.PAGES
        for route in router.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
        and get_type_hints(route.endpoint)["return"] is HTMLResponse
    ]  # fmt: skip
    return [path for path in found if path not in ("/review/{candidate_id}/card", "/login", "/welcome/{link}")]


def things(service: Service, folder: Path) -> dict[str, list[str]]:
    """What each page of one thing shows, by its path: a thing of each state."""
    opened, confirmed, rejected = service.seed(3)
    key = service.http.post(f"/api/v1/candidates/{confirmed}/verdict", json={"decision": "confirmed"}).json()["id"]
    said = {"decision": "rejected", "reason": "other", "note": "a note"}
    service.http.post(f"/api/v1/candidates/{rejected}/verdict", json=said).raise_for_status()
    service.http.post(f"/api/v1/candidates/{opened}/deferral", json={"kind": "escalated"}).raise_for_status()
    frame = service.http.post("/api/v1/labels/frames", json={"candidate_id": opened}).json()["id"]
    now, database = datetime.now(UTC), service.database
    (of_a_district,) = seed(database, EvidenceStore(service.data_dir / "evidence"), "erqi")
    with database.write() as connection:
        store(
            connection,
            Find(created_at=now, state="confirmed", zone="daxue-road", steps={"dispatched": 2.0, "fixed": 30.0}),
            Find(created_at=now, state="confirmed", zone="daxue-road", steps={"dispatched": 2.0}),
            Find(created_at=now, state="rejected", reason="vehicle"),
        )
        (user,) = users.listed(EVERYWHERE, connection)
    week = Period((now - timedelta(days=6)).date(), now.date(), ZoneInfo("Asia/Shanghai"))
    report, _ = make_report(database, ReportKind.WEEK, week, None, (), 24, now)
    number = add_version(EVERYWHERE, database, written(folder / "rules", permits=""), "a draft", now)
    made = send(service, export()).raise_for_status().json()["version"]
    add(Shelf(service.data_dir / "models", registry.WEIGHTS), model(folder / "model", "1").folder)
    save_report(save_run(service, "street-3", 3))
    save_run(service, "street-4", 2)
    return {
        "/review/{candidate_id}": [opened, confirmed, rejected],
        "/candidates/{candidate_id}": [opened, confirmed, rejected],
        "/cases/{delivery_id}": [key, str(of_a_district.verdict)],
        "/cameras/{camera_id}": ["cam-1", "cam-2"],
        "/surveys/{survey_id:uuid}": [str(of_a_district.survey.id)],
        "/labels/{frame_id}": [frame],
        "/users/{user_id}": [str(user.id)],
        "/reports/{report_id}": [str(report.id)],
        "/rulebooks/{number}": [str(number)],
        "/datasets/{name}/{version}": [f"river/{made}"],
        "/models/{name}": ["colours"],
        "/models/{name}/{version}": ["colours/1"],
        "/training/{name}": ["street-3", "street-4"],
        "/training/new": ["?dataset=river&base=aerial-stalls", "?dataset=river&base=street-ads"],
        "/original": [f"?picture=/api/v1/candidates/{confirmed}/evidence/scene"],
    }


def addresses(known: dict[str, list[str]]) -> list[str]:
    """Every page; of one thing for each that is known."""
    found = []
    for path in pages():
        ends = known[path] if "{" in path else known.get(path, [""])  # a new page of one thing needs its thing above
        found += [path.partition("{")[0] + end for end in ends]
    return [*found, "/candidates?state=open&class=stall"]


def faults(page: Page, url: str) -> list[str]:
    """What axe says of a page: all rules wide and on a phone, and its colours in the dark too."""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == (404 if url.endswith("/nowhere") else 200), url
    found = [f"wide {one}" for one in page.evaluate(LOOK, EVERY_RULE)]
    page.emulate_media(color_scheme="dark")
    found += [f"dark {one}" for one in page.evaluate(LOOK, COLOURS)]
    page.set_viewport_size(PHONE)
    found += [f"dark, phone {one}" for one in page.evaluate(LOOK, COLOURS)]
    page.emulate_media(color_scheme="light")
    return found + [f"phone {one}" for one in page.evaluate(LOOK, EVERY_RULE)]


@pytest.fixture
def known(service: Service, tmp_path: Path) -> Iterator[dict[str, list[str]]]:
    yield things(service, tmp_path)
    shutil.rmtree(service.data_dir / "models")


def test_axe_finds_nothing_on_any_page(page: Page, service: Service, known: dict[str, list[str]]) -> None:
    every = [*addresses(known), "/nowhere"]
    assert len(every) > 45
    found = {path: faults(page, service.url + path) for path in every}
    assert {path: said for path, said in found.items() if said} == {}


def test_axe_finds_nothing_on_the_sign_in(browser: Browser, service: Service) -> None:  # noqa: F811  # the fixture
    with service.database.write() as connection:
        (user,) = users.listed(EVERYWHERE, connection)
        link = sessions.add_link(connection, user.id, Purpose.PASSWORD, datetime.now(UTC))
    with browser.new_context(viewport=WIDE, locale="en-GB") as context:
        context.add_init_script(SCRIPT)
        page = context.new_page()
        assert [faults(page, service.url + path) for path in ("/login", f"/welcome/{link}")] == [[], []]
