"""One frame through all of it: candidates come once, with reasons and the frame that shows the thing."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from detector.candidate import Candidate
from detector.look import Look
from detector.places.past_sightings import REJECTED, PastSighting, PastVerdict
from detector.places.strong_look import PlaceNow
from detector.places.strong_looks import Task
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.ruling import Outcome
from detector.rules.zones import Zone
from detector.vision.detections import Box, Detections
from detector.vision.engine import OnnxModel
from detector.vision.frame import Frame, Image
from models.card import ModelVersion
from tests.detector.nets import save_colour_detector
from tests.detector.scenes import ground, put, seen_by_camera, stall

START = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
EVERYWHERE = Zone("street", "main_road", ((0, 0), (2000, 0), (2000, 2000), (0, 2000)), "camera")
STALLS = Rule("stalls", ("stall",), ("main_road",), dwell=timedelta(seconds=120), code="0501")
SIGNS = Rule("signs", ("red",), ("main_road",), code="0202")
MINUTES = timedelta(minutes=10)
EMPTY = ground()
RNG = np.random.default_rng(4)
EMPTY_SEEN, STALL_SEEN = (
    [seen_by_camera(one, RNG) for _ in range(4)] for one in (EMPTY, put(EMPTY, stall(), 200, 150))
)


def book(*rules: Rule) -> Rulebook:
    return Rulebook.of("1", ZoneInfo("Asia/Shanghai"), [EVERYWHERE], rules, None)


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    """A real network that calls a red patch `red`."""
    path = save_colour_detector(tmp_path_factory.mktemp("net") / "colours.onnx", 96, 64)
    return OnnxModel(path, ("red", "green", "blue"), 0.9, name="colours")


class Passing(OnnxModel):
    """Sees a lorry in front of the stall in the frames that it is told."""

    hides: frozenset[int] = frozenset()
    looks = 0
    names = ("truck", "car", "bus")

    def detect(self, image: Image, confidence: float | None = None) -> Detections:
        self.looks += 1
        if self.looks - 1 not in self.hides:
            return Detections.empty(self.names)
        box = np.array([[180, 130, 300, 250]], np.float32)
        return Detections(box, np.array([0.9], np.float32), np.array([0]), self.names)


def run(look: Look, pictures: Sequence[Image], step: float = 5, start: float = 0, epoch: int = 0) -> list[Candidate]:
    found = []
    for index, picture in enumerate(pictures):
        frame = Frame(picture, START + timedelta(seconds=start + step * index), "camera", index=index, epoch=epoch)
        found += look(frame)
    return found


def street(empty: int, occupied: int) -> list[Image]:
    return [EMPTY_SEEN[i % 4] for i in range(empty)] + [STALL_SEEN[i % 4] for i in range(occupied)]


def wall(*reds: tuple[int, int]) -> Image:
    picture = np.full((640, 960, 3), 60, np.uint8)
    for left, top in reds:
        picture[top : top + 80, left : left + 80] = (0, 0, 255)
    return picture


def test_a_stall_is_a_candidate_once_when_it_has_stood_long_enough() -> None:
    found = run(Look("camera", book(STALLS), []), street(10, 60))
    assert [(one.sighting.class_name, one.ruling.outcome) for one in found] == [("stall", Outcome.VIOLATION)]
    sighting = found[0].sighting
    assert timedelta(seconds=120) <= sighting.dwell <= timedelta(seconds=125)
    assert sighting.first_seen - START <= timedelta(seconds=50 + 30)
    assert found[0].ruling.code == "0501"
    assert found[0].evidence.image.shape == EMPTY.shape
    assert found[0].evidence_box[0] == pytest.approx(200, abs=12)
    (shown,) = found[0].finder_pictures
    assert shown.finder == sighting.found_by == "occupancy"
    assert sighting.first_seen <= shown.captured_at <= sighting.last_seen


def test_what_was_rejected_here_yesterday_at_this_hour_needs_more_than_one_finders_word() -> None:
    high, wide = stall().shape[:2]
    box = (200 / EMPTY.shape[1], 150 / EMPTY.shape[0], (200 + wide) / EMPTY.shape[1], (150 + high) / EMPTY.shape[0])
    began = START - timedelta(days=1)
    look = Look("camera", book(STALLS), [])
    look.past.ask = lambda since: [PastSighting("stall", box, began, began + MINUTES, PastVerdict.NOTHING)]
    assert run(look, street(10, 60)) == []
    (place,) = look.places.all
    assert place.past == REJECTED


def test_it_comes_again_with_the_same_key_while_it_stands_on() -> None:
    found = run(Look("camera", book(STALLS), []), street(10, 170))
    assert len(found) == 3
    assert len({one.sighting.key for one in found}) == 1
    again = [one.sighting.last_seen - found[0].sighting.last_seen for one in found]
    assert again == [timedelta(), timedelta(minutes=5), timedelta(minutes=10)]


def test_the_evidence_is_a_frame_in_which_nothing_hides_the_thing(tmp_path: Path) -> None:
    passing = Passing(save_colour_detector(tmp_path / "net.onnx"), Passing.names)
    look, pictures = Look("camera", book(STALLS), [], passing), street(10, 60)
    last = next(n for n, picture in enumerate(pictures) if run(look, [picture], start=5 * n))
    hiding = Passing(save_colour_detector(tmp_path / "net.onnx"), Passing.names)
    hiding.hides = frozenset({passing.looks - 3})  # the last look at the whole picture; two at its far tiles follow
    found = run(Look("camera", book(STALLS), [], hiding), pictures)
    assert found[0].sighting.last_seen == START + timedelta(seconds=5 * last)
    assert found[0].evidence.captured_at < found[0].sighting.last_seen


class Counting(OnnxModel):
    looks = 0

    def detect(self, image: Image, confidence: float | None = None) -> Detections:
        self.looks += 1
        return super().detect(image, confidence)


def test_one_model_of_signs_and_of_everyday_things_looks_once_and_shows_no_faint_signs(tmp_path: Path) -> None:
    path = save_colour_detector(tmp_path / "net.onnx", 96, 64)
    both, faint = Counting(path, ("red", "green", "blue"), 0.9), wall((80, 160))
    faint[320:400, 400:480] = (0, 0, 120)  # under the threshold for signs, over that for what may hide something
    look = Look("camera", book(SIGNS), [both], both)
    found = run(look, [faint] * 4)
    assert both.looks == 3 * 3, "three strong looks, each at the whole and at two far tiles"
    apart = Look("camera", book(SIGNS), [OnnxModel(path, ("red", "green", "blue"), 0.9)], both)
    again = run(apart, [faint] * 4)
    assert [one.sighting.box for one in found] == [one.sighting.box for one in again]
    assert len(found) == 1


def test_signs_count_when_they_are_seen_again_and_again(colours: OnnxModel) -> None:
    look = Look("camera", book(SIGNS), [colours])
    assert run(look, [wall((80, 160)), wall(), wall((400, 320)), wall()]) == []
    found = run(look, [wall((80, 160))] * 4, start=20)
    assert [(one.sighting.class_name, one.models) for one in found] == [("red", (ModelVersion("colours"),))]
    assert found[0].sighting.box == pytest.approx((80, 160, 160, 240), abs=1)
    assert found[0].sighting.found_by == "model"


def test_two_signs_are_two_candidates_and_other_classes_are_none(colours: OnnxModel) -> None:
    picture = wall((80, 160), (240, 160))
    picture[400:480, 400:480] = (255, 0, 0)
    found = run(Look("camera", book(SIGNS), [colours]), [picture] * 6)
    assert sorted(one.sighting.box[0] for one in found) == pytest.approx([80, 240], abs=1)


def test_without_a_calibration_the_cameras_own_place_is_given_with_a_wide_radius(colours: OnnxModel) -> None:
    look = Look("camera", book(SIGNS), [colours], position=(34.7, 113.6))
    position = run(look, [wall((80, 160))] * 4)[0].sighting.position
    assert position is not None
    assert (position.lat, position.lon, position.ce90_m) == (34.7, 113.6, 100.0)


def test_places_survive_a_stream_that_is_opened_anew_but_not_another_picture_size(colours: OnnxModel) -> None:
    look = Look("camera", book(SIGNS), [colours])
    assert len(run(look, [wall((80, 160))] * 4)) == 1
    assert run(look, [wall((80, 160))] * 4, start=30, epoch=1) == []
    larger = np.repeat(np.repeat(wall((80, 160)), 2, axis=0), 2, axis=1)
    assert len(run(look, [larger] * 4, start=60, epoch=2)) == 1


def test_a_restart_hands_nothing_on_twice(colours: OnnxModel) -> None:
    before = Look("camera", book(SIGNS), [colours])
    key = run(before, [wall((80, 160))] * 4)[0].sighting.key
    after = Look("camera", book(SIGNS), [colours])
    after.places.take_up(before.places.all)
    assert {one.sighting.key for one in run(after, [wall((80, 160))] * 4, start=60)} <= {key}


PARASOL = (200.0, 150.0, 272.0, 180.0)


class Everyday(OnnxModel):
    """Sees a parasol in the frames and at the places that it is told; the number of a frame is in its first pixel."""

    where: Callable[[int], Box | None] = staticmethod(lambda look: PARASOL)
    score = 0.5
    looks = 0

    def detect(self, image: Image, confidence: float | None = None) -> Detections:
        self.looks += 1
        box = self.where(self.looks - 1)
        if box is None:
            return Detections.empty(self.names)
        boxes = np.array([box], np.float32)
        return Detections(boxes, np.array([self.score], np.float32), np.array([0]), self.names)


@pytest.fixture
def everyday(tmp_path: Path) -> Everyday:
    model = Everyday(save_colour_detector(tmp_path / "net.onnx", 480, 272), ("red", "green", "blue"))
    model.names = ("umbrella", "person", "car")
    return model


def test_a_parasol_that_stands_there_from_the_first_frame_on_is_found_once_it_has_stood(everyday: Everyday) -> None:
    look = Look("camera", book(STALLS), [], everyday)
    found = run(look, [STALL_SEEN[i % 4] for i in range(40)])
    assert [one.sighting.class_name for one in found] == ["stall"]
    assert timedelta(seconds=120) <= found[0].sighting.dwell <= timedelta(seconds=140)
    assert found[0].sighting.box[3] > PARASOL[3] + 30, "it reaches down to what stands under the parasol"
    (record,) = [one for one in found[0].sighting.evidence.records if one.finder == "objects"]
    assert record.seen == record.looks >= 3
    assert everyday.looks <= 8, "a handful of strong looks in two hundred seconds"


def test_parasols_that_are_somewhere_else_at_every_look_are_walkers(everyday: Everyday) -> None:
    everyday.where = lambda look: (40.0 * (look % 11), 150.0, 40.0 * (look % 11) + 60, 180.0)
    assert run(Look("camera", book(STALLS), [], everyday), [EMPTY_SEEN[i % 4] for i in range(120)]) == []


def test_one_false_parasol_in_many_looks_is_none(everyday: Everyday) -> None:
    everyday.where = lambda look: PARASOL if look % 4 == 0 else None
    everyday.score = 0.3
    assert run(Look("camera", book(STALLS), [], everyday), [EMPTY_SEEN[i % 4] for i in range(120)]) == []


def test_a_stall_that_leaves_ends_although_the_network_is_asked_seldom(everyday: Everyday) -> None:
    look = Look("camera", book(STALLS), [], everyday)
    key = run(look, [STALL_SEEN[i % 4] for i in range(40)])[0].sighting.key
    everyday.where = lambda number: None
    run(look, [EMPTY_SEEN[i % 4] for i in range(60)], start=200)
    assert key not in {place.key for place in look.places.all}


def test_a_camera_with_rules_for_signs_alone_looks_for_nothing_else(colours: OnnxModel, everyday: Everyday) -> None:
    look = Look("camera", book(SIGNS), [colours], everyday)
    run(look, [wall()] * 60)
    assert everyday.looks == 0
    assert not look.occupancy.ready
    (task,) = look.status().tasks
    assert (task.task, look.status().strong) == (Task.SIGNS, 1)


def test_frames_that_follow_each_other_at_once_cost_next_to_nothing(everyday: Everyday) -> None:
    look = Look("camera", book(STALLS), [], everyday)
    run(look, [EMPTY_SEEN[i % 4] for i in range(100)], step=0.04)
    assert (look.status().looks, look.status().strong) == (100, 1)


def test_what_places_know_survives_a_restart(everyday: Everyday) -> None:
    before, after = (Look("camera", book(STALLS), [], everyday) for _ in range(2))
    run(before, [STALL_SEEN[i % 4] for i in range(20)])
    after.places.take_up(before.places.all)
    (place,) = after.places.all
    assert place.evidence.of("objects").seen >= 2
    found = run(after, [STALL_SEEN[i % 4] for i in range(20)], start=105)
    assert [one.sighting.first_seen for one in found] == [START]


def test_another_version_looks_from_the_next_frame_on_and_its_places_stay(tmp_path: Path, colours: OnnxModel) -> None:
    path = save_colour_detector(tmp_path / "b.onnx", convolutions=1, gain=0.95)
    later = Counting(path, ("red", "green", "blue"), 0.9, name="colours")
    serving: list[OnnxModel] = [colours]
    look = Look("camera", book(SIGNS), [colours])
    look.serving = lambda: (list(serving), None)
    (first,) = run(look, [wall((80, 160))] * 4)
    serving[:] = [later]
    again = run(look, [wall((80, 160))] * 70, start=20)
    assert [one.sighting.key for one in again] == [first.sighting.key]  # one place, handed on again after five minutes
    assert later.looks >= 2
    assert again[0].sighting.first_seen == first.sighting.first_seen


def test_a_candidate_names_every_model_that_saw_it_and_a_new_one_only_its_own(tmp_path: Path) -> None:
    paths = [save_colour_detector(tmp_path / name) for name in ("stalls.onnx", "others.onnx")]
    stalls, others = (OnnxModel(path, ("stall", "green", "blue"), 0.9, name=path.stem) for path in paths)
    look = Look("camera", book(Rule("stalls", ("stall",), ("main_road",), code="0501")), [stalls])
    serving: list[OnnxModel] = [stalls]
    look.serving = lambda: (list(serving), None)
    (first,) = run(look, [wall((80, 160))] * 40)
    serving[:] = [others]
    seen = run(look, [wall((80, 160))] * 66 + [wall((80, 160), (400, 320))] * 60, start=200)
    named = {one.sighting.key: tuple(model.name for model in one.models) for one in seen}
    assert [one.name for one in first.models] == ["stalls"]
    assert named.pop(first.sighting.key) == ("stalls", "others")
    assert list(named.values()) == [("others",)]


def test_a_strong_look_says_of_a_place_whether_the_thing_is_there(colours: OnnxModel) -> None:
    look, there = Look("camera", book(SIGNS), [colours]), (300.0, 300.0, 380.0, 380.0)
    said: list[PlaceNow | None] = []
    for number, picture in enumerate([wall((300, 300))] * 4 + [wall()] * 2):
        run(look, [picture], start=360 * number)
        said.append(look.strong_look.at("red", there) if look.strong_look else None)
    assert said[1:] == [PlaceNow.THERE] * 3 + [PlaceNow.GONE] * 2
    run(look, [wall()], start=360 * 5 + 5)  # a cheap look says nothing
    assert look.strong_look is None


def test_strong_looks_tell_of_a_stall_that_stands_and_then_has_gone(everyday: Everyday) -> None:
    """As often as fixed or not is decided by: twice there, three times gone, within minutes and never the wrong one."""
    look, box = Look("camera", book(STALLS), [], everyday), (0.0, 0.0, 0.0, 0.0)

    def says(pictures: Sequence[Image], count: int, start: float) -> list[PlaceNow]:
        told = []
        for number in range(count):
            run(look, [pictures[number % 4]], start=start + 5 * number)
            if look.strong_look is not None:
                told.append(look.strong_look.at("stall", box))
        return told

    box = run(look, [STALL_SEEN[i % 4] for i in range(40)])[0].sighting.box
    standing = says(STALL_SEEN, 120, 200)
    assert standing.count(PlaceNow.THERE) >= 2
    assert PlaceNow.GONE not in standing
    everyday.where = lambda number: None
    gone = says(EMPTY_SEEN, 120, 800)
    assert gone.count(PlaceNow.GONE) >= 3
    assert PlaceNow.THERE not in gone
