"""The page of one survey, and its places and path as GeoJSON, from upload to the end."""

import math
import shutil
from pathlib import Path
from uuid import UUID, uuid4

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from api.db.scope import EVERYWHERE
from api.errors import EvidenceDamaged
from api.surveys import files as survey_files
from api.surveys import places, result_endpoints
from api.surveys import repository as surveys
from api.surveys import retention_queries as sweeping
from api.surveys.frames import Waypoint
from api.surveys.jobs import chunks, worker
from api.surveys.jobs.planning import register
from api.surveys.map import draw_survey_maps
from api.surveys.place_pictures import CropCache
from api.surveys.places import of_survey
from api.surveys.tables import SurveyState
from tests.api.conftest import Service
from tests.api.samples import NOON
from tests.api.surveys.jobs.flights import TOWN, context_over, drawn_flight, uploaded


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE", 0.05)


def flown(service: Service, folder: Path) -> UUID:
    """A survey that has been worked through."""
    survey_id = uploaded(service.database, service.data_dir, drawn_flight(folder), name="Daxue Road <1>")
    worker.run(context_over(service.database, service.data_dir, service.sink), until_idle=True)
    return survey_id


def looked(service: Service, survey_id: UUID) -> tuple[int, int, int]:
    said = service.http.get(f"/api/v1/surveys/{survey_id}").json()["progress"]
    return said["chunks"], said["chunks_done"], said["chunks_dead"]


def page(service: Service, survey_id: UUID, lang: str = "en") -> str:
    return service.http.get(f"/surveys/{survey_id}", params={"lang": lang}).raise_for_status().text


def test_a_survey_shows_its_places_its_path_and_its_files(service: Service, tmp_path: Path) -> None:
    survey_id = flown(service, tmp_path)
    text = page(service, survey_id)
    assert "Daxue Road &lt;1&gt;" in text
    assert "Completed" in text
    assert text.count('class="error unknown"') == len(TOWN.stalls)
    assert text.count('<polyline class="flown"') == 1
    assert "flight.srt" in text
    assert 'data-refresh="ended"' in text  # nothing changes any more
    assert looked(service, survey_id) == (2, 2, 0)
    assert "已完成" in page(service, survey_id, "zh")
    shutil.rmtree(service.data_dir / "survey_pictures" / str(survey_id))  # as a sweep does when its time is over
    with service.database.write() as connection:
        for file in survey_files.files(EVERYWHERE, connection, survey_id):
            sweeping.forget_content(connection, file.path or "")
    text = page(service, survey_id, "zh")
    assert "/crop" not in text
    assert text.count("移除</span>") == len(TOWN.stalls) + 2
    assert "任务结束已超过影像保留期" in text


def test_places_and_path_are_geojson(service: Service, tmp_path: Path) -> None:
    survey_id = flown(service, tmp_path)
    places = service.http.get(f"/api/v1/surveys/{survey_id}/places")
    assert places.headers["content-type"] == "application/geo+json"
    found = places.json()["features"]
    assert len(found) == len(TOWN.stalls)
    candidates = {one["id"] for one in service.http.get("/api/v1/candidates").json()["items"]}
    assert {one["properties"]["candidate_id"] for one in found} == candidates
    for one in found:
        lon, lat = one["geometry"]["coordinates"]
        assert (round(lon), round(lat)) == (114, 35)
        assert one["properties"]["class"] == "stall"
        scene = one["properties"]["picture"]
        assert service.http.get(scene).status_code == 403, "an original asks for a reason"
        for picture, asked in ((scene, {"reason": "proof"}), (scene.replace("scene", "crop"), {})):
            answer = service.http.get(picture, params=asked)
            assert answer.raise_for_status().content.startswith(b"\xff\xd8")
    (leg,) = service.http.get(f"/api/v1/surveys/{survey_id}/path").json()["features"]
    assert leg["geometry"]["type"] == "LineString"
    assert len(leg["geometry"]["coordinates"]) == len(leg["properties"]["times"]) == len(leg["properties"]["heights"])
    assert leg["properties"]["clip"] == "flight.mp4"


def test_a_frame_is_decoded_once_for_all_its_places(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey_id = flown(service, tmp_path)
    with service.database.read() as connection:
        found = of_survey(EVERYWHERE, connection, survey_id)
    decoded: list[int] = []
    real = cv2.imdecode

    def decode(content: NDArray[np.uint8], how: int) -> NDArray[np.uint8]:
        decoded.append(len(content))
        return np.asarray(real(content, how), np.uint8)

    monkeypatch.setattr(cv2, "imdecode", decode)
    monkeypatch.setattr(result_endpoints, "CROPS", CropCache())
    monkeypatch.setattr(places, "of_survey", None)  # one place is asked for, not all of them
    answers = [
        service.http.get(f"/api/v1/surveys/{survey_id}/places/{place.id}/crop").raise_for_status()
        for place in (*found, *found)
    ]
    assert len(decoded) == len({place.picture for place in found}) < len(found)
    assert len({answer.content for answer in answers}) == len(found)
    tag, url = answers[0].headers["etag"], str(answers[0].url)
    assert answers[0].headers["cache-control"] == "private, no-cache"
    assert service.http.get(url, headers={"If-None-Match": tag}).status_code == 304
    shutil.rmtree(service.data_dir / "survey_pictures" / str(survey_id))
    assert service.http.get(url, headers={"If-None-Match": tag}).status_code == 404


def test_cut_outs_take_no_more_room_than_they_may(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8))
    boxes = [(10.0 * n, 0.0, 10.0 * n + 50, 50.0) for n in range(15)]
    cache = CropCache(room=20_000)
    for box in boxes:
        assert cache.cut(tmp_path / "a.jpg", box, boxes).startswith(b"\xff\xd8")
    assert 0 < cache.size <= 20_000
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(EvidenceDamaged):
        cache.cut(tmp_path / "a.jpg", boxes[0], boxes)


def test_a_candidate_shows_the_flight_that_saw_it(service: Service, tmp_path: Path) -> None:
    survey_id = flown(service, tmp_path)
    candidate = service.http.get("/api/v1/candidates").json()["items"][0]["id"]
    card = service.http.get(f"/review/{candidate}").text
    assert f'<a href="/surveys/{survey_id}">Daxue Road &lt;1&gt;</a>' in card
    assert '<polyline class="flown"' in card
    assert "Standing for" not in card  # a drone cannot tell
    service.http.post(f"/api/v1/candidates/{candidate}/verdict", json={"decision": "confirmed"})
    assert "Daxue Road &lt;1&gt;" in service.http.get("/cases").text


@pytest.mark.parametrize(("lang", "words"), [("en", "Places appear when"), ("zh", "全部影像分析完毕后")])
def test_a_survey_in_work_says_how_far_it_is(service: Service, tmp_path: Path, lang: str, words: str) -> None:
    survey_id = uploaded(service.database, service.data_dir, drawn_flight(tmp_path))
    waiting = page(service, survey_id, lang)
    with service.database.write() as connection:
        register(connection)
    working = page(service, survey_id, lang)
    for text in (waiting, working):
        assert words in text
        assert 'data-refresh="follow"' in text
    assert "<progress" not in waiting
    assert "<progress" in working
    assert looked(service, survey_id) == (2, 0, 0)  # the video's probe, and the last one
    assert service.http.get(f"/api/v1/surveys/{survey_id}/places").json()["features"] == []


def test_what_could_not_be_read_is_said(service: Service, tmp_path: Path) -> None:
    (tmp_path / "DJI_0009.MP4").write_text("#EXTM3U <script>\n")
    survey_id = uploaded(service.database, service.data_dir, [tmp_path / "DJI_0009.MP4"])
    worker.run(context_over(service.database, service.data_dir, service.sink), until_idle=True)
    text = page(service, survey_id)
    assert "Completed with errors" in text
    assert "<li>DJI_0009.MP4: neither a video (MP4, MOV, MKV, WebM, AVI, TS) nor a picture" in text
    assert "Nothing was found on this flight." in text
    assert looked(service, survey_id) == (2, 1, 1)
    chinese = page(service, survey_id, "zh")
    assert "已完成，但有错误" in chinese
    assert "<li>DJI_0009.MP4: 既不是视频（MP4、MOV" in chinese


def test_an_unknown_survey_or_place_is_not_found(service: Service, tmp_path: Path) -> None:
    for address in (f"/surveys/{uuid4()}", f"/api/v1/surveys/{uuid4()}/places", f"/api/v1/surveys/{uuid4()}/path"):
        assert service.http.get(address).status_code == 404
    survey_id = uploaded(service.database, service.data_dir, drawn_flight(tmp_path))
    assert service.http.get(f"/api/v1/surveys/{survey_id}/places/0123456789ab/scene").status_code == 404
    assert service.http.get(f"/api/v1/surveys/{survey_id}/places/..%2f..%2fx/scene").status_code in (404, 422)
    with service.database.write() as connection:
        assert surveys.move(connection, survey_id, SurveyState.READY, SurveyState.PROCESSING, NOON)
        assert chunks.of_survey(EVERYWHERE, connection, survey_id) == ()


@given(
    st.lists(
        st.tuples(st.floats(-80, 80), st.floats(-170, 170), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)),
        min_size=1,
        max_size=6,
    )
)
def test_the_maps_hold_the_whole_flight(spots: list[tuple[float, float, float, float]]) -> None:
    lat, lon = spots[0][:2]
    path = [Waypoint("a", NOON, lat + north, lon + east, 60.0) for _, _, north, east in spots]
    charts = draw_survey_maps(path, (), ())
    assert sum(len(chart.shots) for chart in charts) == len(path)
    for chart in charts:
        for shot in chart.shots:
            assert -1 <= shot.x <= chart.width + 1
            assert -1 <= shot.y <= chart.height + 1
        assert chart.bar_metres >= 1
        assert math.isfinite(chart.bar_length)


def test_a_flight_without_positions_has_no_map() -> None:
    assert draw_survey_maps((), (), ()) == ()
