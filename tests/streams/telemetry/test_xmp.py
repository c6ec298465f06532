"""Names and values of an XMP packet, and numbers in the ways that aircraft write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.telemetry.xmp import find_xmp, inside, number, values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("+12.5", 12.5), (" -0.30 ", -0.3), ("1e-3", 0.001), ("-86831/1600", -54.269375), ("5/0", None),
        ("5/0.5", 10.0),
        ("40,42.62N", 40 + 42.62 / 60), ("73,58,30 W", -(73 + 58 / 60 + 30 / 3600)), ("40.71 N", 40.71),
        ("40.71° s", -40.71), ("", None), (None, None), ("nan", None), ("inf", None), ("1e999", None), ("0x10", None),
        ("12 m", None), ("1" * 41, None), ("--5", None),
    ],
)  # fmt: skip
def test_numbers(text: str | None, value: float | None) -> None:
    assert number(text) == (None if value is None else pytest.approx(value))


@given(st.floats(-1e6, 1e6).map(lambda value: round(value, 6)))
def test_a_printed_number_is_read(value: float) -> None:
    assert number(f"{value:+.6f}") == pytest.approx(value, abs=1e-9)


def test_attributes_and_elements_and_the_first_of_a_name_stands() -> None:
    xmp = """<r:D d:Yaw="+1.5" d:Pitch = '-90' d:Yaw="7"><d:Roll> 2 </d:Roll><d:Yaw>9</d:Yaw></r:D>"""
    assert values(xmp) == {"d:Yaw": "+1.5", "d:Pitch": "-90", "d:Roll": "2"}
    assert values("<d:Pitch attr='x'>3</d:Pitch>") == {"d:Pitch": "3"}
    assert values("<d:Pitch>3</d:Roll>") == {}


def test_a_value_may_hold_the_other_quote_and_a_line_break() -> None:
    assert values("""d:Name="it's\nso" d:Other='a "b"'""") == {"d:Name": "it's\nso", "d:Other": 'a "b"'}


def test_only_what_lies_inside_of_an_element() -> None:
    xmp = '<s:A><s:Yaw>1</s:Yaw></s:A><s:AB s:Yaw="5"/><s:B s:Roll="4"><s:Yaw>2</s:Yaw></s:B><s:Yaw>3</s:Yaw>'
    assert inside(xmp, "s:A") == {"s:Yaw": "1"}
    assert inside(xmp, "s:B") == {"s:Roll": "4", "s:Yaw": "2"}
    assert inside(xmp, "s:AB") == {"s:Yaw": "5"}
    assert inside(xmp, "s:C") == {}
    assert inside(xmp, "s:.") == {}  # a name is no pattern


def test_a_packet_is_found_whole_or_not_at_all() -> None:
    packet = b'<x:xmpmeta d:Yaw="1"></x:xmpmeta>'
    assert values(find_xmp(b"\xff\xd8\xff" + packet + b"<x:xmpmeta d:Yaw='2'></x:xmpmeta>")) == {"d:Yaw": "1"}
    assert find_xmp(packet[:-1]) == ""
    assert find_xmp(b"") == ""
    assert find_xmp(b"<x:xmpmeta>" + bytes(2**20) + b"</x:xmpmeta>") == ""  # too long to be an aircraft's
