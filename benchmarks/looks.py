"""What one look costs by each shipped model, beside the start weights that it grew from, in one run.

    python -m benchmarks.looks [--weights ../shared/weights/yolo11n.pt] [--int8 var/engines] [--rounds 20]

Each model looks at one 1080p picture in memory, pre- and post-processing included, one thread; the start weights,
exported at the same input size, do the same in turns with it, as do OpenVINO, where it is installed, and the int8
copies that `streetwarden models quantise` made. CPU milliseconds of the whole process, medians; the ratio to the start
weights, in brackets, is what holds on another machine. Prints a table in Markdown.
"""

import argparse
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.engine import cpu_ms, picture
from detector.vision.engine import MakeEngine, OnnxModel, OrtEngine
from detector.vision.openvino_engine import OpenVinoEngine, installed
from models.card import ModelCard
from models.registry import class_names, list_models, model_path
from training.networks.export import export_weights
from training.runs.start_weights import guarded


def contenders(card: ModelCard, start: Path, int8: Path) -> dict[str, OnnxModel]:
    """Return what looks in turns; the start weights first."""

    def ours(path: Path, make: MakeEngine = OrtEngine) -> OnnxModel:
        return OnnxModel(path, card.classes, iou=card.nms_iou, make_engine=make)

    path, small = model_path(card), int8 / f"{card.name}.int8.onnx"
    found = {"start weights": OnnxModel(start, class_names(start), iou=card.nms_iou), "ours": ours(path)}
    if installed():
        found["OpenVINO"] = ours(path, OpenVinoEngine)
    if small.is_file():
        found["int8"] = ours(small)
        if installed():
            found["OpenVINO int8"] = ours(small, OpenVinoEngine)
    return found


def measure(models: dict[str, OnnxModel], rounds: int) -> dict[str, float]:
    seen = picture(1920, 1080)
    for model in models.values():
        model.detect(seen)
    times: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(rounds):
        for name, model in models.items():
            times[name].append(cpu_ms(partial(model.detect, seen)))
    return {name: median(each) for name, each in times.items()}


def _cell(milliseconds: float | None, start: float) -> str:
    return "" if milliseconds is None else f"{milliseconds:.1f} ({milliseconds / start:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=Path("../shared/weights/yolo11n.pt"))
    parser.add_argument("--int8", type=Path, default=Path("var/engines"), help="folder of int8 copies")
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    weights = Path(guarded(given.weights).path)
    columns = ("start weights", "ours", "OpenVINO", "int8", "OpenVINO int8")
    print(f"| model | {' | '.join(columns)} |\n| --- |{' --- |' * len(columns)}")
    with tempfile.TemporaryDirectory(prefix="streetwarden-start-") as folder:
        for card in list_models():
            size = (card.input.width, card.input.height)
            start = Path(folder) / f"{weights.stem}-{size[0]}x{size[1]}.onnx"
            if not start.is_file():
                export_weights(weights, size, start, threads=1)
            found = measure(contenders(card, start, given.int8), given.rounds)
            cells = [_cell(found.get(name), found[columns[0]]) for name in columns]
            print(f"| `{card.name}` {card.version}, {size[0]}x{size[1]} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
