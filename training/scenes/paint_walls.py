"""Painted façades: where the openings are, and the two pictures (colour, glass) that a wall wears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

from training.scenes.block import Colour
from training.scenes.paint import mottled, noise

GROUND_FLOOR = 4.0
FLOOR = 3.2
Kind = Literal["window", "shop", "door"]
Finish = Literal["plaster", "brick", "tile"]


@dataclass(frozen=True, slots=True)
class Opening:
    """A hole in a wall, in metres from the wall's lower left corner."""

    kind: Kind
    x: float
    z: float
    width: float
    height: float


def openings(width: float, floors: int, rng: np.random.Generator) -> tuple[Opening, ...]:
    """Shop fronts and doors below, windows above, on a grid of bays."""
    bays = max(1, round(width / 3.3))
    bay = width / bays
    found = []
    narrow = float(rng.uniform(0.42, 0.56))
    for b in range(bays):
        left = b * bay
        door = 1.0
        found.append(Opening("shop", left + 0.25, 0.35, bay - 0.6 - door, 2.35))
        found.append(Opening("door", left + bay - 0.25 - door, 0.08, door, 2.62))
        for floor in range(floors - 1):
            w = bay * narrow
            found.append(Opening("window", left + (bay - w) / 2, GROUND_FLOOR + floor * FLOOR + 0.75, w, 1.75))
    return tuple(found)


def wall(
    width: float, height: float, finish: Finish, colour: Colour, holes: tuple[Opening, ...], rng: np.random.Generator
) -> tuple[Image.Image, Image.Image]:
    """Return the wall's colour, and a mask that is white where there is glass. 48 pixels per metre."""
    ppm = 48
    w, h = int(width * ppm), int(height * ppm)
    image = _finish(w, h, ppm, finish, colour, rng)
    draw = ImageDraw.Draw(image)
    base = tuple(int(c * 0.55 + 30) for c in colour)
    draw.rectangle((0, h - int(0.35 * ppm), w, h), fill=base)
    for z in np.arange(GROUND_FLOOR, height - 1, FLOOR):  # string courses
        y = h - z * ppm
        draw.rectangle((0, y - 0.12 * ppm, w, y + 0.06 * ppm), fill=tuple(int(c * 0.86 + 30) for c in colour))
        draw.line((0, y + 0.08 * ppm, w, y + 0.08 * ppm), fill=tuple(int(c * 0.5) for c in colour), width=2)
    glass = Image.new("L", (w, h), 0)
    for hole in holes:
        _opening(image, glass, hole, h, ppm, rng)
    return _weather(image, glass, holes, ppm, rng), glass


def _finish(w: int, h: int, ppm: int, finish: Finish, colour: Colour, rng: np.random.Generator) -> Image.Image:
    if finish == "plaster":
        return mottled((w, h), colour, 0.025, 0.09, rng)
    course, length = (0.09, 0.25) if finish == "brick" else (0.12, 0.24)
    rows, cols = int(h / ppm / course) + 1, int(w / ppm / length) + 2
    tones = 1 + (0.13 if finish == "brick" else 0.05) * rng.standard_normal((rows, cols))
    ch, cw = max(3, int(course * ppm)), max(5, int(length * ppm))
    field = np.kron(tones, np.ones((ch, cw)))
    joint = np.ones_like(field)
    joint[::ch] = 0.0
    for row in range(rows):
        field[row * ch : (row + 1) * ch] = np.roll(field[row * ch : (row + 1) * ch], (row % 2) * cw // 2, axis=1)
        joint[row * ch : (row + 1) * ch, (row % 2) * cw // 2 :: cw] = 0.0
    mortar = np.array((168, 162, 152) if finish == "brick" else [c * 0.75 for c in colour])
    pixels = np.where(joint[..., None] > 0, np.array(colour) * field[..., None], mortar)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).crop((0, 0, w, h)).copy()


def _opening(image: Image.Image, glass: Image.Image, hole: Opening, h: int, ppm: int, rng: np.random.Generator) -> None:
    box = (
        int(hole.x * ppm),
        int(h - (hole.z + hole.height) * ppm),
        int((hole.x + hole.width) * ppm),
        int(h - hole.z * ppm),
    )
    w, d = box[2] - box[0], box[3] - box[1]
    if w < 6 or d < 6:
        return
    frame: Colour = [(228, 226, 220), (92, 94, 98), (60, 62, 64), (120, 84, 60)][int(rng.integers(4))]
    inside = _shop_inside(w, d, rng) if hole.kind != "window" else _room_inside(w, d, rng)
    image.paste(inside, box[:2])
    ImageDraw.Draw(glass).rectangle(box, fill=255)
    draw, mask, edge = ImageDraw.Draw(image), ImageDraw.Draw(glass), max(3, int(0.06 * ppm))
    bars = (
        [box[0], box[2] - edge] if hole.kind == "door" else list(np.linspace(box[0], box[2] - edge, 3 if w > 40 else 2))
    )
    for x in bars:
        for target, fill in ((draw, frame), (mask, 0)):
            target.rectangle((x, box[1], x + edge, box[3]), fill=fill)
    across = [box[1], box[3] - edge]
    if hole.kind == "window":
        across.append(box[1] + d // 3)
    for y in across:
        for target, fill in ((draw, frame), (mask, 0)):
            target.rectangle((box[0], y, box[2], y + edge), fill=fill)
    if hole.kind == "door":
        draw.rectangle(
            (box[2] - 3 * edge, box[1] + d // 2, box[2] - 2 * edge, box[1] + int(d * 0.62)), fill=(200, 200, 196)
        )


def _room_inside(w: int, d: int, rng: np.random.Generator) -> Image.Image:
    dark = int(rng.uniform(24, 52))
    image = Image.new("RGB", (w, d), (dark, dark + 3, dark + 8))
    draw = ImageDraw.Draw(image)
    if rng.random() < 0.65:  # curtains
        tone: Colour = [(178, 168, 150), (150, 120, 104), (120, 132, 140), (196, 190, 182)][int(rng.integers(4))]
        drawn = rng.uniform(0.15, 0.5)
        for side in (0, 1):
            for k in range(int(w * drawn / 3)):
                x = k * 3 if side == 0 else w - k * 3
                shade = 0.6 + 0.25 * (k % 2)
                draw.rectangle((x - 2, 0, x + 1, d), fill=tuple(int(c * shade) for c in tone))
    return image


def _shop_inside(w: int, d: int, rng: np.random.Generator) -> Image.Image:
    warm = rng.uniform(0.5, 1.1)
    ramp = np.linspace(1.0, 0.45, d)[:, None, None] * np.array((96, 84, 66)) * warm
    image = Image.fromarray(np.broadcast_to(ramp, (d, w, 3)).astype(np.uint8).copy())
    draw = ImageDraw.Draw(image)
    for shelf in np.linspace(d * 0.32, d * 0.88, 4):
        x = 2.0
        while x < w - 4:
            size = rng.uniform(4, 11)
            tone = rng.uniform(50, 150)
            fill = tuple(int(np.clip(c, 20, 190)) for c in (tone + rng.normal(0, 26, 3)) * warm)
            draw.rectangle((x, shelf - size, x + size * 0.8, shelf), fill=fill)
            x += size * rng.uniform(0.9, 1.8)
        draw.line((0, shelf, w, shelf), fill=(44, 38, 32), width=2)
    for _ in range(max(1, w // 50)):
        x = rng.uniform(0, w)
        draw.rectangle((x, 3, x + 18, 7), fill=(255, 244, 214))
    return image


def _weather(
    image: Image.Image, glass: Image.Image, holes: tuple[Opening, ...], ppm: int, rng: np.random.Generator
) -> Image.Image:
    """Streaks below the sills and grime near the ground, on the wall but not on the glass."""
    w, h = image.size
    dirt = np.ones((h, w), dtype=np.float32)
    streaks = np.repeat(noise(1, w, 5, rng), h, axis=0)
    for hole in holes:
        if hole.kind == "window":
            x0, x1 = int(hole.x * ppm), int((hole.x + hole.width) * ppm)
            y0, y1 = int(h - hole.z * ppm), min(h, int(h - (hole.z - 0.9) * ppm))
            fade = np.linspace(1, 0, y1 - y0)[:, None]
            dirt[y0:y1, x0:x1] -= 0.2 * fade * np.clip(streaks[y0:y1, x0:x1] + 0.4, 0, 1)
    low = np.clip(1 - (h - np.arange(h)) / (1.3 * ppm), 0, 1)[:, None]
    dirt -= 0.25 * low * np.clip(noise(h, w, 18, rng) + 0.6, 0, 1)
    pixels = np.asarray(image, dtype=np.float32)
    clear = np.asarray(glass)[..., None] > 0
    return Image.fromarray(np.where(clear, pixels, pixels * dirt[..., None]).clip(0, 255).astype(np.uint8))
