"""The actors' bodies: builds each look once, shows who is there at a moment, and says what of them is seen where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from training.scenes import people, stalls, vehicles
from training.scenes.camera import CameraPose, project
from training.scenes.script import Light, Placement, SceneActor, SceneScript
from training.scenes.shapes import place

PHASES = 4
STRIDE = 1.4  # metres a walker covers in a full swing of the legs


class Cast:
    """Bodies of a script's actors. Signs hang already; everybody else is placed by `show`."""

    def __init__(self, script: SceneScript, signs: dict[int, bpy.types.Object]) -> None:
        self.script = script
        self._meshes: dict[tuple[str, int, int], bpy.types.Mesh] = {}
        self._bodies: dict[int, bpy.types.Object] = {}
        for number, thing in signs.items():
            thing.pass_index = number
        for actor in script.actors:
            if actor.label != "signboard":
                body = place(self._mesh(actor, 0), actor.name)
                body.pass_index = actor.number
                body.hide_render = True
                self._bodies[actor.number] = body

    def _mesh(self, actor: SceneActor, phase: int) -> bpy.types.Mesh:
        key = (actor.kind, actor.look, phase)
        if key not in self._meshes:
            rng = np.random.default_rng(1000 + actor.look)
            if actor.label == "person":
                made = people.build("body", phase / PHASES, actor.kind == "walker", rng)
            elif actor.label == "car":
                made = vehicles.build(cast(vehicles.VehicleKind, actor.kind), "body", rng)
            else:
                made = stalls.build(cast(stalls.StallKind, actor.kind), "body", rng)
            self._meshes[key] = cast(bpy.types.Mesh, made.data)
            bpy.data.objects.remove(made)
        return self._meshes[key]

    def show(self, actors: Sequence[SceneActor], t: float) -> None:
        """Place these actors as at `t` and hide all others."""
        wanted = {actor.number: actor for actor in actors}
        for number, body in self._bodies.items():
            actor = wanted.get(number)
            where = actor.at(t) if actor else None
            body.hide_render = where is None
            if actor is not None and where is not None:
                body.data = self._mesh(actor, self._phase(where) if actor.kind == "walker" else 0)
                body.location = (where.x, where.y, actor.ground())
                body.rotation_euler = (0, 0, where.turn)

    @staticmethod
    def _phase(where: Placement) -> int:
        return int((where.x + where.y) / STRIDE * PHASES) % PHASES

    def reach(self, actor: SceneActor, t: float, pose: CameraPose, light: Light) -> NDArray[np.float64] | None:
        """Return the pixels (x1, y1, x2, y2) that the actor and its shadow can touch; None when out of view."""
        where = actor.at(t)
        if where is None:
            return None
        turn, lift = math.cos(where.turn), math.sin(where.turn)
        corners = []
        for corner in self._bodies[actor.number].bound_box:
            c = Vector(corner)
            x, y, z = where.x + c.x * turn - c.y * lift, where.y + c.x * lift + c.y * turn, c.z + actor.ground()
            fall = z / math.tan(math.radians(light.elevation))
            azimuth = math.radians(light.azimuth)
            corners += [(x, y, z), (x - fall * math.sin(azimuth), y - fall * math.cos(azimuth), 0.0)]
        pixels = project(pose, np.array(corners))
        if np.isnan(pixels).any():
            pixels = pixels[~np.isnan(pixels).any(axis=1)]
        if len(pixels) == 0:
            return None
        low, high = pixels.min(axis=0) - 6, pixels.max(axis=0) + 6
        box = np.array([max(0, low[0]), max(0, low[1]), min(pose.width, high[0]), min(pose.size_v, high[1])])
        return box if box[2] - box[0] > 2 and box[3] - box[1] > 2 else None
