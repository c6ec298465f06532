"""Frames are drawn on, completed and given back over HTTP; verdicts come out as labels."""

from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from tests.api.conftest import Service
from tests.api.samples import STALL, a_candidate

DRAWN = [{"class": "stall", "box": [200.0, 140.0, 330.0, 250.0]}, {"class": "a_board", "box": [10.0, 20.0, 60.0, 90.0]}]


def bring(service: Service, candidate: str) -> dict[str, object]:
    answer = service.http.post("/api/v1/labels/frames", json={"candidate_id": candidate})
    assert answer.status_code == 201
    found: dict[str, object] = answer.json()
    return found


def put(service: Service, frame: object, version: int, boxes: object, complete: bool = True) -> httpx.Response:
    body = {"version": version, "complete": complete, "boxes": boxes}
    return service.http.put(f"/api/v1/labels/frames/{frame}", json=body)


def test_what_is_drawn_is_given_back_and_a_frame_stays_one(service: Service) -> None:
    (candidate,) = service.seed()
    frame = bring(service, candidate)
    assert bring(service, candidate)["id"] == frame["id"]
    assert (frame["state"], frame["version"], frame["boxes"]) == ("open", 0, [])
    (proposed,) = service.http.get(f"/api/v1/labels/frames/{frame['id']}").json()["proposals"]
    assert (proposed["class"], proposed["box"], proposed["candidate_id"]) == ("stall", list(STALL), candidate)
    assert proposed["by"] == "occupancy (street-ads 3)"
    assert put(service, frame["id"], 0, DRAWN[:1], complete=False).json()["state"] == "open"
    saved = put(service, frame["id"], 1, DRAWN).json()
    assert (saved["state"], saved["version"], saved["boxes"]) == ("complete", 2, DRAWN)
    assert saved["saved_by"]["name"] == "Li Wei"
    listed = service.http.get("/api/v1/labels/frames", params={"state": "complete"}).json()
    assert ([one["id"] for one in listed["items"]], listed["total"]) == ([frame["id"]], 1)
    picture = service.http.get(str(frame["picture"]))
    assert (picture.headers["content-type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")


def test_a_frame_saved_elsewhere_meanwhile_is_refused_and_theirs_stays(service: Service) -> None:
    frame = bring(service, service.seed()[0])["id"]
    assert put(service, frame, 0, DRAWN).status_code == 200
    late = put(service, frame, 0, [])
    assert late.status_code == 409
    assert late.json()["type"].endswith("frame-changed")
    assert "Li Wei saved version 1 meanwhile, yours began with version 0" in late.json()["detail"]
    assert service.http.get(f"/api/v1/labels/frames/{frame}").json()["boxes"] == DRAWN


@pytest.mark.parametrize(
    ("boxes", "said"),
    [
        ([{"class": "stall", "box": [0, 0, 641, 9]}], "box 1: [0, 0, 641, 9] leaves the picture of 640x360 pixels"),
        ([*DRAWN, {"class": "stall", "box": [9, 9, 9, 40]}], "box 3: [9, 9, 9, 40] has hardly an area"),
        ([{"class": "dragon", "box": [0, 0, 9, 9]}], "box 1: 'dragon' is no class; add it to classes.yaml"),
        ([{"class": "<b>", "box": [0, 0, 9, 9]}], "boxes.0.class: holds signs that are not allowed here"),
    ],
)
def test_labels_that_cannot_be_are_named(service: Service, boxes: object, said: str) -> None:
    frame = bring(service, service.seed()[0])["id"]
    refused = put(service, frame, 0, boxes)
    assert refused.status_code == 422
    assert said in refused.json()["detail"]
    assert service.http.get(f"/api/v1/labels/frames/{frame}").json()["version"] == 0


def test_boxes_are_copied_from_the_last_complete_frame_of_the_camera(service: Service) -> None:
    (first,) = service.seed()
    frame = bring(service, first)["id"]
    assert service.http.get(f"/api/v1/labels/frames/{frame}/before").status_code == 404
    put(service, frame, 0, DRAWN)
    made = a_candidate("place-9")
    service.sink.take(replace(made, evidence=replace(made.evidence, image=made.evidence.image // 2)))
    second = next(one["id"] for one in service.http.get("/api/v1/candidates").json()["items"] if one["id"] != first)
    before = service.http.get(f"/api/v1/labels/frames/{bring(service, second)['id']}/before").json()
    assert (before["id"], before["boxes"]) == (frame, DRAWN)


def test_a_verdict_with_a_corrected_box_and_class_is_a_label(service: Service) -> None:
    first, second = service.seed(2)
    address = f"/api/v1/candidates/{first}/verdict"
    outside = service.http.post(address, json={"decision": "confirmed", "box": [0, 0, 700, 20]})
    assert (outside.status_code, outside.json()["type"].endswith("invalid-label")) == (422, True)
    assert service.http.get(f"/api/v1/candidates/{first}").json()["state"] == "open"
    corrected = {"decision": "confirmed", "class": "goods_outside_shop", "box": [200, 150, 330, 250]}
    said = service.http.post(address, json=corrected).json()
    assert (said["class"], said["box"]) == ("goods_outside_shop", [200.0, 150.0, 330.0, 250.0])
    rejected = {"decision": "rejected", "reason": "not_a_stall"}
    assert service.http.post(f"/api/v1/candidates/{second}/verdict", json=rejected).json()["box"] is None
    labels = service.http.get("/api/v1/labels/verdicts").json()["items"]
    found = {one["candidate_id"]: one for one in labels}
    assert (found[first]["kind"], found[first]["class"]) == ("corrected", "goods_outside_shop")
    assert (found[first]["proposed_class"], found[first]["proposed_box"]) == ("stall", list(STALL))
    assert found[first]["models"] == [{"name": "street-ads", "version": "3", "sha256": "a" * 64}]
    assert (found[second]["kind"], found[second]["reason"]) == ("negative", "not_a_stall")
    service.http.delete(address)
    assert [one["candidate_id"] for one in service.http.get("/api/v1/labels/verdicts").json()["items"]] == [second]


def test_what_is_not_there_is_said(service: Service) -> None:
    assert service.http.get(f"/api/v1/labels/frames/{uuid4()}").status_code == 404
    assert put(service, uuid4(), 0, []).status_code == 404
    assert service.http.get(f"/labels/{uuid4()}").status_code == 404
    assert service.http.get("/labels/next").headers["location"] == "/labels"
    assert "No frame waits" in service.http.get("/labels").text
