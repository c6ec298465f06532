"""A rulebook file is read as a whole: every fault with its place, and nothing but RulebookInvalid."""

import random
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.errors import RulebookInvalid
from detector.geometry.ground import GroundPoint
from detector.rules.load import load_rulebook

GOOD = """\
version: 2026-11-01
timezone: Asia/Shanghai
country: CN
zones:
  - {id: daxue-road, kind: main_road, polygon: [[113.62, 34.74], [113.63, 34.74], [113.63, 34.75]]}
  - {id: square, kind: permitted_site, camera: 41010300081320000017, image: [[0, 600], [1920, 600], [1920, 1080]]}
rules:
  - id: stall-on-main-road
    classes: [stall]
    zones: [main_road]
    permitted: "19:00-25:00; Jul 01-Oct 31 18:00-26:00; PH 18:00-26:00"
    dwell: 1h30m
    gap: 90s
    code: 0501
  - {id: sign-without-permit, classes: [banner], zones: [main_road], permit: required, dwell: 0s, code: "0202"}
permits: permits.csv
permits_as_of: 2026-11-20T00:00:00+08:00
permits_max_age: 3d
"""
PERMITS = (
    "id,class,lat,lon,radius_m,width_m,height_m,bearing_deg,valid_from,valid_to\nP-1,banner,34.742,113.627,12,3,1,,,\n"
)


def write(folder: Path, text: str, permits: str = PERMITS) -> Path:
    path = folder / "rulebook.yaml"
    path.write_text(text, "utf-8")
    (folder / "permits.csv").write_text(permits, "utf-8")
    return path


def faults(folder: Path, text: str, permits: str = PERMITS) -> tuple[str, ...]:
    with pytest.raises(RulebookInvalid) as raised:
        load_rulebook(write(folder, text, permits))
    assert str(folder / "rulebook.yaml") in str(raised.value)
    return raised.value.faults


def test_a_good_file(tmp_path: Path) -> None:
    rules = load_rulebook(write(tmp_path, GOOD), now=datetime(2026, 11, 21, tzinfo=UTC))
    assert (rules.version, rules.timezone.key, rules.classes) == ("2026-11-01", "Asia/Shanghai", ("stall", "banner"))
    assert [zone.camera for zone in rules.zones] == [None, "41010300081320000017"]
    stalls = rules.rules[0]
    assert (stalls.dwell, stalls.gap, stalls.code) == (timedelta(minutes=90), timedelta(seconds=90), "0501")
    at = datetime(2026, 11, 23, 4, tzinfo=UTC)
    position = GroundPoint(34.742, 113.627, 0.0, 1.0)
    assert rules.rule(class_name="stall", at=at, position=position, dwell=timedelta(hours=2)).code == "0501"
    assert rules.rule(class_name="banner", at=at, position=position).outcome == "unknown"  # three days are over
    assert rules.rule(class_name="banner", at=at - timedelta(days=1), position=position).outcome == "permitted"


def test_all_faults_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = """\
version: "1"
timezone: Asia/Shangha
zonnes: []
zones:
  - {id: a, kind: main_road, polygon: [[34.74, 113.62], [34.74, 113.63], [34.75, 113.63]]}
  - {id: a, kind: main_road, polygon: [[113.62, 34.74], [113.63, 34.75], [113.63, 34.74], [113.62, 34.75]]}
  - {id: c, kind: side, polygon: [[113.62, 34.74], [113.63, x]]}
rules:
  - id: r
    classes: [stall]
    zones: [main_rod, a]
    permitted: "19:00-25:0x"
    dwell: soon
    dwel: 3s
    gap: 2s
    gap: 4s
permits: permits.csv
permits_as_of: 2026-11-20
"""
    assert faults(tmp_path, text, PERMITS + "P-2,banner,134,113,12,,,,,\n") == (
        "permits.csv line 3: lat 134 is not between -90 and 90: latitude and longitude look swapped",
        "line 2: time zone 'Asia/Shangha' is not known: write Asia/Shanghai",
        "line 3: unknown key 'zonnes': did you mean 'zones'?",
        "line 5: zone 'a' has a corner [34.74, 113.62] that is no place on earth: "
        "they look swapped, write longitude first",
        "line 6: zone 'a' crosses or touches itself near [113.625, 34.745]: give its corners in order around the edge",
        "line 6: zone 'a' is there twice: give each its own id",
        "line 7: zone 'c': polygon[1][1] 'x' is not a number",
        "line 11: rule 'r': no zone is of kind 'main_rod': did you mean 'main_road'?",
        "line 11: rule 'r': no zone is of kind 'a': that is a zone, of kind main_road",
        "line 12: rule 'r': hours '19:00-25:0x' cannot be read at column 10: "
        "write them like 19:00-25:00 or Jul 01-Oct 31 18:00-26:00 (opening_hours syntax)",
        "line 13: rule 'r': 'soon' is no length of time: write 500ms, 90s, 5m, 1h30m or 7d",
        "line 14: rule 'r': unknown key 'dwel': did you mean 'dwell'?",
        "line 16: 'gap' is there already, in line 15",
        "line 18: permits_as_of '2026-11-20' has no time zone: write it like 2026-11-20T00:00:00+08:00",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("country: CN\n", "", "line 10: rule 'stall-on-main-road': hours"),
        ("country: CN", "country: XX", "line 3: country 'XX' is not known"),
        ("[113.63, 34.75]]", "[113.62000001, 34.74]]", "line 5: zone 'daxue-road' is smaller than 1 square metre"),
        ("[113.63, 34.75]]", "[13.63, 34.75]]", "line 5: zone 'daxue-road' spans"),
        ("[113.63, 34.75]]", "[113.63, 34.74]]", "fewer than three different corners"),
        ("[113.63, 34.75]]", "[113.64, 34.74]]", "line 5: zone 'daxue-road' is smaller than 1 square"),
        ("[113.63, 34.75]]", "[.nan, 34.75]]", "line 5: zone 'daxue-road': polygon[2][0] '.nan' is not a number"),
        ("[113.63, 34.75]]", "[nan, 34.75]]", "line 5: zone 'daxue-road': polygon[2][0] 'nan' is not a number"),
        ("[1920, 1080]]", "[1, 600]]", "line 6: zone 'square' is smaller than 16 pixels"),
        ("camera: 41010300081320000017, ", "", "line 6: zone 'square' is drawn in a picture: add `camera`"),
        ("kind: main_road, polygon", "kind: main_road, camera: x, polygon", "`camera` belongs to `image` zones only"),
        ("image: [[0, 600], [1920, 600], [1920, 1080]]", "", "line 6: zone 'square' needs either `polygon`"),
        ("dwell: 1h30m", "dwell: 30m1h", "line 12: rule 'stall-on-main-road': '30m1h' is no length of time"),
        ("permit: required", "permit: yes", "line 15: rule 'sign-without-permit': permit:"),
        ("permits_as_of: 2026-11-20T00:00:00+08:00\n", "", "line 16: permits without permits_as_of"),
        ("permits_as_of: 2026-11-20", "permits_as_of: 2029-11-20", "line 17: permits_as_of 2029-11-20"),
        ("permits: permits.csv", "permits: none.csv", "none.csv' cannot be read (No such file or directory)"),
        ("permits: permits.csv", 'permits: "a\\0b"', "cannot be read"),
        ("id: sign-without-permit", "id: stall-on-main-road", "rule 'stall-on-main-road' is there twice"),
        ("version: 2026-11-01\n", "", "line 1: 'version' is missing"),
        (
            "    classes: [stall]\n",
            "    classes: []\n",
            "rule 'stall-on-main-road': classes: at least 1 needed, 0 given",
        ),
        (GOOD, "", "'version' is missing"),
        (GOOD, "just text", "the file: must be keys with values"),
        (GOOD, "version: '1'\ntimezone: UTC\nrules: 3\n", "line 3: rules: must be a list"),
    ],
)
def test_one_fault(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(RulebookInvalid) as raised:
        load_rulebook(write(tmp_path, GOOD.replace(old, new)), now=datetime(2026, 11, 21, tzinfo=UTC))
    assert any(message in fault for fault in raised.value.faults), raised.value.faults


JUNK = [
    "[",
    "]",
    "{",
    "}",
    ":",
    "- ",
    "&a ",
    "*a",
    "!!x ",
    "\n",
    "  ",
    "\t",
    '"',
    "'",
    "#",
    "~",
    "\0",
    "é",
    "9" * 40,
    "-",
    "|",
]
WORDS = ["id", "kind", "nan", "null", "rules", "113.62", "[[0, 0], [1, 1]]", "1e400", "0x10", "19:00-25:00", "{}", "[]"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_a_mutated_file_is_refused_or_read(tmp_path: Path, chance: random.Random, changes: int) -> None:
    text = GOOD
    for _ in range(changes):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.choice([0, 0, 1, 5, 40]))
        text = text[:at] + chance.choice([*JUNK, *WORDS, ""]) + text[end:]
    told: tuple[str, ...] = ("",)
    try:
        rules = load_rulebook(write(tmp_path, text))
    except RulebookInvalid as error:
        told = error.faults
    else:
        rules.rule(class_name="stall", at=datetime(2026, 11, 23, tzinfo=UTC), position=GroundPoint(34.74, 113.62, 0, 5))
    assert told
    assert "\n" not in "".join(told)


def test_the_worked_example_rules_as_the_guide_says(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "rules.md").read_text("utf-8")
    rules = load_rulebook(write(tmp_path, guide.split("```yaml\n")[1].split("```")[0]))
    road, market = (34.7415, 113.6275), (34.74225, 113.62735)
    expected = [
        ("2026-11-23T10:12:00+08:00", 360, road, 1.0, "violation"),
        ("2026-11-23T10:12:00+08:00", 100, road, 1.0, "permitted"),
        ("2026-11-23T20:12:00+08:00", 10_800, road, 1.0, "permitted"),
        ("2026-11-23T01:00:10+08:00", 10_800, road, 1.0, "permitted"),
        ("2026-11-23T01:05:00+08:00", 10_800, road, 1.0, "violation"),
        ("2026-11-23T10:12:00+08:00", None, road, 1.0, "unknown"),
        ("2026-11-23T10:12:00+08:00", 360, (34.740027, 113.6275), 8.0, "unknown"),  # 3 m from the southern border
        ("2026-11-23T10:12:00+08:00", 360, market, 1.0, "permitted"),
    ]
    for at, stood, (lat, lon), ce90, outcome in expected:
        dwell = None if stood is None else timedelta(seconds=stood)
        position = GroundPoint(lat, lon, 0.0, ce90)
        ruling = rules.rule(class_name="stall", at=datetime.fromisoformat(at), position=position, dwell=dwell)
        assert ruling.outcome == outcome, (at, stood, ruling.reasons)


def test_a_rulebook_keeps_what_it_was_read_from(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    source = load_rulebook(path).source
    assert (source.version, source.content, source.permits) == ("2026-11-01", path.read_bytes(), PERMITS.encode())
    assert source.sha256 == sha256(path.read_bytes() + (tmp_path / "permits.csv").read_bytes()).hexdigest()
    (tmp_path / "permits.csv").write_text(PERMITS.replace("P-1", "P-2"))
    assert load_rulebook(path).source.sha256 != source.sha256
