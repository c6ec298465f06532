"""Values, columns, classes and hours of offices: what is written in any of their ways is read back as what it was."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.rules.chinese_hours import plain_hours
from detector.rules.hours import read_hours
from detector.rules.permit_columns import class_names, column_name, passed_over
from detector.rules.permit_values import day_of, read_coordinate, read_day, read_number
from tests.detector.rules.street import SHANGHAI

DRAW = settings(max_examples=80, deadline=None)
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
WIDE = str.maketrans("0123456789-/.", "０１２３４５６７８９－／．")
SIDES = {
    ("lat", False): ("N", "北纬"),
    ("lat", True): ("S", "南纬"),
    ("lon", False): ("E", "东经"),
    ("lon", True): ("W", "西经"),
}


def number(written: str, name: str = "width_m", high: float = 1000.0) -> tuple[float | None, list[str]]:
    faults: list[str] = []
    return read_number({name: written}, name, 0.0, high, faults), faults


def degrees(written: str, name: str) -> tuple[float | None, list[str]]:
    faults: list[str] = []
    return read_coordinate({name: written}, name, faults), faults


def day(written: str, name: str) -> tuple[date | None, list[str]]:
    faults: list[str] = []
    return read_day({name: written}, name, faults), faults


@DRAW
@given(DAYS, st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日"]), st.booleans())
def test_a_day_comes_back_however_it_was_written(wanted: date, form: str, wide: bool) -> None:
    written = wanted.strftime(form)
    if wide:
        written = written.translate(WIDE)
    assert day_of(written) == wanted
    for name, around in (
        ("valid_from", "自{}起"),
        ("valid_to", "至{}止"),
        ("valid_to", "{} 23:59:59"),
        ("valid_from", "{}"),
    ):
        assert day(around.format(written), name) == (wanted, [])


@DRAW
@given(st.dates(date(1982, 2, 18), date(2091, 1, 1)))
def test_a_spreadsheets_count_of_days_is_refused_with_the_day_it_means(wanted: date) -> None:
    count = (wanted - date(1899, 12, 30)).days
    read, faults = day(str(count), "valid_to")
    assert read is None
    assert f"as a spreadsheet counts days it is {wanted};" in faults[0]


@pytest.mark.parametrize(
    "written", ["01/02/2026", "2026-13-01", "2026-02-29", "26-11-20", "2026-11", "2026-11-20 08:00"]
)
def test_a_day_that_is_none_is_quoted_as_it_was_written(written: str) -> None:
    read, faults = day(written, "valid_from")
    assert read is None
    assert faults == [f"valid_from {written!r} is not a day like 2026-11-20"]


def test_only_an_end_may_be_without_end() -> None:
    assert day("长期有效", "valid_to") == (None, [])
    assert day("Unlimited", "valid_to") == (None, [])
    assert day("长期有效", "valid_from")[1] != []
    assert day("2026-01-01 23:59:59", "valid_from")[1] != []  # a permit that begins as its day ends is doubtful
    assert day("", "valid_from") == (None, [])


@DRAW
@given(st.integers(0, 999_999), st.sampled_from(["", "m", " m", "米", " metres", "M"]), st.booleans())
def test_a_length_comes_back_in_any_unit_of_metres(millimetres: int, unit: str, wide: bool) -> None:
    plain = f"{millimetres / 1000:.2f}"
    written = (plain.translate(WIDE) if wide else plain) + unit
    assert number(written) == (float(plain), [])
    assert number(plain.replace(".", ",") + unit) == (float(plain), [])  # two digits behind it are no thousands


def test_a_number_that_may_be_a_thousand_is_not_guessed() -> None:
    assert number("1,000", high=5000.0) == (None, ["width_m '1,000' is not a number"])
    assert number("0,500", high=5000.0) == (0.5, [])
    assert number("1,000", high=500.0) == (1.0, [])  # a thousand could not be meant
    assert number("12 cm")[0] is None
    assert number("1e400")[0] is None
    for written in ("nan", "inf", "-0.1", "1001"):
        assert number(written) == (None, [f"width_m {written} is not between 0 and 1000"])


@DRAW
@given(st.integers(-89_999_999, 89_999_999), st.sampled_from(["lat", "lon"]), st.booleans())
def test_degrees_come_back_with_a_sign_a_side_or_minutes(millionths: int, name: str, chinese: bool) -> None:
    wanted = millionths / 1e6
    before, behind = f"{SIDES[name, wanted < 0][1]}", f"{SIDES[name, wanted < 0][0]}"
    size = abs(wanted)
    whole = int(size)
    minutes = (size - whole) * 60
    ways = [f"{wanted:.6f}", f"{wanted:.6f}°", f"{size:.6f}{behind}", f"{behind} {size:.6f}"]
    ways += [f"{before}{size:.6f}"] if chinese else [f"{whole}°{min(minutes, 59.9999):.4f}'{behind}"]
    for written in ways:
        read, faults = degrees(written, name)
        assert faults == []
        assert read == pytest.approx(wanted, abs=2e-6)


@DRAW
@given(st.floats(0.001, 89), st.booleans())
def test_degrees_of_the_other_axis_are_never_read(size: float, south_or_west: bool) -> None:
    for name, other in (("lat", "lon"), ("lon", "lat")):
        read, faults = degrees(f"{size:.5f}{SIDES[other, south_or_west][0]}", name)
        assert (read, len(faults)) == (None, 1)


def test_swapped_degrees_are_said_to_be_swapped() -> None:
    assert degrees("113.6253", "lat")[1] == [
        "lat 113.6253 is not between -90 and 90: latitude and longitude look swapped"
    ]
    assert degrees("181", "lon")[1] == ["lon 181 is not between -180 and 180"]
    assert degrees("34,7466", "lat") == (34.7466, [])
    assert degrees("34.7466, 113.6253", "lat")[0] is None  # two values in one cell


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Permit No", "id"), ("Valid from", "valid_from"), (" VALID-TO* ", "valid_to"),
        ("Radius (m)", "radius_m"),
        ("宽度（米）", "width_m"), ("高 [m]", "height_m"), ("朝向（度）", "bearing_deg"), ("有效期 起", "valid_from"),
        ("纬度(WGS84)", "lat"), ("许可证编号：", "id"), ("ＬＯＮ", "lon"), ("valid_form", "valid_form"),
    ],
)  # fmt: skip
def test_a_header_is_the_column_that_it_means(header: str, name: str) -> None:
    assert column_name(header) == name
    assert column_name(name) == name


def test_a_misspelt_column_is_not_one_that_nobody_judges_by() -> None:
    assert passed_over("remarks")
    assert passed_over("联系人")
    assert not passed_over("valid_form")
    assert not passed_over("有效期截至")  # nearly the word for the end
    assert not passed_over(column_name("lat"))


def test_a_class_is_looked_for_under_each_name_once() -> None:
    assert class_names("signboard") == ("signboard",)
    assert class_names("Window Ad") == ("Window Ad", "window_ad")
    assert class_names("店招") == ("店招", "signboard")
    assert class_names(" 横幅 ")[-1] == "banner"
    assert class_names("喷泉") == ("喷泉",)


@DRAW
@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 23), st.integers(1, 23), st.integers(0, 167))
def test_hours_in_chinese_hold_when_those_of_osm_do(first: int, last: int, opens: int, length: int, hour: int) -> None:
    codes, words = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"), "一二三四五六日"
    closes = opens + length
    end = f"次日{closes - 24}：00" if closes > 24 else f"{closes}：00"
    chinese = read_hours(f"周{words[first]}至星期{words[last]}　{opens}：00－{end}", SHANGHAI, "CN")
    plain = read_hours(f"{codes[first]}-{codes[last]} {opens:02}:00-{closes:02}:00", SHANGHAI, "CN")
    at = datetime(2026, 11, 23, tzinfo=SHANGHAI) + timedelta(hours=hour)
    begins = at.astimezone(UTC) - timedelta(days=8)
    assert chinese.last_permitted(begins, at) == plain.last_permitted(begins, at)


@DRAW
@given(st.text(alphabet='周一至五每天次日全19:00-23休息、~；" "MoFr', max_size=30))
def test_putting_hours_into_osm_twice_is_putting_them_once(text: str) -> None:
    assert plain_hours(plain_hours(text)) == plain_hours(text)
