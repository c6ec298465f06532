"""Whether a sidecar is of its video, and what keeps a whole flight from being placed."""

from dataclasses import replace

import pytest

from streams.telemetry.alignment import misaligned, nothing_placed
from streams.telemetry.record import Record, Telemetry

WHOLE = Record(0.0, None, 34.7, 113.6, 60.0, 10.0, -90.0, 0.0, 24.0, "dji")


def lasting(seconds: float, *, step: float = 1 / 30, cut: bool = False) -> Telemetry:
    records = tuple(replace(WHOLE, t=number * step) for number in range(round(seconds / step)))
    return Telemetry(records, ends=seconds, cut=cut)


@pytest.mark.parametrize(
    ("telemetry", "video", "fits"),
    [
        (lasting(60), 59.01, True),
        (lasting(60), 58.9, False),
        (lasting(60), 61.1, False),
        (lasting(600), 597.1, True),  # half a percent of a long video
        (lasting(600), 596.0, False),
        (lasting(60, step=1.0), 58.5, True),  # lines a second apart end with a whole one
        (lasting(60, step=1.0), 58.3, False),
        (lasting(60, step=5.0), 58.3, False),  # and slower lines excuse no more than that
        (lasting(30, cut=True), 60.0, True),  # it was lost at its end: what comes before is right
        (lasting(90, cut=True), 60.0, False),
        (lasting(30), -1.0, True),
        (replace(lasting(30), ends=None), 60.0, True),
        (Telemetry((), ends=30.0), 60.0, True),
    ],
)
def test_a_sidecar_of_another_length_is_not_its_videos(telemetry: Telemetry, video: float, fits: bool) -> None:
    said = misaligned(telemetry, video)
    assert (said is None) == fits
    assert said is None or f"the video {video:.0f} s" in said


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        (replace(WHOLE, lat=None, lon=None), "the position"),
        (replace(WHOLE, height=None), "the height"),
        (replace(WHOLE, height=0.0), "the height"),
        (replace(WHOLE, yaw=None), "the camera's direction"),
        (replace(WHOLE, pitch=None), "the camera's direction"),
        (replace(WHOLE, height=None, yaw=None), "the height nor the camera's direction"),
    ],
)
def test_what_no_line_says_is_named(missing: Record, named: str) -> None:
    assert nothing_placed(Telemetry((missing, missing))) == f"nothing can be placed: the telemetry does not say {named}"
    assert nothing_placed(Telemetry((missing, WHOLE))) is None


def test_a_direction_of_0_is_said_and_halves_on_two_lines_are_none() -> None:
    assert nothing_placed(Telemetry((replace(WHOLE, yaw=0.0, pitch=0.0),))) is None
    halves = Telemetry((replace(WHOLE, yaw=None), replace(WHOLE, pitch=None)))
    assert "the camera's direction" in (nothing_placed(halves) or "")


def test_lines_that_must_not_be_trusted_place_nothing() -> None:
    doubtful = replace(WHOLE, ambiguous="its checksum does not match")
    assert nothing_placed(Telemetry((doubtful,))) == "nothing can be placed: its checksum does not match"
    assert nothing_placed(Telemetry((doubtful, replace(WHOLE, height=None)))) is not None
    assert nothing_placed(Telemetry((doubtful, WHOLE))) is None


def test_a_record_prints_what_is_said_and_leaves_out_what_only_some_carriers_have() -> None:
    line = WHOLE.to_json()
    assert (line["time"], line["height"], line["dialect"]) == (None, 60.0, "dji")
    assert not {"altitude", "hfov", "ambiguous"} & set(line)
    assert (
        replace(WHOLE, altitude=0.0, t=0.1234567).to_json() | {"altitude": 0.0, "t": 0.123457}
        == replace(WHOLE, altitude=0.0, t=0.1234567).to_json()
    )
