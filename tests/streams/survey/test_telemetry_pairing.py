"""Which telemetry belongs to which video."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.survey.telemetry_pairing import Span, pair_by_name, pair_by_time

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("video", "sidecar"),
    [
        ("DJI_0001.MP4", "DJI_0001.SRT"),
        ("DJI_0001.MP4", "dji_0001.srt"),
        ("DCIM/100MEDIA/DJI_0001.MP4", "DCIM/100MEDIA/DJI_0001.SRT"),
        ("DJI_0001_W.MP4", "DJI_0001_V.SRT"),
        ("DJI_0001_T.MP4", "DJI_0001.SRT"),
        ("DJI_0001.MP4", "DJI_0001.MP4.SRT"),
        ("videos/DJI_0001.MP4", "telemetry/DJI_0001.SRT"),
        ("videos/DJI_0001_Z.MP4", "telemetry/DJI_0001_D.SRT"),
        ("Fl\u00fcge.mp4", "Flu\u0308ge.SRT"),  # one letter, or a letter and its dots: macOS writes the second
        ("_v.mp4", "_v.srt"),
    ],
)
def test_names_that_belong_together(video: str, sidecar: str) -> None:
    assert pair_by_name([video, "OTHER_0007.MP4"], [sidecar, "OTHER_0008.SRT"]) == {video: sidecar}


@pytest.mark.parametrize(
    ("video", "sidecar"),
    [("DJI_0001.MP4", "DJI_0002.SRT"), ("DJI_0001.MP4", "DJI_0001_X.SRT"), ("a/_v.mp4", "a/_w.srt")],
)
def test_names_that_do_not(video: str, sidecar: str) -> None:
    assert pair_by_name([video], [sidecar]) == {}


def test_the_same_name_in_two_folders_stays_in_its_folder() -> None:
    videos, sidecars = ["100MEDIA/DJI_0001.MP4", "101MEDIA/DJI_0001.MP4"], ["101MEDIA/DJI_0001.SRT"]
    assert pair_by_name(videos, sidecars) == {"101MEDIA/DJI_0001.MP4": "101MEDIA/DJI_0001.SRT"}


def test_a_name_that_would_fit_two_in_other_folders_is_not_guessed() -> None:
    assert pair_by_name(["x/DJI_0001.MP4"], ["a/DJI_0001.SRT", "b/DJI_0001.SRT"]) == {}
    assert pair_by_name(["x/DJI_0001.MP4", "y/DJI_0001.MP4"], ["a/DJI_0001.SRT"]) == {}


def test_lenses_share_a_sidecar_and_their_own_comes_first() -> None:
    pairs = pair_by_name(["A_W.MP4", "A_T.MP4", "A_V.MP4"], ["A_V.SRT", "A_T.SRT"])
    assert pairs == {"A_T.MP4": "A_T.SRT", "A_V.MP4": "A_V.SRT", "A_W.MP4": "A_T.SRT"}


stems = st.sampled_from(["DJI_0001", "dji_0001", "DJI_0001_W", "DJI_0001_V", "DJI_0002", "a/DJI_0001", "b/dji_0001_t"])
names = st.lists(stems, unique_by=str.casefold, max_size=6)


@given(videos=names.map(lambda all: [f"{one}.MP4" for one in all]), sidecars=names, data=st.data())
def test_the_order_of_the_files_makes_no_difference(
    videos: list[str], sidecars: list[str], data: st.DataObject
) -> None:
    telemetry = [f"{one}.SRT" for one in sidecars]
    pairs = pair_by_name(videos, telemetry)
    assert pairs == pair_by_name(data.draw(st.permutations(videos)), data.draw(st.permutations(telemetry)))
    for video, sidecar in pairs.items():
        assert video in videos
        assert sidecar in telemetry
        assert video.casefold().rpartition("/")[2][:8] == sidecar.casefold().rpartition("/")[2][:8]
    for video in videos:
        exact = [one for one in telemetry if one.casefold() == video.casefold().replace(".mp4", ".srt")]
        assert not exact or pairs[video] == exact[0]


def span(after: float, seconds: float, zone: float = 0) -> Span:
    """A recording that began `after` seconds past noon, by an aircraft's clock in the zone of so many hours."""
    return Span((NOON + timedelta(seconds=after, hours=zone)).replace(tzinfo=None), seconds)


def utc(after: float, seconds: float) -> Span:
    return Span(NOON + timedelta(seconds=after), seconds)


def test_time_and_length_pair_across_zones() -> None:
    videos = {"one.mp4": utc(0, 300), "two.mp4": utc(400, 120), "three.mp4": utc(3600, 300)}
    telemetry = {"x.srt": span(401, 119.5, zone=8), "y.srt": span(-1, 300.4, zone=8), "z.srt": span(3900, 60, zone=8)}
    assert pair_by_time(videos, telemetry) == {"two.mp4": "x.srt"}  # y fits one and three, an hour apart: not guessed
    del videos["three.mp4"]
    assert pair_by_time(videos, telemetry) == {"two.mp4": "x.srt", "one.mp4": "y.srt"}


def test_a_video_whose_clock_names_its_end() -> None:
    assert pair_by_time({"v": utc(247, 247)}, {"s": span(0, 247, zone=5.75)}) == {"v": "s"}


@pytest.mark.parametrize(
    "sidecar", [span(0, 290), span(60, 300), Span(None, 300), Span(NOON, None), Span(NOON + timedelta(hours=20), 300)]
)
def test_what_does_not_agree_or_does_not_say_is_left_alone(sidecar: Span) -> None:
    assert pair_by_time({"v": utc(0, 300)}, {"s": sidecar}) == {}


@given(start=st.integers(0, 80_000), seconds=st.floats(5, 3000), quarter=st.integers(-56, 56))
def test_any_zone_on_earth_fits(start: int, seconds: float, quarter: int) -> None:
    assert pair_by_time({"v": utc(start, seconds)}, {"s": span(start, seconds, zone=quarter / 4)}) == {"v": "s"}


@pytest.mark.parametrize("alike", [True, False])
def test_four_hundred_files_are_paired_at_once(alike: bool) -> None:
    began = time.process_time()  # of this process alone: other tests run beside
    step = timedelta() if alike else timedelta(minutes=7)
    spans = [Span(NOON + i * step, 60.0 if alike else 60.0 + i) for i in range(200)]
    videos = {f"v{i}.mp4": span for i, span in enumerate(spans)}
    sidecars = {f"s{i}.srt": span for i, span in enumerate(spans)}
    pairs = pair_by_time(videos, sidecars)
    assert time.process_time() - began < 1.0
    assert all(sidecar[1:-4] == video[1:-4] for video, sidecar in pairs.items())
    assert not alike or not pairs


@pytest.mark.parametrize(
    ("length", "fits"), [(302.0, True), (306.0, True), (306.1, False), (294.0, True), (293.9, False)]
)
def test_a_sidecar_may_be_two_percent_off(length: float, fits: bool) -> None:
    assert pair_by_time({"v": utc(0, 300)}, {"s": span(0, length)}) == ({"v": "s"} if fits else {})


@pytest.mark.parametrize(("off", "fits"), [(5.0, True), (5.2, False), (-5.0, True), (900.0 + 4, True), (450.0, False)])
def test_clocks_agree_to_five_seconds_but_for_the_zone(off: float, fits: bool) -> None:
    assert pair_by_time({"v": utc(0, 31)}, {"s": span(off, 31)}) == ({"v": "s"} if fits else {})


def test_no_zone_is_farther_than_fourteen_hours() -> None:
    assert pair_by_time({"v": utc(0, 31)}, {"s": span(14 * 3600, 31)}) == {"v": "s"}
    assert pair_by_time({"v": utc(0, 31)}, {"s": span(14 * 3600 + 900, 31)}) == {}
    assert pair_by_time({"v": utc(0, 31)}, {"s": span(-14 * 3600, 31)}) == {"v": "s"}
