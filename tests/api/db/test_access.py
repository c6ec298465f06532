"""Who may do what, for every route there is: each role, a neighbour's district, a grade too low, and nobody at all.

The routes come from the OpenAPI document and from the pages' routers; what the test has to know of a route is its
permission alone, and a route that it does not know fails it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import Connection, update

from api import app as application
from api.accounts.guard import SAFE_METHODS, is_open
from api.accounts.users import Grant
from api.app import create_app
from api.bootstrap import open_store
from api.cameras.live_status import CameraView, LastPicture
from api.cameras.tables import cameras
from api.candidates.tables import candidates
from api.cases import outbox, progress
from api.cases.progress import Said
from api.cases.tables import BUILT_IN, CaseStatus, EventSource
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence.files import EvidenceStore
from api.labels.tables import label_frames
from api.pages.base import STATIC
from api.reports.tables import reports
from api.roles import Permission, Role, permissions_of
from api.settings import Settings
from api.surveys.tables import surveys
from detector.vision.frame import Frame
from tests.api.db.districts import PLACE_ID, District, seed
from tests.api.samples import NOON, street
from tests.api.serving import serve
from tests.api.signing import a_user, sign_in
from tests.api.surveys.footage import STREAM, TUS

REASON = {"reason": "proof"}
NEEDS = {
    "POST /api/v1/candidates/{candidate_id}/verdict": Permission.DECIDE,
    "DELETE /api/v1/candidates/{candidate_id}/verdict": Permission.DECIDE,
    "POST /api/v1/candidates/{candidate_id}/reopening": Permission.DECIDE,
    "POST /api/v1/candidates/{candidate_id}/lease": Permission.DECIDE,
    "DELETE /api/v1/candidates/{candidate_id}/lease": Permission.DECIDE,
    "POST /api/v1/candidates/{candidate_id}/deferral": Permission.DECIDE,
    "DELETE /api/v1/candidates/{candidate_id}/deferral": Permission.DECIDE,
    "POST /api/v1/outbox/{delivery_id}/retry": Permission.OPERATE,
    "POST /cases/{delivery_id}/retry": Permission.OPERATE,
    "GET /cases/next-flight.csv": Permission.EXPORT,
    "POST /cases/{delivery_id}/assign": Permission.DECIDE,
    "POST /cases/{delivery_id}/fix": Permission.DECIDE,
    "POST /cases/{delivery_id}/refuse": Permission.DECIDE,
    "POST /cases/{delivery_id}/close": Permission.DECIDE,
    "POST /api/v1/cameras/{camera_id}/pause": Permission.OPERATE,
    "POST /api/v1/cameras/{camera_id}/resume": Permission.OPERATE,
    "DELETE /api/v1/cameras/{camera_id}": Permission.MANAGE,
    "POST /api/v1/cameras/{camera_id}/accept-view": Permission.OPERATE,
    "POST /cameras/{camera_id}/pause": Permission.OPERATE,
    "POST /cameras/{camera_id}/resume": Permission.OPERATE,
    "POST /cameras/{camera_id}/accept-view": Permission.OPERATE,
    "POST /cameras/{camera_id}/remove": Permission.MANAGE,
    "POST /api/v1/surveys": Permission.UPLOAD,
    "GET /surveys/new": Permission.UPLOAD,
    "POST /surveys/{survey_id:uuid}/again": Permission.UPLOAD,
    "POST /api/v1/surveys/{survey_id}/files": Permission.UPLOAD,
    "HEAD /api/v1/surveys/{survey_id}/files/{file_id}": Permission.UPLOAD,
    "PATCH /api/v1/surveys/{survey_id}/files/{file_id}": Permission.UPLOAD,
    "DELETE /api/v1/surveys/{survey_id}/files/{file_id}": Permission.UPLOAD,
    "POST /api/v1/surveys/{survey_id}/files/{file_id}": Permission.UPLOAD,
    "GET /labels": Permission.DECIDE,
    "GET /labels/next": Permission.DECIDE,
    "GET /labels/{frame_id}": Permission.DECIDE,
    "POST /api/v1/labels/frames": Permission.DECIDE,
    "PUT /api/v1/labels/frames/{frame_id}": Permission.DECIDE,
    "POST /api/v1/datasets/{name}/from-labels": Permission.MANAGE,
    "PUT /api/v1/datasets/{name}/archive": Permission.MANAGE,
    "POST /models/{name}/{version}/promote": Permission.MANAGE,
    "POST /models/{name}/rollback": Permission.MANAGE,
    "POST /models/{name}/{version}/shadow": Permission.MANAGE,
    "POST /models/{name}/shadow/end": Permission.MANAGE,
    "POST /training/new": Permission.MANAGE,
    "POST /training/{name}/cancel": Permission.MANAGE,
    "POST /training/{name}/go-on": Permission.MANAGE,
    "GET /users": Permission.MANAGE,
    "POST /users": Permission.MANAGE,
    "GET /users/{user_id}": Permission.MANAGE,
    "POST /users/{user_id}": Permission.MANAGE,
    "POST /users/{user_id}/reset": Permission.MANAGE,
    "POST /users/{user_id}/disable": Permission.MANAGE,
    "POST /users/{user_id}/enable": Permission.MANAGE,
    "GET /keys": Permission.MANAGE,
    "POST /keys": Permission.MANAGE,
    "POST /keys/{key_id}/revoke": Permission.MANAGE,
    "POST /rulebooks/{number}/replay": Permission.MANAGE,
    "POST /rulebooks/{number}/force": Permission.MANAGE,
    "GET /audit": Permission.AUDIT,
    "GET /candidates/export": Permission.EXPORT,
    "GET /api/v1/candidates/export": Permission.EXPORT,
    "GET /lists/export": Permission.EXPORT,
}
"""What is more than viewing. A new route that changes something must be named here."""
OWN = {"POST /logout", "POST /account/password", "POST /account/sessions/{session_id}/end"}
"""What everybody may do, to what is their own."""
NOBODYS = {"/metrics", "/api/v1/rulebooks/{sha256}", "/original"}
"""What is of no district."""
OF_EVERYTHING = ("/training", "/models", "/datasets", "/api/v1/datasets", "/rulebooks")
"""What begins so is of all districts, and only for who sees all of them."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address."""

    method: str
    path: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def needs(self) -> Permission:
        return NEEDS.get(self.name, Permission.VIEW)

    @property
    def of_everything(self) -> bool:
        return self.path.startswith(OF_EVERYTHING)


@dataclass(frozen=True, slots=True)
class Town:
    """A running service with two districts; the neighbour's things twice: foreign, and of a grade too high."""

    url: str
    app: FastAPI
    database: Database
    ours: District
    foreign: District
    secret: District

    def routes(self) -> list[Route]:
        document = self.app.openapi()["paths"]
        said = [Route(method.upper(), path) for path, methods in document.items() for method in methods]
        pages = [
            Route(method, route.path)
            for router in application.PAGES
            for route in router.routes
            if isinstance(route, APIRoute) and route.path not in document
            for method in route.methods or ()
        ]
        hidden = Route("POST", "/api/v1/surveys/{survey_id}/files/{file_id}")  # tus behind proxies that pass POST alone
        return [*said, *pages, hidden]

    def as_(self, role: Role, districts: frozenset[str] | None = frozenset({"erqi"}), grade: int = 2) -> httpx.Client:
        login = f"{role}-{grade}-{'all' if districts is None else '-'.join(sorted(districts))}"
        user = a_user(login, login, Grant(role, districts, grade))
        http = httpx.Client(base_url=self.url, timeout=20, trust_env=False, headers={"Origin": self.url})
        http.cookies.set("session", sign_in(self.database, user))
        return http


def _fixed(connection: Connection, store: EvidenceStore, of: District) -> District:
    """Say at the desk that the case of a district is fixed, with a photograph."""
    key = of.verdict
    delivery = outbox.find(EVERYWHERE, connection, key)
    assert delivery is not None
    shown = store.keep_frame(Frame(street(), NOON, "phone"))
    said = Said(
        f"fixed {key}", EventSource.DESK, CaseStatus.FIXED, NOON, picture=shown.path, picture_sha256=shown.sha256
    )
    progress.apply(EVERYWHERE, connection, delivery, BUILT_IN, said, NOON)
    (event,) = progress.events(EVERYWHERE, connection, key)
    return replace(of, photograph=event.id)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("access")
    settings = Settings(_env_file=None, data_dir=folder, port=0, min_free_mb=1, runs_dir=folder / "runs")
    database, files = open_store(settings, upgrade=True)
    ours, foreign, secret = seed(database, files, "erqi", "jinshui", "erqi-high")
    with database.write() as connection:
        ours, foreign, secret = (_fixed(connection, files, one) for one in (ours, foreign, secret))
    with database.write() as connection:  # the third is ours, but of grade 3
        for table in (candidates, cameras, surveys, label_frames, reports, cameras.metadata.tables["camera_health"]):
            is_secret = table.c.district == "erqi-high"
            connection.execute(update(table).where(is_secret).values(district="erqi", grade=3))
    of = ((ours, "erqi", 2), (foreign, "jinshui", 2), (secret, "erqi", 3))
    views = [
        CameraView(
            one.camera, one.camera, "live", NOON, last_frame_at=NOON, has_picture=True, district=name, grade=grade
        )
        for one, name, grade in of
    ]
    app = create_app(
        settings, database, files, cameras=lambda: views, picture=lambda _: LastPicture(b"jpeg", NOON, 9, 9)
    )
    for one, _, _ in of:
        shown = settings.pictures_dir / str(one.survey.id) / "best.jpg"
        shown.parent.mkdir(parents=True)
        shown.write_bytes(b"place")
    with serve(app) as served:
        yield Town(served.url, app, database, ours, foreign, secret)
    database.close()


def address(route: Route, of: District) -> str:
    """Return the address of a route with the ids of a district's things."""
    kind = "pdf" if "/reports/" in route.path else "scene" if "places" in route.path else "crop"
    values = {
        "candidate_id": of.open, "kind": kind, "case_id": of.case,
        "delivery_id": of.verdict, "camera_id": of.camera, "fault_id": of.fault, "survey_id": of.survey.id,
        "file_id": of.files[0].id, "place_id": PLACE_ID, "sha256": "0" * 64, "name": "x", "sheet": "missed",
        "frame_id": of.frame.id, "version": "1-0123456789ab", "side": "train", "file": "x.jpg", "wanted": uuid4(),
        "event_id": of.photograph, "report_id": of.report,
        "system": "erqi", "user_id": uuid4(), "key_id": uuid4(), "session_id": uuid4(),
        "link": "x" * 43, "number": 9,
    }  # fmt: skip
    path = route.path.replace("{survey_id:uuid}", "{survey_id}").format(
        **{key: str(one) for key, one in values.items()}
    )
    return path


def ask(http: httpx.Client, route: Route, of: District) -> httpx.Response:
    """Send what the route takes, with everything in order but who asks."""
    headers, params = dict(TUS | STREAM | {"Upload-Offset": "0"}), dict[str, str]()
    if route.method == "POST" and route.path.endswith("/files"):
        headers |= {"Upload-Length": "9", "Upload-Metadata": "filename di5tcDQ="}
    if "/files/{file_id}" in route.path and route.method == "POST":
        headers |= {"X-HTTP-Method-Override": "HEAD"}
    if route.path.endswith(
        ("/evidence/{kind}", "/{place_id}/{kind}", "/v1/candidates/export", "/frames/{frame_id}/picture", ".csv")
    ):
        params = dict(REASON)
    if route.path == "/original":
        params = {"picture": f"/api/v1/candidates/{of.open}/evidence/scene"}
    if route.path == "/surveys/new":
        params = {"survey": str(of.survey.id)}
    body: dict[str, object] = (
        {"json": {"decision": "confirmed"}} if route.path.endswith("/verdict") and route.method == "POST" else {}
    )
    if route.path.endswith("/deferral") and route.method == "POST":
        body = {"json": {"kind": "escalated"}}
    if route.path.startswith("/api/v1/labels/frames"):
        sent = {"POST": {"candidate_id": str(of.open)}, "PUT": {"version": 1, "complete": True, "boxes": []}}
        body = {"json": sent[route.method]} if route.method in sent else {}
    if route.path == "/training/new":
        params = {"dataset": "x", "base": "x"}
    if body or not route.path.startswith("/api/v1/surveys/"):
        headers = {}
    return http.request(route.method, address(route, of), headers=headers, params=params, **body)  # type: ignore[arg-type]  # json alone


def test_every_route_that_changes_something_is_known_here(town: Town) -> None:
    changing = {
        one.name for one in town.routes() if one.method not in SAFE_METHODS and not is_open(address(one, town.ours))
    }
    assert changing <= NEEDS.keys() | OWN
    assert set(NEEDS) <= {one.name for one in town.routes()}


def test_without_a_session_nothing_answers(town: Town) -> None:
    with httpx.Client(base_url=town.url, timeout=20, trust_env=False, headers={"Origin": town.url}) as http:
        for route in town.routes():
            if is_open(address(route, town.ours)):
                continue
            answer = ask(http, route, town.ours)
            expected = 401 if route.path.startswith("/api/") else 303
            assert answer.status_code == expected, route.name
            assert expected == 401 or answer.headers["location"].startswith("/login")
        for file in Path(STATIC).rglob("*"):
            path = f"/static/{file.relative_to(STATIC)}"
            assert http.get(path).status_code == (200 if is_open(path) else 303), path


@pytest.mark.parametrize("role", list(Role))
def test_what_a_role_does_not_allow_is_refused_whatever_it_is(town: Town, role: Role) -> None:
    """403, for one's own things and for what is not there alike: so it tells nothing of the neighbour's."""
    with town.as_(role) as http:
        for route in town.routes():
            if is_open(address(route, town.ours)) or route.name in OWN:
                continue
            if route.needs in permissions_of(role):
                continue
            for of in (town.ours, town.foreign):
                answer = ask(http, route, of)
                assert answer.status_code == 403, (route.name, answer.text)


def of_a_thing(route: Route) -> bool:
    """Tell whether a route is of one thing of a district."""
    named = "{" in route.path and route.path not in NOBODYS and route.name not in OWN and not route.of_everything
    asked = route.name in (
        "GET /surveys/new",
        "POST /api/v1/labels/frames",
    )  # which thing, they are told beside the path
    return asked or (named and not is_open(route.path.replace("{link}", "x" * 43)))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("whose", ["foreign", "secret"])
def test_a_neighbours_thing_and_one_of_a_higher_grade_are_not_there(town: Town, role: Role, whose: str) -> None:
    of: District = getattr(town, whose)
    with town.as_(role) as http:
        for route in town.routes():
            if of_a_thing(route) and route.needs in permissions_of(role) and route.method != "OPTIONS":
                answer = ask(http, route, of)
                assert answer.status_code == 404, (route.name, answer.text[:300])
    with town.database.read() as connection:  # and none of it was changed
        rows = connection.execute(candidates.select().where(candidates.c.id == of.open)).one()
    assert rows.state == "open"


@pytest.mark.parametrize("role", list(Role))
def test_what_is_ours_is_there_for_every_role(town: Town, role: Role) -> None:
    """The other half: a matrix in which everything is 404 would prove nothing."""
    with town.as_(role) as http:
        for route in town.routes():
            readable = route.method == "GET" and route.needs in permissions_of(role)
            if readable and of_a_thing(route) and "user_id" not in route.path:
                answer = ask(http, route, town.ours)
                assert answer.status_code == 200, (route.name, answer.text[:300])


def test_no_list_counts_or_names_what_is_not_ours(town: Town) -> None:
    with town.as_(Role.VIEWER) as http, town.as_(Role.VIEWER, None, 3) as all_of_it:
        for route in town.routes():
            if route.method != "GET" or "{" in route.path or is_open(route.path) or route.needs is not Permission.VIEW:
                continue
            mine, everything = ask(http, route, town.ours), ask(all_of_it, route, town.ours)
            for of in (town.foreign, town.secret):
                for ident in (of.camera, of.open, of.confirmed, of.verdict, of.case, of.survey.id, of.frame.id):
                    assert str(ident) not in mine.text, (route.name, ident)
            if route.path.startswith("/api/v1") and "total" in mine.text[-200:]:
                listed, all_ = mine.json(), everything.json()
                assert listed["total"] * 3 == all_["total"], route.name


def test_lists_filtered_for_states_count_ours_alone(town: Town) -> None:
    with town.as_(Role.VIEWER) as http:
        for path, total in (("/api/v1/candidates?state=open", 1), ("/api/v1/candidates?state=confirmed", 1)):
            assert http.get(path).json()["total"] == total
        assert http.get("/review/queue").json()["total"] == 1
        asked = {"camera": [of.camera for of in (town.ours, town.foreign, town.secret)], "version": ["", "", ""]}
        now = http.get("/cameras.json", params=asked).json()
        assert ([one["id"] for one in now["cards"]], now["total"]) == ([town.ours.camera], 1)


def test_nobody_gives_more_than_they_have(town: Town) -> None:
    with town.as_(Role.ADMINISTRATOR) as http, town.as_(Role.ADMINISTRATOR, None, 3) as chief:
        wanted = {"login": "new", "name": "New", "role": "viewer"}
        for more in (
            {"districts": "", "grade": "2"},
            {"districts": "erqi, jinshui", "grade": "1"},
            {"districts": "erqi", "grade": "3"},
        ):
            assert http.post("/users", data=wanted | more).status_code == 422, more
            assert http.post("/keys", data=wanted | more | {"days": "7"}).status_code == 422, more
        page = http.get("/users").text
        assert "administrator-2-erqi" in page
        assert "administrator-3-all" not in page  # who sees more is not theirs to change, nor to see
        theirs = a_user("administrator-3-all").id
        for action in ("", "/reset", "/disable"):
            assert (
                http.post(
                    f"/users/{theirs}{action}", data={"role": "viewer", "districts": "erqi", "grade": "1"}
                ).status_code
                == 404
            )
        made = chief.post("/users", data=wanted | {"districts": "erqi", "grade": "2"})
        assert (made.status_code, "/welcome/" in made.text) == (200, True)
        own = a_user("administrator-2-erqi").id
        assert http.post(f"/users/{own}/disable").status_code == 422


def test_what_is_of_all_districts_is_for_who_sees_everything(town: Town) -> None:
    """Of trainings, models, data sets and rulebooks: nothing else is of all districts."""
    found = [route for route in town.routes() if route.of_everything]
    rooms = {route.path.removeprefix("/api/v1").split("/")[1] for route in found}
    assert rooms == {"training", "models", "datasets", "rulebooks"}
    chief = Role.ADMINISTRATOR
    with town.as_(chief) as one, town.as_(chief, None, 2) as low, town.as_(Role.VIEWER, None, 3) as all_:
        for route in found:
            codes = [ask(http, route, town.ours).status_code for http in (one, low, all_)]
            assert codes[:2] == [403, 403], route.name
            assert codes[2] in ((200, 404, 422) if route.needs is Permission.VIEW else (403,)), route.name
        pages = [http.get("/cameras").text for http in (one, low, all_)]
    assert ['href="/models"' in page for page in pages] == [False, False, True]
    assert ['href="/labels"' in page for page in pages] == [True, True, False]  # a viewer does not label


def test_the_audit_log_is_for_auditors_of_everything(town: Town) -> None:
    with town.as_(Role.AUDITOR) as one, town.as_(Role.AUDITOR, None, 3) as all_:
        assert one.get("/audit").status_code == 403
        page = all_.get("/audit", params={"act": "refused", "actor": "auditor-2-erqi"})
    assert page.status_code == 200
    assert "/audit" in page.text
