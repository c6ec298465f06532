"""Whether telemetry and footage are of the same recording, and what keeps a flight from being placed."""

from typing import Final

from streams.telemetry.record import Telemetry

_SECONDS: Final = 1.0  # by which a sidecar may be longer or shorter than its video
_SHARE: Final = 0.005
_LINES: Final = 1.6  # and by so many of its lines, where they are a second apart: it ends with a whole one


def misaligned(telemetry: Telemetry, video_seconds: float) -> str | None:
    """Return why the times of a sidecar are not those of a video of that length (0: it does not say), or None.

    A video that was cut begins at an unknown moment, and so does the flight of a sidecar that was cut. A
    sidecar whose last line breaks off was lost at its end: what comes before is right.
    """
    if telemetry.ends is None or not telemetry.records or video_seconds <= 0:
        return None
    longer = telemetry.ends - video_seconds
    step = (telemetry.records[-1].t - telemetry.records[0].t) / max(len(telemetry.records) - 1, 1)
    if abs(longer) <= max(_SECONDS, _SHARE * video_seconds, _LINES * min(step, 1.0)) or (longer < 0 and telemetry.cut):
        return None
    return (
        f"its telemetry lasts {telemetry.ends:.0f} s and the video {video_seconds:.0f} s: one of them was cut, or they "
        "do not belong together; not placed"
    )


def nothing_placed(telemetry: Telemetry) -> str | None:
    """Return what is said in no line of telemetry and without which nothing has a place, in words.

    None where all is said.
    """
    records = [record for record in telemetry.records if record.ambiguous is None]
    if not telemetry.records:
        return None
    if not records:
        return f"nothing can be placed: {telemetry.records[0].ambiguous}"
    said = {
        "the position": any(record.lat is not None for record in records),
        "the height": any(record.height for record in records),
        "the camera's direction": any(record.yaw is not None and record.pitch is not None for record in records),
    }
    missing = [name for name, known in said.items() if not known]
    return f"nothing can be placed: the telemetry does not say {' nor '.join(missing)}" if missing else None
