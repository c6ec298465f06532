"""Walkers: simple jointed bodies with a walking phase. Origin: on the ground between the feet; they face +x."""

from __future__ import annotations

import math

import bpy
import numpy as np

from training.scenes.materials import Rgb, plain
from training.scenes.shapes import Point, Shape

CLOTHES: tuple[Rgb, ...] = (
    (0.03, 0.04, 0.09),
    (0.02, 0.02, 0.02),
    (0.4, 0.38, 0.35),
    (0.3, 0.03, 0.04),
    (0.07, 0.12, 0.25),
    (0.12, 0.1, 0.07),
    (0.5, 0.3, 0.08),
    (0.6, 0.6, 0.6),
    (0.1, 0.2, 0.1),
    (0.45, 0.2, 0.25),
)
SKIN: Rgb = (0.5, 0.3, 0.2)


def build(name: str, phase: float, walking: bool, rng: np.random.Generator) -> bpy.types.Object:
    """Return one person.

    `phase` in turns moves the limbs; the same `rng` state gives the same person in every phase.
    """
    shape = Shape()
    coat, legs = (plain(CLOTHES[int(k)], 0.85) for k in rng.integers(len(CLOTHES), size=2))
    shoes, hair, skin = plain((0.03, 0.03, 0.03), 0.6), plain((0.015, 0.012, 0.01), 0.6), plain(SKIN, 0.6)
    tall, bag = float(rng.uniform(0.93, 1.06)), rng.random() < 0.45
    swing = 0.48 * math.sin(math.tau * phase) if walking else 0.04
    for side, angle in ((-1, swing), (1, -swing)):
        _leg(shape, side * 0.1, angle, tall, legs, shoes)
        _arm(shape, side, -angle * 0.8, tall, coat, skin)
    hip, shoulder = 0.86 * tall, 1.42 * tall
    rings = [_oval(0, 0.12, 0.17, hip - 0.06), _oval(0, 0.125, 0.17, hip + 0.12), _oval(0.01, 0.12, 0.17, hip + 0.3)]
    rings += [_oval(0.01, 0.125, 0.21, shoulder - 0.08), _oval(0, 0.07, 0.12, shoulder + 0.02)]
    shape.loft(rings, coat)
    shape.rod((0, 0, shoulder), (0.01, 0, shoulder + 0.1), 0.055, 0.05, skin)
    shape.ball((0.02, 0, shoulder + 0.2), (0.1, 0.08, 0.125), skin)
    shape.ball((-0.015, 0, shoulder + 0.235), (0.105, 0.092, 0.115), hair)
    if bag:
        tone = CLOTHES[int(rng.integers(len(CLOTHES)))]
        shape.box((-0.18, 0, shoulder - 0.25), (0.16, 0.28, 0.4), plain(tone, 0.7))
    return shape.object(name)


def _oval(x: float, rx: float, ry: float, z: float) -> list[Point]:
    return [(x + rx * math.cos(k * math.tau / 10), ry * math.sin(k * math.tau / 10), z) for k in range(10)]


def _leg(
    shape: Shape, y: float, angle: float, tall: float, cloth: bpy.types.Material, shoe: bpy.types.Material
) -> None:
    hip = 0.88 * tall
    knee = (0.43 * tall * math.sin(angle), y, hip - 0.43 * tall * math.cos(angle))
    bend = angle - max(0.0, -angle) * 0.9
    foot = (knee[0] + 0.42 * tall * math.sin(bend), y, max(0.05, knee[2] - 0.42 * tall * math.cos(bend)))
    shape.rod((0, y, hip), knee, 0.085, 0.062, cloth)
    shape.rod(knee, foot, 0.06, 0.048, cloth)
    shape.ball((foot[0] + 0.06, y, foot[2]), (0.13, 0.05, 0.05), shoe)


def _arm(
    shape: Shape, side: int, angle: float, tall: float, cloth: bpy.types.Material, skin: bpy.types.Material
) -> None:
    shoulder = (0.0, side * 0.2, 1.38 * tall)
    elbow = (0.28 * math.sin(angle), side * 0.24, shoulder[2] - 0.28 * math.cos(angle))
    hand = (elbow[0] + 0.26 * math.sin(angle + 0.35), side * 0.23, elbow[2] - 0.26 * math.cos(angle + 0.35))
    shape.rod(shoulder, elbow, 0.06, 0.05, cloth)
    shape.rod(elbow, hand, 0.05, 0.04, cloth)
    shape.ball(hand, (0.045, 0.035, 0.055), skin)
