"""A running service takes the version that is promoted, and never two versions in one look."""

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from api.cameras.assembly import LookSpec, build_look
from api.inference.model_cache import ModelCache, pinned, shelf_of
from api.inference.model_choice import DroneLooks, drone_look
from api.rulebooks.fallback import without_rulebook
from api.settings import Settings
from detector.vision.engine import OnnxModel
from detector.vision.frame import Frame
from models.errors import UnknownModel
from models.registry import model_path
from models.shelf import Shelf
from models.shelf_changes import add, promote, roll_back
from tests.models.cards import save_model, save_version


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """`colours` 1 shipped, 2 and 3 added, 1 in service."""
    save_model(tmp_path / "shipped")
    shelf = Shelf(tmp_path / "var/models", tmp_path / "shipped")
    for version, gain in (("2", 0.5), ("3", 0.7)):
        add(shelf, save_version(tmp_path / version, version, gain=gain).folder)
    return shelf


def version_of(model: OnnxModel) -> str | None:
    return model.identity.version


def test_a_promoted_version_is_taken_up_without_a_restart_and_given_back(shelf: Shelf) -> None:
    cache = ModelCache(shelf=shelf)
    first = cache.get("colours")
    assert cache.get("colours") is first  # loaded once
    promote(shelf, "colours", "2")
    second = cache.get("colours")
    assert (version_of(first), version_of(second)) == ("1", "2")
    assert second.identity == shelf.card("colours", "2").identity
    assert cache.get("colours") is second
    roll_back(shelf, "colours")
    assert version_of(cache.get("colours")) == "1"


def test_a_version_that_cannot_be_loaded_leaves_the_one_before_in_service(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    cache = ModelCache(shelf=shelf)
    first = cache.get("colours")
    promote(shelf, "colours", "2")
    network = model_path(shelf.card("colours", "2"))
    content = network.read_bytes()
    network.write_bytes(b"torn")
    with caplog.at_level(logging.ERROR):
        assert [cache.get("colours") for _ in range(3)] == [first] * 3
    assert len(caplog.records) == 1  # said once
    assert "version 1 stays in service" in caplog.text
    network.write_bytes(content)
    promote(shelf, "colours", "3")
    assert version_of(cache.get("colours")) == "3"


def test_a_damaged_pointer_leaves_the_one_before_in_service(shelf: Shelf) -> None:
    cache = ModelCache(shelf=shelf)
    cache.get("colours")
    promote(shelf, "colours", "2")
    second = cache.get("colours")
    shelf.pointer_path("colours").write_text("{")
    assert cache.get("colours") is second


def test_a_folder_of_cards_takes_the_place_of_the_shelf(shelf: Shelf, tmp_path: Path) -> None:
    promote(shelf, "colours", "2")
    cache = ModelCache(tmp_path / "3", shelf=shelf)
    assert version_of(cache.get("colours")) == "3"
    assert not cache.has("mine")
    with pytest.raises(UnknownModel):
        cache.get("mine")


def test_a_model_that_is_only_on_the_shelf_is_had_once_it_is_promoted(shelf: Shelf, tmp_path: Path) -> None:
    cache = ModelCache.of(Settings(data_dir=tmp_path / "var"))
    add(shelf_of(Settings(data_dir=tmp_path / "var")), save_version(tmp_path / "m", "1", "mine").folder)
    assert not cache.has("mine")
    promote(shelf, "mine", "1")
    assert cache.has("mine")
    assert version_of(cache.get("mine")) == "1"


def test_while_one_thread_loads_the_others_look_on_with_the_version_before(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = ModelCache(shelf=shelf)
    first = cache.get("colours")
    loading, go_on = threading.Event(), threading.Event()
    load = cache._load

    def slowly(name: str) -> OnnxModel:
        loading.set()
        assert go_on.wait(10)
        return load(name)

    monkeypatch.setattr(cache, "_load", slowly)
    promote(shelf, "colours", "2")
    taken: list[OnnxModel] = []
    thread = threading.Thread(target=lambda: taken.append(cache.get("colours")))
    thread.start()
    assert loading.wait(10)
    assert cache.get("colours") is first  # and does not wait
    go_on.set()
    thread.join(10)
    assert version_of(taken[0]) == version_of(cache.get("colours")) == "2"


def test_a_promotion_during_a_load_is_not_missed(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ModelCache(shelf=shelf)
    cache.get("colours")
    load = cache._load

    def promoted_meanwhile(name: str) -> OnnxModel:
        model = load(name)
        promote(shelf, "colours", "3")
        return model

    promote(shelf, "colours", "2")
    with monkeypatch.context() as patch:
        patch.setattr(cache, "_load", promoted_meanwhile)
        assert version_of(cache.get("colours")) == "2"
    assert version_of(cache.get("colours")) == "3"


def frame(at: int, pose_of: str = "camera") -> Frame:
    image = np.zeros((64, 96, 3), np.uint8)
    image[8:16, 16:24, 2] = 255
    return Frame(image, datetime(2026, 11, 20, 8, 0, at, tzinfo=UTC), pose_of)


def test_all_frames_of_one_piece_of_work_are_seen_by_one_version(shelf: Shelf) -> None:
    cache = ModelCache(shelf=shelf)
    chunk = drone_look(cache.get, "colours")
    sure = [float(chunk(frame(0)).scores.max())]
    promote(shelf, "colours", "2")
    sure.append(float(chunk(frame(1)).scores.max()))
    assert sure == pytest.approx([1.0, 1.0])
    assert float(drone_look(cache.get, "colours")(frame(2)).scores.max()) == pytest.approx(0.5)  # the next one


def test_pinned_gives_one_version_for_ever(shelf: Shelf) -> None:
    cache = ModelCache(shelf=shelf)
    get = pinned(cache.get)
    first = get("colours")
    promote(shelf, "colours", "2")
    assert get("colours") is first
    assert version_of(pinned(cache.get)("colours")) == "2"


def test_cameras_look_on_through_promotions_and_no_look_mixes_two_versions(shelf: Shelf) -> None:
    """Eight cameras, each with the model twice in its look, while versions come and go."""
    cache = ModelCache(shelf=shelf)
    spec = LookSpec("camera", ("colours",))
    looks = [build_look(spec, without_rulebook(["camera"]), cache) for _ in range(8)]
    seen: list[list[str | None]] = [[] for _ in looks]
    mixed: list[object] = []
    stop = threading.Event()

    def watch(number: int) -> None:
        look = looks[number]
        for second in range(40):
            found = cache.get_all(("colours", "colours"))
            if len({id(model) for model in found.values()}) != 1:
                mixed.append(found)
            look(frame(second))
            (model,) = look._models
            seen[number].append(version_of(model))

    def change() -> None:
        while not stop.is_set():
            promote(shelf, "colours", "2")
            promote(shelf, "colours", "3")
            roll_back(shelf, "colours")

    changing = threading.Thread(target=change)
    watching = [threading.Thread(target=watch, args=(number,)) for number in range(8)]
    for thread in (changing, *watching):
        thread.start()
    for thread in watching:
        thread.join(60)
    stop.set()
    changing.join(10)
    assert [len(versions) for versions in seen] == [40] * 8  # no look was lost
    assert not mixed
    assert {version for versions in seen for version in versions} >= {"2", "3"}


def test_what_is_said_to_have_looked_is_what_looked(shelf: Shelf) -> None:
    """A promotion between the first look at a chunk and the first thing that was found in it."""
    cache = ModelCache(shelf=shelf)
    looks = DroneLooks(cache.get)
    detect, identify = looks.detector("colours"), looks.identify("colours")
    detect(frame(0))
    promote(shelf, "colours", "2")
    assert float(detect(frame(1)).scores.max()) == pytest.approx(1.0)
    assert identify(frame(1)) == shelf.card("colours", "0").identity
    detect, identify = looks.detector("colours"), looks.identify("colours")
    assert float(detect(frame(2)).scores.max()) == pytest.approx(0.5)
    assert identify(frame(2)) == shelf.card("colours", "2").identity
