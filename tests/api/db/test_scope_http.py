"""Over HTTP the neighbour's things are not there: 404 for each, and no list or page counts them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from api.app import create_app
from api.bootstrap import open_store
from api.cameras.live_status import CameraView, LastPicture
from api.db.scope import Scope
from api.dependencies import current_scope
from api.settings import Settings
from tests.api.conftest import client
from tests.api.db.districts import PLACE_ID, District, seed
from tests.api.samples import NOON
from tests.api.serving import serve
from tests.api.signing import sign_in
from tests.api.surveys.footage import STREAM, TUS, video

OURS, THEIRS = "erqi", "jinshui"


@dataclass(frozen=True, slots=True)
class Town:
    """A service that its reader sees as somebody of our district, and the things of both."""

    http: httpx.Client
    ours: District
    neighbour: District
    accepted: list[str]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    settings = Settings(_env_file=None, data_dir=folder, port=0, min_free_mb=1)
    database, files = open_store(settings, upgrade=True)
    ours, neighbour = seed(database, files, OURS, THEIRS)
    views = [
        CameraView(
            of.camera, f"Camera {of.camera}", "live", NOON, last_frame_at=NOON, has_picture=True, district=of.name
        )
        for of in (ours, neighbour)
    ]
    accepted: list[str] = []
    app = create_app(
        settings,
        database,
        files,
        cameras=lambda: views,
        picture=lambda camera: LastPicture(f"picture of {camera}".encode(), NOON, 9, 9),
        accept_view=accepted.append,
    )
    app.dependency_overrides[current_scope] = lambda: Scope.of([OURS])
    for of in (ours, neighbour):
        shown = settings.pictures_dir / str(of.survey.id) / "best.jpg"
        shown.parent.mkdir(parents=True)
        shown.write_bytes(f"place of {of.name}".encode())
    with serve(app) as served, client(served, sign_in(database)) as http:
        yield Town(http, ours, neighbour, accepted)
    database.close()


def readable(of: District) -> list[str]:
    """Every address under which something of a district can be read."""
    survey = of.survey.id
    return [
        f"/api/v1/candidates/{of.open}",
        f"/api/v1/candidates/{of.open}/evidence/scene",
        f"/api/v1/candidates/{of.confirmed}/evidence/boxed?reason=proof",
        f"/api/v1/cases/{of.case}",
        f"/api/v1/cameras/{of.camera}/picture",
        f"/api/v1/cameras/{of.camera}/health",
        f"/api/v1/cameras/{of.camera}/health/{of.fault}/picture",
        f"/api/v1/cameras/{of.camera}/history",
        f"/api/v1/surveys/{survey}",
        f"/api/v1/surveys/{survey}/files",
        f"/api/v1/surveys/{survey}/places",
        f"/api/v1/surveys/{survey}/path",
        f"/api/v1/surveys/{survey}/places/{PLACE_ID}/scene?reason=proof",
        f"/review/{of.open}",
        f"/review/{of.open}/card",
        f"/cases/{of.verdict}",
        f"/cameras/{of.camera}",
        f"/surveys/{survey}",
        f"/surveys/new?survey={survey}",
    ]


def test_what_is_ours_is_read_and_what_is_the_neighbours_is_not_there(town: Town) -> None:
    ours = {path: town.http.get(path).status_code for path in readable(town.ours)}
    theirs = {path: town.http.get(path).status_code for path in readable(town.neighbour)}
    assert ours == dict.fromkeys(ours, 200)
    assert theirs == dict.fromkeys(theirs, 404)


def test_a_404_says_the_same_of_the_neighbours_as_of_what_never_was(town: Town) -> None:
    theirs = town.http.get(f"/api/v1/cameras/{town.neighbour.camera}/picture").json()
    never = town.http.get("/api/v1/cameras/gate-nowhere1/picture").json()
    assert json.dumps(theirs).replace(town.neighbour.camera, "X") == json.dumps(never).replace("gate-nowhere1", "X")


@pytest.mark.parametrize(
    ("path", "total"),
    [
        ("/api/v1/candidates", 2),
        ("/api/v1/candidates?state=open", 1),
        ("/api/v1/candidates?limit=1", 2),
        ("/api/v1/cases", 1),
        ("/api/v1/outbox", 1),
        ("/api/v1/cameras", 1),
        ("/api/v1/surveys", 1),
        ("/review/queue", 1),
    ],
)
def test_lists_leak_no_count_and_no_name(town: Town, path: str, total: int) -> None:
    answer = town.http.get(path)
    assert answer.json()["total"] == total
    assert THEIRS not in answer.text


@pytest.mark.parametrize("path", ["/review", "/cases", "/cameras", "/surveys", "/cameras/gate-erqi"])
def test_pages_name_nothing_of_the_neighbours(town: Town, path: str) -> None:
    page = town.http.get(path).raise_for_status().text
    neighbour = town.neighbour
    hidden = [THEIRS, neighbour.camera, neighbour.survey.name, *map(str, (*neighbour.candidates, neighbour.verdict))]
    assert [one for one in hidden if one in page] == []


def test_a_neighbours_picture_is_never_shown_and_ours_is(town: Town) -> None:
    assert town.http.get(f"/api/v1/cameras/{town.ours.camera}/picture").content == b"picture of gate-erqi"
    refused = town.http.get(f"/api/v1/cameras/{town.neighbour.camera}/picture")
    assert b"picture of gate" not in refused.content


def test_nothing_of_the_neighbours_can_be_changed(town: Town) -> None:
    there, camera = town.neighbour, town.neighbour.camera
    upload = f"/api/v1/surveys/{there.survey.id}/files/{there.files[0].id}"
    http = town.http
    answers = {
        "verdict": http.post(f"/api/v1/candidates/{there.open}/verdict", json={"decision": "confirmed"}),
        "undo": http.delete(f"/api/v1/candidates/{there.confirmed}/verdict"),
        "retry": http.post(f"/api/v1/outbox/{there.verdict}/retry"),
        "pause": http.post(f"/api/v1/cameras/{camera}/pause"),
        "resume": http.post(f"/api/v1/cameras/{camera}/resume"),
        "remove": http.delete(f"/api/v1/cameras/{camera}"),
        "accept": http.post(f"/api/v1/cameras/{camera}/accept-view"),
        "accept, page": http.post(f"/cameras/{camera}/accept-view"),
        "remove, page": http.post(f"/cameras/{camera}/remove"),
        "offset": http.head(upload, headers=TUS),
        "send": http.patch(upload, content=b"x" * 9, headers=STREAM | {"Upload-Offset": "0"}),
        "forget": http.delete(upload, headers=TUS),
        "send, overridden": http.post(upload, headers=STREAM | {"X-HTTP-Method-Override": "HEAD"}),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 404)
    assert town.accepted == []
    assert http.post(f"/api/v1/cameras/{town.ours.camera}/accept-view").status_code == 204
    assert town.accepted == [town.ours.camera]


@pytest.mark.parametrize("district", [THEIRS, None])
def test_footage_is_announced_for_a_district_of_ones_own_alone(town: Town, district: str | None) -> None:
    file = video("new.mp4")
    said = {"name": "new", "files": [file.announced()]} | ({"district": district} if district else {})
    answer = town.http.post("/api/v1/surveys", json=said)
    assert (answer.status_code, answer.json()["detail"][:9]) == (422, "district:")
    assert town.http.get("/api/v1/surveys").json()["total"] == 1


def test_a_neighbours_manifest_announced_again_tells_nothing(town: Town) -> None:
    file = {"name": "v.mp4", "size": 9, "sha256": "a" * 64}
    said = {"name": f"flight {THEIRS}", "files": [file], "district": THEIRS}
    answer = town.http.post("/api/v1/surveys", json=said)
    assert answer.status_code == 422
    assert str(town.neighbour.survey.id) not in answer.text
    again = town.http.post("/api/v1/surveys", json=said | {"name": f"flight {OURS}", "district": OURS})
    assert (again.status_code, again.json()["survey"]["id"]) == (200, str(town.ours.survey.id))
