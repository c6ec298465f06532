"""Meshes from simple solids, collected into one Blender object. Metres; x east, y north, z up."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy
from mathutils import Matrix, Vector

from training.scenes.blender import scene

Point = tuple[float, float, float]


class Shape:
    """Collects solids, each with a material, and becomes one object. `frame` places what is added next."""

    def __init__(self) -> None:
        self.frame = Matrix.Identity(4)
        self._verts: list[Point] = []
        self._faces: list[tuple[int, ...]] = []
        self._slots: list[bpy.types.Material] = []
        self._slot_of: list[int] = []
        self._uvs: list[tuple[float, float]] = []
        self._smooth: list[bool] = []

    def at(self, x: float = 0.0, y: float = 0.0, z: float = 0.0, turn: float = 0.0, tilt: float = 0.0) -> Shape:
        """Move the frame: `turn` about z, then `tilt` about the turned x axis, radians."""
        self.frame = Matrix.Translation((x, y, z)) @ Matrix.Rotation(turn, 4, "Z") @ Matrix.Rotation(tilt, 4, "X")
        return self

    def face(
        self,
        points: Sequence[Point],
        material: bpy.types.Material,
        uvs: Sequence[tuple[float, float]] | None = None,
        smooth: bool = False,
    ) -> None:
        """One polygon, counter-clockwise seen from outside. Without `uvs` the texture lies in metres."""
        first = len(self._verts)
        placed = [self.frame @ Vector(p) for p in points]
        self._verts += [(p.x, p.y, p.z) for p in placed]
        self._faces.append(tuple(range(first, first + len(points))))
        if material not in self._slots:
            self._slots.append(material)
        self._slot_of.append(self._slots.index(material))
        self._uvs += list(uvs) if uvs is not None else _metre_uvs(points)
        self._smooth.append(smooth)

    def quad(self, points: Sequence[Point], material: bpy.types.Material) -> None:
        """Four corners from the picture's bottom left, counter-clockwise; the texture fills it once."""
        self.face(points, material, ((0, 0), (1, 0), (1, 1), (0, 1)))

    def box(self, centre: Point, size: Point, material: bpy.types.Material, top: float = 1.0) -> None:
        """Add an upright box; `top` scales its upper face (a frustum)."""
        (cx, cy, cz), (sx, sy, sz) = centre, (size[0] / 2, size[1] / 2, size[2] / 2)
        low = [(cx + a * sx, cy + b * sy, cz - sz) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        high = [(cx + a * sx * top, cy + b * sy * top, cz + sz) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        self.face(low[::-1], material)
        self.face(high, material)
        for i in range(4):
            j = (i + 1) % 4
            self.face([low[i], low[j], high[j], high[i]], material)

    def loft(
        self, rings: Sequence[Sequence[Point]], material: bpy.types.Material, caps: bool = True, smooth: bool = True
    ) -> None:
        """Add a skin over rings of equally many points; neighbours share corners, so that it shades smoothly."""
        first, count = len(self._verts), len(rings[0])
        flat = [p for ring in rings for p in ring]
        placed = [self.frame @ Vector(p) for p in flat]
        self._verts += [(p.x, p.y, p.z) for p in placed]
        if material not in self._slots:
            self._slots.append(material)
        slot = self._slots.index(material)
        for r in range(len(rings) - 1):
            for i in range(count):
                j = (i + 1) % count
                corners = (r * count + i, r * count + j, (r + 1) * count + j, (r + 1) * count + i)
                self._faces.append(tuple(first + k for k in corners))
                self._slot_of.append(slot)
                self._uvs += _metre_uvs([flat[k] for k in corners])
                self._smooth.append(smooth)
        if caps:
            self.face(list(rings[0])[::-1], material)
            self.face(list(rings[-1]), material)

    def rod(self, start: Point, end: Point, r0: float, r1: float, material: bpy.types.Material, sides: int = 8) -> None:
        """Add a round bar, possibly tapered, between two points."""
        a, b = Vector(start), Vector(end)
        turn = (b - a).to_track_quat("Z", "Y")
        circle = [Vector((math.cos(k * math.tau / sides), math.sin(k * math.tau / sides), 0)) for k in range(sides)]
        rings = [[_point(base + turn @ (c * r)) for c in circle] for base, r in ((a, r0), (b, r1))]
        self.loft(rings, material, smooth=sides > 5)

    def ball(self, centre: Point, radii: Point, material: bpy.types.Material, sides: int = 8) -> None:
        """Add an ellipsoid."""
        rings = []
        for k in range(1, sides // 2 + 2):
            polar = math.pi * (k - 0.5) / (sides // 2 + 1)
            rings.append(
                [
                    (
                        centre[0] + radii[0] * math.sin(polar) * math.cos(i * math.tau / sides),
                        centre[1] + radii[1] * math.sin(polar) * math.sin(i * math.tau / sides),
                        centre[2] - radii[2] * math.cos(polar),
                    )
                    for i in range(sides)
                ]
            )
        self.loft(rings, material)

    def wheel(
        self, centre: Point, radius: float, width: float, tyre: bpy.types.Material, hub: bpy.types.Material
    ) -> None:
        """Add a wheel that rolls along x."""
        x, y, z = centre
        self.rod((x, y - width / 2, z), (x, y + width / 2, z), radius, radius, tyre, sides=14)
        self.rod((x, y - width / 2 - 0.01, z), (x, y + width / 2 + 0.01, z), radius * 0.6, radius * 0.6, hub, sides=10)

    def mesh(self, name: str) -> bpy.types.Mesh:
        """Return what was collected, as a mesh."""
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(self._verts, [], self._faces)
        for material in self._slots:
            mesh.materials.append(material)
        mesh.polygons.foreach_set("material_index", self._slot_of)
        mesh.polygons.foreach_set("use_smooth", self._smooth)
        layer = mesh.uv_layers.new(name="uv")
        layer.data.foreach_set("uv", [value for uv in self._uvs for value in uv])
        mesh.update()
        return mesh

    def object(self, name: str) -> bpy.types.Object:
        """Return what was collected, as an object of the scene."""
        return place(self.mesh(name), name)


def place(mesh: bpy.types.Mesh, name: str, at: Point = (0.0, 0.0, 0.0), turn: float = 0.0) -> bpy.types.Object:
    """Return a mesh (which may be shared) as an object of the scene."""
    thing = bpy.data.objects.new(name, mesh)
    thing.location = at
    thing.rotation_euler = (0.0, 0.0, turn)
    scene().collection.objects.link(thing)
    return thing


def rounded(x: float, half_width: float, low: float, high: float, corner: float, top: float = 1.0) -> list[Point]:
    """Return a rounded upright rectangle across x: the ring of a car body at station x.

    `top` narrows the upper edge.
    """
    ring: list[Point] = []
    for cy, cz, start in ((1, 1, 0.0), (-1, 1, 0.5), (-1, -1, 1.0), (1, -1, 1.5)):
        width = half_width * (top if cz > 0 else 1.0)
        for k in range(3):
            angle = math.pi * (start + k / 4)
            ring.append(
                (
                    x,
                    cy * (width - corner) + corner * math.cos(angle),
                    (high - corner if cz > 0 else low + corner) + corner * math.sin(angle),
                )
            )
    return ring


def _point(v: Vector) -> Point:
    return v.x, v.y, v.z


def _metre_uvs(points: Sequence[Point]) -> list[tuple[float, float]]:
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = points[:3]
    ux, uy, uz, vx, vy, vz = bx - ax, by - ay, bz - az, cx - ax, cy - ay, cz - az
    normal = (uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx)
    axis = max(range(3), key=lambda k: abs(normal[k]))
    first, second = ((1, 2), (0, 2), (0, 1))[axis]
    return [(p[first], p[second]) for p in points]
