"""`streetwarden rulebooks` and `streetwarden zones import`: versions kept and put in force; bad files are one line."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from api.clock import wall_clock
from api.settings import Settings
from tests.api.cli.conftest import Typed
from tests.api.rulebooks.test_in_force import BOOK, written


@pytest.fixture(autouse=True)
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))


def test_versions_are_added_listed_put_in_force_and_taken_back(streetwarden: Typed, tmp_path: Path) -> None:
    assert "rulebooks add FILE" in streetwarden("rulebooks", "list").err
    assert streetwarden("rulebooks", "add", written(tmp_path / "a"), "--note", "summer").out == "version 1\n"
    winter = written(tmp_path / "b", text=BOOK.replace("300s", "10s"), permits="")
    assert streetwarden("rulebooks", "add", winter, "--json").records == [{"number": 2}]
    assert streetwarden("rulebooks", "add", winter).out == "version 2\n"  # what is there already is not kept twice
    assert streetwarden("rulebooks", "force", "1").code == 0
    tomorrow = wall_clock() + timedelta(days=1)
    (record,) = streetwarden("rulebooks", "force", "2", "--at", tomorrow.isoformat(), "--json").records
    assert datetime.fromisoformat(str(record["from"])) == tomorrow
    listed = streetwarden("rulebooks", "list", "--json").records
    assert [(one["number"], one["state"], one["note"]) for one in listed] == [
        (2, "coming", ""),
        (1, "in_force", "summer"),
    ]
    assert datetime.fromisoformat(str(listed[0]["starts_at"])) == tomorrow
    assert streetwarden("rulebooks", "force", "2").code == 0
    assert streetwarden("rulebooks", "force", "1").code == 0
    assert [one["state"] for one in streetwarden("rulebooks", "list", "--json").records][1] == "in_force"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("force", "1", "--at", "tomorrow"), "'tomorrow' is no time"),
        (("force", "1", "--at", "2026-12-01T00:00:00"), "needs an offset"),
        (("force", "1", "--at", "2001-01-01T00:00:00+08:00"), "not in the past"),
        (("force", "7"), "there is no version 7"),
        (("force", "one"), "'number'"),
        (("add", "nowhere.yaml"), "nowhere.yaml"),
        (("add", "bad.yaml"), "bad.yaml"),
        (("add", "binary.yaml"), "binary.yaml"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_2(
    streetwarden: Typed, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "bad.yaml").write_text("rules: [", "utf-8")
    (tmp_path / "binary.yaml").write_bytes(b"\x00\xff\xfe")
    assert streetwarden("rulebooks", "add", written(tmp_path / "a")).code == 0
    printed = streetwarden("rulebooks", *arguments)
    assert (printed.code, printed.out, printed.err.count("\n")) == (2, "", 1), printed.err
    assert said in printed.err
    (kept,) = streetwarden("rulebooks", "list", "--json").records
    assert kept["state"] == "draft"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"<kml>",
        b"\x89PNG\r\n\x1a\n\x00",
        b'{"type": "FeatureCollection", "features": []}',
        b'{"type": "FeatureCollection", "datum": "WGS-84", "features": [7]}',
        b'{"type": "Point", "datum": "WGS-84", "coordinates": [' + b"9" * 400 + b", 1]}",
        b'{"type": "Point", "datum": "WGS-84", "coordinates": "113.62,34.74"}',
    ],
)
def test_a_map_that_is_none_is_one_line_and_exit_2(streetwarden: Typed, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "map.geojson").write_bytes(content)
    printed = streetwarden("zones", "import", "map.geojson", "--kind", "main_road")
    assert (printed.code, printed.out, printed.err.count("\n")) == (2, "", 1), printed.err
    assert printed.err.startswith("map.geojson:")


def test_a_map_for_a_rulebook_that_is_none_is_not_read(streetwarden: Typed, tmp_path: Path) -> None:
    (tmp_path / "map.geojson").write_text("{", "utf-8")
    (tmp_path / "rules.yaml").write_text("version: 1\n", "utf-8")
    printed = streetwarden("zones", "import", "map.geojson", "--rulebook", "rules.yaml")
    assert (printed.code, printed.out, printed.err.count("\n")) == (2, "", 1)
    assert "rules.yaml" in printed.err
    assert "map.geojson" not in printed.err
