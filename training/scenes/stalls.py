"""Street stalls: umbrella stands, awning carts, tricycles with goods, cloths on the ground. Origin: middle, ground."""

from __future__ import annotations

import colorsys
import math
from typing import Literal

import bpy
import numpy as np

from training.scenes.materials import Rgb, plain
from training.scenes.shapes import Point, Shape

StallKind = Literal["umbrella", "awning", "tricycle", "tent", "cloth"]
KINDS: tuple[StallKind, ...] = ("umbrella", "awning", "tricycle", "tent", "cloth")
CANVAS: tuple[Rgb, ...] = (
    (0.55, 0.03, 0.03),
    (0.02, 0.1, 0.42),
    (0.03, 0.3, 0.1),
    (0.62, 0.2, 0.02),
    (0.6, 0.42, 0.04),
    (0.25, 0.05, 0.3),
)
WHITE: Rgb = (0.72, 0.72, 0.68)
STEEL: Rgb = (0.45, 0.46, 0.48)
WOOD: Rgb = (0.3, 0.17, 0.08)


def build(kind: StallKind, name: str, rng: np.random.Generator, cloth: Rgb | None = None) -> bpy.types.Object:
    """Return one stall as one object; `cloth` instead of a canvas drawn from CANVAS."""
    shape = Shape()
    drawn = CANVAS[int(rng.integers(len(CANVAS)))]
    canvas = cloth or drawn
    if kind == "umbrella":
        umbrella(shape, (0.15, 0.1, 0), rng.uniform(1.35, 1.6), canvas, WHITE if rng.random() < 0.4 else canvas)
        _table(shape, 1.9, 0.95, rng)
        crates(shape, (-1.25, 0.3, 0), rng)
        crates(shape, (1.3, -0.2, 0), rng)
        _stool(shape, (0.2, 0.95, 0))
    elif kind == "awning":
        _cart(shape, 2.1, 1.0, canvas, rng)
    elif kind == "tricycle":
        _tricycle(shape, canvas, rng)
    elif kind == "tent":
        _tent(shape, canvas)
        _table(shape, 2.2, 0.9, rng)
        crates(shape, (-1.0, 0.9, 0), rng)
    else:
        _cloth(shape, rng)
    return shape.object(name)


def umbrella(shape: Shape, foot: Point, radius: float, first: Rgb, second: Rgb) -> None:
    """Draw a big round market umbrella: eight panels with a hem, ribs and a weighted pole."""
    x, y, z = foot
    rim, top, sides = z + 2.15, z + 2.15 + radius * 0.36, 8
    for k in range(sides):
        cloth = plain(first if k % 2 == 0 else second, 0.8)
        a, b = k * math.tau / sides, (k + 1) * math.tau / sides
        low = [(x + radius * math.cos(t), y + radius * math.sin(t), rim) for t in (a, b)]
        mid = [(x + radius * 0.55 * math.cos(t), y + radius * 0.55 * math.sin(t), rim + radius * 0.23) for t in (a, b)]
        hem = [(p[0], p[1], rim - 0.16) for p in low]
        shape.face([low[0], low[1], mid[1], mid[0]], cloth)
        shape.face([mid[0], mid[1], (x, y, top)], cloth)
        shape.face([hem[0], hem[1], low[1], low[0]], cloth)
        shape.rod(low[0], (x, y, top), 0.012, 0.012, plain(STEEL, 0.4, 0.8), sides=4)
    shape.rod((x, y, z), (x, y, top + 0.1), 0.028, 0.028, plain(STEEL, 0.4, 0.8))
    shape.rod((x, y, z), (x, y, z + 0.12), 0.26, 0.24, plain((0.2, 0.2, 0.2), 0.9), sides=12)


def goods(
    shape: Shape, low: tuple[float, float], high: tuple[float, float], z: float, rng: np.random.Generator
) -> None:
    """Heaps of fruit and packets over a rectangle at height z."""
    x = low[0]
    while x < high[0]:
        step = float(rng.uniform(0.28, 0.42))
        hue = float(rng.choice([0.0, 0.04, 0.09, 0.14, 0.28, 0.33, 0.8]))
        tone = colorsys.hsv_to_rgb(hue, float(rng.uniform(0.65, 0.95)), float(rng.uniform(0.3, 0.75)))
        y = low[1]
        while y < high[1]:
            if rng.random() < 0.6:
                for _ in range(12):
                    r = float(rng.uniform(0.035, 0.055))
                    shape.ball(
                        (x + rng.uniform(0.04, step - 0.04), y + rng.uniform(0.04, 0.3), z + rng.uniform(0.02, 0.12)),
                        (r, r, r),
                        plain(tone, 0.45),
                        sides=6,
                    )
            else:
                size = (step * 0.8, 0.26, float(rng.uniform(0.1, 0.25)))
                shape.box((x + step / 2, y + 0.16, z + size[2] / 2), size, plain(tone, 0.5))
            y += 0.36
        x += step


def _table(shape: Shape, width: float, depth: float, rng: np.random.Generator) -> None:
    shape.box((0, 0, 0.74), (width, depth, 0.05), plain(WOOD, 0.7))
    cloth = CANVAS[int(rng.integers(len(CANVAS)))]
    shape.box((0, -depth / 2 - 0.01, 0.5), (width, 0.02, 0.5), plain(cloth, 0.9))
    for x in (-width / 2 + 0.06, width / 2 - 0.06):
        for y in (-depth / 2 + 0.06, depth / 2 - 0.06):
            shape.rod((x, y, 0), (x, y, 0.72), 0.025, 0.025, plain(STEEL, 0.4, 0.7), sides=6)
    goods(shape, (-width / 2, -depth / 2), (width / 2 - 0.3, depth / 2 - 0.3), 0.77, rng)


def crates(shape: Shape, foot: Point, rng: np.random.Generator) -> None:
    """Draw a stack of crates with goods on top."""
    for level in range(int(rng.integers(1, 4))):
        tone = ((0.03, 0.16, 0.4), (0.45, 0.1, 0.04), (0.38, 0.26, 0.13))[int(rng.integers(3))]
        z = foot[2] + 0.16 + level * 0.31
        shape.box((foot[0] + rng.uniform(-0.04, 0.04), foot[1], z), (0.5, 0.36, 0.29), plain(tone, 0.6), top=1.06)
    top = foot[2] + 0.31 * (level + 1)
    goods(shape, (foot[0] - 0.24, foot[1] - 0.17), (foot[0] + 0.1, foot[1] - 0.1), top, rng)


def _stool(shape: Shape, foot: Point) -> None:
    red = plain((0.55, 0.06, 0.05), 0.5)
    shape.box((foot[0], foot[1], 0.43), (0.3, 0.3, 0.04), red)
    for dx, dy in ((-0.12, -0.12), (0.12, -0.12), (0.12, 0.12), (-0.12, 0.12)):
        shape.rod(
            (foot[0] + dx * 1.2, foot[1] + dy * 1.2, 0), (foot[0] + dx, foot[1] + dy, 0.42), 0.018, 0.018, red, sides=5
        )


def _cart(shape: Shape, width: float, depth: float, canvas: Rgb, rng: np.random.Generator) -> None:
    """Draw a steel snack cart on wheels with a striped awning."""
    steel = plain((0.62, 0.63, 0.64), 0.25, 0.8)
    shape.box((0, 0, 0.62), (width, depth, 0.7), steel)
    shape.box((0, -depth / 2 - 0.012, 0.65), (width * 0.96, 0.02, 0.56), plain(canvas, 0.6))
    for x in (-width * 0.35, width * 0.35):
        shape.wheel((x, 0, 0.2), 0.2, depth * 0.95, plain((0.02, 0.02, 0.02), 0.8), steel)
    for x in (-width / 2 + 0.05, width / 2 - 0.05):
        for y in (-depth / 2 + 0.05, depth / 2 - 0.05):
            shape.rod((x, y, 0.95), (x, y, 2.1), 0.02, 0.02, steel, sides=6)
    stripes, half, reach = 8, width / 2 + 0.25, depth / 2 + 0.45
    for k in range(stripes):
        x0, x1 = -half + 2 * half * k / stripes, -half + 2 * half * (k + 1) / stripes
        cloth = plain(canvas if k % 2 == 0 else WHITE, 0.8)
        shape.face([(x0, -reach, 2.0), (x1, -reach, 2.0), (x1, 0, 2.32), (x0, 0, 2.32)], cloth)
        shape.face([(x0, 0, 2.32), (x1, 0, 2.32), (x1, reach, 2.05), (x0, reach, 2.05)], cloth)
        shape.face([(x0, -reach, 1.8), (x1, -reach, 1.8), (x1, -reach, 2.0), (x0, -reach, 2.0)], cloth)
    goods(shape, (-width / 2, -depth / 2), (width / 2 - 0.3, depth / 2 - 0.3), 0.98, rng)
    shape.rod((width * 0.3, 0.1, 0.97), (width * 0.3, 0.1, 1.3), 0.2, 0.2, plain((0.5, 0.5, 0.5), 0.3, 0.8), sides=12)
    _stool(shape, (-0.3, depth / 2 + 0.6, 0))


def _tricycle(shape: Shape, canvas: Rgb, rng: np.random.Generator) -> None:
    """Draw a cargo tricycle, its bed full of goods below a small umbrella."""
    dark, frame = plain((0.02, 0.02, 0.02), 0.7), plain((0.05, 0.14, 0.3), 0.4)
    shape.box((-0.4, 0, 0.55), (1.7, 1.05, 0.1), frame)
    for y in (-0.52, 0.52):
        shape.box((-0.4, y, 0.75), (1.7, 0.04, 0.32), frame)
        shape.wheel((-0.55, y * 1.12, 0.3), 0.3, 0.07, dark, plain(STEEL, 0.3, 0.8))
    shape.wheel((1.25, 0, 0.3), 0.3, 0.07, dark, plain(STEEL, 0.3, 0.8))
    shape.rod((1.2, 0, 0.35), (1.0, 0, 1.05), 0.03, 0.03, frame)
    shape.rod((1.0, -0.32, 1.08), (1.0, 0.32, 1.08), 0.02, 0.02, dark)
    shape.rod((0.4, 0, 0.5), (1.1, 0, 0.55), 0.035, 0.035, frame)
    shape.box((0.62, 0, 0.82), (0.32, 0.24, 0.1), dark)
    goods(shape, (-1.2, -0.5), (0.2, 0.25), 0.72, rng)
    crates(shape, (-1.55, 0.1, 0), rng)
    umbrella(shape, (-0.3, 0.0, 0.3), 1.25, canvas, canvas)


def _tent(shape: Shape, canvas: Rgb) -> None:
    cloth, w, d = plain(canvas, 0.75), 1.4, 1.2
    corners = [(-w, -d, 2.1), (w, -d, 2.1), (w, d, 2.1), (-w, d, 2.1)]
    for k in range(4):
        a, b = corners[k], corners[(k + 1) % 4]
        shape.face([a, b, (0, 0, 2.85)], cloth)
        shape.face([(a[0], a[1], 1.88), (b[0], b[1], 1.88), b, a], plain(WHITE, 0.8))
        shape.rod((a[0], a[1], 0), a, 0.025, 0.025, plain(STEEL, 0.4, 0.7), sides=6)


def _cloth(shape: Shape, rng: np.random.Generator) -> None:
    shape.box((0, 0, 0.015), (1.9, 1.3, 0.02), plain(CANVAS[int(rng.integers(len(CANVAS)))], 0.9))
    goods(shape, (-0.9, -0.6), (0.6, 0.3), 0.03, rng)
    _stool(shape, (0.1, 0.95, 0))
