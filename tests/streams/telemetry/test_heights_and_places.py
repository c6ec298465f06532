"""Heights and named places: what is printed comes back, and a value that is lost takes its place with it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.telemetry.heights import feet_in_metres, metres_up, number
from streams.telemetry.named_place import named_place

FOOT = 0.3048
heights = st.integers(-20_000, 500_000).map(lambda tenths: tenths / 10)
feet = st.sampled_from(["ft", " ft", "feet", " Feet", " foot", "FT"])
latitudes, longitudes = st.floats(-89, 89).map(lambda x: round(x, 6)), st.floats(91, 179).map(lambda x: round(x, 6))
latitude_keys = st.sampled_from(["latitude", "lat", "Latitude", "LAT"])
longitude_keys = st.sampled_from(["longitude", "longtitude", "lon", "lng", "Longitude"])
joints = st.sampled_from([": ", ":", "=", " = "])


def near(lat: float | None, lon: float | None) -> object:
    """Return what equals a place that nothing makes doubtful."""
    return pytest.approx(lat, abs=1e-9), pytest.approx(lon, abs=1e-9), None


@given(st.floats(-1e6, 1e6), st.integers(0, 8))
def test_a_printed_number_is_read_with_point_or_comma(value: float, places: int) -> None:
    printed = f"{value:.{places}f}"
    assert number(printed) == number(printed.replace(".", ",")) == float(printed)


@pytest.mark.parametrize("text", ["9" * 21, "1e999", "-1e999", "0." + "1" * 30])
def test_a_number_that_no_aircraft_prints_is_not_known(text: str) -> None:
    assert number(text) is None


@given(heights)
def test_a_height_without_keys_is_in_metres_however_it_is_named(height: float) -> None:
    for line in (f"H {height:.1f}m", f"BAROMETER:{height:.1f}", f"BAROMETER({height:.1f}M)", f"ReH:{height:.1f}"):
        assert metres_up(f"GPS(113.6,34.7,0) {line} D 5m") == height


@given(heights, feet)
def test_a_height_in_feet_is_told_in_metres(height: float, unit: str) -> None:
    assert metres_up(f"H {height:.1f}{unit}, D 1m") == pytest.approx(height * FOOT)
    assert feet_in_metres(f"[rel_alt: {height:.1f}{unit} abs_alt: {height:.1f}]") == {
        "rel_alt": pytest.approx(height * FOOT)
    }


@given(heights, heights, feet)
def test_each_height_of_a_line_has_its_own_unit(low: float, high: float, unit: str) -> None:
    both = feet_in_metres(f"REL_ALT: {low:.1f}{unit} abs_alt={high:.1f}{unit}")
    assert both == {"rel_alt": pytest.approx(low * FOOT), "abs_alt": pytest.approx(high * FOOT)}
    assert feet_in_metres(f"rel_alt: {low:.1f} abs_alt: {high:.1f} m") == {}


@pytest.mark.parametrize("line", ["", "H m", "H -m", "H 12", "HH 12m", "altitude 12", f"H {'9' * 30}m"])
def test_a_line_without_a_height_has_none(line: str) -> None:
    assert metres_up(line) is None


@given(latitudes, longitudes, latitude_keys, longitude_keys, joints)
def test_a_named_place_is_read_in_either_order(lat: float, lon: float, one: str, two: str, joint: str) -> None:
    parts = [f"[{one}{joint}{lat:.6f}]", f"[{two}{joint}{lon:.6f}]"]
    assert named_place(" ".join(parts)) == named_place(" ".join(reversed(parts))) == near(lat, lon)


@given(
    latitudes, longitudes, latitude_keys, longitude_keys, joints, st.sampled_from([" ", "  ", ", ", " | ", "; ", "° "])
)
def test_a_named_place_is_read_whatever_parts_its_keys(
    lat: float, lon: float, one: str, two: str, joint: str, between: str
) -> None:
    parts = [f"{one}{joint}{lat:.6f}", f"{two}{joint}{lon:.6f}"]
    assert named_place(between.join([*parts, "alt: 20"])) == near(lat, lon)
    assert named_place(between.join(["rel_alt: 20", *reversed(parts)])) == near(lat, lon)


@given(latitudes, longitudes, st.data())
def test_what_is_cut_out_of_a_line_takes_a_number_away_or_is_seen(lat: float, lon: float, data: st.DataObject) -> None:
    """Without its key, its value or its letter a coordinate is not known; it never becomes another one."""
    line = f"[latitude: {lat:.6f}] [longitude: {lon:.6f}]"
    words = re.findall(r"latitude|longitude|: -?[\d.]+", line)
    lost = data.draw(st.sampled_from(range(len(words))))
    said = named_place(line.replace(words[lost], "", 1))
    for value, true in zip(said[:2], (lat, lon), strict=True):
        assert value is None or value == pytest.approx(true, abs=1e-9)
    assert None in said[:2]


@given(latitudes, longitudes, st.sampled_from(["", "n/a", "nan", "--", "null", "12.3.4", "1e400"]))
def test_a_value_that_is_none_leaves_the_other_where_it_was(lat: float, lon: float, none: str) -> None:
    assert named_place(f"[latitude: {none}] [longitude: {lon:.6f}]") == near(None, lon)
    assert named_place(f"[latitude: {lat:.6f}] [longitude: {none}]") == near(lat, None)


@given(latitudes, longitudes, st.floats(0.001, 1))
def test_two_values_of_one_axis_are_no_place_and_the_same_twice_is_one(lat: float, lon: float, off: float) -> None:
    once = f"latitude: {lat:.6f}, longitude: {lon:.6f}"
    assert named_place(f"{once}; {once}")[2] is None
    assert named_place(f"{once}; lat: {lat + off:.6f}") == (None, None, "it names two places")


@given(latitudes.map(abs), longitudes)
def test_a_side_of_the_other_axis_is_no_value_of_this_one(lat: float, lon: float) -> None:
    assert named_place(f"[lat: {lat:.6f} E] [lon: {lon:.6f} E]") == near(None, lon)
    assert named_place(f"[lat: {lat:.6f} S] [lon: {lon:.6f} W]") == near(-lat, -lon)


@given(latitudes, longitudes)
def test_the_home_point_is_not_the_place(lat: float, lon: float) -> None:
    home = f"home latitude: {lat:.6f} home longitude: {lon:.6f}"
    assert named_place(home) == (None, None, None)
