"""Cards, engine checks, files and the shelf: what is written comes back, and no step is taken in a doubtful case."""

import ast
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.card import Interval, ModelCard, Threshold, read_card, write_card
from models.engine_record import FURTHEST, FURTHEST_INT8, LEAST_BOXES, MOST_LOST, MOST_ODD, EngineRecord, Int8
from models.errors import CardInvalid, NothingBefore
from models.external_data import has_external_data
from models.files import write_whole
from models.registry import _written_names
from models.shelf import SHIPPED, Shelf
from models.shelf_changes import add, locked, promote, roll_back
from tests.models.cards import save_model, save_version
from tests.models.test_engine_record import FINE

FEW = settings(max_examples=50, deadline=None)
shares = st.floats(0, 1)


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> ModelCard:
    return save_model(tmp_path_factory.mktemp("card"))


@settings(max_examples=15, deadline=None)
@given(shares, shares, shares, shares, shares, st.booleans(), st.text(max_size=20), st.floats(1e-6, 1e6))
def test_a_card_of_any_figures_comes_back(
    card: ModelCard, a: float, b: float, c: float, d: float, e: float, reached: bool, blind: str, latency: float
) -> None:
    threshold = Threshold(confidence=a, precision=b, recall=c, wanted_precision=d, reached=reached)
    metrics = card.metrics.model_copy(update={"map50": Interval(value=a, low=b, high=c), "latency_ms": latency})
    written = card.model_copy(
        update={
            "thresholds": {"green": threshold},
            "metrics": metrics,
            "nms_iou": e,
            "blind": (blind,),
            "default_confidence": d,
        }
    )
    with TemporaryDirectory() as folder:
        write_card(written, Path(folder) / "x.json")
        read = read_card(Path(folder) / "x.json")
    assert read.model_copy(update={"folder": written.folder}) == written
    assert (read.confidence_for("green"), read.confidence_for("red")) == (a, d)


@pytest.mark.parametrize("value", ["-0.001", "1.001", "NaN", "Infinity", '"0.5x"', "null"])
@pytest.mark.parametrize("field", ["nms_iou", "default_confidence"])
def test_a_share_outside_0_to_1_is_refused(card: ModelCard, tmp_path: Path, field: str, value: str) -> None:
    text = card.model_dump_json()
    known = f'"{field}":{getattr(card, field)}'
    assert text.count(known) == 1
    (tmp_path / "x.json").write_text(text.replace(known, f'"{field}":{value}'))
    with pytest.raises(CardInvalid, match=field):
        read_card(tmp_path / "x.json")


@FEW
@given(st.integers(0, 400), st.integers(0, 8), shares, st.none() | st.tuples(shares, shares, shares, shares))
def test_an_engine_is_used_only_where_every_bound_holds(
    boxes: int, odd: int, shift: float, reached: tuple[float, float, float, float] | None
) -> None:
    int8 = None
    if reached is not None:
        names = ("map50", "map50_95", "reference_map50", "reference_map50_95")
        int8 = Int8(sha256="1" * 64, **dict(zip(names, reached, strict=True)))
    record = FINE.model_copy(update={"boxes": boxes, "odd": odd, "worst_shift": shift, "int8": int8})
    fine = boxes >= LEAST_BOXES and odd <= MOST_ODD * boxes and shift <= (FURTHEST_INT8 if int8 else FURTHEST)
    if int8:
        fine = fine and int8.reference_map50 - int8.map50 <= MOST_LOST
        fine = fine and int8.reference_map50_95 - int8.map50_95 <= MOST_LOST
    assert (record.fault == "") is fine
    assert EngineRecord.model_validate_json(record.model_dump_json()) == record


@pytest.mark.parametrize(
    ("changes", "fine"),
    [
        ({"boxes": LEAST_BOXES, "odd": 0}, True),
        ({"boxes": 100, "odd": 1}, True),
        ({"boxes": 99, "odd": 1}, False),
        ({"worst_shift": FURTHEST}, True),
        ({"worst_shift": FURTHEST + 1e-9}, False),
    ],
)
def test_a_bound_itself_is_still_allowed(changes: dict[str, float], fine: bool) -> None:
    assert (FINE.model_copy(update=changes).fault == "") is fine


@FEW
@given(st.binary(max_size=300), st.binary(max_size=300), st.sampled_from([0o600, 0o640, 0o644]))
def test_a_file_is_replaced_whole_with_its_permissions(before: bytes, after: bytes, mode: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(before)
        write_whole(path, after, mode=mode)
        assert path.read_bytes() == after
        assert path.stat().st_mode & 0o777 == mode
        assert [one.name for one in Path(folder).iterdir()] == ["file"]


names = st.lists(st.text("abcü路-_ '\"", min_size=1, max_size=8), max_size=6)


@FEW
@given(names)
def test_names_written_by_an_export_are_read_in_their_order(written: list[str]) -> None:
    text = str(dict(enumerate(written)))
    assert _written_names(text) == tuple(written)
    shuffled = str(dict(sorted(enumerate(written), reverse=True)))
    assert _written_names(shuffled) == tuple(written)
    if written:
        gap = str({index + 1: name for index, name in enumerate(written)})
        assert ast.literal_eval(gap)
        assert _written_names(gap) == (), "no name for the first output"


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


PATHS = [(7, 5), (7, 1, 5, 5), (7, 1, 5, 10), (7, 1, 5, 6, 5), (7, 15, 1), (20, 1, 5), (25, 7, 5, 5), (7, 1, 5, 22, 2)]


@FEW
@given(st.sampled_from(PATHS), st.integers(0, 3), st.binary(max_size=20), st.integers(0, 2**63 - 1))
def test_a_tensor_of_another_file_is_found_at_every_depth(
    path: tuple[int, ...], location: int, raw: bytes, other: int
) -> None:
    """`data_location` 0 is this file; a field around it that the walk does not know is passed over."""
    message = field(9, raw) + field(14, location) + field(2, other)
    for number in reversed(path):
        message = field(100, raw) + field(number, message) + field(101, other)
    assert has_external_data(message) is (location != 0)
    with pytest.raises(ValueError, match="cut off"):
        has_external_data(message + varint(101 << 3 | 2) + varint(9))


def test_promotions_and_returns_are_a_stack_of_versions(tmp_path: Path) -> None:
    """Against a plain list: a version that serves again is never there twice; the shipped one is one of them."""
    save_model(tmp_path / "shipped")
    shelf = Shelf(tmp_path / "shelf", tmp_path / "shipped")
    for version in ("2", "3"):
        add(shelf, save_version(tmp_path / version, version, gain=1 - int(version) / 100).folder)
    history: list[str] = [SHIPPED]
    for step in ("2", "3", "2", "back", SHIPPED, "3", "3", "back", "back", "2", "back", "back"):
        with locked(shelf, "colours"):
            if step != "back":
                promote(shelf, "colours", step)
                if step != history[-1]:
                    history = [*(one for one in history if one != step), step]
            elif len(history) > 1:
                roll_back(shelf, "colours")
                history.pop()
            else:
                with pytest.raises(NothingBefore):
                    roll_back(shelf, "colours")
        pointer = shelf.pointer("colours")
        assert pointer is not None
        assert [*pointer.before, pointer.version] == history
        assert [one.version for one in shelf.of("colours") if one.serves] == [history[-1]]
        assert shelf.in_service("colours").version == ("1" if history[-1] == SHIPPED else history[-1])
