"""The pose of a photo, or why there is none: pose, lens and pixels must belong together."""

from typing import Final

from detector.vision.frame import Lens, Pose
from streams.telemetry.flight import PoseTrack, is_portrait, lens_from
from streams.telemetry.photo import Photo
from streams.telemetry.record import Telemetry

_SAME_SHAPE: Final = 0.02  # by which the shapes of two pictures of one sensor may differ: rounding to whole pixels
_SAME_FOCAL: Final = 0.2  # by which a calibrated lens may differ from the 35 mm equivalent, which is rounded


def pose_of_photo(photo: Photo, size: tuple[int, int], lens: Lens | None = None) -> tuple[Pose | None, str | None]:
    """Return the pose of a photo whose pixels, as the sensor had them, are `size` (width, height); or None and why.

    `lens` replaces the one that the photo tells.
    """
    record = photo.record
    if record.ambiguous is not None:
        return None, record.ambiguous
    if not photo.points:
        return None, None
    if record.lat is None or record.height is None:
        missing = "position" if record.lat is None else "height"
        return None, f"its {missing} is not known: not placed"
    if is_portrait(size):
        return None, "the picture stands upright, and the sensor's orientation is not known: not placed"
    if photo.taken_size is not None and not _alike(photo.taken_size, size):
        width, height = photo.taken_size
        return None, f"the camera took {width} x {height} pixels; the picture was cut or turned since: not placed"
    known = lens or _own_lens(photo, size) or (lens_from(record.focal_35mm, *size) if record.focal_35mm else None)
    if known is None:
        return None, "its focal length is not known: not placed"
    return PoseTrack(Telemetry((record,))).pose_at(0.0, known), None


def _alike(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) <= _SAME_SHAPE


def _own_lens(photo: Photo, size: tuple[int, int]) -> Lens | None:
    """Return the calibrated lens, where it is one of a picture of this size.

    A picture made smaller keeps the old numbers.
    """
    lens, focal = photo.lens, photo.record.focal_35mm
    if lens is None or (photo.width, photo.height) != size:
        return None
    if photo.taken_size is not None and photo.taken_size != size:
        return None
    if focal is not None and abs(lens.fx / lens_from(focal, *size).fx - 1) > _SAME_FOCAL:
        return None
    return lens
