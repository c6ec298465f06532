"""Pictures of a made-up street corner for tests: textured ground, things put on it, and what light does to it."""

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from detector.vision.frame import Image

START = datetime(2026, 11, 23, 8, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def ground(width: int = 480, height: int = 272, seed: int = 1) -> Image:
    """Paving with joints, patches and grain; a brick wall above it."""
    rng = np.random.default_rng(seed)
    grey = np.full((height, width), 120.0)
    grey[: height // 3] = 95
    grey += cv2.resize(rng.normal(0, 8, (height // 16, width // 16)), (width, height), interpolation=cv2.INTER_CUBIC)
    grey += rng.normal(0, 6, (height, width))
    grey[:: height // 12] -= 35
    grey[:, :: width // 16] -= 30
    picture = np.repeat(grey[:, :, None], 3, axis=2)
    picture[: height // 3] *= (0.7, 0.85, 1.1)
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def stall(height: int = 80, seed: int = 2) -> Image:
    """A parasol over a cart with goods, (height, width, 4) with its outline in the last plane."""
    rng = np.random.default_rng(seed)
    width = int(height * 0.9)
    picture = np.zeros((height, width, 4), np.uint8)
    cover, cart = (rng.integers(30, 220, 3).tolist() for _ in range(2))
    roof = np.array([[width // 2, 0], [1, int(height * 0.3)], [width - 2, int(height * 0.3)]])
    cv2.fillPoly(picture, [roof], (*cover, 255))
    cv2.rectangle(picture, (width // 2 - 1, height // 4), (width // 2 + 1, int(height * 0.8)), (80, 80, 80, 255), -1)
    cv2.rectangle(picture, (width // 8, int(height * 0.6)), (width * 7 // 8, height - 2), (*cart, 255), -1)
    for _ in range(30):
        spot = (int(width * rng.uniform(0.15, 0.85)), int(height * rng.uniform(0.56, 0.95)))
        cv2.circle(picture, spot, max(2, height // 22), (*rng.integers(20, 250, 3).tolist(), 255), -1)
    return picture


def put(picture: Image, thing: Image, left: int, top: int) -> Image:
    """The picture with a thing pasted on it."""
    result = picture.copy()
    height, width = thing.shape[:2]
    outline = cv2.GaussianBlur(thing[:, :, 3], (3, 3), 0)[:, :, None] / 255.0
    part = result[top : top + height, left : left + width]
    part[:] = (part * (1 - outline) + thing[:, :, :3] * outline).astype(np.uint8)
    return result


def lit(picture: Image, gain: float, gamma: float = 1.0) -> Image:
    """The picture in another light or exposure."""
    return np.clip(255 * (picture / 255.0) ** gamma * gain, 0, 255).astype(np.uint8)


def shaded(picture: Image, corners: list[tuple[int, int]], share: float = 0.45) -> Image:
    """The picture with a shadow cast on it: darker, and bluer since only the sky lights it."""
    mask = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(mask, [np.array(corners, np.int32)], 1.0)
    soft = cv2.GaussianBlur(mask, (5, 5), 0)[:, :, None]
    tone = np.array([share * 1.15, share, share / 1.15], np.float32)
    return np.asarray(np.clip(picture * (1 - soft + soft * tone), 0, 255), np.uint8)


def seen_by_camera(picture: Image, rng: np.random.Generator, noise: float = 2.0, quality: int = 80) -> Image:
    """The picture with sensor noise and compression."""
    grainy = np.clip(picture + rng.normal(0, noise, picture.shape), 0, 255).astype(np.uint8)
    decoded = cv2.imdecode(cv2.imencode(".jpg", grainy, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return np.asarray(decoded, np.uint8)


def shaken(picture: Image, dx: float, dy: float) -> Image:
    """The picture as a camera sees it that has moved by so many pixels."""
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float64)
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def dappled(picture: Image, seed: int = 0) -> Image:
    """The picture with the sun between leaves on it: patches of shade, still for as long as there is no wind."""
    rng = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    mask = np.zeros((height, width), np.float32)
    for _ in range(120):
        spot = (int(rng.integers(0, width * 2 // 3)), int(rng.integers(height // 3, height)))
        axes = (int(rng.integers(4, 11)), int(rng.integers(3, 6)))
        cv2.ellipse(mask, spot, axes, float(rng.integers(0, 180)), 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(mask, (5, 5), 0)[:, :, None]
    tone = np.array([0.52, 0.45, 0.39], np.float32)
    return np.asarray(np.clip(picture * (1 - soft + soft * tone), 0, 255), np.uint8)
