"""What people do is in the log, with who and from where; whole scenes ask for a reason; auditors search it."""

from html import unescape

import cv2
import numpy as np
import pytest

from api.accounts.users import Grant
from api.audit import repository as audit
from api.audit.repository import Event, Search
from api.db.scope import EVERYWHERE
from api.roles import Role
from tests.api.conftest import Service
from tests.api.signing import a_user, bearer, make_key


def events(service: Service, **search: str) -> list[Event]:
    with service.database.read() as connection:
        return list(audit.page(EVERYWHERE, connection, Search(**search), None, 50).items)


def test_a_verdict_and_its_undoing_name_the_person_and_the_pictures(service: Service) -> None:
    (candidate,) = service.seed()
    url = f"/api/v1/candidates/{candidate}"
    pictures = {one["kind"]: one["sha256"] for one in service.http.get(url).json()["evidence"]}
    service.http.post(f"{url}/verdict", json={"decision": "confirmed", "note": "not in the log"})
    service.http.delete(f"{url}/verdict")
    undone, given = events(service, subject=candidate)
    assert (given.act, undone.act, given.actor, given.address) == (
        "verdict_given",
        "verdict_undone",
        "Li Wei",
        "127.0.0.1",
    )
    assert given.told.items() >= ({"decision": "confirmed"} | pictures).items()
    assert "not in the log" not in given.details
    assert (given.before, undone.after) == (None, None)
    assert given.after == undone.before


def test_a_verdict_that_fails_is_no_event(service: Service) -> None:
    (candidate,) = service.seed()
    url = f"/api/v1/candidates/{candidate}/verdict"
    answers = [service.http.post(url, json={"decision": "confirmed"}).status_code for _ in range(2)]
    assert answers == [201, 409]
    assert len(events(service, act="verdict_given")) == 1


def test_a_whole_scene_asks_for_a_reason_unless_one_is_about_to_decide(service: Service) -> None:
    (candidate,) = service.seed()
    scene = f"/api/v1/candidates/{candidate}/evidence/scene"
    key = make_key(service.database, Grant(Role.VIEWER, None, 3))
    viewer = bearer(key) | {"Cookie": ""}
    assert service.http.get(scene).status_code == 200
    refused = service.http.get(scene, headers=viewer)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:streetwarden:problem:reason-needed")
    for poor in ("", "  x ", "a\nb", "x" * 201):
        assert service.http.get(scene, headers=viewer, params={"reason": poor}).status_code == 403
    assert service.http.get(scene, headers=viewer, params={"reason": "投诉 12345"}).status_code == 200
    assert service.http.get(scene.replace("scene", "crop"), headers=viewer).status_code == 200
    service.http.post(f"/api/v1/candidates/{candidate}/verdict", json={"decision": "rejected", "reason": "other"})
    assert service.http.get(scene).status_code == 403
    told = [(one.actor, one.told["reason"]) for one in events(service, act="original_viewed")]
    assert told == [("tests", "投诉 12345"), ("Li Wei", "review")]
    page = service.http.get(f"/review/{candidate}").text
    assert f'href="/original?picture={scene}"' in page
    asked = service.http.get("/original", params={"picture": scene})
    assert f'action="{scene}"' in asked.text
    assert service.http.get("/original", params={"picture": "https://evil.org/x"}).status_code == 422


def test_a_frame_is_chosen_by_its_preview_and_each_view_of_the_whole_is_recorded(service: Service) -> None:
    (candidate,) = service.seed()
    frame = service.http.post("/api/v1/labels/frames", json={"candidate_id": candidate}).json()["id"]
    url = f"/api/v1/labels/frames/{frame}"
    viewer = bearer(make_key(service.database, Grant(Role.VIEWER, None, 3))) | {"Cookie": ""}
    preview = service.http.get(f"{url}/preview", headers=viewer)
    shown = cv2.imdecode(np.frombuffer(preview.content, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape[1] == 360
    assert f'src="{url}/preview"' in service.http.get("/labels").text
    assert events(service, act="original_viewed") == []
    refused = service.http.get(f"{url}/picture", headers=viewer)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:streetwarden:problem:reason-needed")
    assert service.http.get(f"{url}/picture", headers=viewer, params={"reason": "a complaint"}).status_code == 200
    assert service.http.get(f"{url}/picture").status_code == 200
    assert service.http.get("/labels", headers=viewer).status_code == 403
    told = [(one.actor, one.subject, one.told["reason"]) for one in events(service, act="original_viewed")]
    assert told == [("Li Wei", frame, "label"), ("tests", frame, "a complaint")]
    for version, complete in enumerate((False, True)):  # a draft is nobody's word
        service.http.put(url, json={"version": version, "complete": complete, "boxes": []})
    (labelled,) = events(service, act="frame_completed")
    assert (labelled.actor, labelled.subject, labelled.told["version"], labelled.told["boxes"]) == (
        "Li Wei",
        frame,
        2,
        0,
    )


def test_a_refusal_and_a_failed_sign_in_are_events(service: Service) -> None:
    key = make_key(service.database, Grant(Role.VIEWER, None, 3))
    assert service.http.post("/api/v1/cameras/cam-1/pause", headers=bearer(key)).status_code == 403
    service.http.post("/login", data={"login": "li.wei\x07<b>", "password": "x"})
    failed, refused = events(service)
    assert (refused.act, refused.subject, refused.actor) == ("refused", "/api/v1/cameras/cam-1/pause", "tests")
    assert (failed.act, failed.subject, failed.actor_kind) == ("login_refused", "li.wei<b>", "service")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 3),
        ({"actor": "Li Wei"}, 1),
        ({"act": "login_refused"}, 2),
        ({"actor": "' OR 1=1 --"}, 0),
        ({"since": "2099-01-01"}, 0),
        ({"until": "2099-01-01"}, 3),
    ],
)
def test_an_auditor_reads_and_searches_the_log(service: Service, query: dict[str, str], count: int) -> None:
    for login in ("<script>alert(1)</script>", "b"):
        service.http.post("/login", data={"login": login, "password": "x"})
    (candidate,) = service.seed()
    service.http.post(f"/api/v1/candidates/{candidate}/verdict", json={"decision": "confirmed"})
    page = service.http.get("/audit", params=query).text
    assert page.count('<td class="number">') == count
    assert "<script>alert" not in page
    assert "End of the chain: event 3" in unescape(page)
    assert "审计日志" in service.http.get("/audit", params={"lang": "zh"}).text
    assert service.http.get("/audit", params={"since": "yesterday"}).status_code == 422
    assert a_user().name in service.http.get("/audit").text
