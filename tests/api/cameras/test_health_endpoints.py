"""Pictures and health of cameras over HTTP, and a moved camera's new view."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import pytest

from api.app import create_app
from api.bootstrap import open_store
from api.clock import wall_clock
from api.settings import Settings
from tests.api.cameras.watched import CAMERA, Post, turned
from tests.api.conftest import client
from tests.api.serving import serve
from tests.api.signing import sign_in

URL = f"/api/v1/cameras/{quote(CAMERA)}"


@dataclass(frozen=True, slots=True)
class Desk:
    """A watched camera and a client of the service that shows it."""

    post: Post
    http: httpx.Client


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    database, files = open_store(settings)
    post = Post(database, files, settings.data_dir / "memory", wall_clock)
    live = post.live
    app = create_app(settings, database, files, cameras=live.views, picture=live.picture, accept_view=live.accept)
    with serve(app) as served, client(served, sign_in(database)) as http:
        yield Desk(post, http)
    database.close()


def test_a_camera_without_a_picture_says_so(desk: Desk) -> None:
    (camera,) = desk.http.get("/api/v1/cameras").json()["items"]
    assert (camera["picture"], camera["silent"], camera["last_frame_age"]) == (None, True, None)
    assert desk.http.get(f"{URL}/picture").status_code == 404
    page = desk.http.get("/cameras").text
    assert "No picture yet" in page
    assert '<img src="/api' not in page


def test_the_last_picture_is_never_kept_by_the_browser(desk: Desk) -> None:
    desk.post.watch(desk.post.good(2))
    (camera,) = desk.http.get("/api/v1/cameras").json()["items"]
    answer = desk.http.get(camera["picture"])
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert answer.content.startswith(b"\xff\xd8")
    assert (camera["silent"], camera["positions_hold"], camera["faults"]) == (False, True, [])
    assert camera["last_frame_age"] < 5
    assert 'class="picture "' in desk.http.get("/cameras").text


def test_a_history_of_faults_with_their_pictures(desk: Desk) -> None:
    assert desk.http.get(f"{URL}/health").json() == {"items": [], "total": 0, "next": None}
    desk.post.watch([*desk.post.good(5), *[picture // 20 for picture in desk.post.good(4)]])
    (camera,) = desk.http.get("/api/v1/cameras").json()["items"]
    assert (camera["state"], [one["fault"] for one in camera["faults"]]) == ("unhealthy", ["black"])
    (item,) = desk.http.get(f"{URL}/health").json()["items"]
    assert (item["fault"], item["ended_at"], item["started_at"]) == ("black", None, camera["faults"][0]["since"])
    assert desk.http.get(item["picture"]).headers["content-type"] == "image/jpeg"
    elsewhere = item["picture"].replace(quote(CAMERA), "other")
    assert desk.http.get(elsewhere).status_code == 404
    assert desk.http.get("/api/v1/cameras/other/health").status_code == 404
    page = desk.http.get(f"/cameras/{quote(CAMERA)}", params={"lang": "zh"}).text
    assert "黑屏" in page
    assert "持续中" in page
    assert item["picture"] in page
    desk.post.live.cameras = ()  # what was is known of a camera that is gone
    assert desk.http.get(f"{URL}/health").json()["total"] == 1
    assert desk.http.get(f"/cameras/{quote(CAMERA)}").status_code == 200


def test_only_the_new_view_of_a_moved_camera_can_be_accepted(desk: Desk) -> None:
    assert desk.http.post("/api/v1/cameras/other/accept-view").status_code == 404
    desk.post.watch(desk.post.good(20))
    refused = desk.http.post(f"{URL}/accept-view")
    assert (refused.status_code, refused.json()["title"]) == (409, "The camera was not moved")
    desk.post.watch([turned(picture) for picture in desk.post.good(4)])
    (camera,) = desk.http.get("/api/v1/cameras").json()["items"]
    assert not camera["positions_hold"]
    page = desk.http.get("/cameras").text
    assert "both are suspended" in page
    assert "Accept the new view" in page
    done = desk.http.post(f"/cameras/{quote(CAMERA)}/accept-view")
    assert (done.status_code, done.headers["location"]) == (303, f"/cameras/{quote(CAMERA)}")
    desk.post.watch([turned(picture) for picture in desk.post.good(2)])
    (camera,) = desk.http.get("/api/v1/cameras").json()["items"]
    assert (camera["positions_hold"], camera["faults"]) == (True, [])
    (item,) = desk.http.get(f"{URL}/health").json()["items"]
    assert item["accepted_by"]["name"] == "Li Wei"
