"""Night and rain laid over rendered daylight. No Blender here: a lamp's light is drawn, not traced.

What is lit at night is what gives light there: stalls, signs and lamps. Shadows do not turn and wet ground does not
mirror; it is meant to keep a model from taking daylight for granted, not to be looked at for long.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from training.scenes.film import Linear

Box = tuple[int, int, int, int]  # x1, y1, x2, y2, half-open pixels
AMBIENT = (0.015, 0.06)  # of daylight: what a city's sky leaves


def night(linear: Linear, lamps: Sequence[Box], rng: np.random.Generator) -> Linear:
    """Return the picture (height, width, RGB, linear) under a dark sky, with a warm or cold lamp in most boxes."""
    high, wide = linear.shape[:2]
    light = np.full((high, wide, 3), rng.uniform(*AMBIENT), np.float32)
    light *= np.array([0.85, 0.95, 1.2], np.float32)
    for x1, y1, x2, y2 in lamps:
        if rng.random() < 0.2:
            continue
        reach = float(rng.uniform(0.5, 1.1)) * max(x2 - x1, y2 - y1)
        warmth = np.array([1.0, rng.uniform(0.7, 1.0), rng.uniform(0.4, 1.0)], np.float32)
        left, right = max(0, int((x1 + x2) / 2 - 3 * reach)), min(wide, int((x1 + x2) / 2 + 3 * reach) + 1)
        top, bottom = max(0, int((y1 + y2) / 2 - 3 * reach)), min(high, int((y1 + y2) / 2 + 3 * reach) + 1)
        across = (np.arange(left, right, dtype=np.float32) - (x1 + x2) / 2) / reach
        down = (np.arange(top, bottom, dtype=np.float32) - (y1 + y2) / 2) / reach
        glow = np.exp(-0.5 * (down[:, None] ** 2 + across[None, :] ** 2))
        light[top:bottom, left:right] += np.float32(rng.uniform(0.2, 0.9)) * glow[..., None] * warmth
    return linear * light


def rain(shown: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the picture (height, width, RGB) through falling rain: streaks, less contrast, less colour."""
    high, wide = shown.shape[:2]
    streaks = Image.new("L", (wide, high))
    pen = ImageDraw.Draw(streaks)
    slant, length = float(rng.normal(0, 0.25)), float(rng.uniform(0.015, 0.06)) * high
    for x, y in rng.uniform((-0.1 * wide, -0.1 * high), (1.1 * wide, high), (int(rng.uniform(100, 900)), 2)):
        run = length * rng.uniform(0.5, 1.5)
        pen.line((x, y, x + slant * run, y + run), fill=int(rng.uniform(60, 200)))
    drops = np.asarray(streaks.filter(ImageFilter.GaussianBlur(0.7)), np.float32)[..., None]
    picture = shown.astype(np.float32)
    grey = picture.mean(axis=2, keepdims=True)
    dull = grey + (picture - grey) * np.float32(rng.uniform(0.4, 0.8))
    flat = 110 + (dull - 110) * np.float32(rng.uniform(0.6, 0.9))
    wet: NDArray[np.uint8] = (flat + 0.6 * drops).clip(0, 255).astype(np.uint8)
    return wet
