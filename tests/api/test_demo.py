from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from api.candidates.repository import State, StoredCandidate
from api.demo.score import score
from api.demo.script import Expected, read_script, stalls_flown_over
from api.errors import SamplesMissing
from detector.rules.ruling import Outcome
from tests.conftest import REPO

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
STALL = Expected.model_validate({"name": "a", "class": "stall", "lat": 34.7466, "lon": 113.6253, "within_m": 5})
SIGN = Expected.model_validate({"name": "b", "class": "signboard", "lat": 34.7466, "lon": 113.6253, "within_m": 5})


def found(class_name: str, lat: float, lon: float = 113.6253) -> StoredCandidate:
    return StoredCandidate(
        id=uuid4(),
        source="camera",
        key=uuid4().hex,
        class_name=class_name,
        outcome=Outcome.VIOLATION,
        reasons=(),
        code=None,
        rule=None,
        zone=None,
        lat=lat,
        lon=lon,
        ce90=1.0,
        box=(0, 0, 1, 1),
        confidence=1.0,
        first_seen=NOON,
        last_seen=NOON,
        frames=1,
        found_by="occupancy",
        district=None,
        finders=(),
        grade=2,
        camera_id=None,
        camera_version=None,
        calibration=None,
        survey_id=None,
        file_sha256=None,
        frame_at=NOON,
        rulebook_version="1",
        rulebook_hash=None,
        models=(),
        state=State.OPEN,
        created_at=NOON,
        updated_at=NOON,
        timed=True,
    )


def test_everything_found_once_is_perfect() -> None:
    assert score([STALL, SIGN], [found("stall", 34.74661), found("signboard", 34.74659)]).perfect


def test_missed_doubled_and_invented_are_told_apart() -> None:
    result = score([STALL, SIGN], [found("stall", 34.74661), found("stall", 34.7466), found("stall", 34.7476)])
    assert result.doubled == ("a",)
    assert result.missed == ("b",)
    assert len(result.invented) == 1
    assert not result.perfect


def test_what_is_not_required_may_be_missing_but_not_twice() -> None:
    optional = STALL.model_copy(update={"required": False})
    assert score([optional], []).perfect
    assert score([optional], [found("stall", 34.7466)]).perfect
    assert not score([optional], [found("stall", 34.7466), found("stall", 34.74661)]).perfect


def test_the_sample_script_reads_and_a_missing_one_is_named(tmp_path: Path) -> None:
    script = read_script(REPO / "samples")
    assert script.expected
    assert stalls_flown_over(REPO / "samples", script)
    with pytest.raises(SamplesMissing, match=r"demo\.json"):
        read_script(tmp_path)
