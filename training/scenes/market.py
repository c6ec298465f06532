"""More kinds of stall for training pictures: lean-to roofs, square parasols, glass carts, tarpaulins, pick-ups.

Origin: middle of the footprint, on the ground; the front is -y.
"""

from __future__ import annotations

import colorsys
from typing import Literal

import bpy
import numpy as np

from training.scenes.materials import Rgb, car_paint, plain
from training.scenes.shapes import Point, Shape
from training.scenes.stalls import STEEL, WHITE, WOOD, crates, goods

MarketKind = Literal["lean_to", "parasol", "glass_cart", "tarpaulin", "pick_up"]
KINDS: tuple[MarketKind, ...] = ("lean_to", "parasol", "glass_cart", "tarpaulin", "pick_up")
_THICK = 0.03  # metres of cloth: a single face would be black from one side


def canvas(rng: np.random.Generator) -> Rgb:
    """Cloth of any colour: bright, faded by the sun, or grey with dirt."""
    hue, worn = float(rng.random()), float(rng.uniform(0.0, 0.8))
    return colorsys.hsv_to_rgb(round(hue, 2), round(0.9 * (1 - worn), 2), round(float(rng.uniform(0.12, 0.7)), 2))


def build(kind: MarketKind, name: str, cloth: Rgb, rng: np.random.Generator) -> bpy.types.Object:
    """Return one stall as one object."""
    shape = Shape()
    {"lean_to": _lean_to, "parasol": _parasol, "glass_cart": _glass_cart, "tarpaulin": _tarpaulin, "pick_up": _pick_up}[
        kind
    ](shape, cloth, rng)
    return shape.object(name)


def _sheet(shape: Shape, corners: tuple[Point, Point, Point, Point], cloth: Rgb, stripes: int = 1) -> None:
    """Draw a tight cloth over four corners (front left, front right, back right, back left), striped front to back."""
    (ax, ay, az), (bx, by, bz), (cx, cy, cz), (dx, dy, dz) = corners
    for k in range(stripes):
        s, t = k / stripes, (k + 1) / stripes
        quad = [
            (ax + (bx - ax) * s, ay + (by - ay) * s, az + (bz - az) * s),
            (ax + (bx - ax) * t, ay + (by - ay) * t, az + (bz - az) * t),
            (dx + (cx - dx) * t, dy + (cy - dy) * t, dz + (cz - dz) * t),
            (dx + (cx - dx) * s, dy + (cy - dy) * s, dz + (cz - dz) * s),
        ]
        tone = plain(cloth if k % 2 == 0 else WHITE, 0.85)
        shape.face(quad, tone)
        shape.face([(x, y, z - _THICK) for x, y, z in reversed(quad)], tone)


def _poles(shape: Shape, at: list[tuple[float, float, float]]) -> None:
    for x, y, high in at:
        shape.rod((x, y, 0), (x, y, high), 0.022, 0.022, plain(STEEL, 0.4, 0.7), sides=6)


def _counter(shape: Shape, width: float, depth: float, rng: np.random.Generator, y: float = 0.0) -> None:
    high = float(rng.uniform(0.45, 0.85))
    shape.box((0, y, high / 2), (width, depth, high), plain(WOOD if rng.random() < 0.5 else canvas(rng), 0.8))
    goods(shape, (-width / 2, y - depth / 2), (width / 2 - 0.3, y + depth / 2 - 0.3), high + 0.02, rng)
    if rng.random() < 0.6:
        crates(shape, (-width / 2 - 0.3, y + float(rng.uniform(-0.4, 0.3)), 0), rng)
    if rng.random() < 0.6:
        crates(shape, (width / 2 + 0.3, y + float(rng.uniform(-0.4, 0.3)), 0), rng)


def _lean_to(shape: Shape, cloth: Rgb, rng: np.random.Generator) -> None:
    """Draw a roof that slopes one way, as stalls stand row by row."""
    half, deep = float(rng.uniform(1.1, 1.9)), float(rng.uniform(0.9, 1.5))
    back, front = float(rng.uniform(2.3, 2.8)), float(rng.uniform(1.9, 2.2))
    stripes = 1 if rng.random() < 0.6 else int(rng.integers(5, 11))
    _sheet(
        shape, ((-half, -deep, front), (half, -deep, front), (half, deep, back), (-half, deep, back)), cloth, stripes
    )
    shape.box((0, -deep, front - 0.12), (2 * half, 0.02, 0.24), plain(cloth, 0.85))
    _poles(shape, [(-half, -deep, front), (half, -deep, front), (-half, deep, back), (half, deep, back)])
    _counter(shape, half * 1.7, 0.8, rng, -0.3)


def _parasol(shape: Shape, cloth: Rgb, rng: np.random.Generator) -> None:
    """Draw a square parasol on one pole."""
    half, rim = float(rng.uniform(1.0, 1.6)), float(rng.uniform(2.0, 2.3))
    corners = [(-half, -half, rim), (half, -half, rim), (half, half, rim), (-half, half, rim)]
    other = WHITE if rng.random() < 0.3 else cloth
    for k in range(4):
        a, b = corners[k], corners[(k + 1) % 4]
        tone = plain(cloth if k % 2 == 0 else other, 0.85)
        shape.face([a, b, (0, 0, rim + 0.5)], tone)
        shape.face([(a[0], a[1], rim - 0.15), (b[0], b[1], rim - 0.15), b, a], tone)
    _poles(shape, [(0, 0, rim + 0.5)])
    _counter(shape, float(rng.uniform(1.2, 2.2)), 0.8, rng, float(rng.uniform(-0.5, 0)))


def _glass_cart(shape: Shape, cloth: Rgb, rng: np.random.Generator) -> None:
    """Draw a snack cart: steel below, panes above, a flat roof with a printed rim."""
    width, deep = float(rng.uniform(1.4, 2.4)), float(rng.uniform(0.8, 1.1))
    steel = plain((0.62, 0.63, 0.64), 0.3, 0.7)
    shape.box((0, 0, 0.55), (width, deep, 0.7), steel if rng.random() < 0.5 else plain(cloth, 0.5))
    shape.box((0, 0.1, 1.2), (width * 0.94, deep * 0.7, 0.6), plain((0.2, 0.24, 0.26), 0.05))
    roof = (width + float(rng.uniform(0.1, 0.7)), deep + float(rng.uniform(0.1, 0.9)))
    shape.box((0, -0.1, 2.0), (*roof, 0.1), plain(cloth, 0.7))
    shape.box((0, -roof[1] / 2 - 0.1, 1.88), (roof[0], 0.03, 0.3), plain(canvas(rng), 0.6))
    for x in (-width * 0.47, width * 0.47):
        for y in (-deep * 0.45, deep * 0.45):
            shape.rod((x, y, 0.9), (x, y, 2.0), 0.02, 0.02, steel, sides=6)
        shape.wheel((x * 0.7, 0, 0.2), 0.2, deep * 0.9, plain((0.02, 0.02, 0.02), 0.8), steel)
    goods(shape, (-width / 2, -deep / 2), (width / 2 - 0.3, -deep / 2 + 0.2), 0.92, rng)


def _tarpaulin(shape: Shape, cloth: Rgb, rng: np.random.Generator) -> None:
    """Draw a sheet that hangs unevenly from poles over heaps of goods."""
    half, deep = float(rng.uniform(1.2, 2.6)), float(rng.uniform(1.0, 1.8))
    high = [float(rng.uniform(1.8, 2.6)) for _ in range(4)]
    at = [(-half, -deep), (half, -deep), (half, deep), (-half, deep)]
    (a, b, c, d), middle = [(x, y, z) for (x, y), z in zip(at, high, strict=True)], (0.0, 0.0, sum(high) / 4 - 0.15)
    for p, q in ((a, b), (b, c), (c, d), (d, a)):
        shape.face([p, q, middle], plain(cloth, 0.9))
        shape.face([middle, (q[0], q[1], q[2] - _THICK), (p[0], p[1], p[2] - _THICK)], plain(cloth, 0.9))
    _poles(shape, [a, b, c, d])
    _counter(shape, half * 1.5, deep, rng)


def _pick_up(shape: Shape, cloth: Rgb, rng: np.random.Generator) -> None:
    """Draw a small lorry by the kerb that sells from its bed, sometimes under a parasol."""
    paint, dark = car_paint((0.5, 0.5, 0.52) if rng.random() < 0.5 else cloth), plain((0.02, 0.02, 0.02), 0.8)
    shape.box((1.35, 0, 1.0), (1.2, 1.55, 1.3), paint, top=0.86)
    shape.box((1.6, 0, 1.35), (0.75, 1.42, 0.42), plain((0.02, 0.03, 0.03), 0.1))
    shape.box((-0.6, 0, 0.7), (2.7, 1.6, 0.16), dark)
    for y in (-0.8, 0.8):
        shape.box((-0.6, y, 0.9), (2.7, 0.04, 0.3), paint)
    for x in (-1.3, 1.3):
        shape.wheel((x, 0, 0.32), 0.32, 1.6, dark, plain(STEEL, 0.3, 0.8))
    goods(shape, (-1.9, -0.75), (0.4, 0.4), 0.85, rng)
    if rng.random() < 0.5:
        _sheet(shape, ((-2.1, -1.2, 2.1), (0.7, -1.2, 2.1), (0.7, 1.0, 2.3), (-2.1, 1.0, 2.3)), cloth)
        shape.rod((-0.6, 0, 0.8), (-0.6, 0, 2.2), 0.025, 0.025, plain(STEEL, 0.4, 0.7))
