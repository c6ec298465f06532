"""What cameras do to a picture: squeezed pixels, blur, compression, night, infra-red, rain, drops on the dome."""

import cv2
import numpy as np

from detector.vision.frame import Image
from training.datasets.sample import Sample


def spoil(image: Image, rng: np.random.Generator) -> Image:
    """A copy as some camera would have sent it; most pictures get little of it."""
    shown = image
    drawn = rng.random()
    if drawn < 0.07:
        shown = _infrared(shown, rng)
    elif drawn < 0.15:
        shown = _dark(shown, rng)
    elif drawn < 0.2:
        shown = _rain(shown, rng)
    if rng.random() < 0.06:
        shown = _drops(shown, rng)
    if rng.random() < 0.3:
        shown = _toned(shown, rng)
    if rng.random() < 0.5:  # half the pixels along, as many recorders keep
        height, width = shown.shape[:2]
        small = cv2.resize(shown, (int(width * rng.uniform(0.5, 0.8)), height), interpolation=cv2.INTER_AREA)
        shown = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    if rng.random() < 0.25:
        shown = np.asarray(cv2.GaussianBlur(shown, (0, 0), float(rng.uniform(0.4, 1.2))), np.uint8)
    grain = rng.normal(0, rng.uniform(0.5, 6), shown.shape[:2])[..., None]
    noisy = (shown.astype(np.float32) + grain.astype(np.float32)).clip(0, 255).astype(np.uint8)
    coded = cv2.imencode(".jpg", noisy, (cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))))[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def _infrared(image: Image, rng: np.random.Generator) -> Image:
    """Grey, bright in the middle, where the camera's lamp shines, and dark around."""
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-0.8, 1, height))
    lamp = np.exp(-((x**2 + y**2) * rng.uniform(0.4, 1.4))).astype(np.float32)
    lit = 255 * (grey / 255) ** float(rng.uniform(0.7, 1.1)) * (0.35 + 0.75 * lamp)
    return np.repeat(lit.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _dark(image: Image, rng: np.random.Generator) -> Image:
    """Dusk or night under street lamps: dim, warm or cold pools of light, noise."""
    height, width = image.shape[:2]
    light = np.full((height, width, 3), rng.uniform(0.12, 0.45), np.float32)
    rows, cols = np.mgrid[0:height, 0:width].astype(np.float32)
    for _ in range(int(rng.integers(1, 6))):
        x, y, reach = rng.uniform(0, width), rng.uniform(0.1, 0.9) * height, rng.uniform(0.06, 0.22) * width
        glow = np.exp(-0.5 * (((cols - x) / reach) ** 2 + ((rows - y) / reach) ** 2))
        light += (rng.uniform(0.2, 0.7) * glow)[..., None] * np.array([rng.uniform(0.4, 1), 0.85, 1.0], np.float32)
    dim = image.astype(np.float32) * light + rng.normal(0, 5, image.shape).astype(np.float32)
    return dim.clip(0, 255).astype(np.uint8)


def _rain(image: Image, rng: np.random.Generator) -> Image:
    """Streaks, less contrast, less colour."""
    height, width = image.shape[:2]
    streaks = np.zeros((height, width), np.uint8)
    slant, length = rng.normal(0, 0.25), rng.uniform(0.02, 0.06) * height
    for x, y in rng.uniform((0, 0), (width, height), (int(rng.integers(80, 500)), 2)):
        end = (int(x + slant * length), int(y + length))
        cv2.line(streaks, (int(x), int(y)), end, int(rng.integers(50, 170)), 1)
    soft = cv2.GaussianBlur(streaks, (0, 0), 0.7).astype(np.float32)[..., None]
    shown = image.astype(np.float32)
    grey = shown.mean(axis=2, keepdims=True)
    dull = 110 + (grey + (shown - grey) * rng.uniform(0.4, 0.8) - 110) * rng.uniform(0.6, 0.9)
    return np.asarray((dull + 0.6 * soft).clip(0, 255), np.uint8)


def _drops(image: Image, rng: np.random.Generator) -> Image:
    """Blurred discs where drops hang on the dome."""
    height, width = image.shape[:2]
    far = cv2.GaussianBlur(image, (0, 0), width / 90).astype(np.float32)
    cover = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(2, 12))):
        at = int(rng.uniform(0, width)), int(rng.uniform(0, height))
        cv2.circle(cover, at, int(rng.uniform(0.008, 0.04) * width), 1.0, -1)
    share = cv2.GaussianBlur(cover, (0, 0), 2.0)[..., None]
    return (image * (1 - share) + far * share).clip(0, 255).astype(np.uint8)


def _toned(image: Image, rng: np.random.Generator) -> Image:
    """Another exposure, contrast and white balance."""
    shown = 255 * (image.astype(np.float32) / 255) ** float(np.exp(rng.normal(0, 0.25)))
    cast = 1 + rng.normal(0, 0.06, 3).astype(np.float32)
    return (128 + (shown * cast - 128) * float(rng.uniform(0.7, 1.2))).clip(0, 255).astype(np.uint8)


def zoom(sample: Sample, unsure: int, rng: np.random.Generator, share: tuple[float, float] = (0.4, 0.8)) -> Sample:
    """A part of the picture, as a tile or a longer lens shows it. What is cut to less than .45 becomes `unsure`."""
    height, width = sample.image.shape[:2]
    part = float(rng.uniform(*share))
    wide, high = int(width * part), int(height * part)
    left, top = int(rng.integers(0, width - wide + 1)), int(rng.integers(0, height - high + 1))
    real = np.flatnonzero(sample.class_ids < unsure)
    if len(real) and rng.random() < 0.8:  # around one of its things
        x1, y1, x2, y2 = sample.boxes[real[rng.integers(len(real))]]
        left = int(np.clip((x1 + x2) / 2 - wide * rng.uniform(0.25, 0.75), 0, width - wide))
        top = int(np.clip((y1 + y2) / 2 - high * rng.uniform(0.25, 0.75), 0, height - high))
    moved = sample.boxes - np.array([left, top, left, top], np.float32)
    inside = moved.clip(0, [wide, high, wide, high])
    area = (moved[:, 2] - moved[:, 0]) * (moved[:, 3] - moved[:, 1])
    kept = (inside[:, 2] - inside[:, 0]) * (inside[:, 3] - inside[:, 1])
    seen = kept / np.maximum(area, 1e-6)
    ids = np.where((seen < 0.45) & (sample.class_ids < unsure), unsure, sample.class_ids)
    keep = (inside[:, 2] - inside[:, 0] > 3) & (inside[:, 3] - inside[:, 1] > 3)
    image = np.ascontiguousarray(sample.image[top : top + high, left : left + wide])
    return Sample(image, inside[keep], ids[keep])
