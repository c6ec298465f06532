"""Pictures that are painted, not photographed: road, paving, walls, shop fronts, signs. Pure pillow and numpy.

Every picture is `PIL.Image` in sRGB; sizes are metres times pixels per metre; `rng` makes it repeatable.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from training.scenes.block import Colour

FONTS = Path("/usr/share/fonts/opentype/noto")


def noise(height: int, width: int, cell: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Smooth noise in -1..1 whose blobs are about `cell` pixels wide."""
    small = rng.random((max(2, int(height / cell) + 2), max(2, int(width / cell) + 2)), dtype=np.float32)
    image = Image.fromarray((small * 255).astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image, dtype=np.float32) / 127.5 - 1


def mottled(
    size: tuple[int, int], colour: Colour, grain: float, blotch: float, rng: np.random.Generator
) -> Image.Image:
    """Return a surface of one colour with fine `grain` and large `blotch`es, as shares of its brightness."""
    width, height = size
    field = 1 + blotch * (0.6 * noise(height, width, 90, rng) + 0.4 * noise(height, width, 25, rng))
    field = field + grain * rng.standard_normal((height, width), dtype=np.float32)
    pixels = np.clip(np.array(colour, dtype=np.float32) * field[..., None], 0, 255)
    return Image.fromarray(pixels.astype(np.uint8))


def _crack(draw: ImageDraw.ImageDraw, x: float, y: float, steps: int, rng: np.random.Generator, fill: Colour) -> None:
    angle = rng.uniform(0, 6.28)
    for _ in range(steps):
        angle += rng.normal(0, 0.5)
        nx, ny = x + 9 * np.cos(angle), y + 9 * np.sin(angle)
        draw.line((x, y, nx, ny), fill=fill, width=int(rng.integers(1, 3)))
        x, y = nx, ny


def road(width: float, length: float, ppm: int, zebras: tuple[float, ...], rng: np.random.Generator) -> Image.Image:
    """Return a two-lane carriageway.

    Worn markings, patches, cracks, manholes, zebra crossings `zebras` m from the far end.
    """
    w, h = int(width * ppm), int(length * ppm)
    image = mottled((w, h), (88, 88, 90), 0.09, 0.14, rng)
    draw = ImageDraw.Draw(image)
    for lane in (0.27, 0.73):  # tyres polish the lanes
        for side in (-0.09, 0.09):
            strip = Image.new("RGBA", (int(0.05 * w), h), (50, 50, 52, 34))
            image.paste(strip, (int((lane + side - 0.025) * w), 0), strip)
    for _ in range(int(length / 7)):
        x, y = rng.uniform(0, w), rng.uniform(0, h)
        pw, ph = rng.uniform(0.6, 2.6) * ppm, rng.uniform(0.6, 4) * ppm
        tone = int(rng.uniform(62, 82))
        draw.rectangle((x, y, x + pw, y + ph), fill=(tone, tone, tone + 2))
    for _ in range(int(length * 1.2)):
        _crack(draw, rng.uniform(0, w), rng.uniform(0, h), int(rng.integers(5, 30)), rng, (52, 52, 54))
    for _ in range(int(length / 14)):
        x, y, r = rng.uniform(0.2, 0.8) * w, rng.uniform(0, h), 0.35 * ppm
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(60, 58, 56), outline=(40, 39, 38), width=3)
    _markings(draw, w, h, width, ppm, zebras)
    worn = noise(h, w, 6, rng) + 0.6 * noise(h, w, 40, rng) > 0.85
    base = np.asarray(mottled((w, h), (92, 92, 93), 0.08, 0.1, rng))
    pixels = np.where(worn[..., None], base, np.asarray(image))
    return Image.fromarray(pixels)


def _markings(draw: ImageDraw.ImageDraw, w: int, h: int, width: float, ppm: int, zebras: tuple[float, ...]) -> None:
    white, yellow = (214, 214, 208), (205, 160, 50)
    for x in (w / 2 - 0.16 * ppm, w / 2 + 0.06 * ppm):
        draw.rectangle((x, 0, x + 0.1 * ppm, h), fill=yellow)
    for x in (0.25 * ppm, w - 0.35 * ppm):
        draw.rectangle((x, 0, x + 0.1 * ppm, h), fill=white)
    bay = 2.1 * ppm  # parking bays along the west kerb
    for k in range(int(h / (6 * ppm))):
        y = k * 6 * ppm
        draw.rectangle((0, y, bay, y + 0.1 * ppm), fill=white)
    draw.rectangle((bay, 0, bay + 0.08 * ppm, h), fill=white)
    for zebra in zebras:
        top = zebra * ppm
        draw.rectangle((0, top - 1.8 * ppm, w, top + 5 * ppm), fill=(86, 86, 88))
        for x in np.arange(0.4, width - 0.4, 0.9):
            draw.rectangle((x * ppm, top, (x + 0.45) * ppm, top + 3.2 * ppm), fill=white)


def paving(width: float, length: float, ppm: int, tactile: float, rng: np.random.Generator) -> Image.Image:
    """Concrete flags with joints and stains, and a yellow tactile strip `tactile` metres from the left edge."""
    w, h = int(width * ppm), int(length * ppm)
    cols, rows = int(width / 0.4) + 1, int(length / 0.4) + 1
    tones = 152 + 13 * rng.standard_normal((rows, cols)) + 20 * (rng.random((rows, cols)) < 0.06)
    red = rng.random((rows, cols)) < 0.0
    red[:, [1, cols - 3]] = True
    tile = int(0.4 * ppm)
    field = np.kron(tones, np.ones((tile, tile)))[:h, :w]
    mask = np.kron(red, np.ones((tile, tile), dtype=bool))[:h, :w]
    h2, w2 = field.shape
    pixels = field[..., None] * np.where(mask[..., None], (1.0, 0.72, 0.62), (1.0, 0.985, 0.95))
    pixels[::tile] *= 0.72
    pixels[:, ::tile] *= 0.72
    x0, x1 = int(tactile * ppm), int((tactile + 0.5) * ppm)
    strip = np.array((196, 160, 62), dtype=np.float64) * (1 + 0.05 * rng.standard_normal((h2, 1, 1)))
    ridges = 1 - 0.16 * ((np.arange(x1 - x0) // 4) % 2)
    pixels[:, x0:x1] = strip * ridges[None, :, None]
    stains = 1 + 0.11 * noise(h2, w2, 70, rng) + 0.06 * noise(h2, w2, 14, rng)
    stains -= 0.22 * (noise(h2, w2, 22, rng) > 0.72)
    pixels = pixels * stains[..., None] + rng.normal(0, 5, (h2, w2, 1))
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).resize((w, h))
    draw = ImageDraw.Draw(image)
    for _ in range(int(length * 4)):  # chewing gum
        x, y = rng.uniform(0, w), rng.uniform(0, h)
        draw.ellipse((x, y, x + 3, y + 3), fill=(96, 95, 92))
    return image


def roof(width: float, depth: float, ppm: int, rng: np.random.Generator) -> Image.Image:
    """Return a flat roof of bitumen felt or screed, in sheets, with puddle marks."""
    w, h = max(8, int(width * ppm)), max(8, int(depth * ppm))
    colour: Colour = [(126, 122, 116), (98, 98, 100), (148, 138, 124), (112, 92, 84)][int(rng.integers(4))]
    image = mottled((w, h), colour, 0.05, 0.2, rng)
    draw = ImageDraw.Draw(image)
    for seam in range(0, h, ppm):
        draw.line((0, seam, w, seam), fill=tuple(int(c * 0.8) for c in colour), width=1)
    for _ in range(6):
        x, y, r = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0.3, 1.6) * ppm
        tone = rng.uniform(0.75, 1.15)
        draw.ellipse((x - r, y - r * 0.7, x + r, y + r * 0.7), fill=tuple(int(min(255, c * tone)) for c in colour))
    return image.filter(ImageFilter.GaussianBlur(1))


def sign(lines: tuple[str, str], back: Colour, ink: Colour, width: float, height: float, ppm: int = 90) -> Image.Image:
    """Return a shop sign: Chinese above or beside English, on a coloured board with a thin frame."""
    w, h = int(width * ppm), int(height * ppm)
    image = Image.new("RGB", (w, h), back)
    draw = ImageDraw.Draw(image)
    draw.rectangle((3, 3, w - 4, h - 4), outline=tuple(int(c * 0.6 + 60) for c in back), width=3)
    shares = (0.56, 0.24) if lines[1] else (0.68, 0.0)
    top = h * 0.07
    for text, share, weight in zip(lines, shares, ("Bold", "Regular"), strict=True):
        if not text:
            continue
        size = int(h * share)
        font = ImageFont.truetype(str(FONTS / f"NotoSansCJK-{weight}.ttc"), size, index=2)
        while font.getlength(text) > w * 0.92 and size > 8:
            size -= 2
            font = ImageFont.truetype(str(FONTS / f"NotoSansCJK-{weight}.ttc"), size, index=2)
        draw.text((w / 2, top + h * share * 0.62), text, fill=ink, font=font, anchor="mm")
        top += h * (share + 0.06)
    return image


def column_sign(text: str, back: Colour, ink: Colour, width: float, height: float, ppm: int = 90) -> Image.Image:
    """Return an upright sign with one character above the other."""
    w, h = int(width * ppm), int(height * ppm)
    image = Image.new("RGB", (w, h), back)
    draw = ImageDraw.Draw(image)
    size = int(min(w * 0.8, h / len(text) * 0.82))
    font = ImageFont.truetype(str(FONTS / "NotoSansCJK-Bold.ttc"), size, index=2)
    for k, letter in enumerate(text):
        draw.text((w / 2, h * (k + 0.5) / len(text)), letter, fill=ink, font=font, anchor="mm")
    return image
