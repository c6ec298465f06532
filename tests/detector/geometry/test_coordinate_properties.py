"""A coordinate that is written and read again is the same number; what is written otherwise is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.geometry.coordinate import coordinate

NEGATIVE = {"S": "latitude", "South": "latitude", "sur": "latitude", "南纬": "latitude", "W": "longitude"} | {
    "West": "longitude",
    "oeste": "longitude",
    "西经": "longitude",
}
POSITIVE = {"N": "latitude", "North": "latitude", "nord": "latitude", "北纬": "latitude", "E": "longitude"} | {
    "East": "longitude",
    "leste": "longitude",
    "东经": "longitude",
}
degrees = st.floats(-180, 180, allow_nan=False).map(lambda value: round(value, 7))
sizes = st.floats(0.0001, 89.9999).map(lambda value: round(value, 7))
sides = st.sampled_from([*NEGATIVE, *POSITIVE])


def sided(side: str, size: float) -> tuple[float, str]:
    """Return what a number of this size says on this side of the equator or of Greenwich."""
    return (-size, NEGATIVE[side]) if side in NEGATIVE else (size, POSITIVE[side])


def near(value: float, axis: str, within: float = 1e-9) -> object:
    """Return what equals a coordinate of this axis that is off by no more than that."""
    return pytest.approx(value, abs=within), axis


def in_parts(size: float, places: int) -> tuple[int, int, str]:
    """Return degrees, minutes and seconds of that many places; the seconds never round up to 60."""
    units = round(size * 3600 * 10**places)
    minutes, rest = divmod(units, 60 * 10**places)
    return minutes // 60, minutes % 60, f"{rest / 10**places:.{places}f}"


@given(degrees, st.integers(0, 15))
def test_decimal_degrees_are_read_within_their_printed_precision(value: float, places: int) -> None:
    said = coordinate(f"{value:.{places}f}", whole=True)
    assert said is not None
    assert said[1] == ""
    assert said[0] == pytest.approx(value, abs=0.5 * 10**-places + 1e-9)


@given(degrees)
def test_a_decimal_comma_a_plus_and_an_exponent_change_nothing(value: float) -> None:
    said = coordinate(f"{value:.7f}", whole=True)
    assert coordinate(f"{value:.7f}".replace(".", ","), whole=True) == said
    assert coordinate(f"{value:+.7f}", whole=True) == said
    told = coordinate(f"{value:.12e}", whole=True)
    assert told is not None
    assert told[0] == pytest.approx(value, abs=1e-9)


@given(sizes, sides, st.sampled_from(["", " ", "  "]))
def test_a_side_before_and_a_side_behind_say_the_same(size: float, side: str, space: str) -> None:
    said = sided(side, size)
    before, behind = coordinate(f"{side} {size:.7f}", whole=True), coordinate(f"{size:.7f}{space}{side}", whole=True)
    assert before == behind
    assert before is not None
    assert before == near(*said)
    assert coordinate(f"{size:.7f}{space}{side.lower()}", whole=True) == before


@given(
    sizes, sides, st.integers(0, 5), st.sampled_from(["{}°{}'{}\"{}", "{}° {}' {}\" {}", "{}°{}′{}″{}", "{}d{}'{}''{}"])
)
def test_degrees_minutes_and_seconds_are_read_within_their_printed_precision(
    size: float, side: str, places: int, form: str
) -> None:
    said = coordinate(form.format(*in_parts(size, places), side), whole=True)
    value, axis = sided(side, size)
    assert said == near(value, axis, 0.5 * 10**-places / 3600 + 1e-9)


@given(sizes, st.integers(0, 5))
def test_a_minus_before_degrees_counts_for_the_minutes_and_seconds_too(size: float, places: int) -> None:
    parts = in_parts(size, places)
    plain, minus = coordinate("{}°{}'{}\"".format(*parts)), coordinate("-{}°{}'{}\"".format(*parts))
    assert plain is not None
    assert minus == (-plain[0], "")


@given(sizes, st.integers(1, 8), sides)
def test_minutes_may_be_the_last_with_a_fraction(size: float, places: int, side: str) -> None:
    whole, minutes = divmod(round(size * 60 * 10**places), 60 * 10**places)
    said = coordinate(f"{whole}°{minutes / 10**places:.{places}f}' {side}", whole=True)
    value, axis = sided(side, size)
    assert said == near(value, axis, 0.5 * 10**-places / 60 + 1e-9)


@given(sizes, sides, sides)
def test_two_sides_or_a_minus_against_the_side_are_refused(size: float, one: str, other: str) -> None:
    assert coordinate(f"{one} {size:.5f} {other}", whole=True) is None
    assert (coordinate(f"-{size:.5f}{one}", whole=True) is None) is (one in POSITIVE)


@given(st.integers(0, 89), st.integers(60, 999), sides)
def test_no_clock_of_degrees_shows_sixty(whole: int, too_many: int, side: str) -> None:
    assert coordinate(f"{whole}°{too_many}'0\"{side}", whole=True) is None
    assert coordinate(f"{whole}°0'{too_many}\"{side}", whole=True) is None


@given(st.integers(0, 89), st.integers(1, 9), st.integers(0, 59))
def test_a_fraction_of_degrees_beside_minutes_is_refused(whole: int, tenths: int, minutes: int) -> None:
    assert coordinate(f"{whole}.{tenths}°{minutes}'N", whole=True) is None
    assert coordinate(f"{whole}.0°{minutes}'N", whole=True) == near(whole + minutes / 60, "latitude")


@given(sizes, st.sampled_from(["x", "m", "/2", "°5", " 12", "'", ";", ", then more", ") on"]))
def test_what_goes_on_is_none_and_what_stands_apart_is_passed_over(size: float, behind: str) -> None:
    text = f"{size:.4f}"
    assert coordinate(text + behind, whole=True) is None
    assert (coordinate(text + behind) is not None) is (behind[0] in ";,)")


@given(st.text(alphabet="0123456789.,-+eE°d'\"′″ NSEW南北x\n", max_size=30))
def test_any_text_is_a_finite_number_or_none(text: str) -> None:
    said = coordinate(text)
    assert said is None or (abs(said[0]) < float("inf") and said[1] in ("", "latitude", "longitude"))
    whole = coordinate(text, whole=True)
    assert whole is None or whole == said
