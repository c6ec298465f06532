"""Paths of actors and the light, for any path and any hour; the subtitle track of any flight."""

import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.errors import EncodingError
from training.scenes import encode
from training.scenes.flight_path import poses
from training.scenes.script import PAVEMENT, Actor, Stop, sun
from training.scenes.timeline import flight_script, street_script

stops = st.lists(
    st.tuples(st.floats(0.1, 50), st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=6
)  # fmt: skip


def actor(told: list[tuple[float, float, float]]) -> Actor:
    """An actor whose stops lie the first numbers of seconds apart."""
    clock, path = 5.0, []
    for wait, x, y in told:
        clock += wait
        path.append(Stop(clock, x, y))
    return Actor(1, "a", "person", "context", "walker", 0, 0.5, tuple(path))


@given(stops, st.floats(0, 1))
@settings(deadline=None)
def test_an_actor_is_always_between_its_stops(told: list[tuple[float, float, float]], share: float) -> None:
    one = actor(told)
    t = one.first + share * (one.last - one.first)
    where = one.at(min(t, one.last))
    assert where is not None
    xs, ys = ([getattr(stop, axis) for stop in one.path] for axis in "xy")
    assert min(xs) - 1e-6 <= where.x <= max(xs) + 1e-6
    assert min(ys) - 1e-6 <= where.y <= max(ys) + 1e-6
    assert one.at(one.first - 0.01) is None
    assert one.at(one.last + 0.01) is None
    for stop in one.path:
        at = one.at(stop.t)
        assert at is not None
        assert (at.x, at.y) == pytest.approx((stop.x, stop.y), abs=1e-6)


@given(stops, st.floats(0, 1), st.floats(0.001, 0.01))
@settings(deadline=None)
def test_nobody_jumps(told: list[tuple[float, float, float]], share: float, moment: float) -> None:
    one = actor(told)
    t = one.first + share * (one.last - one.first)
    before, after = one.at(t), one.at(t + moment)
    if before is not None and after is not None:
        # the fastest: 142 m in a tenth of a second
        assert np.hypot(after.x - before.x, after.y - before.y) <= 1500 * moment


def test_who_stands_still_looks_where_it_was_told_and_who_walks_looks_ahead() -> None:
    one = actor([(1, 0, 0), (1, 0, 0), (1, -3, 0)])
    still, walking = one.at(6.5), one.at(7.5)
    assert still is not None
    assert walking is not None
    assert (still.turn, still.moving) == (0.5, False)
    assert walking.moving
    assert abs(walking.turn) == pytest.approx(np.pi)


def test_two_stops_at_one_moment_divide_by_nothing() -> None:
    one = Actor(1, "a", "car", "context", "sedan", 0, 0.5, (Stop(1, 0, 0), Stop(1, 5, 5), Stop(2, 5, 5)))
    assert one.at(1) is not None
    assert one.at(1.5) is not None
    assert one.ground() == 0.0
    assert replace(one, label="stall").ground() == PAVEMENT


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_sun_is_never_higher_than_the_place_allows_and_the_same_in_any_zone(when: datetime) -> None:
    azimuth, elevation = sun(when)
    assert 0 <= azimuth < 360
    assert -90 <= elevation <= 90 - 34.7466 + 23.5
    assert sun(when.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+08:00").tzinfo)) == (azimuth, elevation)


@given(st.dates(datetime(2020, 1, 1).date(), datetime(2035, 1, 1).date()))  # noqa: DTZ001
def test_the_sun_rises_in_the_east_and_sets_in_the_west(day: object) -> None:
    morning, noon, evening = (
        sun(datetime.fromisoformat(f"{day}T{hour}+08:00")) for hour in ("09:00:00", "12:20:00", "16:00:00")
    )
    assert 60 < morning[0] < 160
    assert 200 < evening[0] < 300
    assert noon[1] > morning[1] > 0
    assert noon[1] > evening[1]


@given(st.integers(0, 500), st.floats(0, 700))
@settings(max_examples=40, deadline=None)
def test_some_light_comes_through_every_cloud(seed: int, t: float) -> None:
    light = replace(street_script(7), seed=seed).light(t)
    assert 0.12 - 1e-9 <= light.through <= 1


@pytest.mark.parametrize("step", [0.5, 1 / 3, 61.0, 3601.5])
def test_cues_follow_each_other_without_a_gap(step: float) -> None:
    script = replace(flight_script(7), step=step)
    text = encode.subtitles(script, poses(script, 640), 24.0, 100.0)
    cues = re.findall(r"(\d+):(\d\d):(\d\d),(\d{3}) --> (\d+):(\d\d):(\d\d),(\d{3})", text)
    assert len(cues) == script.frames
    begins, ends = (
        [
            timedelta(hours=int(h), minutes=int(m), seconds=int(s), milliseconds=int(ms))
            for h, m, s, ms in (cue[half : half + 4] for cue in cues)
        ]
        for half in (0, 4)
    )
    assert begins[0] == timedelta(0)
    assert begins[1:] == ends[:-1]
    assert ends[-1].total_seconds() == pytest.approx(step * script.frames, abs=0.001)
    assert [int(n) for n in re.findall(r"FrameCnt: (\d+)", text)] == list(range(1, script.frames + 1))


def test_without_ffmpeg_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EncodingError, match="ffmpeg is not installed: apt install ffmpeg"):
        encode.encode(tmp_path, tmp_path / "clip.mp4", 2.0, 2, 30)


def test_what_ffmpeg_says_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def refuse(command: list[str], **_: object) -> None:
        told.extend(command)
        raise subprocess.CalledProcessError(1, command, stderr=" no space left \n")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(EncodingError, match=r"ffmpeg refused .*: no space left$"):
        encode.encode(tmp_path, tmp_path / "clip.mp4", 12.5, 25, 31, encode.FLAT)
    assert told[told.index("-framerate") + 1] == "12.5"
    assert told[told.index("-g") + 1] == told[told.index("-keyint_min") + 1] == "25"
    assert told[told.index("-crf") + 1] == "31"
    assert told[told.index("-vf") + 1].startswith(encode.FLAT)
    assert told[-1] == str(tmp_path / "clip.mp4")
