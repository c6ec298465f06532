"""The history of a camera over HTTP and on its page."""

from api.cameras import repository as cameras
from api.cameras.encryption import box_of
from api.db.scope import EVERYWHERE
from api.settings import Settings
from tests.api.cameras.registered import A_CHANGE, a_camera
from tests.api.conftest import Service


def test_a_camera_has_a_history_in_both_languages(service: Service) -> None:
    box = box_of(Settings(_env_file=None, data_dir=service.data_dir))
    with service.database.write() as connection:
        cameras.replace(EVERYWHERE, connection, box, [a_camera("gate")], A_CHANGE)
        cameras.replace(EVERYWHERE, connection, box, [a_camera("gate", every=9)], A_CHANGE)
    assert service.http.post("/api/v1/cameras/gate/pause").status_code == 204
    assert service.http.delete("/api/v1/cameras/gate").status_code == 204
    said = service.http.get("/api/v1/cameras/gate/history").json()
    assert [(item["act"], item["actor"]["name"], item["fields"]) for item in said["items"]] == [
        ("removed", "Li Wei", []),
        ("paused", "Li Wei", []),
        ("changed", "Li Wei", ["every"]),
        ("added", "Li Wei", []),
    ]
    assert (said["items"][2]["change"], said["items"][2]["subject"]) == ("import", "cameras.yaml")
    english = service.http.get("/cameras/gate?lang=en").text
    assert "<strong>Changed</strong>: sampling period" in english
    chinese = service.http.get("/cameras/gate?lang=zh").text
    assert "<strong>修改</strong>: 采样周期" in chinese
    assert "10.1.2.3" not in english + chinese + str(said)


def test_a_camera_that_was_never_in_the_registry_has_none(service: Service) -> None:
    assert service.http.get("/api/v1/cameras/cam-1/history").json() == {"items": [], "total": 0, "next": None}
    assert "It is not in the registry" in service.http.get("/cameras/cam-1?lang=en").text
    assert "不在摄像机名录中" in service.http.get("/cameras/cam-1?lang=zh").text
    for path in ("/api/v1/cameras/nobody/history", "/cameras/nobody"):
        assert service.http.get(path).status_code == 404
