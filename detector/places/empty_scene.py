"""What a fixed camera's picture looks like when nothing stands in it, told in terms that light hardly changes.

A shadow, a cloud or an exposure step multiplies the light of a region by a factor; in logarithms it adds a constant.
So a picture is described by its *contrast* (log light less its local mean: a constant added to a region vanishes, but
at the region's edge) and by two *colours* (differences of log channels) that the same factor cancels from. `warm`
runs along the daylight axis, from blue sky light to yellow sunlight, where shadows move things; `tint` runs across
it, where they do not.
"""

from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.vision.frame import Image

Map = NDArray[np.float32]

DARK = 6.0
"""Grey levels added before the logarithm, so that sensor noise in the dark does not pass for contrast."""

AROUND = 13
"""Side of the window whose mean is taken off the log light; pixels of the small picture."""

WINDOW = 7
"""Side of the window in which two pictures are compared."""

MEDIAN = 5
"""Side of the window of the median that knows a shadow by its flatness; pixels of the small picture at half size."""

SHIFT_GRID = (240, 144)
"""Width and height at which a shift is measured. Even, and good sizes for a Fourier transform: OpenCV pads others, and
where it pads to an odd size its answer is half a pixel off."""

FLAT = 0.035**2
"""Contrast energy below which a surface counts as having no structure: compression noise on asphalt."""

_LEVELS = np.arange(256, dtype=np.float32) + np.float32(DARK)
_LOG = np.log(_LEVELS)
_COLOUR_DOUBT = np.float32(2.5) / _LEVELS
_GRAIN = np.square(np.float32(1.2) / _LEVELS)


@dataclass(frozen=True, slots=True)
class Appearance:
    """A small picture's description, all (height, width) float32: see the module's text.

    `grain` is the contrast energy, and `doubt` the error of the colours, that a level or two of noise and compression
    make: much in the dark. `valid` is where colours can be trusted at all: neither black nor burnt out.
    """

    light: Map
    contrast: Map
    energy: Map
    grain: Map
    warm: Map
    tint: Map
    doubt: Map
    valid: NDArray[np.bool_]

    def cut(self, rows: slice, columns: slice) -> "Appearance":
        """Return the same of a part of the picture."""
        return Appearance(*(getattr(self, field.name)[rows, columns] for field in fields(self)))


def _mean(values: Map, side: int) -> Map:
    return np.asarray(cv2.blur(values, (side, side)), np.float32)


def shrink(image: Image, width: int) -> Image:
    """Return the picture at `width` pixels, each the mean of what it covers; a smaller picture is left as it is."""
    if image.shape[1] <= width:
        return image
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    while image.shape[1] >= 2 * width and image.shape[0] % 2 == image.shape[1] % 2 == 0:
        # Halving means the same and is vectorised: a quarter of the time from 1080p.
        halves = (image.shape[1] // 2, image.shape[0] // 2)
        image = np.asarray(cv2.resize(image, halves, interpolation=cv2.INTER_AREA), np.uint8)
    if image.shape[1] == width:
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def describe(small: Image) -> Appearance:
    """Describe a small BGR picture."""
    soft = cv2.GaussianBlur(small, (3, 3), 0)
    channels = cv2.split(soft)
    blue, green, red = (cv2.LUT(channel, _LOG) for channel in channels)
    light = 0.15 * blue + 0.55 * green + 0.3 * red
    contrast = light - _mean(light, AROUND)
    energy = _mean(contrast * contrast, WINDOW)
    warm = _mean(red - blue, 5)
    tint = _mean(green - 0.5 * (red + blue), 5)
    brightest = cv2.max(cv2.max(channels[0], channels[1]), channels[2])
    darkest = cv2.min(cv2.min(channels[0], channels[1]), channels[2])
    return Appearance(
        light=light,
        contrast=contrast,
        energy=energy,
        grain=np.asarray(cv2.LUT(channels[1], _GRAIN), np.float32),
        warm=warm,
        tint=tint,
        doubt=np.asarray(cv2.LUT(darkest, _COLOUR_DOUBT), np.float32),
        valid=(brightest > 25) & (brightest < 250),
    )


def structure_change(a: Appearance, b: Appearance, noise: Map | float = 0.0) -> Map:
    """Return how little two pictures' structure agrees: 0 the same, 1 nothing in common, up to 2 the reverse.

    (height, width).

    Where only the light differs, the difference of log light is flat, with steps where shadows end; a median keeps
    flats, ramps and steps, so nothing is left of it. What is left is texture that one picture has and the other has
    not, set against the texture that both have. `noise` is the scene's own restlessness (contrast variance), which
    raises the floor below which there is no texture: leaves, water, compression.
    """
    difference = a.light - b.light
    size = (difference.shape[1], difference.shape[0])
    # At half the size a median of 5 reaches as far as one of 10 would, for a twentieth of the time.
    half = cv2.resize(difference, (max(1, size[0] // 2), max(1, size[1] // 2)), interpolation=cv2.INTER_AREA)
    difference -= cv2.resize(cv2.medianBlur(half, MEDIAN), size, interpolation=cv2.INTER_LINEAR)
    difference *= difference
    texture: Map = np.asarray(cv2.max(a.grain, b.grain), np.float32)
    texture *= np.float32(4)
    texture += a.energy
    texture += b.energy
    texture += np.float32(6) * noise + np.float32(FLAT)
    return np.asarray(_mean(difference, WINDOW) / texture, np.float32)


@dataclass(frozen=True, slots=True)
class ColourCast:
    """What the whole picture's colours and light do alike: exposure, dusk, white balance.

    `warm` and `tint` are slope and shift (a gamma and a gain, in logarithms), `light` the median change of log light.
    """

    warm: tuple[float, float] = (1.0, 0.0)
    tint: tuple[float, float] = (1.0, 0.0)
    light: float = 0.0


def common_cast(now: Appearance, before: Appearance) -> ColourCast:
    """Return how the light has changed for the picture as a whole."""
    every = slice(3, None, 10), slice(3, None, 10)
    both = now.valid[every] & before.valid[every]
    if both.sum() < 50:
        return ColourCast()
    light = _middle((now.light[every] - before.light[every])[both])
    return ColourCast(
        warm=_line(before.warm[every][both], now.warm[every][both]),
        tint=_line(before.tint[every][both], now.tint[every][both]),
        light=light,
    )


def _line(x: Map, y: Map) -> tuple[float, float]:
    """Slope and shift of `y` over `x`, by least squares over what fits so far: things that came do not pull it."""
    slope, shift = 1.0, _middle(y - x)
    for _ in range(2):
        left = np.abs(y - np.float32(slope) * x - np.float32(shift))
        good = left <= 2 * _middle(left) + 1e-4
        mean = float(x[good].mean())
        spread = x[good] - mean
        # The 0.2 keeps the slope near 1 where the colours are too alike to tell it.
        slope = float((spread * y[good]).sum() + 0.2) / float((spread * spread).sum() + 0.2)
        slope = min(2.0, max(0.5, slope))
        shift = float(y[good].mean()) - slope * mean
    return slope, shift


def _middle(values: Map) -> float:
    """Return the upper median: `np.median` takes four times as long for so few."""
    middle = len(values) // 2
    return float(np.partition(values, middle)[middle])


def colour_change(now: Appearance, before: Appearance, cast: ColourCast) -> Map:
    """Return how far the colours differ beyond what a change of light explains: 1 is the limit; (height, width).

    A cast shadow darkens and, lit by the sky alone, turns bluer; sun does the reverse. Along the daylight axis such a
    step is forgiven in the measure of the change of light; across it, nothing is. `cast` is taken off first.
    """
    warm = cv2.addWeighted(now.warm, 1, before.warm, -cast.warm[0], -cast.warm[1])
    tint = cv2.addWeighted(now.tint, 1, before.tint, -cast.tint[0], -cast.tint[1])
    light = cv2.addWeighted(now.light, 1, before.light, -1, -cast.light)
    # Of one sign: min(|light| / 2, 0.4) is explained. Of different signs the product is negative, and nothing is.
    light *= np.sign(warm)
    np.clip(light, 0, 0.8, out=light)
    doubt = cv2.max(now.doubt, before.doubt)
    beyond: Map = np.asarray(cv2.addWeighted(np.abs(warm), 1, light, -0.5, 0), np.float32)
    beyond /= doubt + np.float32(0.14)
    across = np.abs(tint)
    across /= doubt + np.float32(0.075)
    change = cv2.max(beyond, across)
    change *= now.valid & before.valid
    return np.asarray(change, np.float32)


def find_shift(now: Appearance, before: Appearance, limit: float = 10.0) -> tuple[float, float]:
    """Return how far the picture has moved since, in pixels (x, y).

    (0, 0) where no clear small shift explains it better.
    """
    a, b = (
        np.clip(cv2.resize(one.contrast, SHIFT_GRID, interpolation=cv2.INTER_LINEAR), -0.5, 0.5)
        for one in (before, now)
    )
    (dx, dy), response = cv2.phaseCorrelate(np.asarray(a, np.float32), np.asarray(b, np.float32), _hanning(SHIFT_GRID))
    dx, dy = dx * now.contrast.shape[1] / SHIFT_GRID[0], dy * now.contrast.shape[0] / SHIFT_GRID[1]
    if response < 0.1 or max(abs(dx), abs(dy)) > limit or max(abs(dx), abs(dy)) < 0.4:
        return 0.0, 0.0
    return dx, dy


def unlikeness(now: Appearance, before: Appearance) -> float:
    """Return how far two pictures' contrast is apart in most places; tells a true shift from a guessed one."""
    return float(np.median(np.abs(now.contrast - before.contrast)[4:-4:2, 4:-4:2]))


def move(small: Image, shift: tuple[float, float]) -> Image:
    """Return the picture moved back by `shift`; borders are stretched."""
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float64)
    size = (small.shape[1], small.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(small, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


_HANNING: dict[tuple[int, int], Map] = {}


def _hanning(size: tuple[int, int]) -> Map:
    if size not in _HANNING:
        _HANNING[size] = np.asarray(cv2.createHanningWindow(size, cv2.CV_32F), np.float32)
    return _HANNING[size]


def blend(old: Appearance, new: Appearance, share: Map, most: float = np.inf) -> Appearance:
    """`old` moved towards `new` by `share` (height, width), 0 to 1, but by no more than `most` at any pixel."""

    def moved(before: Map, after: Map) -> Map:
        step = after - before
        step *= share
        if np.isfinite(most):
            np.clip(step, -most, most, out=step)
        step += before
        return step

    contrast = moved(old.contrast, new.contrast)
    return Appearance(
        light=moved(old.light, new.light),
        contrast=contrast,
        energy=_mean(contrast * contrast, WINDOW),
        grain=moved(old.grain, new.grain),
        warm=moved(old.warm, new.warm),
        tint=moved(old.tint, new.tint),
        doubt=moved(old.doubt, new.doubt),
        valid=np.where(share > 0.5, new.valid, old.valid),
    )


def blend_part(old: Appearance, new: Appearance, share: Map, part: tuple[slice, slice]) -> None:
    """As `blend`, within a part of the picture, in place; `share` is (height, width) of the whole.

    It touches only what moves: of a street's pixels few stand or pass.
    """
    before, after, shares = old.cut(*part), new.cut(*part), share[part]
    moved = np.nonzero(shares)
    by = shares[moved]
    for name in ("light", "contrast", "grain", "warm", "tint", "doubt"):
        values = getattr(before, name)
        known = values[moved]
        values[moved] = known + by * (getattr(after, name)[moved] - known)
    before.energy[...] = _mean(before.contrast * before.contrast, WINDOW)
    np.copyto(before.valid, after.valid, where=shares > 0.5)


def median_of(looks: list[Appearance]) -> Appearance:
    """Return what most of the looks show at each pixel: passing things vanish."""

    def usual(maps: list[Map]) -> Map:
        return np.median(maps, axis=0).astype(np.float32)

    contrast = usual([one.contrast for one in looks])
    return Appearance(
        light=usual([one.light for one in looks]),
        contrast=contrast,
        energy=_mean(contrast * contrast, WINDOW),
        grain=usual([one.grain for one in looks]),
        warm=usual([one.warm for one in looks]),
        tint=usual([one.tint for one in looks]),
        doubt=usual([one.doubt for one in looks]),
        valid=np.median([one.valid for one in looks], axis=0) > 0.5,
    )


def picture_of(scene: Appearance) -> Image:
    """Return a description as a BGR picture: light as it was, colours as soft as they are described."""
    mean = scene.light - np.float32(0.55) * scene.tint - np.float32(0.075) * scene.warm  # of log red and log blue
    half = np.float32(0.5) * scene.warm
    channels = np.stack((mean - half, mean + scene.tint, mean + half), axis=-1)
    return np.asarray(np.clip(np.exp(channels) - DARK, 0, 255).round(), np.uint8)
