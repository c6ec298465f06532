import io
from pathlib import Path

import pytest

from api.settings import Settings
from streams.loopback.server import LoopbackCamera
from tests.api.cli.conftest import Typed
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


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings) -> Path:
    """Where a camera file may be put; the database has its tables and nothing in them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    return tmp_path / "cameras.yaml"


def test_an_import_is_kept_and_listed_without_passwords(streetwarden: Typed, fresh: Path) -> None:
    fresh.write_text(CAMERA.format(url="rtsp://user:hunter2@10.1.2.3:554/main"), encoding="utf-8")
    first, again = (streetwarden("cameras", "import", fresh, "--json") for _ in range(2))
    assert first.records == [{"version": 1, "added": ["one"], "changed": [], "removed": [], "unchanged": 0}]
    assert again.records == [{"version": 1, "added": [], "changed": [], "removed": [], "unchanged": 1}]
    listed = streetwarden("cameras", "list", "--json")
    assert [record["url"] for record in listed.records] == ["rtsp://***@10.1.2.3:554/main"]
    fresh.write_text(CAMERA.format(url="rtsp://user:hunter2@10.1.2.4:554/main"), encoding="utf-8")
    changed = streetwarden("cameras", "import", fresh)
    assert changed.out == "version 2: 1 changed (one), 0 unchanged\n"
    stored = b"".join(file.read_bytes() for file in fresh.with_name("var").glob("*.sqlite3*"))
    assert b"hunter2" not in stored
    assert "hunter2" not in "".join(part.out + part.err for part in (first, again, listed, changed))


def test_one_fault_in_a_file_and_nothing_is_imported(streetwarden: Typed, fresh: Path) -> None:
    fresh.write_text(CAMERA.format(url="rtsp://10.1.2.3/main"), encoding="utf-8")
    assert streetwarden("cameras", "import", fresh).code == 0
    fresh.write_text(
        "cameras:\n"
        "  - {id: one, url: 'rtsp://10.1.2.3/a'}\n"
        "  - {id: one, url: 'rtsp://8.8.8.8/a'}\n"
        "  - id: two\n"
        "    url: rtsp://10.1.2.4/a\n"
        "    models: [no-such-model]\n"
        "    calibration: gone.csv\n"
        "    colour: red\n"
        "  - id: three\n"
        "    url: rtsp://10.1.2.4/a\n"
        "    models: [no-such-model]\n"
        "    calibration: gone.csv\n",
        encoding="utf-8",
    )
    printed = streetwarden("cameras", "import", fresh)
    assert printed.code == 2
    for line, word in ((3, "already used in line 2"), (3, "camera networks"), (8, "colour"), (11, "no-such-model")):
        assert any(
            f"line {line}: " in fault and word in fault for fault in printed.err.replace("; ", "\n").splitlines()
        )
    assert "line 12: camera 'three': calibration" in printed.err
    assert len(streetwarden("cameras", "list", "--json").records) == 1


def test_the_camera_networks_are_a_setting(streetwarden: Typed, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREETWARDEN_CAMERA_NETWORKS", "10.1.0.0/16")
    fresh.write_text(CAMERA.format(url="rtsp://10.2.2.3/main"), encoding="utf-8")
    printed = streetwarden("cameras", "import", fresh)
    assert (printed.code, "10.2.2.3 is outside the camera networks (10.1.0.0/16)" in printed.err) == (2, True)


def test_the_registry_is_not_readable_with_another_key(
    streetwarden: Typed, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.write_text(CAMERA.format(url="rtsp://10.1.2.3/main"), encoding="utf-8")
    streetwarden("cameras", "import", fresh)
    monkeypatch.setenv("STREETWARDEN_SECRET_KEY", streetwarden("cameras", "key").out.strip())
    printed = streetwarden("cameras", "list")
    assert (printed.code, printed.err.count("\n")) == (2, 1)
    assert "STREETWARDEN_SECRET_KEY" in printed.err


def written(file: Path, *idents: str, host: str = "10.1.2.3") -> Path:
    lines = [f"  - {{id: {ident}, url: 'rtsp://user:hunter2@{host}/{ident}'}}\n" for ident in idents]
    file.write_text("cameras:\n" + "".join(lines), encoding="utf-8")
    return file


def listed(streetwarden: Typed) -> list[object]:
    return [record["id"] for record in streetwarden("cameras", "list", "--json").records]


TWENTY = [f"cam{number:02}" for number in range(20)]


def test_an_import_that_removes_many_cameras_needs_a_word(
    streetwarden: Typed, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streetwarden("cameras", "import", written(fresh, *TWENTY))
    few = streetwarden("cameras", "import", written(fresh, *TWENTY[2:]), "--json")
    assert few.records[0]["removed"] == TWENTY[:2]  # two of twenty are a tenth, and go
    short = written(fresh, *TWENTY[:16])
    dry = streetwarden("cameras", "import", short, "--dry-run")
    assert dry.out.splitlines()[-1] == "2 to add, 0 to change, 4 to remove, 14 unchanged"
    assert {"add cam00", "remove cam19"} < set(dry.out.splitlines())
    refused = streetwarden("cameras", "import", short)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "would remove 4 of 18 cameras (cam16, cam17, cam18, cam19)" in refused.err
    assert "--remove" in refused.err
    assert listed(streetwarden) == TWENTY[2:]
    for answer, left in (("n\n", TWENTY[2:]), ("y\n", TWENTY[:16])):
        terminal = io.StringIO(answer)
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr("sys.stdin", terminal)
        asked = streetwarden("cameras", "import", short)
        assert "Remove 4 cameras?" in asked.err
        assert (asked.code == 0, listed(streetwarden)) == (answer == "y\n", left)
    assert streetwarden("cameras", "import", written(fresh, "only"), "--remove").code == 0
    assert listed(streetwarden) == ["only"]


def test_a_merge_adds_and_changes_and_removes_nothing(streetwarden: Typed, fresh: Path) -> None:
    streetwarden("cameras", "import", written(fresh, *TWENTY))
    merged = streetwarden("cameras", "import", written(fresh, "cam00", "new", host="10.1.2.4"), "--merge", "--json")
    assert merged.records == [{"version": 2, "added": ["new"], "changed": ["cam00"], "removed": [], "unchanged": 19}]
    assert listed(streetwarden) == [*TWENTY, "new"]
    assert streetwarden("cameras", "import", fresh, "--merge", "--remove").code == 2
    assert "hunter2" not in merged.out + merged.err


def test_serve_keeps_the_registry_where_its_file_lacks_many(
    streetwarden: Typed, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREETWARDEN_PORT", "0")
    monkeypatch.setenv("STREETWARDEN_SURVEY_WORKERS", "0")
    streetwarden("cameras", "import", written(fresh, *TWENTY))
    served = streetwarden("serve", "--cameras", written(fresh, "cam00"), "--for", "10ms")
    assert served.code == 0
    assert "would remove 19 of 20 cameras" in served.err
    assert f"streetwarden cameras import {fresh} --remove" in served.err
    assert listed(streetwarden) == TWENTY
    told = streetwarden("serve", "--cameras", written(fresh, *TWENTY[1:]), "--for", "10ms")
    assert "removed from the cameras: 1 (cam00)" in told.err
