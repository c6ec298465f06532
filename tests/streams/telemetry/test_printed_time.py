"""The time of a line, with its half of the day and its zone in any form: read right, or not known."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.survey.media_span import telemetry_span
from streams.telemetry.cues import cues, decode
from streams.telemetry.flight import PoseTrack
from streams.telemetry.printed_time import printed_time
from streams.telemetry.srt import read_srt
from tests.streams.telemetry.test_srt import srt

SHANGHAI = timezone(timedelta(hours=8))
PLACE = "[latitude: 34.7466] [longitude: 113.6253] [rel_alt: 50.2 abs_alt: 100.2]"
CLOCK = datetime(2026, 5, 1, 14, tzinfo=UTC)


def time_of(line: str, zone: timezone | None = SHANGHAI) -> datetime | None:
    (cue,) = cues(decode(f"1\n00:00:00,000 --> 00:00:01,000\n{line}\n".encode()))
    return printed_time(cue, zone)


@pytest.mark.parametrize(
    ("behind", "hours"),
    [
        *((f"{gap}{zone}", 6) for gap in ("", " ") for zone in ("UTC+8", "UTC+08:00", "GMT+8", "GMT+0800", "+0800")),
        *((f" {zone}", 6) for zone in ("+08:00", "+8", "utc+8", "(UTC+8)", "[UTC+8]", "UTC +8", "\uff0b08\uff1a00")),
        *((f"{gap}{zone}", 14) for gap in ("", " ") for zone in ("Z", "UTC", "GMT", "+00:00", "UTC+0")),
        *((behind, 14) for behind in ("Z [iso: 100]", "Z 34.7466 113.6253", " UTC ISO 100", ".123456Z", ",123,456Z")),
        *((behind, 6) for behind in (".123456+08:00", " +08:00 [iso: 100]", "\u202fUTC+8", ", UTC+8")),
        ("-03:30", 17.5),
    ],
)
def test_a_zone_in_any_form_is_read(behind: str, hours: float) -> None:
    time = time_of(f"2026-05-01 14:00:00{behind}")
    assert time is not None
    assert time.replace(microsecond=0) == datetime(2026, 5, 1, tzinfo=UTC) + timedelta(hours=hours)


@pytest.mark.parametrize(
    "behind",
    [
        *(" -0834", "-0834", " +15:00", " +08:0", " +08:00:00", "+080", " + 8", " UTC 8", " UTC8", " UTC+", " UTC+8.5"),
        *(
            " CST",
            " Asia/Shanghai",
            " \u5317\u4eac\u65f6\u95f4",
            " Z+8",
            "Z+8",
            " (CST)",
            " CST (UTC+8)",
            " UTC+8 CST",
            "Z5",
            " P",
        ),
        *(" \u665a\u4e0a", "\u665a\u4e0a [iso: 100]", " \u51cc\u6668", " PM", " PM2.5: 30"),
    ],
)
def test_a_marker_that_is_not_known_makes_the_time_unknown(behind: str) -> None:
    assert time_of(f"2026-05-01 14:00:00{behind}") is None


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        *((f"02:00:00{pm}", 14) for pm in (" P.M.", ",PM", ", PM", "PM", " pm", " p.m.", " p. m.", "\u202fPM", ".PM")),
        *((f"2:00:00 {pm}", 14) for pm in ("PM UTC+8", "\u4e0b\u5348", "PM [iso: 100]", "PM ISO: 100")),
        ("12:00:00 A.M.", 0),
    ],
)
def test_a_half_of_the_day_in_any_form_is_read(written: str, hour: int) -> None:
    assert time_of(f"2026-05-01 {written}") == datetime(2026, 5, 1, hour, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "behind",
    [
        *("\nZ: 5", "\n-0834", "\n+0800 5", "\nPM", "\n\u665a\u4e0a", "\nCST", " Z: 5", " Z = 5", " GPS(1, 2, 3)"),
        *(" ISO 100", " ISO: 100", " D 5m, H 2m", " F/2.8, SS 30", " G.PRY (1, 2, 3)", " rel_alt: 5", " [iso : 110]"),
        *(" -34.7466 113.6253", " HOME(1, 2)", " \u6d77\u62d4: 50", " \u6d77\u62d4 50", " | 5", " - ", "."),
    ],
)
def test_what_the_line_or_the_next_one_prints_then_is_no_zone(behind: str) -> None:
    assert time_of(f"2026-05-01 14:00:00{behind}") == datetime(2026, 5, 1, 14, tzinfo=SHANGHAI)


gaps = st.sampled_from(["", " ", "  ", ", ", "\t", "_", "\u3000", "\u202f"])
prefixes = st.sampled_from(["", "UTC", "GMT", "utc", "UTC ", "Gmt"])
brackets = st.sampled_from(["", "()", "[]"])
behinds = st.sampled_from(["", " [iso: 100]", " GPS(1, 2, 3)", "\nISO: 100", " CST", ":", " 5", "x", "55", "-"])


@given(st.integers(-14 * 4, 14 * 4), prefixes, gaps, brackets, st.integers(0, 3), behinds)
def test_a_zone_in_any_form_gives_its_instant_or_none(
    quarters: int, prefix: str, gap: str, bracket: str, form: int, behind: str
) -> None:
    sign, hours, minutes = "-" if quarters < 0 else "+", *divmod(abs(quarters) * 15, 60)
    printed = (f"{hours:02}:{minutes:02}", f"{hours:02}{minutes:02}", f"{hours}:{minutes:02}", f"{hours}")[form]
    offset = timedelta(hours=hours, minutes=0 if form == 3 else minutes) * (-1 if quarters < 0 else 1)
    zone = f"{bracket[:1]}{prefix}{sign}{printed}{bracket[1:]}"
    said = time_of(f"2026-05-01 14:00:00{gap}{zone}{behind}")
    assert said is None or said == CLOCK - offset
    if behind in ("", " [iso: 100]", " GPS(1, 2, 3)", "\nISO: 100"):
        assert said is not None


@given(st.text(max_size=12))
def test_whatever_stands_behind_a_clock_the_hour_is_the_one_printed_or_not_known(behind: str) -> None:
    time = time_of(f"2026-05-01 14:00:00 {behind}", None)
    assert time is None or (time.hour, time.minute) == (14, 0)


def lines(zones: list[str], *, times: bool = True) -> str:
    bodies = [f"2026-05-01 14:00:{second:02}{zone}\n{PLACE}" for second, zone in enumerate(zones)]
    return srt(*bodies) if times else "".join(f"{at}\n{body}\n\n" for at, body in enumerate(bodies, 1))


@given(st.lists(st.sampled_from(["", "Z", "+08:00"]), min_size=1, max_size=9), st.booleans())
def test_times_of_one_file_can_be_told_from_each_other_and_none_is_invented(zones: list[str], timed: bool) -> None:
    said = read_srt(lines(zones, times=timed))
    known = [record.time for record in said.records if record.time is not None]
    sorted(known)  # raises where some have a zone and some have none
    assert len(said.records) == len(zones)
    rarer = min(sum(map(bool, zones)), len(zones) - sum(map(bool, zones)))
    assert len(known) == len(zones) - rarer
    assert any("lines differ from the others" in one for one in said.skipped) is (rarer > 0)
    flight = PoseTrack(said)
    assert (flight.time_at(1.0) is not None) is bool(known)


@pytest.mark.parametrize("zones", [["", "Z"] * 3, ["Z", ""] * 3, ["", "", "Z"], ["Z", "Z", ""], ["", "Z"]])
@pytest.mark.parametrize("timed", [True, False])
def test_a_sidecar_in_which_only_some_lines_print_a_zone_has_a_span(
    tmp_path: Path, zones: list[str], timed: bool
) -> None:
    (file := tmp_path / "mixed.srt").write_text(lines(zones, times=timed))
    span = telemetry_span(file)
    assert span.start is not None
    assert (span.start.hour, span.start.tzinfo is not None) == (14, 2 * sum(map(bool, zones)) >= len(zones))


def test_a_long_sidecar_whose_ends_differ_in_whether_they_print_a_zone_has_no_length_by_its_clock(
    tmp_path: Path,
) -> None:
    zones = ["" if line < 3000 else "Z" for line in range(6000)]
    bodies = [f"{n}\n2026-05-01 14:{n // 60 % 60:02}:{n % 60:02}{zone}\n{PLACE}\n" for n, zone in enumerate(zones, 1)]
    (file := tmp_path / "mixed.srt").write_text("\n".join(bodies))
    assert telemetry_span(file).seconds is None
