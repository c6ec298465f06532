"""Buildings: a painted front with sills, frames, air conditioners, shop signs and a roof."""

from __future__ import annotations

import math

import bpy
import numpy as np
from mathutils import Matrix
from PIL import Image

from training.scenes import paint, paint_walls, photos
from training.scenes.block import SIGN_BASE, Building, Colour
from training.scenes.materials import painted, plain
from training.scenes.paint_walls import FLOOR, GROUND_FLOOR, Finish, Opening
from training.scenes.photos import Photos
from training.scenes.shapes import Shape

WALLS: tuple[tuple[Finish, Colour], ...] = (
    ("plaster", (206, 180, 140)),
    ("brick", (146, 84, 66)),
    ("tile", (206, 206, 198)),
    ("plaster", (190, 132, 118)),
    ("plaster", (170, 178, 160)),
    ("brick", (128, 108, 92)),
    ("tile", (178, 164, 146)),
    ("plaster", (222, 212, 190)),
)


PHOTOGRAPHED = 0.6
"""The share of walls that wear a photograph where there are any."""


def build(
    building: Building, front: float, depth: float, rng: np.random.Generator, worn: Photos | None = None
) -> bpy.types.Object:
    """Raise one building; `front` is the façade's distance from the street's axis."""
    finish, colour = WALLS[building.look % len(WALLS)]
    height = GROUND_FLOOR + (building.floors - 1) * FLOOR + 0.9
    name = f"wall {building.side} {building.start:.0f}"
    if worn is not None and rng.random() < PHOTOGRAPHED:
        holes: tuple[Opening, ...] = ()  # its windows are in the photograph, with their sills
        face = painted(name, photos.wall(worn, building.width, height, rng), 0.75, bump=0.05)
    else:
        holes = paint_walls.openings(building.width, building.floors, rng)
        image, mask = paint_walls.wall(building.width, height, finish, colour, holes, rng)
        face = painted(name, image, 0.85, mask, bump=0.15 if finish == "brick" else 0.05)
    tone = tuple((c / 255) ** 2.2 * 0.8 for c in colour)
    side_wall = plain((tone[0], tone[1], tone[2]), 0.9)
    trim = plain((0.55, 0.54, 0.5), 0.8)
    shape = Shape()
    # The wall is made in its own plane: x along the street, y out of the wall, z up.
    shape.frame = wall_frame(building, front)
    w = building.width
    shape.quad(((w, 0, 0), (0, 0, 0), (0, 0, height), (w, 0, height)), face)
    shape.face(((0, 0, 0), (0, -depth, 0), (0, -depth, height), (0, 0, height)), side_wall)
    shape.face(((w, -depth, 0), (w, 0, 0), (w, 0, height), (w, -depth, height)), side_wall)
    shape.face(((0, -depth, 0), (w, -depth, 0), (w, -depth, height), (0, -depth, height)), side_wall)
    felt = painted(name + " roof", roof(w, depth, rng, worn), 0.95)
    shape.quad(((0, -depth, height - 0.5), (w, -depth, height - 0.5), (w, 0, height - 0.5), (0, 0, height - 0.5)), felt)
    for a, b in (((w / 2, -0.1), (w, 0.2)), ((w / 2, -depth + 0.1), (w, 0.2))):
        shape.box((a[0], a[1], height - 0.25), (b[0], b[1], 0.55), trim)
    for x in (0.1, w - 0.1):
        shape.box((x, -depth / 2, height - 0.25), (0.2, depth, 0.55), trim)
    shape.box((w / 2, 0.12, height - 0.1), (w, 0.34, 0.22), trim)
    for hole in holes:
        _relief(shape, hole, w, trim, rng)
    _roof_things(shape, w, depth, height - 0.5, rng)
    return shape.object(name)


def roof(width: float, depth: float, rng: np.random.Generator, worn: Photos | None) -> Image.Image:
    """Return a roof's picture: painted, or as often photographed where there are photographs."""
    if worn is not None and rng.random() < PHOTOGRAPHED:
        return photos.ground(worn, width, depth, rng)
    return paint.roof(width, depth, 16, rng)


def wall_frame(building: Building, front: float) -> Matrix:
    """Return where a wall's own plane lies: its x runs along the street, its y points into the street."""
    if building.side == 0:
        return Matrix.Translation((building.start + building.width, front, 0)) @ Matrix.Rotation(math.pi, 4, "Z")
    if building.side < 0:
        return Matrix.Translation((-front, building.start + building.width, 0)) @ Matrix.Rotation(-math.pi / 2, 4, "Z")
    return Matrix.Translation((front, building.start, 0)) @ Matrix.Rotation(math.pi / 2, 4, "Z")


def _relief(shape: Shape, hole: Opening, w: float, trim: bpy.types.Material, rng: np.random.Generator) -> None:
    # the picture is seen from the street, where the wall's x runs to the left
    x = w - hole.x - hole.width / 2
    if hole.kind != "window":
        for side in (-1, 1):
            shape.box(
                (x + side * (hole.width / 2 + 0.06), 0.05, hole.z + hole.height / 2), (0.12, 0.1, hole.height), trim
            )
        return
    shape.box((x, 0.09, hole.z - 0.05), (hole.width + 0.24, 0.18, 0.09), trim)
    shape.box((x, 0.05, hole.z + hole.height + 0.06), (hole.width + 0.2, 0.1, 0.14), trim)
    for side in (-1, 1):
        shape.box((x + side * (hole.width / 2 + 0.05), 0.035, hole.z + hole.height / 2), (0.1, 0.07, hole.height), trim)
    if rng.random() < 0.4:
        unit, dark = plain((0.62, 0.62, 0.6), 0.5), plain((0.05, 0.05, 0.05), 0.6)
        shape.box((x + 0.1, 0.25, hole.z - 0.5), (0.8, 0.32, 0.55), unit)
        shape.rod((x + 0.1, 0.42, hole.z - 0.5), (x + 0.1, 0.425, hole.z - 0.5), 0.2, 0.2, dark, sides=12)


def _roof_things(shape: Shape, w: float, depth: float, z: float, rng: np.random.Generator) -> None:
    grey, steel = plain((0.4, 0.4, 0.39), 0.6), plain((0.6, 0.62, 0.64), 0.3, 0.7)
    for _ in range(int(rng.integers(2, 6))):
        x, y = rng.uniform(1, w - 1), -rng.uniform(1, depth - 1)
        if rng.random() < 0.5:
            shape.box((x, y, z + 0.4), (1.0, 0.8, 0.8), grey)
        elif rng.random() < 0.5:
            shape.rod((x, y, z), (x, y, z + 1.3), 0.6, 0.6, steel, sides=14)
        else:
            shape.box((x, y, z + 1.1), (2.6, 2.2, 2.2), plain((0.5, 0.47, 0.42), 0.9))


def hang_sign(
    building: Building, front: float, centre: float, size: tuple[float, float], image: bpy.types.Material, name: str
) -> bpy.types.Object:
    """Return a shop sign on the wall: `centre` metres along the street, lower edge at `SIGN_BASE`."""
    width, high = size
    shape = Shape()
    thick, x = 0.18, building.start + building.width - centre if building.side < 0 else centre - building.start
    shape.frame = wall_frame(building, front) @ Matrix.Translation((x, 0, SIGN_BASE))
    shape.box((0, thick / 2, high / 2), (width, thick, high), plain((0.16, 0.16, 0.17), 0.5))
    y = thick + 0.004
    half = width / 2
    shape.quad(((half, y, 0.0), (-half, y, 0.0), (-half, y, high), (half, y, high)), image)
    return shape.object(name)


def column_sign(
    building: Building, front: float, along: float, text: str, back: Colour, ink: Colour, name: str
) -> bpy.types.Object:
    """Return an upright sign that stands out from the wall, to be read along the street."""
    image = painted(name, paint.column_sign(text, back, ink, 0.7, 2.6), 0.5)
    shape = Shape()
    x = building.start + building.width - along if building.side < 0 else along - building.start
    shape.frame = wall_frame(building, front) @ Matrix.Translation((x, 0.2, GROUND_FLOOR + 0.3))
    shape.box((0, 0.35, 1.3), (0.16, 0.7, 2.6), plain((0.2, 0.2, 0.2), 0.5))
    for s in (-1, 1):
        shape.quad(
            (
                (s * 0.085, 0.35 - s * 0.35, 0),
                (s * 0.085, 0.35 + s * 0.35, 0),
                (s * 0.085, 0.35 + s * 0.35, 2.6),
                (s * 0.085, 0.35 - s * 0.35, 2.6),
            ),
            image,
        )
    return shape.object(name)
