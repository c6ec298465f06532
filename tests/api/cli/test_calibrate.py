"""`streetwarden calibrate`."""

import pytest

from tests.api.cli.conftest import Typed
from tests.conftest import REPO


def test_calibrate_prints_the_camera_and_its_errors(streetwarden: Typed) -> None:
    printed = streetwarden("calibrate", REPO / "samples" / "calibration.csv", "--json")
    (record,) = printed.records
    assert set(record) == {"rmse_m", "leave_one_out_m", "distortion", "camera"}
    assert record["rmse_m"] == pytest.approx(0, abs=0.2)
