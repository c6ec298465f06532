"""Cars, vans, buses, scooters and bicycles. Origin: middle of the footprint, on the ground; they point along +x."""

from __future__ import annotations

from typing import Literal

import bpy
import numpy as np

from training.scenes.materials import Rgb, car_paint, glass, plain
from training.scenes.shapes import Shape, rounded

VehicleKind = Literal["sedan", "suv", "van", "bus", "scooter", "shaded_scooter", "bicycle"]
KINDS: tuple[VehicleKind, ...] = ("sedan", "suv", "van", "bus", "scooter", "shaded_scooter", "bicycle")
PAINTS: tuple[Rgb, ...] = (
    (0.72, 0.72, 0.7),
    (0.015, 0.015, 0.018),
    (0.32, 0.33, 0.35),
    (0.1, 0.1, 0.11),
    (0.3, 0.02, 0.02),
    (0.02, 0.06, 0.2),
    (0.42, 0.36, 0.27),
    (0.04, 0.2, 0.12),
)


def build(kind: VehicleKind, name: str, rng: np.random.Generator) -> bpy.types.Object:
    """Return one vehicle as one object."""
    shape = Shape()
    colour = PAINTS[int(rng.integers(len(PAINTS)))]
    if kind == "bus":
        _bus(shape)
    elif kind == "van":
        _van(shape, rng)
    elif kind == "scooter":
        scooter(shape, colour)
    elif kind == "shaded_scooter":
        scooter(shape, colour)
        _shade(shape, rng)
    elif kind == "bicycle":
        _bicycle(shape, rng)
    else:
        _car(shape, colour, tall=kind == "suv")
    return shape.object(name)


def _car(shape: Shape, colour: Rgb, tall: bool) -> None:
    body, black = car_paint(colour), plain((0.015, 0.015, 0.015), 0.6)
    belt, roof, lift = (1.02, 1.68, 0.27) if tall else (0.88, 1.44, 0.2)
    stations = (
        (-2.3, 0.72, 0.38, belt - 0.22),
        (-2.18, 0.84, 0.28, belt - 0.05),
        (-1.7, 0.89, lift, belt),
        (-0.8, 0.9, lift, belt + 0.03),
        (0.6, 0.9, lift, belt),
        (1.25, 0.89, lift, belt - 0.07),
        (1.9, 0.85, lift, belt - 0.16),
        (2.2, 0.76, 0.28, belt - 0.27),
        (2.3, 0.62, 0.36, belt - 0.4),
    )
    shape.loft([rounded(x, w, low, high, 0.11, 0.94) for x, w, low, high in stations], body)
    rear = -2.15 if tall else -1.85
    cabin = (
        (rear, 0.72, belt - 0.04, belt + 0.06),
        (rear + 0.5, 0.76, belt - 0.04, roof - 0.08),
        (-0.6, 0.78, belt - 0.04, roof),
        (0.15, 0.78, belt - 0.04, roof - 0.03),
        (1.15, 0.74, belt - 0.1, belt + 0.0),
    )
    shape.loft([rounded(x, w, low, high, 0.05, 0.84) for x, w, low, high in cabin], glass())
    top = [(rear + 0.42, 0.6), (-0.6, 0.66), (0.2, 0.63)]
    heights = (roof - 0.11, roof + 0.012, roof - 0.02)
    shape.loft([rounded(x, w, z - 0.05, z + 0.012, 0.025) for (x, w), z in zip(top, heights, strict=True)], body)
    for y in (-1, 1):
        for x0, z0, x1, z1 in (
            (1.12, belt, 0.2, roof - 0.04),
            (-0.45, belt, -0.5, roof - 0.02),
            (rear + 0.05, belt, rear + 0.45, roof - 0.1),
        ):
            shape.rod((x0, y * 0.77, z0), (x1, y * 0.655, z1), 0.045, 0.035, body, sides=5)
        shape.ball((0.85, y * 0.98, belt + 0.06), (0.08, 0.11, 0.07), body)
        shape.box((2.16, y * 0.6, belt - 0.36), (0.2, 0.3, 0.12), plain((0.8, 0.82, 0.85), 0.1))
        shape.box((-2.2, y * 0.62, belt - 0.22), (0.16, 0.3, 0.14), plain((0.4, 0.01, 0.01), 0.2))
        for x in (-1.42, 1.42):
            shape.rod((x, y * 0.72, 0.34), (x, y * 0.915, 0.34), 0.4, 0.4, black, sides=16)
            shape.wheel(
                (x, y * 0.83, 0.32), 0.32, 0.21, plain((0.02, 0.02, 0.02), 0.9), plain((0.5, 0.5, 0.52), 0.25, 0.8)
            )
    shape.box((2.3, 0, 0.5), (0.04, 0.45, 0.13), plain((0.01, 0.05, 0.4), 0.4))
    shape.box((-2.31, 0, 0.6), (0.04, 0.45, 0.13), plain((0.01, 0.05, 0.4), 0.4))
    shape.box((2.24, 0, 0.42), (0.12, 0.9, 0.1), black)


def _van(shape: Shape, rng: np.random.Generator) -> None:
    body = car_paint(PAINTS[0] if rng.random() < 0.7 else PAINTS[2])
    stations = (
        (-2.5, 0.84, 0.3, 1.9),
        (-2.4, 0.9, 0.25, 1.98),
        (1.0, 0.9, 0.25, 1.98),
        (1.75, 0.88, 0.25, 1.35),
        (2.4, 0.84, 0.28, 1.0),
        (2.5, 0.74, 0.35, 0.85),
    )
    shape.loft([rounded(x, w, low, high, 0.1, 0.93) for x, w, low, high in stations], body)
    window = glass()
    for y in (-1, 1):
        shape.face(
            [(0.15, y * 0.905, 1.15), (1.45, y * 0.9, 1.15), (1.0, y * 0.862, 1.75), (0.15, y * 0.862, 1.75)], window
        )
        shape.face(
            [(-2.2, y * 0.905, 1.15), (0.0, y * 0.905, 1.15), (0.0, y * 0.862, 1.75), (-2.2, y * 0.862, 1.75)], window
        )
        shape.box((2.42, y * 0.6, 0.78), (0.16, 0.26, 0.18), plain((0.8, 0.82, 0.85), 0.1))
        shape.box((-2.5, y * 0.76, 1.1), (0.06, 0.14, 0.4), plain((0.4, 0.01, 0.01), 0.2))
        for x in (-1.6, 1.6):
            shape.wheel(
                (x, y * 0.82, 0.33), 0.33, 0.22, plain((0.02, 0.02, 0.02), 0.9), plain((0.4, 0.4, 0.42), 0.3, 0.7)
            )
    shape.face([(1.84, -0.74, 1.34), (1.84, 0.74, 1.34), (1.14, 0.7, 1.9), (1.14, -0.7, 1.9)], window)
    shape.face([(-2.515, -0.7, 1.2), (-2.515, 0.7, 1.2), (-2.49, 0.66, 1.75), (-2.49, -0.66, 1.75)], window)


def _bus(shape: Shape) -> None:
    body, stripe = car_paint((0.05, 0.3, 0.16)), plain((0.7, 0.72, 0.7), 0.3)
    stations = ((-5.4, 1.15, 0.35, 2.9), (-5.3, 1.24, 0.3, 3.0), (5.2, 1.24, 0.3, 3.0), (5.4, 1.15, 0.35, 2.85))
    shape.loft([rounded(x, w, low, high, 0.12, 0.97) for x, w, low, high in stations], body)
    for y in (-1, 1):
        shape.box((0, y * 1.235, 0.85), (10.2, 0.02, 0.3), stripe)
        for k in range(7):
            x = -4.6 + k * 1.42
            shape.box((x, y * 1.222, 1.95), (1.3, 0.03, 1.1), glass())
        for x in (-3.2, 3.3):
            shape.wheel(
                (x, y * 1.1, 0.48), 0.48, 0.3, plain((0.02, 0.02, 0.02), 0.9), plain((0.4, 0.4, 0.42), 0.3, 0.7)
            )
        shape.box((5.38, y * 0.9, 0.75), (0.08, 0.36, 0.2), plain((0.8, 0.82, 0.85), 0.1))
    shape.box((5.36, 0, 1.85), (0.08, 2.1, 1.5), glass())
    shape.box((5.38, 0, 2.72), (0.06, 1.5, 0.22), plain((0.8, 0.35, 0.05), 0.5, glow=1.0))
    shape.box((-5.37, 0, 2.1), (0.08, 1.9, 0.9), glass())
    for x in (-3, 1):
        shape.box((x, 0, 3.1), (1.8, 1.4, 0.25), plain((0.6, 0.6, 0.6), 0.6))


def scooter(shape: Shape, colour: Rgb) -> None:
    """Draw an electric scooter, the commonest thing at a Chinese kerb."""
    body, dark = car_paint(colour), plain((0.02, 0.02, 0.02), 0.7)
    for x in (-0.6, 0.62):
        shape.wheel((x, 0, 0.24), 0.24, 0.1, dark, plain((0.4, 0.4, 0.4), 0.4, 0.6))
    shape.loft(
        [
            rounded(x, w, low, high, 0.06)
            for x, w, low, high in (
                (-0.85, 0.08, 0.5, 0.72),
                (-0.5, 0.15, 0.32, 0.74),
                (-0.1, 0.14, 0.28, 0.6),
                (0.0, 0.12, 0.28, 0.4),
            )
        ],
        body,
    )
    shape.box((-0.4, 0, 0.79), (0.75, 0.26, 0.1), dark)
    shape.box((0.15, 0, 0.31), (0.4, 0.26, 0.08), dark)
    shape.loft([rounded(x, 0.16, low, high, 0.05) for x, low, high in ((0.36, 0.3, 0.85), (0.48, 0.4, 1.0))], body)
    shape.rod((0.6, 0, 0.3), (0.4, 0, 1.05), 0.035, 0.03, dark)
    shape.rod((0.38, -0.32, 1.08), (0.38, 0.32, 1.08), 0.02, 0.02, dark)
    shape.box((-0.82, 0, 0.9), (0.34, 0.34, 0.3), plain((0.05, 0.05, 0.06), 0.5))


def _shade(shape: Shape, rng: np.random.Generator) -> None:
    """Draw the rider's rain cover on its rod: from above it looks like a small stall, and is none."""
    tone = plain(PAINTS[int(rng.integers(len(PAINTS)))] if rng.random() < 0.4 else (0.5, 0.05, 0.2), 0.6)
    long, wide, high = float(rng.uniform(0.7, 1.0)), float(rng.uniform(0.38, 0.5)), float(rng.uniform(1.75, 1.95))
    rim = [(-long, -wide, high), (long * 0.7, -wide, high), (long * 0.7, wide, high), (-long, wide, high)]
    for k in range(4):
        shape.face([rim[k], rim[(k + 1) % 4], (0, 0, high + 0.22)], tone)
    shape.rod((0.35, 0, 1.0), (0.1, 0, high + 0.15), 0.015, 0.015, plain((0.4, 0.4, 0.4), 0.4, 0.6), sides=5)


def _bicycle(shape: Shape, rng: np.random.Generator) -> None:
    tone = ((0.05, 0.35, 0.55), (0.6, 0.4, 0.02), (0.1, 0.1, 0.1))[int(rng.integers(3))]
    frame, dark = plain(tone, 0.4), plain((0.02, 0.02, 0.02), 0.7)
    for x in (-0.52, 0.52):
        sides = 14
        shape.rod((x, -0.02, 0.33), (x, 0.02, 0.33), 0.33, 0.33, dark, sides=sides)
        shape.rod((x, -0.024, 0.33), (x, 0.024, 0.33), 0.28, 0.28, plain((0.35, 0.35, 0.35), 0.6), sides=sides)
    for a, b in (
        ((-0.52, 0, 0.33), (-0.05, 0, 0.3)),
        ((-0.05, 0, 0.3), (0.38, 0, 0.8)),
        ((-0.22, 0, 0.85), (-0.05, 0, 0.3)),
        ((0.52, 0, 0.33), (0.36, 0, 1.0)),
        ((-0.2, 0, 0.75), (0.38, 0, 0.78)),
    ):
        shape.rod(a, b, 0.025, 0.025, frame, sides=6)
    shape.box((-0.24, 0, 0.9), (0.26, 0.14, 0.06), dark)
    shape.rod((0.34, -0.28, 1.02), (0.34, 0.28, 1.02), 0.016, 0.016, dark, sides=6)
    shape.box((0.62, 0, 0.82), (0.28, 0.32, 0.22), plain((0.1, 0.1, 0.1), 0.6))
