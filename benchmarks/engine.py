"""What the engine adds to the bare network, as ratios within one run.

    python benchmarks/engine.py [MODEL.onnx] [--rounds 30]

The network's speed is the machine's; what lies around it is ours: letterbox and decoding (at most 15 % of
`session.run`), `detect` on a 1080p picture in memory (at most 1.2 times `session.run`), and a 4K picture in 32 tiles
and as a whole (at most 1.15 times 33 runs). Runs alternate, so that a change of clock hits both sides
alike; CPU seconds, medians.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from detector.vision.engine import OnnxModel, OrtEngine
from detector.vision.frame import Image
from detector.vision.pixels import Canvas, read_boxes
from detector.vision.tiles import detect_tiled, windows
from models.registry import list_models, model_path

LIMITS = {"around_share": 0.15, "detect_1080p": 1.2, "tiled_4k": 1.15}


def picture(width: int, height: int) -> Image:
    """Return a busy picture, the same every time: noise at several scales, so that no step gets it for free."""
    rng = np.random.default_rng(7)
    image = np.zeros((height, width, 3), np.float32)
    for scale in (4, 16, 64):
        coarse = rng.uniform(0, 80, (height // scale + 1, width // scale + 1, 3))
        image += np.kron(coarse, np.ones((scale, scale, 1)))[:height, :width]
    return np.clip(image, 0, 255).astype(np.uint8)


def cpu_ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def measure(model: OnnxModel, rounds: int) -> dict[str, float]:
    full_hd, ultra_hd = picture(1920, 1080), picture(3840, 2160)
    canvas = Canvas(model.width, model.height)
    letterbox = canvas.place(full_hd)
    output = model.engine.run(canvas.blob)
    thresholds = np.full(len(model.names), 0.25, np.float32)
    tiles = len(list(windows(3840, 2160, model.width, model.height, 0.2))) + 1

    def around() -> None:
        canvas.place(full_hd)
        read_boxes(output, letterbox, model.names, thresholds, model.iou)

    def bare() -> None:
        model.engine.run(canvas.blob)

    def bare_tiles() -> None:
        for _ in range(tiles):
            bare()

    model.detect(full_hd)
    once = [(cpu_ms(around), cpu_ms(bare), cpu_ms(lambda: model.detect(full_hd))) for _ in range(rounds)]
    big = [(cpu_ms(lambda: detect_tiled(model, ultra_hd)), cpu_ms(bare_tiles)) for _ in range(3)]
    return {
        "session_run_ms": median(run for _, run, _ in once),
        "around_share": median(outside / run for outside, run, _ in once),
        "detect_1080p": median(whole / run for _, run, whole in once),
        "tiles": tiles,
        "tiled_4k": median(tiled / runs for tiled, runs in big),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, help="an ONNX file; default: the first model of the registry")
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    model = _model(given.model)
    figures = measure(model, given.rounds)
    for name, value in figures.items():
        print(json.dumps({"model": model.name, "figure": name, "value": round(value, 3), "limit": LIMITS.get(name)}))
    return int(any(figures[name] > limit for name, limit in LIMITS.items()))


def _model(path: Path | None) -> OnnxModel:
    if path is None:
        card = list_models()[0]
        return OnnxModel(model_path(card), card.classes)
    rows = OrtEngine(path).output_shape[1]
    if not isinstance(rows, int):
        raise SystemExit(f"{path}: the output has no fixed size; export it without dynamic axes")
    return OnnxModel(path, tuple(f"class-{i}" for i in range(rows - 4)))


if __name__ == "__main__":
    sys.exit(main())
