"""Cut-outs for composites: things as a camera on a pole sees them, nothing behind them, their shadow below.

    python -m training.scenes cutouts --out runs/scenes/cutouts --count 600

Each picture OUT/NNNNN.png is RGBA; the ground only catches shadow (black, partly transparent). OUT/NNNNN.npy holds
which thing each pixel shows (0: none), OUT/NNNNN.json what they are, and the scale and the angle they were seen at.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import bpy
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.scenes import blender, market, people, props, random_block, render, stalls, vehicles, vendors
from training.scenes.camera import CameraPose, project
from training.scenes.film import EXPOSURE, develop
from training.scenes.truth import seen, write_json

SIZE = 384  # pixels: of the square picture that is cropped afterwards
LIGHTS = 8  # groups under one sky: baking a sky costs as much as a group
MOST = 24  # things of one group
APART = 150.0  # metres between them
STALLS = (*vendors.KINDS, *vendors.KINDS, *stalls.KINDS, "lean_to", "parasol", "glass_cart", "tarpaulin", "pick_up")
SINGLE, ROW, GOODS, BOARDS, NOTHING = 0.45, 0.22, 0.12, 0.09, 0.12
"""Shares of groups: one stall, stalls in a row, goods before a shop, boards, and what is none of it (two-wheelers and
people), so that having been pasted is no sign of being a stall."""


@dataclass(frozen=True, slots=True)
class Member:
    """One thing of a group: its number in the masks, what it counts as, its kind, metres from the middle, turn."""

    number: int
    label: str
    kind: str
    x: float
    y: float
    turn: float


def cut_outs(out: Path, count: int, seed: int, samples: int, threads: int) -> None:
    """Render `count` groups into OUT; those that are there are kept."""
    out.mkdir(parents=True, exist_ok=True)
    for first in range(0, count, LIGHTS):
        wanted = [k for k in range(first, min(first + LIGHTS, count)) if not (out / f"{k:05d}.json").exists()]
        if not wanted:
            continue
        light = random_block.light(np.random.default_rng([seed, first]))
        render.start(threads, light)
        blender.scene().render.film_transparent = True
        ground = _ground()
        groups, poses, masks = [], [], []
        for place, k in enumerate(wanted):
            rng = np.random.default_rng([seed, first, k])
            members = group(rng, place * APART)
            for member in members:
                _raise(member, rng).pass_index = place * MOST + member.number
            groups.append(members)
            poses.append(view(members, rng))
        # all masks before all pictures: between them Cycles reads the whole scene again
        ground.hide_render = True
        for place, (pose, _) in enumerate(poses):
            render.look(pose)
            numbers = render.masks()
            masks.append(np.where(numbers > 0, numbers - place * MOST, 0))  # not in 1 .. MOST: groups far behind
        ground.hide_render = False
        render.shine(light)
        for k, members, (pose, metre), mask in zip(wanted, groups, poses, masks, strict=True):
            began = time.monotonic()
            render.look(pose)
            rgba = render.cut_out(samples)
            rgba[(mask > MOST) | (mask < 0)] = 0
            _write(out / f"{k:05d}", rgba, np.where((mask > 0) & (mask <= MOST), mask, 0), members, pose, metre)
            sys.stderr.write(f"cut-out {k}: {len(members)} things, {time.monotonic() - began:.1f} s\n")
            sys.stderr.flush()


def group(rng: np.random.Generator, east: float = 0.0) -> tuple[Member, ...]:
    """Return what stands together, drawn by the shares above; customers and a two-wheeler beside some of the stalls.

    `east`: metres, where its middle is.
    """
    members: list[Member] = []

    def add(label: str, kind: str, x: float, y: float, turn: float) -> None:
        number = len(members) + 1
        members.append(Member(number, label, kind, east + x, y, turn))

    what = rng.choice(5, p=np.array([SINGLE, ROW, GOODS, BOARDS, NOTHING]))
    turn = float(rng.uniform(0, math.tau))
    if what <= 1:
        _add_stalls(1 if what == 0 else None, turn, members, east, add, rng)
    elif what == 2:
        add("goods_outside_shop", "goods_outside_shop", 0.0, 0.0, turn)
    elif what == 3:
        kind = str(rng.choice(["a_board", "banner"]))
        add(kind, kind, 0.0, 0.0, turn)
    else:
        _add_distractors(add, rng)
    return tuple(members)


def _add_stalls(
    count: int | None,
    turn: float,
    members: Sequence[Member],
    east: float,
    add: Callable[[str, str, float, float, float], None],
    rng: np.random.Generator,
) -> None:
    """Add a row of `count` stalls (None: two to five), who trades there, and now and then a two-wheeler."""
    kinds = rng.choice(STALLS, 2)
    gap = float(rng.uniform(2.2, 3.6))
    for k in range(count or int(rng.integers(2, 6))):
        along = k * gap
        x, y = along * math.cos(turn), along * math.sin(turn)
        add("stall", str(kinds[int(rng.integers(2))]), x, y, turn + float(rng.normal(0, 0.12)))
    for _ in range(int(rng.integers(0, 4))):
        base = members[int(rng.integers(len(members)))]
        away, where = float(rng.uniform(1.0, 1.9)), float(rng.uniform(0, math.tau))
        kind = "standing" if rng.random() < 0.8 else "walker"
        x, y = base.x - east + away * math.cos(where), base.y + away * math.sin(where)
        add("person", kind, x, y, where + math.pi)
    if rng.random() < 0.25:
        away, where = float(rng.uniform(1.8, 2.4)), float(rng.uniform(0, math.tau))
        kind = str(rng.choice(["scooter", "bicycle"]))
        add("two_wheeler", kind, away * math.cos(where), away * math.sin(where), where)


def _add_distractors(add: Callable[[str, str, float, float, float], None], rng: np.random.Generator) -> None:
    """Add one to four two-wheelers and people, and no stall."""
    for _ in range(int(rng.integers(1, 5))):
        drawn = rng.random()
        kinds = ((0.3, "scooter"), (0.5, "shaded_scooter"), (0.65, "bicycle"), (1.0, "standing"))
        kind = next(name for below, name in kinds if drawn < below)
        x, y = float(rng.uniform(-1.5, 1.5)), float(rng.uniform(-1.5, 1.5))
        add("person" if kind == "standing" else "two_wheeler", kind, x, y, float(rng.uniform(0, math.tau)))


def view(members: tuple[Member, ...], rng: np.random.Generator) -> tuple[CameraPose, float]:
    """From a pole 3 to 9 m high, 6 to 45 m away, looking at the group; and pixels per metre at its middle."""
    x, y = (float(np.mean([getattr(m, axis) for m in members])) for axis in ("x", "y"))
    spread = max(math.hypot(m.x - x, m.y - y) for m in members) + 2.3
    height, far, bearing = (
        float(rng.uniform(3, 9)),
        float(rng.uniform(max(6.0, spread * 2), 45)),
        float(rng.uniform(0, 360)),
    )
    distance = math.hypot(far, height - 1.0)
    focal = SIZE * 0.46 * distance / spread
    pitch = -math.degrees(math.atan2(height - 1.0, far))
    east, north = x - far * math.sin(math.radians(bearing)), y - far * math.cos(math.radians(bearing))
    return CameraPose(
        east, north, height, bearing, pitch, float(rng.normal(0, 1.2)), focal, SIZE, SIZE
    ), focal / distance


def _ground() -> bpy.types.Object:
    bpy.ops.mesh.primitive_plane_add(size=4 * LIGHTS * APART)
    ground = cast(bpy.types.Object, bpy.context.object)
    ground.is_shadow_catcher = True
    return ground


def _raise(member: Member, rng: np.random.Generator) -> bpy.types.Object:
    kind, name, cloth = member.kind, f"{member.kind} {member.number}", market.canvas(rng)
    if member.label == "stall":
        if kind in vendors.KINDS:
            body = vendors.build(kind, name, cloth, rng)
        elif kind in market.KINDS:
            body = market.build(kind, name, cloth, rng)
        else:
            body = stalls.build(cast(stalls.StallKind, kind), name, rng, cloth if rng.random() < 0.7 else None)
    elif member.label == "person":
        body = people.build(name, float(rng.random()), kind == "walker", rng)
    elif member.label == "two_wheeler":
        body = vehicles.build(cast(vehicles.VehicleKind, kind), name, rng)
    else:
        body = props.build(cast(props.PropKind, kind), name, rng)
    body.location = (member.x, member.y, 0.0)
    body.rotation_euler = (0.0, 0.0, member.turn)
    return body


def _write(
    stem: Path,
    rgba: NDArray[np.float32],
    mask: NDArray[np.int32],
    members: tuple[Member, ...],
    pose: CameraPose,
    metre: float,
) -> None:
    alpha = rgba[..., 3:].clip(0, 1)
    straight = rgba[..., :3] / np.maximum(alpha, 1e-3)
    shown = straight[mask > 0]
    metered = 0.2 / max(0.02, float(np.median(shown))) if len(shown) else 1.0
    pixels = develop(straight.astype(np.float32), EXPOSURE * metered**0.6)
    rows, cols = np.nonzero((alpha[..., 0] > 0.03) | (mask > 0))
    if len(rows) == 0:
        write_json(stem.with_suffix(".json"), {"things": []})
        return
    top, bottom, left, right = rows.min(), rows.max() + 1, cols.min(), cols.max() + 1
    whole = np.dstack([pixels, (alpha * 255 + 0.5).astype(np.uint8)])[top:bottom, left:right]
    Image.fromarray(whole, "RGBA").save(stem.with_suffix(".png"))
    cut = np.ascontiguousarray(mask[top:bottom, left:right])
    np.save(stem.with_suffix(".npy"), cut.astype(np.uint8))
    feet = project(pose, np.array([[m.x, m.y, 0.0] for m in members])) - np.array([left, top])
    by_number = {m.number: (m, foot) for m, foot in zip(members, feet, strict=True)}
    things = [
        {
            "number": one.number,
            "class": by_number[one.number][0].label,
            "kind": by_number[one.number][0].kind,
            "box": list(one.box),
            "pixels": one.pixels,
            "foot": [round(float(v), 1) for v in by_number[one.number][1]],
        }
        for one in seen(cut)
    ]
    write_json(
        stem.with_suffix(".json"),
        {"things": things, "pixels_per_metre": round(metre, 2), "pitch": round(pose.pitch, 1)},
    )
