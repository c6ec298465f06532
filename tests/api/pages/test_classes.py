"""A city adds a class by a file: drawn in a frame, learned from, ruled on and named on the pages, without code."""

from pathlib import Path

import pytest

from api.app import create_app
from api.bootstrap import open_store
from api.candidates.intake import StoreSink
from api.errors import SettingsInvalid
from api.pages.classes import read_classes
from api.settings import Settings
from detector.geometry.ground import GroundPoint
from detector.rules.load import load_rulebook
from detector.rules.ruling import Outcome
from tests.api.conftest import client
from tests.api.samples import NOON, STALL, a_candidate
from tests.api.serving import serve
from tests.api.signing import sign_in

RULEBOOK = """
version: "2026-12-01"
timezone: Asia/Shanghai
zones:
  - {id: river, kind: water, polygon: [[113.60, 34.70], [113.70, 34.70], [113.70, 34.80], [113.60, 34.80]]}
rules:
  - {id: litter-on-water, classes: [river_litter], zones: [water], code: "0107"}
"""
CLASSES = """
classes:
  - {class: river_litter, en: River litter, zh: 河道垃圾, code: "0107", rule: litter-on-water}
"""


def written(folder: Path, classes: str = CLASSES) -> Path:
    (folder / "rulebook.yaml").write_text(RULEBOOK)
    (folder / "classes.yaml").write_text(classes)
    return folder / "rulebook.yaml"


def test_from_label_to_rule_without_code(tmp_path: Path, settings: Settings) -> None:
    file = written(tmp_path)
    book = load_rulebook(file)
    names = read_classes(file, book)
    ruling = book.rule(class_name="river_litter", at=NOON, position=GroundPoint(34.75, 113.65, 20.0, 2.0))
    assert (ruling.outcome, ruling.code, ruling.rule) == (Outcome.VIOLATION, "0107", "litter-on-water")
    database, files = open_store(settings)
    sink = StoreSink(database, files)
    sink.take(a_candidate(source="bridge", class_name="river_litter", ruling=ruling))
    with (
        serve(create_app(settings, database, files, class_names=names)) as served,
        client(served, sign_in(database)) as http,
    ):
        (one,) = http.get("/api/v1/candidates").json()["items"]
        frame = http.post("/api/v1/labels/frames", json={"candidate_id": one["id"]}).json()
        drawn = {"version": 0, "complete": True, "boxes": [{"class": "river_litter", "box": STALL}]}
        saved = http.put(f"/api/v1/labels/frames/{frame['id']}", json=drawn).json()
        assert saved["boxes"][0]["class"] == "river_litter"
        page = http.get(f"/labels/{frame['id']}", params={"lang": "zh"}).text
        assert "\\u6cb3\\u9053\\u5783\\u573e" in page  # the same as JSON in an attribute
        assert "河道垃圾" in http.get(f"/review/{one['id']}", params={"lang": "zh"}).text
        assert "River litter" in http.get(f"/review/{one['id']}", params={"lang": "en"}).text
        assert http.get(f"/api/v1/candidates/{one['id']}").json()["code"] == "0107"
    database.close()


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (
            CLASSES.replace("litter-on-water", "litter"),
            "line 3: class 'river_litter': the rulebook has no rule",
        ),
        (CLASSES.replace("0107", "0108"), "its code is '0108', and rule 'litter-on-water' has '0107'"),
        (CLASSES.replace("river_litter", "foam"), "rule 'litter-on-water' does not speak of it"),
        (CLASSES + CLASSES.splitlines()[2] + "\n", "line 4: class 'river_litter' is there twice"),
        (CLASSES.replace("zh: 河道垃圾, ", ""), "line 3: classes.0.zh: is missing"),
        ("classes: [", "is not YAML"),
    ],
)
def test_a_file_of_classes_that_cannot_be_is_refused_in_one_line(tmp_path: Path, classes: str, said: str) -> None:
    file = written(tmp_path, classes)
    with pytest.raises(SettingsInvalid) as refused:
        read_classes(file, load_rulebook(file))
    assert said in str(refused.value)
    assert "classes.yaml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_without_a_file_there_are_the_classes_of_the_product(tmp_path: Path) -> None:
    assert read_classes(None).names[0] == "stall"
    assert read_classes(tmp_path / "rulebook.yaml").city == ()
