"""A card of the tiny colour detector, for tests."""

from datetime import UTC, datetime
from pathlib import Path

from models.card import ClassMetrics, InputSize, Interval, Metrics, ModelCard, Threshold, Training, write_card
from models.registry import sha256_of
from tests.detector.nets import COLOURS, save_colour_detector

SURE = Interval(value=0.9, low=0.8, high=0.95)


def card_of(path: Path, **changes: object) -> ModelCard:
    """A card that tells the truth about `path` (a colour detector of 96 x 64), but for `changes`."""
    per_class = {name: ClassMetrics(pictures=3, boxes=5, ap50=SURE, ap50_95=SURE) for name in COLOURS}
    card = ModelCard(
        name=path.stem,
        version="1",
        classes=COLOURS,
        input=InputSize(width=96, height=64),
        file=path.name,
        sha256=sha256_of(path),
        licence="AGPL-3.0-or-later",
        data=(),
        training=Training(command="train", seed=0, base="yolo11n.yaml", base_licence="AGPL-3.0"),
        metrics=Metrics(
            dataset="colours", pictures=3, boxes=15, map50=SURE, map50_95=SURE, per_class=per_class, latency_ms=1.5
        ),
        default_confidence=0.25,
        thresholds={
            "red": Threshold(confidence=0.4, precision=0.85, recall=0.7, wanted_precision=0.8, reached=True),
        },
        nms_iou=0.6,
        created=datetime(2026, 11, 20, 8, tzinfo=UTC),
        folder=path.parent,
    )
    return card.model_copy(update=changes)


def save_model(folder: Path, name: str = "colours") -> ModelCard:
    """A colour detector and its card in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = save_colour_detector(folder / f"{name}.onnx")
    card = card_of(path)
    write_card(card, folder / f"{name}.json")
    return card


def save_version(folder: Path, version: str, name: str = "colours", gain: float = 1) -> ModelCard:
    """A colour detector of another version and content: its scores are `gain` times the colours."""
    folder.mkdir(parents=True, exist_ok=True)
    path = save_colour_detector(folder / f"{name}.onnx", convolutions=1, gain=gain)
    card = card_of(path, version=version)
    write_card(card, folder / f"{name}.json")
    return card
