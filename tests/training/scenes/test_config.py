"""The demo's configuration: computed from the script, and true to the camera."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from shapely import Point, Polygon

from training.scenes import config
from training.scenes.block import FRONT, SIGN_BASE, SIGNS
from training.scenes.camera import project, to_local
from training.scenes.timeline import CAMERA, street_script

POSE = CAMERA.resized(1280)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("config")
    config.write(folder, street_script(7), POSE, "street.mp4")
    return folder


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_control_points_project_to_their_pixels(written: Path) -> None:
    rows = _rows(written / "calibration.csv")
    assert len(rows) >= 8
    ground = np.array([(*to_local(float(r["lat"]), float(r["lon"])), 0.0) for r in rows])
    clicked = np.array([(float(r["u"]), float(r["v"])) for r in rows])
    assert np.abs(project(POSE, ground) - clicked).max() <= 1.0
    assert np.ptp(clicked[:, 0]) > POSE.width * 0.5
    assert np.ptp(clicked[:, 1]) > POSE.size_v * 0.5


def test_every_sign_but_the_violation_has_a_permit_at_its_wall(written: Path) -> None:
    permits = [
        (*to_local(float(r["lat"]), float(r["lon"])), float(r["radius_m"])) for r in _rows(written / "permits.csv")
    ]
    for sign in SIGNS:
        x = -FRONT if "west" in sign.building else FRONT
        covered = any(np.hypot(east - x, north - sign.along) < radius for east, north, radius in permits)
        assert covered == (sign.role != "violation")


def test_zones_do_not_overlap_and_hold_their_stalls(written: Path) -> None:
    book = yaml.safe_load((written / "rulebook.yaml").read_text(encoding="utf-8"))
    zones = {z["id"]: Polygon(z["polygon"]) for z in book["zones"] if "polygon" in z and z["kind"] != "wall"}
    kinds = {z["id"]: z["kind"] for z in book["zones"]}
    names = list(zones)
    for k, name in enumerate(names):
        assert zones[name].is_valid
        for other in names[:k]:
            assert zones[name].intersection(zones[other]).area < 0.01 * zones[name].area
    expected = json.loads((written / "demo.json").read_text(encoding="utf-8"))["expected"]
    (stall,) = (e for e in expected if e["class"] == "stall")
    inside = [name for name in names if zones[name].contains(Point(stall["lon"], stall["lat"]))]
    assert inside == [stall["zone"]]
    assert kinds[stall["zone"]] == "main_road"


def test_the_sign_zone_holds_the_unlicensed_sign_in_the_picture(written: Path) -> None:
    book = yaml.safe_load((written / "rulebook.yaml").read_text(encoding="utf-8"))
    (fronts,) = (Polygon(z["image"]) for z in book["zones"] if "image" in z)
    for sign in SIGNS:
        if sign.role != "context":
            u, v = project(POSE, np.array([[-FRONT, sign.along, SIGN_BASE]]))[0]
            assert fronts.contains(Point(u, v))


def test_the_rules_leave_the_clip_outside_the_permitted_hours(written: Path) -> None:
    import opening_hours

    book = yaml.safe_load((written / "rulebook.yaml").read_text(encoding="utf-8"))
    hours = {r["id"]: opening_hours.OpeningHours(r["permitted"]) for r in book["rules"] if "permitted" in r}
    start = street_script(7).start.replace(tzinfo=None)
    assert not hours["stall-on-main-road"].is_open(start)
    assert hours["stall-on-permitted-site"].is_open(start)
