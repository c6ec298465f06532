"""Announcing what a drone team brings: what is wanted, what is known, what is set aside."""

from typing import Any
from uuid import UUID

import pytest

from api.surveys import repository as surveys
from api.surveys.tables import SurveyState
from detector.reason import Reason
from tests.api.conftest import Service
from tests.api.samples import NOON
from tests.api.surveys.footage import Given, announce, files_of, photo, send, settled, sidecar, video


def by_name(answer: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    return {file["name"]: (file["kind"], file["state"], file["note"]) for file in answer["files"]}


def test_a_card_is_sorted_and_nothing_is_dropped(service: Service) -> None:
    twin = Given("copy/DJI_0001 (2).MP4", video().content)
    card = [
        video(),
        sidecar(),
        photo(),
        twin,
        Given("DJI_0001.LRF", b"x"),
        Given("notes.txt", b"y"),
        Given("E.MP4", b""),
    ]
    answer = announce(service.http, *card)
    assert answer.status_code == 201
    assert by_name(answer.json()) == {
        "DJI_0001.MP4": ("video", "missing", None),
        "DJI_0001.SRT": ("telemetry", "missing", None),
        "DJI_0002.JPG": ("photo", "missing", None),
        "copy/DJI_0001 (2).MP4": ("video", "duplicate", "same_as"),
        "DJI_0001.LRF": ("other", "suspect", "preview"),
        "notes.txt": ("other", "suspect", "not_footage"),
        "E.MP4": ("video", "suspect", "empty"),
    }
    assert [bool(file["upload"]) for file in answer.json()["files"]] == [True] * 3 + [False] * 4
    survey = answer.json()["survey"]
    assert (survey["name"], survey["state"]) == ("Daxue Road, morning", "uploading")
    assert survey["progress"] == {
        "files": 7,
        "files_settled": 4,
        "size": sum(len(file.content) for file in card[:3]),
        "received": 0,
        "chunks": 0,
        "chunks_done": 0,
        "chunks_dead": 0,
    }
    assert set(files_of(service.http, survey["id"])) == {file.name for file in card}


def test_announcing_again_goes_on_with_the_same_survey(service: Service) -> None:
    first, again = announce(service.http, video(), photo()), announce(service.http, photo(), video())
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["survey"]["id"] == again.json()["survey"]["id"]
    assert [file["name"] for file in again.json()["files"]] == [photo().name, video().name]
    assert announce(service.http, video(), photo(), name="another").status_code == 201
    assert service.http.get("/api/v1/surveys").json()["total"] == 2


def test_a_content_that_is_known_is_not_wanted_again(service: Service) -> None:
    first = announce(service.http, photo()).json()
    send(service.http, first["files"][0]["upload"], photo().content)
    settled(service.http, first["survey"]["id"])
    second = announce(service.http, Given("other/name.jpg", photo().content)).json()
    assert (second["files"][0]["state"], second["files"][0]["upload"]) == ("stored", None)
    assert settled(service.http, second["survey"]["id"])["other/name.jpg"]["received"] == len(photo().content)


def test_videos_find_their_telemetry_and_what_is_alone_is_said(service: Service) -> None:
    card = [video("A.MP4", seed=3), sidecar("a.srt"), video("B.MP4", seed=4), sidecar("C.SRT")]
    answer = announce(service.http, *card).json()
    for file, given in zip(answer["files"], card, strict=True):
        assert send(service.http, file["upload"], given.content).status_code == 204
    files = settled(service.http, answer["survey"]["id"])
    assert files["A.MP4"]["pair_id"] == files["a.srt"]["id"]
    notes = {name: (file["state"], file["note"]) for name, file in files.items()}
    assert notes["B.MP4"] == ("stored", "no_telemetry")
    assert notes["C.SRT"] == ("stored", "no_video")
    assert notes["A.MP4"] == notes["a.srt"] == ("stored", None)


def test_files_and_surveys_come_in_pages(service: Service) -> None:
    names = [f"{'x' * 150}/{number:03d} 街.JPG" for number in range(5)]
    survey_id = announce(service.http, *(Given(name, name.encode()) for name in names)).json()["survey"]["id"]
    seen, cursor = [], None
    while True:
        page = service.http.get(
            f"/api/v1/surveys/{survey_id}/files", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
        ).json()
        seen += [item["name"] for item in page["items"]]
        assert page["total"] == 5
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == names
    for number in range(3):
        announce(service.http, photo(), name=f"survey {number}")
    first = service.http.get("/api/v1/surveys", params={"limit": 3}).json()
    rest = service.http.get("/api/v1/surveys", params={"limit": 3, "cursor": first["next"]}).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)
    assert rest["items"][0]["id"] == survey_id
    bad = service.http.get(f"/api/v1/surveys/{survey_id}/files", params={"cursor": "AA"})
    assert (bad.status_code, bad.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.MP4", "etc/passwd.MP4"),
        ("C:\\DCIM\\DJI_0001.MP4", "C:/DCIM/DJI_0001.MP4"),
        ("a\x00b\x1b[31m\u202egnp.MP4", "ab[31mgnp.MP4"),
        ("/" + "é" * 300 + ".mp4", "é" * 196 + ".mp4"),
        ("<script>alert(1)</script>.mp4", "<script>alert(1)</script>.mp4"),
    ],
)
def test_hostile_names_are_only_ever_shown(service: Service, name: str, shown: str) -> None:
    file = announce(service.http, Given(name, video().content)).json()["files"][0]
    assert (file["name"], file["kind"]) == (shown, "video")
    assert send(service.http, file["upload"], video().content).status_code == 204


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": ""}, "files.0.name"),
        ({"name": "../.."}, "files.0.name"),
        ({"name": "x" * 1001}, "files.0.name"),
        ({"size": -1}, "files.0.size"),
        ({"size": 2**63}, "files.0.size"),
        ({"size": "12"}, "files.0.size"),
        ({"sha256": "A" * 64}, "files.0.sha256"),
        ({"sha256": "../" + "a" * 61}, "files.0.sha256"),
        ({"path": "x"}, "files.0.path"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(service: Service, change: dict[str, object], where: str) -> None:
    answer = service.http.post("/api/v1/surveys", json={"name": "x", "files": [video().announced(**change)]})
    assert answer.status_code == 422
    assert where in answer.json()["detail"]
    assert service.http.get("/api/v1/surveys").json()["total"] == 0


def test_half_a_character_is_refused(service: Service) -> None:
    assert announce(service.http, video("\ud800lone.mp4")).status_code == 422


def test_two_files_of_one_name_are_refused(service: Service) -> None:
    answer = announce(service.http, video("a/x.mp4"), video("./a/x.mp4", seed=9))
    assert answer.status_code == 422
    assert "'a/x.mp4' is announced twice" in answer.json()["detail"]


@pytest.mark.parametrize("files", [[], None, "x"])
def test_a_survey_of_nothing_is_refused(service: Service, files: object) -> None:
    assert service.http.post("/api/v1/surveys", json={"name": "x", "files": files}).status_code == 422


def test_ten_thousand_files_fit_and_more_do_not(service: Service) -> None:
    files = [{"name": f"{n:05d}.JPG", "size": 1, "sha256": f"{n:064x}"} for n in range(10_000)]
    answer = service.http.post("/api/v1/surveys", json={"name": "a season", "files": files}, timeout=60)
    assert answer.status_code == 201
    assert len(answer.json()["files"]) == 10_000
    files.append({"name": "x.JPG", "size": 1, "sha256": "f" * 64})
    assert service.http.post("/api/v1/surveys", json={"name": "more", "files": files}, timeout=60).status_code == 422


def test_more_than_the_disk_takes_is_refused_at_once(service: Service) -> None:
    files = [{"name": f"{n}.MP4", "size": 100 * 2**30, "sha256": f"{n:064x}"} for n in range(1000)]
    answer = service.http.post("/api/v1/surveys", json={"name": "huge", "files": files})
    assert answer.status_code == 507
    assert "100000.0 GiB" in answer.json()["detail"]
    assert service.http.get("/api/v1/surveys").json()["total"] == 0


def test_a_survey_that_is_none(service: Service) -> None:
    for path in ("", "/files"):
        unknown = service.http.get(f"/api/v1/surveys/00000000-0000-0000-0000-000000000000{path}")
        assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/problem+json")


def test_a_survey_may_name_its_district(service: Service) -> None:
    file = {"name": "a.mp4", "size": 3, "sha256": "0" * 64}
    said = [
        service.http.post("/api/v1/surveys", json={"name": "one", "files": [file], **more}).json()["survey"]
        for more in ({}, {"district": "erqi"}, {"district": "erqi"})
    ]
    assert [survey["district"] for survey in said] == [None, "erqi", "erqi"]
    assert said[0]["id"] != said[1]["id"] == said[2]["id"]  # it belongs to what is announced
    assert service.http.get(f"/api/v1/surveys/{said[1]['id']}").json()["district"] == "erqi"
    wrong = service.http.post("/api/v1/surveys", json={"name": "one", "files": [file], "district": ""})
    assert wrong.status_code == 422


def test_errors_are_codes_with_a_sentence_in_the_language_asked_for(service: Service) -> None:
    survey_id = announce(service.http, video()).json()["survey"]["id"]
    error = Reason("picture_not_video", {"file": "DJI_0001.MP4"})
    with service.database.write() as connection:
        assert surveys.move(
            connection, UUID(survey_id), SurveyState.UPLOADING, SurveyState.DONE_WITH_ERRORS, NOON, [error]
        )
    for language, text in (("en", "a picture, not a video"), ("zh", "这是图片，不是视频")):
        said = service.http.get(f"/api/v1/surveys/{survey_id}", params={"lang": language}).json()
        assert said["errors"] == [
            {"code": error.code, "params": {"file": "DJI_0001.MP4"}, "text": f"DJI_0001.MP4: {text}"}
        ]
