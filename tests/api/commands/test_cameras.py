from pathlib import Path

from streams.loopback import LoopbackCamera
from tests.api.commands.conftest import Typed
from tests.conftest import REPO

CAMERA = """
cameras:
  - {{id: one, name: One, url: "{url}", every: 5s, models: []}}
"""


def test_list_masks_passwords(streetwarden: Typed, tmp_path: Path) -> None:
    file = tmp_path / "cameras.yaml"
    file.write_text(CAMERA.format(url="rtsp://user:hunter2@10.1.2.3:554/main"), encoding="utf-8")
    for printed in (streetwarden("cameras", "list", file), streetwarden("cameras", "list", file, "--json")):
        assert printed.code == 0
        assert "10.1.2.3" in printed.out
        assert "hunter2" not in printed.out + printed.err


def test_check_measures_a_camera_that_plays_and_names_one_that_does_not(streetwarden: Typed, tmp_path: Path) -> None:
    file = tmp_path / "cameras.yaml"
    with LoopbackCamera(REPO / "samples" / "street.mp4", loop=True) as player:
        file.write_text(CAMERA.format(url=player.url), encoding="utf-8")
        alive = streetwarden("cameras", "check", file, "--loopback", "--json")
    assert alive.code == 0
    (record,) = alive.records
    assert (record["ok"], record["codec"], record["width"], record["height"]) == (True, "H.264", 1280, 720)
    dead = streetwarden("cameras", "check", file, "--loopback", "--json")
    assert dead.code == 2
    assert dead.records[0]["reason"] == "refused"


def test_a_camera_file_with_faults_is_refused_whole(streetwarden: Typed, tmp_path: Path) -> None:
    file = tmp_path / "cameras.yaml"
    file.write_text("cameras:\n  - {id: one, name: One, url: 'http://x', colour: red}\n", encoding="utf-8")
    printed = streetwarden("cameras", "list", file)
    assert printed.code == 2
    assert "line 2" in printed.err
    assert "colour" in printed.err
