"""The renderer sees what the poses say. Needs Blender's Python module (the `scenes` extra)."""

import numpy as np
import pytest

pytest.importorskip("bpy", reason="Blender's Python module is not installed: pip install -e '.[scenes]'")

from training.scenes import render
from training.scenes.camera import CameraPose, project
from training.scenes.materials import plain
from training.scenes.script import Light
from training.scenes.shapes import Shape
from training.scenes.truth import seen

CUBES = {1: (0.0, 12.0, 0.5), 2: (-5.0, 20.0, 1.0), 3: (4.0, 14.0, 0.2)}
POSES = (
    CameraPose(1.0, 0.0, 6.0, -8.0, -20.0, 0.0, 500.0, 480, 270),
    CameraPose(0.0, 13.0, 30.0, 25.0, -90.0, 0.0, 400.0, 480, 270),
    CameraPose(2.0, -2.0, 8.0, -10.0, -28.0, 9.0, 450.0, 480, 270),
)


@pytest.fixture(scope="module", autouse=True)
def stage() -> None:
    render.start(2, Light(150.0, 30.0, 1.0))
    ground = Shape()
    ground.face(((-90, -90, -1), (90, -90, -1), (90, 90, -1), (-90, 90, -1)), plain((0.3, 0.3, 0.3)))
    ground.object("ground")
    for number, centre in CUBES.items():
        shape = Shape()
        shape.box(centre, (0.4, 0.4, 0.4), plain((0.5, 0.1, 0.1)))
        shape.object(f"cube {number}").pass_index = number


@pytest.mark.parametrize("pose", POSES)
def test_things_are_seen_where_the_pose_projects_them(pose: CameraPose) -> None:
    render.look(pose)
    found = {s.number: s.box for s in seen(render.masks())}
    assert set(found) == set(CUBES)
    for number, centre in CUBES.items():
        sides = np.array(np.meshgrid((-0.2, 0.2), (-0.2, 0.2), (-0.2, 0.2))).reshape(3, -1).T
        pixels = project(pose, np.array(centre) + sides)
        expected = (*pixels.min(axis=0), *pixels.max(axis=0))
        assert found[number] == pytest.approx(expected, abs=1.0)


def test_a_window_shows_its_part_of_the_picture() -> None:
    render.look(POSES[0])
    whole = render.masks()
    for x1, y1, x2, y2 in ((100, 50, 241, 203), (0, 0, 480, 270), (333, 17, 480, 270)):
        assert np.array_equal(render.masks((x1, y1, x2, y2)), whole[y1:y2, x1:x2])


def test_more_sun_is_more_light() -> None:
    render.look(POSES[0])
    means = []
    for through in (0.0, 0.5, 1.0):
        render.shine(Light(150.0, 30.0, through))
        means.append(float(render.picture(1, (150, 100, 300, 250)).mean()))
    assert means[0] < means[1] < means[2]
