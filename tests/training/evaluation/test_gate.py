"""The gate: what may take the place of the model in service, and where a refusal says it is worse."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import numpy_helper

from models.card import ModelCard, Threshold, write_card
from models.registry import sha256_of
from tests.detector.nets import COLOURS, save_colour_detector
from tests.models.cards import card_of
from tests.training.sets import Square, describe, save_squares
from training.errors import DatasetInvalid
from training.evaluation import evaluate as evaluation
from training.evaluation import gate
from training.evaluation.average_precision import PictureMatches, gain, match
from training.evaluation.evaluate import evaluate, measure
from training.evaluation.gate import FrozenSet, judge


def model(folder: Path, version: str, *, sees: tuple[float, float, float] = (1, 1, 1), **changes: object) -> ModelCard:
    """A colour detector whose scores of red, green and blue are so many times the colours; 0 is blind to one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = save_colour_detector(folder / "colours.onnx", convolutions=1)
    network = onnx.load(path)
    (same,) = [one for one in network.graph.initializer if one.name == "same"]
    same.CopyFrom(numpy_helper.from_array(np.diag(np.array(sees, np.float32))[:, :, None, None], "same"))
    onnx.save(network, path)
    card = card_of(path, version=version, **{"sha256": sha256_of(path), "thresholds": {}, **changes})
    write_card(card, folder / "colours.json")
    return card


def frozen(folder: Path, pictures: int = 30, *, squares: int = 2, names: tuple[str, ...] = COLOURS) -> FrozenSet:
    """So many pictures, each with `squares` of each colour that are labelled as what they are."""
    rng = np.random.default_rng(7)
    for number in range(pictures):
        cells = rng.permutation(12 * 8)[: squares * len(names)]
        drawn: list[Square] = [
            (names[index % len(names)], int(cell) % 12, int(cell) // 12) for index, cell in enumerate(cells)
        ]
        save_squares(folder / "val", f"{number:03}", drawn, drawn)
    return FrozenSet(describe(folder, names), folder.name)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> FrozenSet:
    return frozen(tmp_path_factory.mktemp("sets") / "street")


@pytest.fixture
def half_blind(tmp_path: Path) -> ModelCard:
    """In service: sees no blue."""
    return model(tmp_path / "serving", "1", sees=(1, 1, 0))


def codes(card: ModelCard, serving: ModelCard | None, *sets: FrozenSet) -> list[str]:
    return [refusal.code for refusal in judge(card, serving, sets, samples=100).refusals]


def test_a_better_model_passes_and_its_gain_is_in_the_report(
    half_blind: ModelCard, street: FrozenSet, tmp_path: Path
) -> None:
    report = judge(model(tmp_path / "new", "2"), half_blind, [street], samples=100)
    assert report.passed
    assert (report.model, report.version, report.serving) == ("colours", "2", "1")
    blue = next(one for one in report.changes if one.name == "blue")
    assert (blue.before, blue.after, blue.boxes) == (0.0, 1.0, 60)
    assert blue.ap50.low > 0.9
    assert report.means["street"].value == pytest.approx(1 / 3, abs=0.01)
    assert report.slower is not None


def test_the_same_model_again_is_no_gain(street: FrozenSet, half_blind: ModelCard, tmp_path: Path) -> None:
    report = judge(model(tmp_path / "new", "2", sees=(1, 1, 0)), half_blind, [street], samples=100)
    (refusal,) = report.refusals
    assert refusal.code == "no_gain"
    assert "street +0.000 (+0.000 to +0.000)" in refusal.text


def test_one_class_lost_is_refused_whatever_the_others_gain(
    half_blind: ModelCard, street: FrozenSet, tmp_path: Path
) -> None:
    report = judge(model(tmp_path / "new", "2", sees=(0, 1, 1)), half_blind, [street], samples=100)
    worse = [refusal for refusal in report.refusals if refusal.code == "worse"]
    assert len(worse) == 1
    assert "red on street is worse: AP50 -1.000 (-1.000 to -1.000), 60 boxes, most in" in worse[0].text
    assert len(worse[0].pictures) == gate.MOST_PICTURES
    assert set(worse[0].pictures) <= {f"{number:03}.png" for number in range(30)}


def test_what_is_worse_in_one_place_is_said_though_another_place_gains(
    street: FrozenSet, half_blind: ModelCard, tmp_path: Path
) -> None:
    reds = frozen(tmp_path / "reds", 20, names=("red",))
    report = judge(model(tmp_path / "new", "2", sees=(0, 1, 1)), half_blind, [street, reds], samples=100)
    assert {text.split(" is worse")[0] for text in (one.text for one in report.refusals)} >= {"red on reds"}


def test_a_dropped_class_is_refused_before_anything_is_measured(
    half_blind: ModelCard, street: FrozenSet, tmp_path: Path
) -> None:
    card = model(tmp_path / "new", "2").model_copy(update={"classes": ("red", "green")})
    (refusal,) = judge(card, half_blind, [street]).refusals
    assert (refusal.code, "blue" in refusal.text) == ("class_gone", True)


def test_gains_elsewhere_are_not_what_it_was_trained_for(half_blind: ModelCard, tmp_path: Path) -> None:
    goal = frozen(tmp_path / "reds", 20, names=("red",))
    other = frozen(tmp_path / "blues", 20, names=("red", "green", "blue"))
    card = model(tmp_path / "new", "2")
    other = FrozenSet(other.folder, other.name, goal=False)
    assert codes(card, half_blind, goal, other) == ["no_gain"]
    assert codes(card, half_blind, FrozenSet(other.folder, "blues")) == []


def test_a_new_class_counts_from_nothing(street: FrozenSet, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    network = onnx.load(save_colour_detector(old / "colours.onnx"))
    for one in (*network.graph.node, *network.metadata_props):  # the first two classes alone
        if isinstance(one, onnx.NodeProto) and one.op_type == "Concat":
            one.input[1] = "two"
    cut = onnx.helper.make_node("Slice", ["scores", "from", "to", "axis"], ["two"])
    network.graph.node.insert(2, cut)
    for name, value in (("from", 0), ("to", 2), ("axis", 1)):
        network.graph.initializer.append(numpy_helper.from_array(np.array([value], np.int64), name))
    network.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 6
    for prop in network.metadata_props:
        if prop.key == "names":
            prop.value = str({0: "red", 1: "green"})
    onnx.save(network, old / "colours.onnx")
    whole = card_of(old / "colours.onnx")
    two = {name: whole.metrics.per_class[name] for name in ("red", "green")}
    serving = whole.model_copy(
        update={
            "classes": ("red", "green"),
            "thresholds": {},
            "metrics": whole.metrics.model_copy(update={"per_class": two}),
        }
    )
    report = judge(model(tmp_path / "new", "2"), serving, [street], samples=100)
    assert report.passed
    assert [(one.name, one.before) for one in report.changes] == [("red", 1.0), ("green", 1.0), ("blue", None)]


def test_the_first_model_of_its_name_needs_a_card_that_agrees_and_no_gain(street: FrozenSet, tmp_path: Path) -> None:
    report = judge(model(tmp_path / "new", "2"), None, [street], samples=100)
    assert report.passed
    assert (report.serving, report.slower) == (None, None)


def test_a_slower_model_is_refused(
    half_blind: ModelCard, street: FrozenSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MOST_SLOWER", 0.01)
    monkeypatch.setattr(gate, "LEAST_SLOWER", -1000.0)
    (refusal,) = judge(model(tmp_path / "new", "2"), half_blind, [street], samples=100).refusals
    assert refusal.code == "slower"
    assert "at most 0.01 is allowed" in refusal.text


@pytest.mark.parametrize(
    ("mine", "theirs", "passes"),
    [
        (2.0, 1.2, True),  # 1.67 times as long, by 0.8 ms
        (4.0, 2.0, False),
        (2.0, 1.0, True),  # by a millisecond, no more
        (2.01, 1.0, False),
        (12.4, 10.0, True),  # 1.24 times as long, by 2.4 ms
        (12.6, 10.0, False),
        (1.2, 2.0, True),
    ],
)
def test_slower_is_by_a_share_and_by_a_millisecond(
    half_blind: ModelCard,
    street: FrozenSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mine: float,
    theirs: float,
    passes: bool,
) -> None:
    monkeypatch.setattr(evaluation, "_time", lambda detectors, _: [mine, theirs][: len(detectors)])
    report = judge(model(tmp_path / "new", "2"), half_blind, [street], samples=100)
    assert report.slower == pytest.approx(mine / theirs, abs=0.001)
    assert [one.code for one in report.refusals] == ([] if passes else ["slower"])


def honest(card: ModelCard, one: FrozenSet) -> ModelCard:
    """The card with what is measured on a set."""
    report = evaluate(card.folder / card.file, one.folder)
    threshold = Threshold(confidence=0.5, precision=1.0, recall=1.0, wanted_precision=0.8, reached=True)
    return card.model_copy(update={"metrics": report.metrics(), "thresholds": {"red": threshold}})


def test_a_card_that_tells_the_truth_of_the_frozen_set_agrees(
    half_blind: ModelCard, street: FrozenSet, tmp_path: Path
) -> None:
    report = judge(honest(model(tmp_path / "new", "2"), street), half_blind, [street], samples=100)
    assert report.passed
    assert not any("not compared" in note for note in report.notes)


def test_a_card_that_flatters_is_refused_and_of_another_set_is_noted(
    half_blind: ModelCard, street: FrozenSet, tmp_path: Path
) -> None:
    card = honest(model(tmp_path / "new", "2", sees=(1, 1, 0.5)), street)
    red = card.metrics.per_class["red"]
    lower = red.model_copy(update={"ap50": red.ap50.model_copy(update={"value": 0.9, "low": 0.8})})
    flattered = card.model_copy(
        update={
            "metrics": card.metrics.model_copy(update={"per_class": {**card.metrics.per_class, "red": lower}}),
            "thresholds": {"red": card.thresholds["red"].model_copy(update={"recall": 0.4})},
        }
    )
    refusals = judge(flattered, half_blind, [street], samples=100).refusals
    assert [refusal.code for refusal in refusals] == ["card", "card"]
    assert "AP50 of red is 1.000, the card says 0.900" in refusals[0].text
    assert "at 0.500 red has precision 1.00 and recall 1.00, the card says 1.00 and 0.40" in refusals[1].text
    of_another = flattered.model_copy(update={"metrics": flattered.metrics.model_copy(update={"dataset": "elsewhere"})})
    report = judge(of_another, half_blind, [street], samples=100)
    assert report.passed
    assert any("figures of elsewhere, not of street: not compared" in note for note in report.notes)
    named = FrozenSet(street.folder, street.name, same_as=frozenset({"elsewhere"}))
    assert codes(of_another, half_blind, named) == ["card", "card"]


def test_few_boxes_are_said_to_be_hardly_judged(half_blind: ModelCard, tmp_path: Path) -> None:
    small = frozen(tmp_path / "small", 5, squares=1)
    report = judge(model(tmp_path / "new", "2"), half_blind, [small], samples=100)
    assert "red on small: only 5 boxes, hardly judged" in report.notes


def test_without_held_out_pictures_nothing_is_judged(half_blind: ModelCard, tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match="no held-out pictures to judge colours on"):
        judge(model(tmp_path / "new", "2"), half_blind, [])


def test_classes_that_a_model_does_not_know_are_left_out_only_when_asked(street: FrozenSet, tmp_path: Path) -> None:
    other = tmp_path / "other"
    save_squares(other / "val", "one", [("red", 1, 1)], [("red", 1, 1)])
    describe(other, (*COLOURS, "violet"))
    path = save_colour_detector(tmp_path / "colours.onnx")
    with pytest.raises(DatasetInvalid, match="'violet' is unknown"):
        measure(path, other)
    assert tuple(measure(path, other, known_only=True).matched) == COLOURS
    describe(other, ("violet", "grey", "pink"))
    with pytest.raises(DatasetInvalid, match="'violet' is unknown"):
        measure(path, other, known_only=True)


def looked(scores: list[float], right: list[bool]) -> PictureMatches:
    """One picture with one labelled box for each detection; wrong ones lie elsewhere."""
    truth = np.array([[20 * n, 0, 20 * n + 10, 10] for n in range(len(scores))], np.float32).reshape(-1, 4)
    moved = truth + np.where(right, 0, 1000).astype(np.float32)[:, None]
    return PictureMatches(moved, np.array(scores, np.float32), truth)


pictures = st.lists(
    st.lists(st.tuples(st.floats(0.01, 1), st.booleans()), min_size=1, max_size=4), min_size=2, max_size=8
)


@given(seen=pictures)
@settings(max_examples=40, deadline=None)
def test_a_model_gains_nothing_over_itself_and_never_less_when_more_is_right(
    seen: list[list[tuple[float, bool]]],
) -> None:
    mine = match([looked([score for score, _ in one], [right for _, right in one]) for one in seen])
    all_right = match([looked([score for score, _ in one], [True] * len(one)) for one in seen])
    same, _ = gain([mine], [mine], 50)
    assert (same.ap50.value, same.ap50.low, same.ap50.high) == (0, 0, 0)
    better, mean = gain([mine], [all_right], 50)
    assert better.ap50.low >= -1e-9
    assert mean.ap50.value == pytest.approx(better.ap50.value)
    back, _ = gain([all_right], [mine], 50)
    assert back.ap50.value == pytest.approx(-better.ap50.value)


def test_a_paired_interval_is_narrower_than_the_difference_of_two(street: FrozenSet) -> None:
    """What is hard for both models must not hide a small loss of one."""
    rng = np.random.default_rng(1)
    hard = [bool(rng.random() < 0.5) for _ in range(60)]
    before = match([looked([0.9, 0.8], [True, not one]) for one in hard])
    after = match([looked([0.9, 0.8], [number % 10 != 0, not one]) for number, one in enumerate(hard)])
    loss, _ = gain([before], [after], 300)
    assert loss.ap50.high < 0
