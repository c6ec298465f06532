"""`/api/v1/candidates`: lists, one, its pictures, its verdict."""

import json
from datetime import datetime
from uuid import UUID, uuid4

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from api.cameras import repository as cameras
from api.cameras.encryption import SecretBox, make_key
from api.cameras.tables import cameras as registry
from api.candidates.verdicts import RejectReason
from api.cases.tables import outbox
from api.db.scope import EVERYWHERE
from detector.candidate import Origin
from tests.api.cameras.registered import A_CHANGE, a_camera
from tests.api.conftest import Service
from tests.api.samples import HEARD, RULEBOOK, SMALL, a_candidate


def test_a_candidate_says_all_that_is_known(service: Service) -> None:
    (candidate_id,) = service.seed()
    shown = service.http.get(f"/api/v1/candidates/{candidate_id}").json()
    assert (shown["class"], shown["source"], shown["ruling"], shown["code"]) == ("stall", "cam-1", "violation", "0501")
    assert (shown["lat"], shown["lon"], shown["ce90"], shown["dwell"]) == (34.7465, 113.6254, 2.4, 360.0)
    assert shown["reasons"] == [
        {
            "code": "inside_zone",
            "params": {"zone": "daxue-road", "kind": "main_road"},
            "text": "in this area: main road",
        },
        {
            "code": "stood",
            "params": {"dwell_s": 360.0, "allowed_s": 300.0},
            "text": "has stood 6 min; the limit of 5 min is reached",
        },
    ]
    for name in ("first_seen", "last_seen", "created_at", "updated_at"):
        assert datetime.fromisoformat(shown[name]).utcoffset() is not None
    assert service.http.get("/api/v1/candidates").json()["items"] == [shown]


@pytest.mark.parametrize(("kind", "size"), [("scene", (360, 640)), ("crop", (126, 154)), ("boxed", (360, 640))])
def test_each_picture_is_served_and_asked_for_anew(service: Service, kind: str, size: tuple[int, int]) -> None:
    (candidate_id,) = service.seed()
    address = f"/api/v1/candidates/{candidate_id}/evidence/{kind}"
    answer = service.http.get(address)
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape[:2] == size
    assert answer.headers["cache-control"] == "private, no-cache"
    again = service.http.get(address, headers={"If-None-Match": f'"other", {answer.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    assert service.http.get(address, headers={"If-None-Match": '"other"'}).content == answer.content
    listed = service.http.get(f"/api/v1/candidates/{candidate_id}").json()["evidence"]
    assert f'"{next(file["sha256"] for file in listed if file["kind"] == kind)}"' == answer.headers["etag"]


def test_pages_are_walked_by_cursor(service: Service) -> None:
    ids = service.seed(5)
    first = service.http.get("/api/v1/candidates", params={"limit": 3}).json()
    second = service.http.get("/api/v1/candidates", params={"limit": 3, "cursor": first["next"]}).json()
    assert [item["id"] for item in first["items"] + second["items"]] == ids
    assert (first["total"], second["next"]) == (5, None)


def test_filters(service: Service) -> None:
    first, *_ = service.seed(3)
    service.http.post(f"/api/v1/candidates/{first}/verdict", json={"decision": "confirmed"})

    def total(**wanted: str) -> int:
        return int(service.http.get("/api/v1/candidates", params=wanted).json()["total"])

    assert (total(state="open"), total(state="confirmed"), total(state="rejected")) == (2, 1, 0)
    assert (total(**{"class": "stall"}), total(**{"class": "banner"}), total(ruling="unknown")) == (3, 0, 0)


@pytest.mark.parametrize("reason", list(RejectReason))
def test_every_reason_can_be_given(service: Service, reason: str) -> None:
    (candidate_id,) = service.seed()
    url = f"/api/v1/candidates/{candidate_id}"
    said = service.http.post(f"{url}/verdict", json={"decision": "rejected", "reason": reason, "note": "看不清"})
    assert said.status_code == 201
    shown = service.http.get(url).json()
    assert shown["state"] == "rejected"
    assert shown["verdict"] == said.json()
    assert (shown["verdict"]["actor"]["name"], shown["verdict"]["note"]) == ("Li Wei", "看不清")


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "rejected"},
        {"decision": "rejected", "reason": None},
        {"decision": "rejected", "reason": "because"},
        {"decision": "confirmed", "reason": "vehicle"},
        {"decision": "maybe"},
        {"decision": "confirmed", "reviewer": "somebody else"},
        {"decision": "confirmed", "note": "\x00"},
        {"decision": "confirmed", "note": "x" * 1001},
        {},
        [],
        None,
    ],
)
def test_a_verdict_that_makes_no_sense_is_refused(service: Service, body: object) -> None:
    (candidate_id,) = service.seed()
    assert service.http.post(f"/api/v1/candidates/{candidate_id}/verdict", json=body).status_code == 422
    assert service.http.get(f"/api/v1/candidates/{candidate_id}").json()["state"] == "open"


def test_deciding_twice_and_undoing(service: Service) -> None:
    (candidate_id,) = service.seed()
    url = f"/api/v1/candidates/{candidate_id}/verdict"
    assert service.http.post(url, json={"decision": "confirmed"}).status_code == 201
    assert service.http.post(url, json={"decision": "confirmed"}).status_code == 409
    assert service.http.get("/api/v1/outbox").json()["total"] == 1
    assert service.http.delete(url).status_code == 204
    assert service.http.delete(url).status_code == 409
    assert service.http.get("/api/v1/outbox").json()["total"] == 0
    assert service.http.delete(f"/api/v1/candidates/{uuid4()}/verdict").status_code == 404


def test_reasons_come_in_the_language_asked_for(service: Service) -> None:
    (candidate_id,) = service.seed()
    url = f"/api/v1/candidates/{candidate_id}"
    chinese = service.http.get(url, headers={"Accept-Language": "zh-CN,en;q=0.5"}).json()["reasons"]
    assert [reason["text"] for reason in chinese] == [
        "位于主干道",
        "已停留 6 分，达到时限 5 分",
    ]
    assert service.http.get(url, params={"lang": "zh"}).json()["reasons"] == chinese
    assert service.http.get("/api/v1/candidates", params={"lang": "zh"}).json()["items"][0]["reasons"] == chinese


def test_a_candidate_says_what_judged_it(service: Service) -> None:
    with service.database.write() as connection:
        cameras.replace(EVERYWHERE, connection, SecretBox.of(make_key()), [a_camera("gate")], A_CHANGE)
        (camera,) = connection.execute(select(registry.c.camera, registry.c.since)).all()
    origin = Origin("erqi", camera.camera, camera.since, calibration="c" * 64)
    service.sink.take(a_candidate(source="gate", origin=origin))
    (shown,) = service.http.get("/api/v1/candidates").json()["items"]
    assert (shown["camera_id"], shown["survey_id"], shown["district"]) == ("gate", None, "erqi")
    assert shown["provenance"] == {
        "models": [{"name": "street-ads", "version": "3", "sha256": "a" * 64}],
        "rulebook_version": "2026-11-01",
        "rulebook_hash": RULEBOOK.sha256,
        "camera_version": 1,
        "calibration": "c" * 64,
        "file_sha256": None,
        "frame_at": "2026-11-20T04:06:00Z",
    }


def test_a_source_that_is_not_registered_has_no_camera(service: Service) -> None:
    (candidate_id,) = service.seed()
    shown = service.http.get(f"/api/v1/candidates/{candidate_id}").json()
    assert (shown["source"], shown["camera_id"], shown["survey_id"], shown["district"]) == ("cam-1", None, None, None)


def test_a_candidate_says_which_finder_saw_it_in_which_looks(service: Service) -> None:
    service.sink.take(a_candidate(evidence=HEARD))
    (shown,) = service.http.get("/api/v1/candidates").json()["items"]
    assert shown["finders"] == [
        {
            "finder": "model",
            "looks": 6,
            "seen": 5,
            "mean_score": 0.7,
            "best_score": 0.83,
            "log_odds": pytest.approx(HEARD.records[0].weight, abs=1e-3),
            "first": "2026-11-20T04:00:00Z",
            "last": "2026-11-20T04:05:00Z",
        },
        {
            "finder": "objects",
            "looks": 6,
            "seen": 0,
            "mean_score": 0.0,
            "best_score": 0.0,
            "log_odds": -0.4,
            "first": None,
            "last": None,
        },
    ]
    picture = next(file for file in shown["evidence"] if file["kind"] == "by_model")
    assert picture["captured_at"] == "2026-11-20T04:02:00Z"
    assert service.http.get(picture["url"]).content == SMALL
    sent = f"/api/v1/candidates/{shown['id']}/verdict"
    case = service.http.post(sent, json={"decision": "confirmed"}).json()["id"]
    with service.database.read() as connection:
        (body,) = connection.execute(select(outbox.c.body).where(outbox.c.id == UUID(case))).scalars()
    assert [file["kind"] for file in json.loads(body)["evidence"]] == ["scene", "crop", "boxed"]
