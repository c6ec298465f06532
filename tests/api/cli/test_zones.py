"""`streetwarden zones`: proposed from the sample street, imported from a map."""

import json
from pathlib import Path

import cv2
import pytest

from detector.rules.load import load_rulebook
from tests.api.cli.conftest import Typed

SAMPLE = Path("samples/street.mp4").resolve()


def test_a_recording_is_looked_at_and_one_that_tells_too_little_is_no_proposal(
    streetwarden: Typed, tmp_path: Path
) -> None:
    drawn = tmp_path / "areas.png"
    printed = streetwarden("zones", "propose", SAMPLE, "--camera", "demo-street", "--every", "1m", "--picture", drawn)
    assert printed.code == 1
    assert "nothing to propose" in printed.err
    assert "30 of either are needed" in printed.err
    shown = cv2.imread(str(drawn))
    assert shown is not None


def test_a_file_that_is_no_video_is_one_line(streetwarden: Typed, tmp_path: Path) -> None:
    file = tmp_path / "notes.mp4"
    file.write_text("hello", encoding="utf-8")
    printed = streetwarden("zones", "propose", file, "--camera", "gate")
    assert (printed.code, printed.err.count("\n")) == (2, 1)


def test_import_prints_lines_for_the_rulebook(streetwarden: Typed, tmp_path: Path) -> None:
    path = tmp_path / "roads.geojson"
    ring = [[113.62, 34.74], [113.63, 34.74], [113.63, 34.75], [113.62, 34.74]]
    shape = {"type": "Feature", "properties": {"id": "r"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "datum": "GCJ-02", "features": [shape]}), "utf-8")
    said = streetwarden("zones", "import", path, "--kind", "main_road")
    assert said.code == 0, said.err
    book = tmp_path / "rules.yaml"
    rules = 'version: "1"\ntimezone: Asia/Shanghai\nrules:\n  - {id: a, classes: [stall], zones: [main_road]}\n'
    book.write_text(rules + said.out, "utf-8")
    assert load_rulebook(book).zones[0].corners[0][0] == pytest.approx(113.6139, abs=1e-3)
    path.write_text(path.read_text("utf-8").replace("GCJ-02", "moon"), "utf-8")
    assert streetwarden("zones", "import", path).code == 2
