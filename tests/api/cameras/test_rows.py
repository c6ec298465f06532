"""What is kept of a camera: rows written by any version are read, and no address is in the open part."""

from dataclasses import replace

import pytest

from api.cameras.rows import CameraRow, join_addresses
from streams.camera.config_file import CameraConfig
from tests.api.cameras.registered import a_camera

# As the first version wrote it. Rows like this one are in databases: they must be read for ever.
KEPT = {
    "id": "gate", "name": "Camera gate", "every": 5.0, "models": ["street-ads"], "lat": 34.7466, "lon": 113.6253,
    "calibration": "north.csv", "district": "erqi", "grade": 2, "transport": "udp",
    "legal_review": ["ZZCG-2026-118", "2027-06-30"], "points": [[1.0, 2.0, 34.7, 113.6]],
}  # fmt: skip
WHOLE = a_camera("gate", models=("street-ads",))
BARE = replace(WHOLE.config, substream=None, lat=None, lon=None, calibration=None, legal_review=None, models=())


def test_rows_are_written_and_read_as_they_always_were() -> None:
    assert CameraRow.of(WHOLE.config, WHOLE.points).model_dump(mode="json") == KEPT
    row = CameraRow.model_validate(KEPT)
    assert (row.config(join_addresses(WHOLE.config)), row.control_points()) == (WHOLE.config, WHOLE.points)


@pytest.mark.parametrize("config", [WHOLE.config, BARE])
def test_a_camera_comes_back_whole_and_its_addresses_lie_apart(config: CameraConfig) -> None:
    kept = CameraRow.of(config, ()).model_dump_json()
    assert "10.1.2.3" not in kept
    assert CameraRow.model_validate_json(kept).config(join_addresses(config)) == config
