"""Rulings by table (`rulings.yaml`), each with the text that it follows, by one rulebook as a city writes it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from detector.rules.load import load_rulebook
from detector.rules.rulebook import Rulebook
from tests.detector.rules.street import SHANGHAI, spot

TABLE = yaml.safe_load(Path(__file__).with_name("rulings.yaml").read_text("utf-8"))
ROWS = [(row["thing"], at, *answer.split(), row["source"]) for row in TABLE for at, answer in row["rulings"].items()]


def ring(east: float, north: float, width: float, depth: float) -> list[list[float]]:
    places = [spot(east + x, north + y) for x, y in ((0, 0), (width, 0), (width, depth), (0, depth))]
    return [[place.lon, place.lat] for place in places]


def line(north: float) -> list[list[float]]:
    return [[place.lon, place.lat] for place in (spot(90, north), spot(150, north))]


RULES = """
version: city
timezone: Asia/Shanghai
country: CN
rules:
  - {id: market, classes: [stall], zones: [permitted_site], permitted: "05:00-07:30,19:00-25:00", dwell: 10m}
  - {id: school, classes: [stall], near: {kind: school, metres: 100}}
  - {id: main, classes: [stall], zones: [main_road], permitted: "Jul 01-Oct 31 18:00-22:00", dwell: 5m}
  - {id: lane, classes: [stall], zones: [back_street], permitted: "Mo-Fr 05:00-08:00; PH off", dwell: 3m}
  - {id: boards, classes: [a_board], zones: [main_road], permitted: sunrise-sunset}
  - {id: line, classes: [goods_outside_shop], zones: [pavement], beyond: {kind: shop_line, metres: 1}}
  - {id: width, classes: [dining table], zones: [pavement], clear: {kind: kerb, metres: 2}}
  - {id: signs, classes: [signboard], zones: [main_road], permit: required}
  - {id: no-ads, classes: [banner], zones: [no_advertising]}
  - {id: winter, classes: [banner], zones: [main_road], season: 11-15/03-15}
  - {id: windows, classes: [window_ad], zones: [main_road], placement: [over_window]}
  - {id: roofs, classes: [billboard], zones: [main_road], placement: [above_roof]}
permits: permits.csv
permits_as_of: 2026-11-20T00:00:00+08:00
"""
PERMITS = (("A", 5, "", ""), ("B", 15, "", "2026-11-22"), ("C", 25, "2026-11-23", ""))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    folder = tmp_path_factory.mktemp("city")
    gate = spot(400, 0)
    zones = (
        ("road", "main_road", ring(0, 0, 40, 40)),
        ("lane", "back_street", ring(40, 0, 40, 40)),
        ("site", "permitted_site", ring(0, 60, 40, 40)),
        ("walk", "pavement", ring(100, 0, 40, 5)),
        ("hall", "no_advertising", ring(160, 0, 40, 40)),
    )
    shapes = {
        "zones": [{"id": name, "kind": kind, "polygon": corners} for name, kind, corners in zones],
        "landmarks": [
            {"id": "gate", "kind": "school", "point": [gate.lon, gate.lat]},
            {"id": "front", "kind": "shop_line", "line": line(0)},
            {"id": "kerb", "kind": "kerb", "line": line(5)},
        ],
    }
    (folder / "rules.yaml").write_text(RULES + yaml.safe_dump(shapes, default_flow_style=None), "utf-8")
    rows = ["id,class,lat,lon,radius_m,valid_from,valid_to"]
    rows += [f"{name},signboard,{spot(east, 20).lat},{spot(east, 20).lon},2,{a},{b}" for name, east, a, b in PERMITS]
    (folder / "permits.csv").write_text("\n".join(rows), "utf-8")
    return load_rulebook(folder / "rules.yaml")


def test_there_are_enough_of_them_and_each_has_a_source() -> None:
    assert len(ROWS) >= 200
    assert all(len(source) > 20 for *_, source in ROWS)
    assert {outcome for _, _, outcome, *_ in ROWS} == {"violation", "permitted", "unknown"}


@pytest.mark.parametrize(("thing", "at", "outcome", "reason", "source"), ROWS)
def test_a_ruling(city: Rulebook, thing: dict[str, object], at: str, outcome: str, reason: str, source: str) -> None:
    place, dwell = thing["place"], thing["dwell"]
    assert isinstance(place, list)
    ruling = city.rule(
        class_name=str(thing["class"]),
        at=datetime.fromisoformat(at).replace(tzinfo=SHANGHAI),
        position=spot(*place),
        dwell=timedelta(minutes=dwell) if isinstance(dwell, int | float) else None,
    )
    assert (ruling.outcome.value, reason in [one.code for one in ruling.reasons]) == (outcome, True), source
    unknown = city.rule(class_name=str(thing["class"]), at=None, position=None)
    assert unknown.outcome.value != "violation"
