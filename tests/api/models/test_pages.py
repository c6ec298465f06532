"""The pages of the models: the shelf, the gate's verdict with pictures, promotion, going back, and the shadow."""

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from models import registry
from models.card import write_card
from models.shelf import Shelf
from models.shelf_changes import add, locked, promote
from tests.api.conftest import Service
from tests.detector.nets import COLOURS
from tests.training.evaluation.test_gate import model
from tests.training.sets import save_squares
from training.datasets.importing import ImportWish, import_export
from training.evaluation import gate

Shown = tuple[Service, Shelf]


@pytest.fixture
def town(service: Service) -> Iterator[Shown]:
    """In service: 1, which sees no blue. On the shelf: 2 sees all, 3 sees no red. A data set shows all three."""
    folder = service.data_dir
    shelf = Shelf(folder / "models", registry.WEIGHTS)
    for version, sees in (("1", (1, 1, 0)), ("2", (1, 1, 1)), ("3", (0, 1, 1))):
        add(shelf, model(folder / "made" / version, version, sees=sees).folder)
    promote(shelf, "colours", "1")
    for number in range(12):
        squares = [("red", number, 0), ("green", number, 2), ("blue", number, 4)]
        save_squares(folder / "export", f"{number:02}", squares, squares)
    (folder / "export/data.yaml").write_text(f"val: images\nnames: {list(COLOURS)}\n")
    import_export(folder / "export", folder / "datasets", ImportWish("river", "Li Wei"), datetime.now(UTC))
    yield service, shelf
    for name in ("models", "made", "export", "datasets"):
        shutil.rmtree(folder / name)


def judged(service: Service, version: str, word: str) -> str:
    """Promote a version and return its page once it says so."""
    answer = service.http.post(f"/models/colours/{version}/promote")
    assert answer.status_code == 303
    deadline = time.monotonic() + 60
    while word not in (shown := service.http.get(f"/models/colours/{version}", params={"lang": "en"}).text):
        assert time.monotonic() < deadline, shown
        time.sleep(0.3)
    return shown


def test_what_is_worse_is_refused_with_pictures_and_what_is_better_serves(
    town: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MOST_SLOWER", 100.0)  # a look takes 0.4 ms here: what else runs decides
    service, shelf = town
    assert "The gate was not asked yet" in service.http.get("/models/colours/3", params={"lang": "en"}).text
    refused = judged(service, "3", "the gate refuses it")
    assert "Worse" in refused
    assert shelf.serving_version("colours") == "1"
    picture = refused.split('src="/models/colours/3/worse/')[1].split('"')[0]
    answer = service.http.get(f"/models/colours/3/worse/{picture}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert service.http.get("/models/colours/3/worse/none.jpg").status_code == 404
    chinese = service.http.get("/models/colours/3", params={"lang": "zh"}).text
    assert "准入检验未通过" in chinese
    assert "识别变差" in chinese

    judged(service, "2", "Version 2 is in service")
    assert shelf.serving_version("colours") == "2"
    assert "恢复版本 1" in service.http.get("/models/colours", params={"lang": "zh"}).text
    assert service.http.post("/models/colours/rollback").status_code == 303
    assert shelf.serving_version("colours") == "1"
    assert service.http.post("/models/colours/rollback").status_code == 409  # nothing served before


def test_of_two_promotions_at_once_one_is_refused_and_nothing_is_half_promoted(town: Shown) -> None:
    service, shelf = town
    with locked(shelf, "colours"):  # as another process promotes
        service.http.post("/models/colours/2/promote")
        assert "is being changed by another process" in service.http.get("/models/colours", params={"lang": "en"}).text
        assert service.http.post("/models/colours/rollback").status_code == 409
    assert shelf.serving_version("colours") == "1"


def test_a_card_edited_by_hand_is_refused_in_one_line(town: Shown) -> None:
    service, shelf = town
    card = shelf.card("colours", "2")
    write_card(card.model_copy(update={"default_confidence": 0.01}), card.folder / "colours.json")
    answer = service.http.post("/models/colours/2/promote")
    assert answer.status_code == 409
    assert "was changed after it was added" in answer.json()["detail"]
    assert shelf.serving_version("colours") == "1"
    shown = service.http.get("/models/colours", params={"lang": "en"}).text
    assert "was changed after it was added" in shown
    assert service.http.get("/models/colours/2").status_code == 200


def test_a_shadow_is_begun_and_ended_on_the_page(town: Shown) -> None:
    service, _ = town
    assert service.http.post("/models/colours/1/shadow").status_code == 409  # it serves
    assert service.http.post("/models/colours/2/shadow", params={"share": 0.2}).status_code == 303
    assert "at 20 % of the frames" in service.http.get("/models", params={"lang": "en"}).text
    assert "分析 20% 的画面" in service.http.get("/models", params={"lang": "zh"}).text
    assert service.http.post("/models/colours/shadow/end").status_code == 303
    assert "No version looks beside" in service.http.get("/models/colours", params={"lang": "en"}).text


@pytest.mark.parametrize(("lang", "words"), [("en", "In service|No verdict yet"), ("zh", "在用版本|尚无可用于判断")])
def test_the_shipped_models_are_there_from_the_start(service: Service, lang: str, words: str) -> None:
    shown = service.http.get("/models", params={"lang": lang}).text
    for word in (*words.split("|"), "aerial-stalls", "street-cameras"):
        assert word in shown
    assert service.http.get("/models/aerial-stalls").status_code == 200
    assert service.http.get("/models/aerial-stalls/0").status_code == 200
    for path in ("/models/nothing", "/models/aerial-stalls/9", "/models/disagreements/" + "0" * 32 + ".jpg"):
        assert service.http.get(path).status_code == 404
