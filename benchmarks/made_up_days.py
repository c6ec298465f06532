"""Made-up sequences on real street views: a stall that comes and goes, people and vehicles passing, the day's light.

Views without stalls are the stage; stalls cut out of other cameras' pictures (never of the view's own) are put on it as
high as people or cars are seen in that row of the picture, with a shadow, the surroundings' brightness, noise and
compression. Vehicles and people pass as the view's other pictures show them. A hard shadow wanders over everything.
"""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.vision.frame import Image

WIDTH, HEIGHT = 1138, 640
START = datetime(2026, 5, 4, 2, tzinfo=UTC)
STEP = timedelta(seconds=15)
PICTURES = 160  # forty minutes
COMES, LEAVES = 40, 130
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class View:
    """One real view: its pictures at the true shape, and the boxes of people and vehicles in each."""

    name: str
    camera: str
    pictures: tuple[Image, ...]
    passing: tuple[tuple[Box, ...], ...]


def read_clean_views(folder: Path, count: int) -> list[View]:
    """Return the clean views with most pictures, one of a camera."""
    with (folder / "pictures.tsv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["clean_of_stalls"] == "clean"]
    by_view: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_view.setdefault(row["view"], []).append(row)
    views: dict[str, View] = {}
    for name, mine in sorted(by_view.items(), key=lambda item: -len(item[1])):
        if mine[0]["camera"] in views or len(views) == count:
            continue
        names = [row["picture"] for row in mine]
        pictures = tuple(_picture(folder, one) for one in names)
        passing = tuple(tuple(_boxes(folder / "labels_everyday" / f"{one}.txt")) for one in names)
        views[mine[0]["camera"]] = View(name, mine[0]["camera"], pictures, passing)
    return list(views.values())


def cut_outs(folder: Path, least: int = 70) -> list[tuple[str, NDArray[np.uint8]]]:
    """Stalls of the labelled views by camera, (height, width, 4) with their outline in the last plane."""
    found = []
    with (folder / "pictures.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    seen: set[str] = set()
    for row in rows:
        for box in _boxes(folder / "labels" / f"{row['picture']}.txt", class_id=0):
            x1, y1, x2, y2 = (round(side) for side in box)
            if row["view"] in seen or y2 - y1 < least or min(x1, y1) < 8 or x2 > WIDTH - 8 or y2 > HEIGHT - 8:
                continue
            seen.add(row["view"])
            picture = _picture(folder, row["picture"])[y1 - 8 : y2 + 8, x1 - 8 : x2 + 8]
            mask = np.zeros(picture.shape[:2], np.uint8)
            inner = (8, 8, x2 - x1, y2 - y1)
            cv2.grabCut(picture, mask, inner, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_RECT)
            outline = np.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
            if 0.35 < (outline > 0).mean() < 0.95:
                left, top, width, height = cv2.boundingRect(outline)  # what lies around it would hold it off the ground
                cut = np.dstack([picture, outline])[top : top + height, left : left + width]
                found.append((row["camera"], cut))
    return sorted(found, key=lambda one: -one[1].shape[0])  # the largest were cut out of most pixels


def write_day(out: Path, view: View, stall: NDArray[np.uint8] | None, seed: int) -> None:
    """Write one sequence as `streetwarden evaluate places` reads it; without a stall it is an empty street."""
    rng = np.random.default_rng(seed)
    (out / "images").mkdir(parents=True, exist_ok=True)
    base = _stage(view)
    box, taken = None, base
    if stall is not None:
        box, taken = _place(base, view, stall, rng)
    rows = ["picture\ttime"]
    for number in range(PICTURES):
        picture = taken if COMES <= number < LEAVES else base
        picture = _pass(picture, view, rng)
        picture = _light(picture, number, rng)
        cv2.imwrite(str(out / "images" / f"{number:03}.jpg"), picture, (cv2.IMWRITE_JPEG_QUALITY, 80))
        rows.append(f"{number:03}.jpg\t{(START + number * STEP).isoformat()}")
    (out / "times.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    line = ""
    if box is not None:
        x1, y1, x2, y2 = box
        shares = ((x1 + x2) / 2 / WIDTH, (y1 + y2) / 2 / HEIGHT, (x2 - x1) / WIDTH, (y2 - y1) / HEIGHT)
        times = ((START + COMES * STEP).isoformat(), (START + LEAVES * STEP).isoformat())
        line = " ".join(["0", *(f"{share:.5f}" for share in shares), *times]) + "\n"
    (out / "stalls.txt").write_text(line, encoding="utf-8")


def _picture(folder: Path, name: str) -> Image:
    picture = cv2.imread(str(folder / "images" / f"{name}.jpg"), cv2.IMREAD_COLOR)
    if picture is None:
        raise SystemExit(f"{folder / 'images' / name}.jpg: no such picture")
    return np.asarray(cv2.resize(picture, (WIDTH, HEIGHT)), np.uint8)


def _boxes(path: Path, class_id: int | None = None) -> list[Box]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        number, x, y, w, h = (float(part) for part in line.split()[:5])
        if class_id is None or number == class_id:
            found.append(((x - w / 2) * WIDTH, (y - h / 2) * HEIGHT, (x + w / 2) * WIDTH, (y + h / 2) * HEIGHT))
    return found


def _stage(view: View) -> Image:
    """Return the picture of the view in which least is passing."""
    return view.pictures[_emptiest(view)]


def _emptiest(view: View) -> int:
    return int(np.argmin([len(boxes) for boxes in view.passing]))


def _place(
    base: Image, view: View, stall: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[tuple[int, int, int, int], Image]:
    """Return where the stall stands, and the picture with it."""
    feet = [(y2, y2 - y1) for boxes in view.passing for _, y1, _, y2 in boxes if y2 < HEIGHT - 5]
    standing = view.passing[_emptiest(view)]
    for _ in range(200):  # where nothing stands already
        foot, left = int(rng.uniform(0.5, 0.9) * HEIGHT), int(rng.uniform(0.05, 0.85) * WIDTH)
        near = [high for low, high in feet if abs(low - foot) < 60]
        height = int(np.clip(1.3 * np.median(near) if near else 0.28 * foot, 70, 240))
        width = max(20, round(stall.shape[1] * height / stall.shape[0]))
        left, top = min(left, WIDTH - width - 1), foot - height
        if not any(x1 < left + width and x2 > left and y1 < foot and y2 > top for x1, y1, x2, y2 in standing):
            break
    small = cv2.resize(stall, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    alpha = cv2.GaussianBlur(small[:, :, 3], (3, 3), 0)[:, :, None] / 255
    result = base.astype(np.float32)
    shadow = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(shadow, (left + width // 2, foot - 2), (int(0.6 * width), max(4, height // 10)), 0, 0, 360, 1.0, -1)
    result *= 1 - 0.4 * cv2.GaussianBlur(shadow, (0, 0), 4)[:, :, None]
    part = result[top:foot, left : left + width]
    gain = np.clip(part.mean() / max(1.0, float(small[:, :, :3][alpha[:, :, 0] > 0.5].mean())), 0.6, 1.4)
    part[:] = part * (1 - alpha) + np.clip(small[:, :, :3] * gain, 0, 255) * alpha
    return (left, top, left + width, foot), np.asarray(np.clip(result, 0, 255), np.uint8)


def _pass(picture: Image, view: View, rng: np.random.Generator) -> Image:
    """Return some of the people and vehicles of another picture of the view, where they were seen."""
    other = int(rng.integers(len(view.pictures)))
    result = picture.copy()
    for box in view.passing[other]:
        x1, y1, x2, y2 = (max(0, round(side)) for side in box)
        if rng.random() < 0.6 and x2 - x1 > 4 and y2 - y1 > 4:
            result[y1:y2, x1:x2] = view.pictures[other][y1:y2, x1:x2]
    return result


def _light(picture: Image, number: int, rng: np.random.Generator) -> Image:
    """Return a slow change of exposure, a cloud now and then, a hard shadow that wanders, noise."""
    gain = 1 + 0.12 * np.sin(number / 25) - 0.25 * (number % 60 in range(30, 36))
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    x = 200 + 2.2 * number
    corners = np.array([(x, 300), (x + 130, 310), (x + 300, HEIGHT), (x + 60, HEIGHT)], np.int32)
    cv2.fillPoly(mask, [corners], 1.0)
    soft = cv2.GaussianBlur(mask, (0, 0), 2)[:, :, None]
    tone = np.array([0.55, 0.48, 0.42], np.float32)
    shaded = picture * (1 - soft + soft * tone) * gain
    return np.asarray(np.clip(shaded + rng.normal(0, 2.5, picture.shape), 0, 255), np.uint8)
