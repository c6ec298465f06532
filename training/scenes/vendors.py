"""Stalls as they stand on pavements: parasols with drinks carts, cafe tables, carts shut under a cover, baskets.

Origin: middle of the footprint, on the ground; the front is -y.
"""

from __future__ import annotations

import math
from typing import Literal

import bpy
import numpy as np

from training.scenes import market, stalls
from training.scenes.materials import Rgb, plain
from training.scenes.shapes import Point, Shape

VendorKind = Literal["drinks_cart", "tables", "closed_cart", "baskets", "food_cart", "big_parasol"]
KINDS: tuple[VendorKind, ...] = ("drinks_cart", "tables", "closed_cart", "baskets", "food_cart", "big_parasol")
_PLASTIC: tuple[Rgb, ...] = (
    (0.5, 0.04, 0.04),
    (0.03, 0.12, 0.45),
    (0.04, 0.3, 0.12),
    (0.7, 0.7, 0.68),
    (0.6, 0.3, 0.03),
)


def build(kind: VendorKind, name: str, cloth: Rgb, rng: np.random.Generator) -> bpy.types.Object:
    """Return one stall as one object."""
    shape = Shape()
    {
        "drinks_cart": _drinks_cart,
        "tables": _tables,
        "closed_cart": _closed_cart,
        "baskets": _baskets,
        "food_cart": _food_cart,
        "big_parasol": _big_parasol,
    }[kind](shape, cloth, rng)
    return shape.object(name)


def _parasol(shape: Shape, at: Point, cloth: Rgb, rng: np.random.Generator, radius: float | None = None) -> None:
    radius = radius or float(rng.uniform(1.0, 1.5))
    second = stalls.WHITE if rng.random() < 0.25 else market.canvas(rng) if rng.random() < 0.2 else cloth
    stalls.umbrella(shape, at, radius, cloth, second)


def _box_cart(shape: Shape, at: tuple[float, float], rng: np.random.Generator) -> None:
    """Draw a small cart or counter with glass, pots and bottles on it."""
    x, y = at
    wide, deep, high = float(rng.uniform(0.9, 1.6)), float(rng.uniform(0.5, 0.8)), float(rng.uniform(0.7, 0.95))
    body = plain((0.6, 0.61, 0.62), 0.3, 0.7) if rng.random() < 0.5 else plain(market.canvas(rng), 0.6)
    shape.box((x, y, high / 2 + 0.12), (wide, deep, high - 0.2), body)
    for side in (-0.35, 0.35):
        shape.wheel((x + side * wide, y, 0.17), 0.17, deep, plain((0.02, 0.02, 0.02), 0.8), body)
    if rng.random() < 0.6:
        shape.box((x - wide * 0.15, y, high + 0.27), (wide * 0.55, deep * 0.7, 0.45), plain((0.25, 0.29, 0.3), 0.05))
    stalls.goods(shape, (x - wide / 2, y - deep / 2), (x + wide / 2 - 0.2, y + deep / 2 - 0.2), high + 0.03, rng)


def _chair(shape: Shape, at: tuple[float, float], tone: Rgb, turn: float, back: bool) -> None:
    x, y = at
    paint = plain(tone, 0.5)
    seat = 0.43 if back else 0.28
    shape.box((x, y, seat), (0.36, 0.36, 0.05), paint)
    for dx, dy in ((-0.15, -0.15), (0.15, -0.15), (0.15, 0.15), (-0.15, 0.15)):
        shape.rod((x + dx, y + dy, 0), (x + dx, y + dy, seat), 0.02, 0.02, paint, sides=4)
    if back:
        shape.box((x + 0.18 * math.cos(turn), y + 0.18 * math.sin(turn), 0.68), (0.3, 0.3, 0.4), paint, top=0.9)


def _stools(shape: Shape, around: tuple[float, float], rng: np.random.Generator, most: int = 6) -> None:
    tone, back = _PLASTIC[int(rng.integers(len(_PLASTIC)))], bool(rng.random() < 0.5)
    for _ in range(int(rng.integers(1, most + 1))):
        turn = float(rng.uniform(0, math.tau))
        reach = float(rng.uniform(0.7, 1.2))
        _chair(shape, (around[0] + reach * math.cos(turn), around[1] + reach * math.sin(turn)), tone, turn, back)


def _small_table(shape: Shape, at: tuple[float, float], rng: np.random.Generator) -> None:
    high, tone = float(rng.choice([0.5, 0.74])), _PLASTIC[int(rng.integers(len(_PLASTIC)))]
    shape.box((*at, high), (0.7, 0.7, 0.04), plain(tone, 0.5))
    shape.rod((*at, 0), (*at, high), 0.05, 0.05, plain(stalls.STEEL, 0.4, 0.6), sides=6)


def _drinks_cart(shape: Shape, cloth: Rgb, rng: np.random.Generator) -> None:
    """Draw the commonest one: a parasol, below it a cart, baskets and a few stools."""
    _parasol(shape, (float(rng.uniform(-0.3, 0.3)), float(rng.uniform(-0.2, 0.5)), 0), cloth, rng)
    _box_cart(shape, (0.0, -0.2), rng)
    for x in (-1.1, 1.1):
        if rng.random() < 0.6:
            stalls.crates(shape, (x, float(rng.uniform(-0.3, 0.4)), 0), rng)
    if rng.random() < 0.6:
        _stools(shape, (0.0, 0.2), rng, 4)


def _tables(shape: Shape, cloth: Rgb, rng: np.random.Generator) -> None:
    """Tables and chairs before a cafe, most of them under parasols of one colour."""
    shaded = rng.random() < 0.8
    for k in range(int(rng.integers(1, 4))):
        x, y = 2.3 * k - 2.0, float(rng.normal(0, 0.2))
        if shaded:
            _parasol(shape, (x, y, 0), cloth, rng, 1.25)
        _small_table(shape, (x + 0.1, y + 0.1), rng)
        _stools(shape, (x, y), rng)


def _closed_cart(shape: Shape, cloth: Rgb, rng: np.random.Generator) -> None:
    """Shut: a cart under a sheet, a parasol folded up."""
    wide, deep, high = float(rng.uniform(1.2, 2.2)), float(rng.uniform(0.7, 1.0)), float(rng.uniform(0.9, 1.7))
    shape.box((0, 0, high / 2 + 0.08), (wide, deep, high), plain(cloth, 0.9), top=float(rng.uniform(0.75, 0.98)))
    for x in (-wide * 0.35, wide * 0.35):
        shape.wheel((x, 0, 0.18), 0.18, deep * 1.02, plain((0.02, 0.02, 0.02), 0.8), plain(stalls.STEEL, 0.4, 0.6))
    if rng.random() < 0.6:
        x = float(rng.uniform(-0.8, 0.8))
        shape.rod((x, 0.2, 0), (x, 0.2, 1.1), 0.03, 0.03, plain(stalls.STEEL, 0.4, 0.7))
        shape.rod((x, 0.2, 1.0), (x, 0.2, 2.4), 0.2, 0.06, plain(market.canvas(rng), 0.9))
    if rng.random() < 0.5:
        stalls.crates(shape, (wide / 2 + 0.35, 0, 0), rng)


def _baskets(shape: Shape, cloth: Rgb, rng: np.random.Generator) -> None:
    """Flat baskets and basins with fruit on the ground, at times a small parasol over them."""
    for _ in range(int(rng.integers(3, 9))):
        x, y = float(rng.uniform(-1.2, 1.2)), float(rng.uniform(-0.7, 0.7))
        tone = _PLASTIC[int(rng.integers(len(_PLASTIC)))] if rng.random() < 0.5 else (0.4, 0.28, 0.14)
        shape.rod((x, y, 0), (x, y, 0.22), 0.26, 0.33, plain(tone, 0.7), sides=12)
        stalls.goods(shape, (x - 0.2, y - 0.18), (x + 0.05, y - 0.1), 0.2, rng)
    if rng.random() < 0.5:
        _parasol(shape, (0, 0.3, 0), cloth, rng, 1.1)
    if rng.random() < 0.4:
        _stools(shape, (0, 0), rng, 2)


def _food_cart(shape: Shape, cloth: Rgb, rng: np.random.Generator) -> None:
    """Draw a tall cart with glass on all sides and a roof, as bread and maize are sold from."""
    wide, deep = float(rng.uniform(1.0, 1.9)), float(rng.uniform(0.6, 0.9))
    shape.box((0, 0, 0.55), (wide, deep, 0.75), plain(cloth, 0.4))
    shape.box((0, 0, 1.3), (wide * 0.95, deep * 0.9, 0.7), plain((0.3, 0.3, 0.28), 0.05))
    stalls.goods(shape, (-wide / 2, -deep / 2), (wide / 2 - 0.3, deep / 2 - 0.3), 1.0, rng)
    shape.box((0, 0, 1.75), (wide * 1.15, deep * 1.3, 0.1), plain(cloth if rng.random() < 0.6 else stalls.WHITE, 0.5))
    if rng.random() < 0.6:
        shape.box((0, -deep * 0.62, 1.95), (wide, 0.05, 0.32), plain(market.canvas(rng), 0.5))
    for x in (-wide * 0.38, wide * 0.38):
        shape.wheel((x, 0, 0.25), 0.25, deep * 1.05, plain((0.02, 0.02, 0.02), 0.8), plain(stalls.STEEL, 0.4, 0.6))
    if rng.random() < 0.35:
        _parasol(shape, (float(rng.uniform(-0.4, 0.4)), 0.5, 0), market.canvas(rng), rng)


def _big_parasol(shape: Shape, cloth: Rgb, rng: np.random.Generator) -> None:
    """Draw a large square parasol over a table with goods, side cloths down at times."""
    half, rim = float(rng.uniform(1.3, 2.0)), float(rng.uniform(2.0, 2.4))
    corners = [(-half, -half, rim), (half, -half, rim), (half, half, rim), (-half, half, rim)]
    for k in range(4):
        a, b = corners[k], corners[(k + 1) % 4]
        shape.face([a, b, (0, 0, rim + 0.7)], plain(cloth, 0.85))
        shape.face([(a[0], a[1], rim - 0.25), (b[0], b[1], rim - 0.25), b, a], plain(cloth, 0.85))
        shape.rod((a[0], a[1], 0), a, 0.02, 0.02, plain(stalls.STEEL, 0.4, 0.7), sides=5)
    _box_cart(shape, (-0.5, -0.4), rng)
    _box_cart(shape, (0.7, 0.3), rng)
    if rng.random() < 0.35:
        shape.face([(-half, half, 0.2), (half, half, 0.2), (half, half, rim), (-half, half, rim)], plain(cloth, 0.85))
    if rng.random() < 0.6:
        stalls.crates(shape, (half * 0.7, -half * 0.8, 0), rng)
