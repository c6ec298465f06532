"""`streetwarden dataset` as a user types it."""

import json
from pathlib import Path

import pytest

from api.audit import repository as audit
from api.audit.repository import Search
from api.bootstrap import open_store
from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.cli.options import operator_scope
from api.db.scope import EVERYWHERE
from api.labels import service as labels
from api.labels.repository import LabelBox
from api.pages.classes import ClassNames
from api.settings import Settings
from tests.api.cameras.registered import LI_WEI
from tests.api.cli.conftest import Typed
from tests.api.samples import NOON, STALL, a_candidate
from tests.training.datasets.exports import coco, zipped
from tests.training.datasets.test_importing import street


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


def test_an_export_is_imported_listed_verified_grown_and_exported(streetwarden: Typed, tmp_path: Path) -> None:
    archive = zipped(street(tmp_path / "export"), tmp_path / "export.zip")
    imported = streetwarden("dataset", "import", archive, "--name", "river", "--json")
    assert imported.code == 0
    (record,) = imported.records
    assert record["version"] == Path(str(record["folder"])).name
    assert (record["split_by"], record["added"]) == ("place", 10)
    assert record["val"] == {"pictures": 2, "boxes": 4}
    line = streetwarden("dataset", "list").out
    assert line == f"river {record['version']}  8 to train on, 2 held out, parted by place  stall, sign\n"
    assert "as it was made" in streetwarden("dataset", "verify", "river").out

    manifest = json.loads((Path(str(record["folder"])) / "manifest.json").read_text())
    place = next(one["where"]["place"] for one in manifest["pictures"] if one["side"] == "train")
    (grown,) = streetwarden("dataset", "grow", "river", "--place", place, "--why", "new", "--json").records
    assert (grown["added"], grown["val"]) == (2, {"pictures": 4, "boxes": 8})
    out = tmp_path / "out"
    assert streetwarden("dataset", "export", "river", out, "--format", "coco").code == 0
    assert (out / "annotations/instances_val.json").is_file()
    printed = streetwarden("dataset", "export", "river", tmp_path / "b", "--version", "9-000000000000")
    assert printed.code == 2
    assert "has no version" in printed.err


def test_each_fault_is_a_line_and_the_last_line_counts_them(streetwarden: Typed, tmp_path: Path) -> None:
    folder = coco(tmp_path / "export")
    path = folder / "annotations/instances_default.json"
    path.write_text(path.read_text().replace('"category_id": 2', '"category_id": 9').replace("c.jpg", "d.jpg"))
    printed = streetwarden("dataset", "import", folder, "--name", "river")
    assert (printed.code, printed.out) == (2, "")
    lines = printed.err.splitlines()
    assert [line.split(": ")[1].split("[")[0] for line in lines[:2]] == ["annotations", "images"]
    assert "2 faults; nothing was imported" in lines[2]


def test_an_edited_set_is_exit_2(streetwarden: Typed, tmp_path: Path) -> None:
    imported = streetwarden("dataset", "import", street(tmp_path / "export"), "--name", "river", "--json")
    folder = Path(str(imported.records[0]["folder"]))
    next((folder / "val/labels").iterdir()).write_text("")
    printed = streetwarden("dataset", "verify", "river")
    assert (printed.code, printed.err.count("\n")) == (2, 1)
    assert "was changed after this version was made" in printed.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("verify", "lake"), "holds no data set 'lake'; it has: none"),
        (("export", "lake", "out"), "holds no data set 'lake'"),
        (("grow", "lake", "--place", "x", "--why", "y"), "holds no data set 'lake'"),
        (("import", "nowhere", "--name", "river"), "nowhere: no such folder or ZIP"),
        (("import", "nowhere", "--name", "../x"), "cannot be a data set's name"),
        (("import", "nowhere", "--name", "x", "--format", "tfrecord"), "tfrecord"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(streetwarden: Typed, words: tuple[str, ...], said: str) -> None:
    printed = streetwarden("dataset", *words)
    assert (printed.code, printed.err.count("\n")) == (2, 1)
    assert said in printed.err


def test_without_data_sets_the_list_says_how_to_bring_one(streetwarden: Typed) -> None:
    printed = streetwarden("dataset", "list")
    assert (printed.code, printed.out) == (0, "")
    assert "streetwarden dataset import" in printed.err


def test_labels_of_the_service_become_a_version(
    streetwarden: Typed, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    printed = streetwarden("dataset", "from-labels", "street")
    assert (printed.code, printed.err.count("\n")) == (2, 1)
    assert "nothing to learn from yet: complete frames" in printed.err
    database, files = open_store(settings)
    sink = StoreSink(database, files)
    for number, source in enumerate(("gate", "lane")):
        made = a_candidate(source=source)
        made.evidence.image[300:] = number * 40
        sink.take(made)
    with database.read() as connection:
        found = candidates.latest(EVERYWHERE, connection, 9)
    for one in found:
        frame = labels.bring_candidate(EVERYWHERE, database, one.id, NOON)
        labels.save(
            EVERYWHERE, database, frame.id, [LabelBox("stall", STALL)], ClassNames(), version=0, complete=True,
            actor=LI_WEI, now=NOON,
        )  # fmt: skip
    database.close()
    (record,) = streetwarden("dataset", "from-labels", "street", "--json").records
    assert (record["split_by"], record["classes"], record["added"]) == ("camera", ["stall"], 2)
    assert streetwarden("dataset", "export", "street", settings.data_dir / "out").code == 0
    database, _ = open_store(settings)
    with database.read() as connection:
        sent, dataset = audit.page(EVERYWHERE, connection, Search(actor=operator_scope().actor.name), None, 9).items
    database.close()
    assert [(one.act, one.subject, one.told["version"]) for one in (dataset, sent)] == [
        ("dataset_made", "street", record["version"]),
        ("exported", "street", record["version"]),
    ]
