"""A shadow looks beside the version in service: counted, kept where they disagree, within its budget."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from api.cameras.assembly import LookSpec, build_look
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.evidence.files import EvidenceStore
from api.inference.model_cache import ModelCache
from api.models import repository
from api.models.repository import KEPT, Pair
from api.models.shadow_runner import ShadowRunner, lonely
from api.rulebooks.fallback import without_rulebook
from detector.candidate import Origin
from detector.vision.detections import Detections
from detector.vision.frame import Frame
from models.errors import VersionServes, VersionUnknown
from models.shadow import end_shadow, set_shadow, shadow_of
from models.shelf import Shelf
from models.shelf_changes import add, promote
from tests.training.evaluation.test_gate import model

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """In service: 1, which sees no blue; on the shelf 2, which sees all."""
    shelf = Shelf(tmp_path / "models", tmp_path / "shipped")
    shelf.shipped.mkdir()
    for version, sees in (("1", (1, 1, 0)), ("2", (1, 1, 1))):
        add(shelf, model(tmp_path / version, version, sees=sees).folder)
    promote(shelf, "colours", "1")
    return shelf


def frame(minute: int = 0) -> Frame:
    image = np.zeros((64, 96, 3), np.uint8)
    image[8:16, 16:24, 2] = 255  # red: both see it
    image[8:16, 56:64, 0] = 255  # blue
    return Frame(image, AT + timedelta(minutes=minute), "cam-1")


def runner(shelf: Shelf, database: Database, files: EvidenceStore, cpu_share: float = 1.0) -> ShadowRunner:
    return ShadowRunner(shelf, ModelCache(shelf=shelf), database, files, cpu_share, random.Random(0))


def look(shadows: ShadowRunner, minute: int, district: str | None = "erqi") -> None:
    """One frame, looked at here and now."""
    shadows._not_before = 0.0
    shadows.offer("cam-1", district, frame(minute), ("colours",))
    shadows._step()


def test_disagreements_are_counted_and_kept_with_both_models_boxes(
    shelf: Shelf, database: Database, files: EvidenceStore
) -> None:
    shadows = runner(shelf, database, files)
    look(shadows, 0)  # nothing looks beside yet
    set_shadow(shelf, "colours", "2", 1.0)
    for minute in (0, 1, 30):
        look(shadows, minute)
    with database.read() as connection:
        (count,) = repository.counts(EVERYWHERE, connection, "colours")
        kept = repository.disagreements(EVERYWHERE, connection, 10)
        theirs = repository.disagreements(Scope.of(["jinshui"]), connection, 10)
        assert repository.find_disagreement(EVERYWHERE, connection, kept[0].id) == kept[0]
        assert repository.find_disagreement(Scope.of(["jinshui"]), connection, kept[0].id) is None
    assert (count.pair, count.frames, count.differing) == (Pair("colours", "1", "2"), 3, 3)
    assert (count.only_serving, count.only_shadow) == (0, 3)
    assert [one.frame.captured_at for one in kept] == [AT + timedelta(minutes=30), AT]  # not the one a minute later
    assert [one.class_name for one in kept[0].serving] == ["red"]
    assert sorted(one.class_name for one in kept[0].shadow) == ["blue", "red"]
    assert files.read(kept[0].frame)
    assert theirs == ()


def test_it_takes_no_more_than_its_share_of_a_core_and_of_the_frames(
    shelf: Shelf, database: Database, files: EvidenceStore
) -> None:
    set_shadow(shelf, "colours", "2", 1.0)
    shadows = runner(shelf, database, files, cpu_share=0.001)
    shadows.offer("cam-1", None, frame(), ("colours",))
    shadows._step()
    shadows.offer("cam-1", None, frame(), ("colours",))  # within the pause that the first look costs
    assert shadows._step() is False
    nothing = runner(shelf, database, files, cpu_share=0.0)
    nothing.offer("cam-1", None, frame(), ("colours",))
    nothing._step()
    with database.read() as connection:
        (count,) = repository.counts(EVERYWHERE, connection, "colours")
    assert count.frames == 1

    set_shadow(shelf, "colours", "2", 0.2)
    some = runner(shelf, database, files)
    for minute in range(50):
        look(some, minute)
    with database.read() as connection:
        (count,) = repository.counts(EVERYWHERE, connection, "colours")
    assert 2 <= count.frames <= 20


def test_what_cannot_be_a_shadow_is_refused_and_a_damaged_one_is_passed_over(
    shelf: Shelf, database: Database, files: EvidenceStore, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(VersionServes, match="is in service"):
        set_shadow(shelf, "colours", "1", 0.5)
    with pytest.raises(VersionUnknown):
        set_shadow(shelf, "colours", "9", 0.5)
    set_shadow(shelf, "colours", "2", 1.0)
    (shelf.folder / "colours/2/colours.json").write_text("{}")
    shadows = runner(shelf, database, files)
    look(shadows, 0)
    look(shadows, 1)
    assert sum("shadow colours 2 cannot be used" in one.message for one in caplog.records) == 1
    end_shadow(shelf, "colours")
    assert shadow_of(shelf, "colours") is None
    (shelf.folder / "colours/shadow").write_text("{")
    assert shadow_of(shelf, "colours") is None


def test_the_look_of_a_camera_shows_its_frames_to_the_shadow(
    shelf: Shelf, database: Database, files: EvidenceStore
) -> None:
    set_shadow(shelf, "colours", "2", 1.0)
    shadows = runner(shelf, database, files)
    spec = LookSpec("cam-1", ("colours",), origin=Origin(district="erqi"))
    look = build_look(spec, without_rulebook(["cam-1"]), ModelCache(shelf=shelf), shadows)
    assert look.beside is not None
    look.beside(frame())  # what a look does after each strong one
    shadows._step()
    with database.read() as connection:
        (kept,) = repository.disagreements(Scope.of(["erqi"]), connection, 10)
    assert (kept.source, kept.district) == ("cam-1", "erqi")


def test_only_so_many_frames_are_kept(database: Database) -> None:
    assert KEPT >= 100
    with database.read() as connection:
        assert repository.wants(connection, Pair("colours", "1", "2"), "cam-1", AT)


@pytest.mark.parametrize(("shift", "name", "alone"), [(0, 0, 0), (3, 0, 0), (30, 0, 1), (0, 1, 1)])
def test_one_thing_is_a_box_of_the_same_class_that_overlaps(shift: int, name: int, alone: int) -> None:
    def one(left: int, class_id: int) -> Detections:
        box = np.array([[left, 0, left + 20, 20]], np.float32)
        return Detections(box, np.array([0.9], np.float32), np.array([class_id]), ("stall", "sign"))

    assert lonely(one(0, 0), one(shift, name)) == alone
    assert lonely(one(0, 0), Detections.empty(("stall", "sign"))) == 1
