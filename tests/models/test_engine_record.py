"""What a check of an engine must show, and for what it then holds."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.engine_record import EngineRecord, Int8, machine, read_record, record_path, write_record
from tests.models.cards import save_model

EQUAL = Int8(sha256="1" * 64, map50=0.9, map50_95=0.6, reference_map50=0.9, reference_map50_95=0.6)
FINE = EngineRecord(
    model="colours",
    sha256="0" * 64,
    engine="openvino",
    version="2026.4",
    machine=machine(),
    pictures=9,
    boxes=200,
    odd=2,
    worst_shift=0.03,
    mean_shift=0.003,
    checked=datetime(2026, 11, 20, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, ""),
        ({"boxes": 49, "odd": 0}, "only 49 boxes"),
        ({"odd": 3}, "3 of 200 boxes are seen by one engine alone"),
        ({"worst_shift": 0.37}, "a score differs by 0.37"),
        ({"worst_shift": 0.15}, "a score differs by 0.15, more than 0.1"),
        ({"worst_shift": 0.15, "int8": EQUAL}, ""),
        ({"worst_shift": 0.21, "int8": EQUAL}, "a score differs by 0.21, more than 0.2"),
        ({"int8": EQUAL.model_copy(update={"map50": 0.88})}, "AP50 is 0.880 instead of 0.900"),
        ({"int8": EQUAL.model_copy(update={"map50_95": 0.58})}, "AP50-95 is 0.580 instead of 0.600"),
    ],
)
def test_an_engine_must_see_nearly_the_same(changes: dict[str, object], fault: str) -> None:
    found = FINE.model_copy(update=changes).fault
    assert found.startswith(fault)
    assert bool(found) == bool(fault)


def test_a_record_holds_for_one_file_one_version_and_one_processor(tmp_path: Path) -> None:
    card = save_model(tmp_path)
    record = FINE.model_copy(update={"sha256": card.sha256})
    assert record.holds_for(card, "2026.4")
    assert not record.holds_for(card, "2026.5")
    assert not FINE.holds_for(card, "2026.4")
    int8 = record.model_copy(update={"int8": EQUAL})
    assert int8.holds_for(card, "2026.4", EQUAL.sha256)
    assert not int8.holds_for(card, "2026.4")
    assert not record.holds_for(card, "2026.4", EQUAL.sha256)
    assert not record.model_copy(update={"machine": "another"}).holds_for(card, "2026.4")


def test_a_record_is_read_as_it_was_written_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    path = record_path(tmp_path / "engines", "colours", "openvino")
    assert read_record(path) is None
    write_record(FINE, path)
    assert read_record(path) == FINE
    path.write_text(path.read_text()[:-20])
    assert read_record(path) is None
