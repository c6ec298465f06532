"""What a camera's candidates say of where they come from."""

from dataclasses import replace

from api.cameras.assembly import origin_of
from detector.candidate import Origin
from detector.geometry.calibration import ControlPoint
from tests.api.cameras.registered import a_camera

CAMERA = replace(a_camera("gate"), since=7)


def test_a_registered_camera_is_referred_to_in_its_version() -> None:
    origin = origin_of(CAMERA)
    assert (origin.district, origin.camera_id, origin.camera_version) == ("erqi", "gate", 7)
    assert (origin.survey_id, origin.file_sha256) == (None, None)


def test_another_control_point_is_another_calibration() -> None:
    moved = replace(CAMERA, points=(ControlPoint(1.0, 2.0, 34.7, 113.6001),))
    assert len({origin_of(one).calibration for one in (CAMERA, moved, replace(CAMERA, since=8))}) == 2
    assert origin_of(replace(CAMERA, points=())).calibration is None


def test_a_camera_of_no_registry_has_nothing_to_refer_to() -> None:
    stray = a_camera("gate")
    stray = replace(stray, points=(), config=replace(stray.config, district=""))
    assert origin_of(stray) == Origin()
