"""One picture, when it was taken, and where the camera was."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]  # (height, width, 3), BGR as OpenCV decodes it


@dataclass(frozen=True, slots=True)
class Lens:
    """Pinhole intrinsics in pixels of the full picture; distortion is OpenCV's (k1, k2, p1, p2, k3)."""

    fx: float
    fy: float
    cx: float
    cy: float
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)


Part = Literal["position", "height", "yaw", "pitch", "roll"]
"""What a pose is made of."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a camera was and where it looked.

    `lat`, `lon` WGS-84 degrees; `height` metres above the ground at take-off. `yaw` degrees clockwise from true north,
    `pitch` degrees above the horizon (-90 looks straight down), `roll` degrees; applied in that order (Z, Y, X of NED).
    All parts were read at that moment but those `interpolated` between lines of telemetry that are up to two seconds
    apart, the nearest of them `gap` seconds away, and those `absent`, which are taken for 0. By `doubt` metres the
    pictures of the same recording move otherwise than its telemetry says.
    """

    lat: float
    lon: float
    height: float
    yaw: float
    pitch: float
    roll: float
    lens: Lens
    rtk: bool = False
    interpolated: tuple[Part, ...] = ()
    absent: tuple[Part, ...] = ()
    gap: float = 0.0
    doubt: float = 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture.

    `captured_at` is timezone-aware and means the moment the light fell on the sensor; `lag` is how many seconds later
    the picture was in our hands; `epoch` grows whenever the picture size or the stream behind the source changes. A
    frame that is not `timed` comes from a file that does not say when it was taken: `captured_at` then only orders the
    frames of that file. `clock` is how many seconds the machine's clock was then ahead of its uptime: where two frames
    differ in it, the clock was set between them. None where the times are not the machine's. `jpeg` is the picture as
    it came or as it was kept, where it was JPEG: it is not encoded again.
    """

    image: Image
    captured_at: datetime
    source: str
    lag: float = 0.0
    index: int = 0
    epoch: int = 0
    pose: Pose | None = None
    timed: bool = True
    clock: float | None = None
    jpeg: bytes | None = None

    @property
    def width(self) -> int:
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        return int(self.image.shape[0])
