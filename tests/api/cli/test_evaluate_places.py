"""`evaluate places` as a user types it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.api.cli.conftest import Typed
from tests.detector.scenes import ground, put, seen_by_camera, stall

START = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six minutes of a made-up street to which a stall comes after one."""
    folder = tmp_path_factory.mktemp("sequences") / "market"
    (folder / "images").mkdir(parents=True)
    rng, empty = np.random.default_rng(1), ground()
    taken = put(empty, stall(), 200, 150)
    rows = ["picture\ttime"]
    for number in range(72):
        picture = seen_by_camera(taken if number >= 12 else empty, rng)
        cv2.imwrite(str(folder / "images" / f"{number:03}.png"), picture)
        rows.append(f"{number:03}.png\t{(START + timedelta(seconds=5 * number)).isoformat()}")
    (folder / "times.tsv").write_text("\n".join(rows))
    since, until = START + timedelta(minutes=1), START + timedelta(minutes=6)
    x, y, w, h = (200 + 36) / 480, (150 + 40) / 272, 72 / 480, 80 / 272
    (folder / "stalls.txt").write_text(f"0 {x} {y} {w} {h} {since.isoformat()} {until.isoformat()}\n")
    return folder


def test_a_stall_that_comes_is_found_with_its_delay(streetwarden: Typed, market: Path, tmp_path: Path) -> None:
    printed = streetwarden("evaluate", "places", market, "--models-folder", tmp_path, "--json")
    assert printed.code == 0
    (record,) = printed.records
    assert (record["stalls"], record["found"], record["false"], record["doubled"]) == (1, 1, 0, 0)
    late = record["late_s"]
    assert isinstance(late, list)
    assert 120 <= late[0] <= 180
    spoken = streetwarden("evaluate", "places", market, "--models-folder", tmp_path)
    assert "1 of 1 stalls found" in spoken.out


def test_what_is_no_sequence_is_one_line(streetwarden: Typed, tmp_path: Path) -> None:
    printed = streetwarden("evaluate", "places", tmp_path)
    assert printed.code == 2
    assert "times.tsv: no such file" in printed.err
    assert streetwarden("evaluate", "places", tmp_path, "--aspect", "wide").code == 2


def test_half_an_hour_of_a_real_camera(streetwarden: Typed, shared: Path) -> None:
    """Two parasols stand there from the first picture on; tree shadows wander, motorbikes park, flags are hung up."""
    folder = shared / "data" / "pavement_camera"
    (record,) = streetwarden("evaluate", "places", folder, "--aspect", "16:9", "--json").records
    assert (record["stalls"], record["found"]) == (2, 2)
    late = record["late_s"]
    assert isinstance(late, list)
    assert max(late) <= 360
    assert record["false"] in (0, 1)
