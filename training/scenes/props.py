"""What else stands, hangs or lies about in a shopping street: goods before shops, banners, billboards, A-boards."""

from __future__ import annotations

import math
from typing import Literal

import bpy
import numpy as np

from training.scenes import paint, stalls
from training.scenes.advertising import BOARDS, SLOGANS
from training.scenes.materials import painted, plain
from training.scenes.shapes import Shape

PropKind = Literal["goods_outside_shop", "banner", "billboard", "a_board"]
KINDS: tuple[PropKind, ...] = ("goods_outside_shop", "banner", "billboard", "a_board")


def build(kind: PropKind, name: str, rng: np.random.Generator) -> bpy.types.Object:
    """Return one thing; origin on the ground, its front towards -y (a billboard's origin is its lower edge)."""
    shape = Shape()
    if kind == "goods_outside_shop":
        _goods(shape, rng)
    elif kind == "banner":
        _banner(shape, name, rng)
    elif kind == "billboard":
        _board(shape, name, float(rng.uniform(4, 9)), float(rng.uniform(1.8, 3.6)), rng)
    else:
        _a_board(shape, name, rng)
    return shape.object(name)


def poster(name: str, width: float, high: float, rng: np.random.Generator) -> bpy.types.Material:
    """Return a printed surface with a slogan."""
    back, ink = BOARDS[int(rng.integers(len(BOARDS)))]
    text = SLOGANS[int(rng.integers(len(SLOGANS)))]
    return painted(name, paint.sign(text, back, ink, width, high, ppm=70), 0.5)


def _goods(shape: Shape, rng: np.random.Generator) -> None:
    """Crates, sacks and racks along a shop front."""
    width = float(rng.uniform(1.6, 4.0))
    x = -width / 2
    while x < width / 2:
        kind = rng.random()
        if kind < 0.6:
            stalls.crates(shape, (x, float(rng.uniform(-0.3, 0.2)), 0), rng)
        elif kind < 0.8:
            tone = stalls.CANVAS[int(rng.integers(len(stalls.CANVAS)))]
            for k in range(3):
                shape.box((x, 0.1, 0.4 + 0.45 * k), (0.6, 0.35, 0.03), plain(stalls.STEEL, 0.4, 0.6))
                stalls.goods(shape, (x - 0.28, -0.05), (x + 0.1, 0.0), 0.42 + 0.45 * k, rng)
            shape.box((x, 0.3, 0.75), (0.62, 0.03, 1.5), plain(tone, 0.7))
        else:
            for _ in range(3):
                at = (x + float(rng.uniform(-0.2, 0.2)), float(rng.uniform(-0.3, 0.3)), 0.2)
                shape.ball(at, (0.28, 0.2, 0.2), plain((0.5, 0.44, 0.32), 0.9))
        x += float(rng.uniform(0.55, 0.8))


def _banner(shape: Shape, name: str, rng: np.random.Generator) -> None:
    """Draw a cloth between two poles, or an upright flag."""
    if rng.random() < 0.5:
        width, high, low = float(rng.uniform(3, 7)), float(rng.uniform(0.6, 1.0)), float(rng.uniform(0.7, 2.2))
    else:
        width, high, low = float(rng.uniform(0.6, 0.9)), float(rng.uniform(1.8, 2.6)), 0.4
    for x in (-width / 2 - 0.04, width / 2 + 0.04):
        shape.rod((x, 0, 0), (x, 0, low + high + 0.1), 0.025, 0.025, plain(stalls.STEEL, 0.4, 0.7))
    face = poster(name, width, high, rng)
    # cloth sags and bends a little
    steps, sag = 6, float(rng.uniform(0.0, 0.18))
    for k in range(steps):
        a, b = k / steps, (k + 1) / steps
        (xa, ya), (xb, yb) = ((-width / 2 + width * t, -sag * math.sin(math.pi * t)) for t in (a, b))
        corners = ((xa, ya, low), (xb, yb, low), (xb, yb, low + high), (xa, ya, low + high))
        shape.face(corners, face, ((a, 0), (b, 0), (b, 1), (a, 1)))


def _board(shape: Shape, name: str, width: float, high: float, rng: np.random.Generator) -> None:
    face = poster(name, width, high, rng)
    shape.box((0, 0.14, high / 2), (width, 0.22, high), plain((0.2, 0.2, 0.21), 0.6))
    y = 0.02
    shape.quad(((-width / 2, y, 0), (width / 2, y, 0), (width / 2, y, high), (-width / 2, y, high)), face)
    for x in (-width * 0.35, width * 0.35):
        shape.rod((x, 1.2, 0), (x, 0.2, high * 0.8), 0.04, 0.04, plain(stalls.STEEL, 0.4, 0.7))


def _a_board(shape: Shape, name: str, rng: np.random.Generator) -> None:
    """Two boards that lean against each other."""
    width, high = float(rng.uniform(0.5, 0.8)), float(rng.uniform(0.8, 1.25))
    face = poster(name, width, high, rng)
    lean = high * 0.28
    for s in (-1, 1):
        low, top = s * lean, s * 0.02
        x1, x2 = (-width / 2, width / 2) if s < 0 else (width / 2, -width / 2)
        shape.quad(((x1, low, 0.02), (x2, low, 0.02), (x2, top, high), (x1, top, high)), face)
