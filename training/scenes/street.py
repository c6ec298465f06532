"""The block that every clip shares: road, kerbs, pavements, buildings, trees, lamps and what is parked for good."""

from __future__ import annotations

import math

import bpy
import numpy as np

from training.scenes import facades, paint, photos, vehicles
from training.scenes.block import BlockPlan
from training.scenes.materials import leaf, painted, plain
from training.scenes.photos import Photos
from training.scenes.script import PAVEMENT
from training.scenes.shapes import Shape, place

DEPTH = 14.0
PHOTOGRAPHED = (0.35, 0.5, 0.8)
"""How often road, pavements and the ground behind wear a photograph where there are any."""


def build(plan: BlockPlan, seed: int, worn: Photos | None = None) -> dict[int, bpy.types.Object]:
    """Raise the block, where there are photographs with some of its surfaces photographed.

    Returns the signs' objects by their actor number."""
    rng = np.random.default_rng(seed)
    _ground(plan, rng, worn)
    by_name = {}
    for name, building in plan.buildings.items():
        front = plan.far + 2 if building.side == 0 else plan.front
        facades.build(building, front, DEPTH, rng, worn)
        by_name[name] = building
    _back_rows(plan, rng, worn)
    _trees(plan, rng)
    _furniture(plan, rng)
    signs = {}
    for sign in plan.signs:
        image = paint.sign((sign.chinese, sign.english), sign.back, sign.ink, sign.width, sign.height)
        material = painted(f"sign {sign.number}", image, 0.45)
        size = (sign.width, sign.height)
        thing = facades.hang_sign(by_name[sign.building], plan.front, sign.along, size, material, f"sign {sign.number}")
        signs[sign.number] = thing
    return signs


def _ground(plan: BlockPlan, rng: np.random.Generator, worn: Photos | None) -> None:
    shape = Shape()
    length = plan.far - plan.near
    road, pavements, yards = (None if worn is None or rng.random() > share else worn for share in PHOTOGRAPHED)
    if road is not None:
        surface = photos.ground(road, 2 * plan.road, length, rng)
    else:
        surface = paint.road(2 * plan.road, length, 50, (plan.far - plan.zebra - 3.2,), rng)
    _sheet(shape, plan, (-plan.road, plan.road), 0.0, painted("road", surface, 0.8, bump=0.12))
    width = plan.front - plan.road
    for side, tactile in ((-1, width * 0.42), (1, width * 0.42)):
        if pavements is not None:
            image = photos.ground(pavements, width, length, rng)
        else:
            image = paint.paving(width, length, 50, tactile, rng)
        flags = painted(f"paving {side}", image, 0.85, bump=0.1)
        edges = sorted((side * (plan.road + 0.14), side * plan.front))
        _sheet(shape, plan, (edges[0], edges[1]), PAVEMENT, flags)
        for k in range(int(length)):  # granite kerb stones, one a metre
            tone = float(rng.uniform(0.3, 0.42))
            stone = plain((round(tone, 2), round(tone, 2), round(tone * 0.97, 2)), 0.8)
            x = side * (plan.road + 0.07)
            shape.box((x, plan.near + k + 0.5, PAVEMENT / 2 - 0.02), (0.14, 0.985, PAVEMENT + 0.04), stone)
    laid = paint.paving(40, 40, 12, 5.0, rng) if yards is None else photos.ground(yards, 40, 40, rng, ppm=20)
    yard = painted("yard", laid, 0.9)
    shape.face(
        ((-150, -120, -0.06), (150, -120, -0.06), (150, 240, -0.06), (-150, 240, -0.06)),
        yard,
        ((0, 0), (8, 0), (8, 9), (0, 9)),
    )
    shape.object("ground")


def _sheet(shape: Shape, plan: BlockPlan, edges: tuple[float, float], z: float, material: bpy.types.Material) -> None:
    (x0, x1), y0, y1 = edges, plan.near, plan.far
    shape.quad(((x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)), material)


def _back_rows(plan: BlockPlan, rng: np.random.Generator, worn: Photos | None) -> None:
    """Roofs behind the fronts, which only a drone sees."""
    shape = Shape()
    for side in (-1, 1):
        y = plan.near
        while y < plan.far:
            w, d, h = float(rng.uniform(8, 16)), float(rng.uniform(8, 13)), float(rng.uniform(4, 15))
            x = side * (plan.front + DEPTH + 5 + d / 2)
            wall = plain((0.5, 0.46, 0.4), 0.9)
            shape.box((x, y + w / 2, h / 2), (d, w, h), wall)
            felt = painted(f"back {side} {y:.0f}", facades.roof(d, w, rng, worn), 0.95)
            z = h + 0.01
            x0, x1 = x - d / 2, x + d / 2
            shape.quad(((x0, y, z), (x1, y, z), (x1, y + w, z), (x0, y + w, z)), felt)
            y += w + float(rng.uniform(0.5, 5))
    shape.object("back rows")


def _tree(rng: np.random.Generator, name: str) -> bpy.types.Mesh:
    """Return a street tree: a forked trunk and a crown of leaf clusters."""
    shape = Shape()
    bark = plain((0.16, 0.13, 0.1), 0.95)
    shape.rod((0, 0, 0), (0.05, 0.03, 2.6), 0.15, 0.1, bark)
    greens = [leaf((0.05, 0.11, 0.02)), leaf((0.08, 0.13, 0.025)), leaf((0.15, 0.13, 0.03))]
    for _ in range(17):
        angle, reach, z = rng.uniform(0, math.tau), rng.uniform(0.2, 1.35), rng.uniform(3.0, 5.6)
        reach *= math.sqrt(max(0.15, 1 - ((z - 4.2) / 1.7) ** 2))
        cx, cy = reach * math.cos(angle), reach * math.sin(angle)
        shape.rod((0.05, 0.03, min(z - 0.4, 2.6 + 0.4 * (z - 3))), (cx, cy, z), 0.04, 0.015, bark, sides=5)
        for _ in range(70):
            offset = rng.normal(0, 0.34, 3)
            centre = np.array([cx, cy, z]) + offset
            a = rng.normal(0, 1, 3)
            a *= rng.uniform(0.07, 0.15) / np.linalg.norm(a)
            b = np.cross(a, rng.normal(0, 1, 3))
            b *= np.linalg.norm(a) * 0.8 / np.linalg.norm(b)
            corners = [tuple(float(c) for c in centre + s * a + t * b) for s, t in ((1, 0), (0, 1), (-1, 0), (0, -1))]
            shape.face([(c[0], c[1], c[2]) for c in corners], greens[int(rng.integers(3))])
    return shape.mesh(name)


def _trees(plan: BlockPlan, rng: np.random.Generator) -> None:
    meshes = [_tree(rng, f"tree {k}") for k in range(3)]
    pit = Shape()
    for side, rows in ((-1, plan.west_trees), (1, plan.east_trees)):
        for k, y in enumerate(rows):
            x = side * (plan.road + 0.85)
            thing = place(meshes[k % 3], f"tree {side} {y}", (x, y, PAVEMENT), float(rng.uniform(0, 6)))
            thing.scale = (1, 1, float(rng.uniform(0.95, 1.1)))
            pit.box((x, y, PAVEMENT + 0.005), (0.9, 0.9, 0.02), plain((0.09, 0.065, 0.045), 0.95))
    pit.object("tree pits")


def _furniture(plan: BlockPlan, rng: np.random.Generator) -> None:
    shape = Shape()
    steel, dark = plain((0.3, 0.31, 0.32), 0.4, 0.6), plain((0.06, 0.07, 0.08), 0.5)
    for side, y in plan.lamps:
        x = side * (plan.road + 0.45)
        shape.rod((x, y, 0), (x, y, 7.2), 0.09, 0.06, steel)
        shape.rod((x, y, 7.2), (x - side * 1.7, y, 7.5), 0.05, 0.04, steel)
        shape.box((x - side * 1.9, y, 7.5), (0.7, 0.22, 0.1), dark)
    for y in (6.0, 34.0):  # litter bins
        shape.box((-(plan.road + 0.6), y, PAVEMENT + 0.5), (0.4, 0.5, 0.9), plain((0.05, 0.16, 0.1), 0.5))
    for x, y in plan.bollards:
        shape.rod((x, y, 0), (x, y, 0.85), 0.06, 0.06, steel)
    shape.object("furniture")
    for k, (x, y) in enumerate(plan.parked):
        kind: vehicles.VehicleKind = "bicycle" if k % 3 == 2 else "scooter"
        thing = vehicles.build(kind, f"parked {k}", rng)
        thing.location = (x, y, PAVEMENT)
        thing.rotation_euler = (0, 0, float(rng.normal(0, 0.12)))
