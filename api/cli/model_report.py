"""A model's card and figures as text for a terminal: what `models show` and `evaluate` print for a person."""

from collections.abc import Iterable, Mapping, Sequence

from models.card import ClassMetrics, Interval, Metrics, ModelCard


def card_lines(card: ModelCard) -> list[str]:
    """Everything that a card says, section by section."""
    training, base = card.training, card.training.base_sha256
    return [
        f"{card.name}, version {card.version}, made {card.created:%Y-%m-%d %H:%M %Z}",
        *_facts(
            ("file", str(card.folder / card.file)),
            ("sha256", card.sha256),
            ("task", card.task),
            ("input", f"{card.input.width} x {card.input.height} pixels, width x height"),
            ("classes", ", ".join(card.classes)),
            ("licence", card.licence),
            ("overlap", f"boxes of one class that overlap by more than {card.nms_iou:.2f} are one thing"),
        ),
        "",
        "Data",
        *_table(
            ("set", "role", "pictures", "boxes", "licence", "source"),
            [(d.name, d.role, str(d.pictures), str(d.boxes), d.licence, d.source) for d in card.data],
        ),
        "",
        "Training",
        *_facts(
            ("command", training.command),
            ("seed", str(training.seed)),
            ("base", f"{training.base} ({training.base_licence}), {f'sha256 {base}' if base else 'from nothing'}"),
        ),
        "",
        *figure_lines(card.metrics),
        "",
        "Confidence from which on a class is believed",
        *_table(("class", "confidence", "precision", "recall", "remark"), _thresholds(card)),
        "",
        "Where it is blind",
        *([f"  - {line}" for line in card.blind] or ["  nothing is written on its card"]),
    ]


def figure_lines(metrics: Metrics) -> list[str]:
    """Return what was measured, by class, with 95 % intervals and counts."""
    rows = [_row(name, one) for name, one in metrics.per_class.items()]
    rows += [_row(f"any {name}", one) for name, one in metrics.merged.items()]
    mean = ("mean of the classes", str(metrics.pictures), str(metrics.boxes))
    return [
        f"Measured on {metrics.dataset} (in brackets: 95 % interval, bootstrap over pictures)",
        *_table(
            ("class", "pictures", "boxes", "AP50", "AP50-95"),
            [*rows, (*mean, _span(metrics.map50), _span(metrics.map50_95))],
        ),
        f"  {metrics.latency_ms:.1f} ms a picture on one core, pre- and post-processing included",
    ]


def _row(name: str, one: ClassMetrics) -> tuple[str, ...]:
    if not one.boxes:
        return name, "0", "0", "not measured", "not measured"
    return name, str(one.pictures), str(one.boxes), _span(one.ap50), _span(one.ap50_95)


def _span(interval: Interval) -> str:
    return f"{interval.value:.3f} ({interval.low:.2f} to {interval.high:.2f})"


def _thresholds(card: ModelCard) -> Iterable[tuple[str, ...]]:
    for name in card.classes:
        fitted = card.thresholds.get(name)
        if fitted is None:
            yield name, f"{card.default_confidence:.3f}", "", "", "not fitted: the card's default"
            continue
        remark = "" if fitted.reached else f"the wanted precision of {fitted.wanted_precision:.2f} is out of reach"
        yield name, f"{fitted.confidence:.3f}", f"{fitted.precision:.2f}", f"{fitted.recall:.2f}", remark


def _facts(*facts: tuple[str, str]) -> list[str]:
    return [f"  {name:<9}{value}" for name, value in facts]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows in columns as wide as their widest entry; the last column stays ragged."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    wide: Mapping[int, int] = {k: max(len(line[k]) for line in lines) for k in range(len(head))}
    return ["  " + "  ".join(text.ljust(wide[k]) for k, text in enumerate(line)).rstrip() for line in lines]
