"""Labelled single pictures of random streets, for training: YOLO labels of what is visible, and the exact poses."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import cast

import bpy
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from training.scenes import market, people, props, random_block, render, stalls, street, vehicles, weather
from training.scenes.block import BlockPlan
from training.scenes.camera import CameraPose
from training.scenes.film import EXPOSURE, Linear, develop
from training.scenes.photos import Photos
from training.scenes.random_block import LABELS, Label, Thing, View
from training.scenes.truth import VisibleObject, pose_document, seen, write_json

VIEWS = 8  # pictures of one street, before the next is raised
SMALLEST = 8  # pixels: a side shorter than this is no label
TRIES = 6  # views drawn for one picture, of which the first that shows enough is taken
ENOUGH = 3  # stalls, goods or boards in it; one picture in eight may show nothing
NIGHTS, RAINS = 0.14, 0.12  # shares of the pictures
LIT = ("stall", "signboard", "billboard")  # what gives light at night
ViewOf = Callable[[BlockPlan, np.random.Generator, int], tuple[View, CameraPose]]
WANTED: tuple[Label, ...] = ("stall", "goods_outside_shop", "banner", "billboard", "a_board")


def render_frames(
    out: Path,
    count: int,
    seed: int,
    width: int,
    samples: int,
    threads: int,
    worn: Photos | None = None,
    view: ViewOf = random_block.view,
) -> None:
    """Render `count` pictures to OUT/images, with labels and poses beside them; those that are there are kept.

    `worn`: photographs, which some of the surfaces wear; `view` draws where from, e.g. `random_block.pole_view`.
    """
    for folder in ("images", "labels", "poses"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    names = "".join(f"  {k}: {label}\n" for k, label in enumerate(LABELS))
    (out / "data.yaml").write_text(f"path: .\ntrain: images\nval: images\nnames:\n{names}", encoding="utf-8")
    for first in range(0, count, VIEWS):
        wanted = [k for k in range(first, min(first + VIEWS, count)) if not (out / "labels" / f"{k:05d}.txt").exists()]
        if wanted:
            _street(out, wanted, first, seed, width, samples, threads, worn, view)


def _street(
    out: Path,
    wanted: list[int],
    first: int,
    seed: int,
    width: int,
    samples: int,
    threads: int,
    worn: Photos | None,
    view: ViewOf,
) -> None:
    rng = np.random.default_rng([seed, first])
    plan, sky_light = random_block.block(rng), random_block.light(rng)
    render.start(threads, sky_light)
    labels: dict[int, Label] = {}
    for number, sign in street.build(plan, seed + first, worn).items():
        sign.pass_index = number
        labels[number] = "signboard"
    for thing in random_block.things(plan, rng):
        _raise(thing, rng)
        labels[thing.number] = thing.label
    views = _views(plan, first, seed, wanted, width, labels, view)
    render.shine(sky_light)
    for k, (kind, pose, found, view_rng) in views.items():
        began = time.monotonic()
        render.look(pose)
        lamps = [s.box for s in found if labels[s.number] in LIT]
        pixels = _taken(render.picture(samples), lamps, view_rng)
        _write(out, k, pixels, pose, kind, found, labels)
        sys.stderr.write(f"picture {k}: {kind}, {time.monotonic() - began:.1f} s, {len(found)} objects\n")
        sys.stderr.flush()


def _views(
    plan: BlockPlan, first: int, seed: int, wanted: list[int], width: int, labels: dict[int, Label], view: ViewOf
) -> dict[int, tuple[View, CameraPose, tuple[VisibleObject, ...], np.random.Generator]]:
    """What is to be taken of one street. All are chosen before the first is taken: after each change between masks and
    pictures Cycles reads the whole street again, which takes as long as a picture."""
    chosen = {}
    for k in wanted:
        # every view has numbers of its own: a resumed run gives the same pictures
        rng = np.random.default_rng([seed, first, k])
        chosen[k] = (*_worth_taking(plan, rng, width, labels, view), rng)
    return chosen


def _worth_taking(
    plan: BlockPlan, rng: np.random.Generator, width: int, labels: dict[int, Label], view: ViewOf
) -> tuple[View, CameraPose, tuple[VisibleObject, ...]]:
    """A view that shows enough, and what it shows; looking costs a tenth of taking the picture."""
    wanted = 0 if rng.random() < 0.125 else ENOUGH
    for _ in range(TRIES):
        kind, pose = view(plan, rng, width)
        render.look(pose)
        found = tuple(s for s in seen(render.masks()) if s.number in labels and _large(s))
        if sum(labels[s.number] in WANTED for s in found) >= wanted:
            break
    return kind, pose, found


def _raise(thing: Thing, rng: np.random.Generator) -> bpy.types.Object:
    if thing.label == "stall":
        body = _stall(thing.kind, rng)
    elif thing.label == "person":
        body = people.build(thing.kind, float(rng.random()), thing.kind == "walker", rng)
    elif thing.label in ("car", "bus", "two_wheeler"):
        body = vehicles.build(cast(vehicles.VehicleKind, thing.kind), thing.kind, rng)
    else:
        body = props.build(cast(props.PropKind, thing.kind), f"{thing.kind} {thing.number}", rng)
    body.location = (thing.x, thing.y, thing.z)
    body.rotation_euler = (0.0, 0.0, thing.turn)
    body.pass_index = thing.number
    return body


def _stall(kind: str, rng: np.random.Generator) -> bpy.types.Object:
    cloth = market.canvas(rng)
    if kind in market.KINDS:
        return market.build(kind, kind, cloth, rng)
    return stalls.build(cast(stalls.StallKind, kind), kind, rng, cloth if rng.random() < 0.6 else None)


def _large(what: VisibleObject) -> bool:
    x1, y1, x2, y2 = what.box
    return x2 - x1 >= SMALLEST and y2 - y1 >= SMALLEST and what.pixels >= 0.12 * (x2 - x1) * (y2 - y1)


def _taken(linear: Linear, lamps: Sequence[weather.Box], rng: np.random.Generator) -> NDArray[np.uint8]:
    """As some camera would give it: by day, night or rain; haze, exposure, white balance, blur, sensor noise."""
    if dark := rng.random() < NIGHTS:
        linear = weather.night(linear, lamps, rng)
    haze = float(rng.uniform(0, 0.2)) if not dark and rng.random() < 0.3 else 0.0
    tint = np.array([1 + rng.normal(0, 0.05), 1.0, 1 + rng.normal(0, 0.05)], dtype=np.float32)
    lit = (linear * np.float32(1 - haze) + np.float32(0.5 * haze)) * tint
    # a camera exposes for what it sees; the rest is chance
    metered = 0.2 / max(0.02, float(np.median(lit)))
    shown = Image.fromarray(
        develop(lit.astype(np.float32), EXPOSURE * metered**0.6 * math.exp(float(rng.normal(0, 0.25))))
    )
    if rng.random() < 0.5:
        shown = shown.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.3))))
    fallen = weather.rain(np.asarray(shown, np.uint8), rng) if rng.random() < RAINS else np.asarray(shown)
    grain = rng.uniform(0, 12 if dark else 5)
    noisy = fallen.astype(np.float32) + rng.normal(0, grain, (shown.height, shown.width, 1))
    return noisy.clip(0, 255).astype(np.uint8)


def _write(
    out: Path,
    number: int,
    pixels: NDArray[np.uint8],
    pose: CameraPose,
    kind: str,
    found: tuple[VisibleObject, ...],
    labels: dict[int, Label],
) -> None:
    high, wide = pixels.shape[:2]
    Image.fromarray(pixels).save(out / "images" / f"{number:05d}.jpg", quality=90)
    write_json(
        out / "poses" / f"{number:05d}.json",
        {"view": kind, "pose": pose_document(pose), "boxes": [{**asdict(s), "class": labels[s.number]} for s in found]},
    )
    lines = []
    for one in found:
        x1, y1, x2, y2 = one.box
        middle = f"{(x1 + x2) / 2 / wide:.6f} {(y1 + y2) / 2 / high:.6f}"
        lines.append(f"{LABELS.index(labels[one.number])} {middle} {(x2 - x1) / wide:.6f} {(y2 - y1) / high:.6f}\n")
    (out / "labels" / f"{number:05d}.txt").write_text("".join(lines), encoding="utf-8")
