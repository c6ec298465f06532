from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.training.sets import describe, save_picture
from training.datasets.labels import Label, check_set, check_split, open_set, read_labels, read_pictures, refuse_twins
from training.errors import DatasetInvalid

share = st.floats(0.001, 1)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cls=st.integers(0, 5), x=share, y=share, width=share, height=share)
def test_a_label_comes_back_from_its_line(
    tmp_path: Path, cls: int, x: float, y: float, width: float, height: float
) -> None:
    width, height = min(width, 2 * x, 2 * (1 - x) + 1e-4), min(height, 2 * y, 2 * (1 - y) + 1e-4)
    label = Label(cls, x, y, width, height)
    path = tmp_path / "a.txt"
    path.write_text(label.line() + "\n")
    (back,) = read_labels(path, 6)
    assert back.cls == cls
    assert (back.x, back.y, back.width, back.height) == pytest.approx((x, y, width, height), abs=1e-6)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0 0.5 0.5 0.2", "4 values"),
        ("0 0.5 0.5 0.2 0.2 0.9", "6 values"),
        ("stall 0.5 0.5 0.2 0.2", "numbers"),
        ("0 0.5 half 0.2 0.2", "numbers"),
        ("6 0.5 0.5 0.2 0.2", "knows 0 to 5"),
        ("-1 0.5 0.5 0.2 0.2", "knows 0 to 5"),
        ("0 0.5 0.5 0 0.2", "no area"),
        ("0 0.5 0.5 0.2 -0.2", "no area"),
        ("0 0.5 0.5 nan 0.2", "no area"),
        ("0 nan 0.5 0.2 0.2", "leaves the picture"),
        ("0 320 240 64 64", "leaves the picture"),
        ("0 0.95 0.5 0.2 0.2", "leaves the picture"),
    ],
)
def test_a_bad_line_is_named_by_file_and_number(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"0 0.5 0.5 0.2 0.2\n\n{line}\n")
    with pytest.raises(DatasetInvalid, match=said) as caught:
        read_labels(path, 6)
    assert str(caught.value).startswith(f"{path}:3:")


def test_a_background_is_a_picture_with_an_empty_label_file(tmp_path: Path) -> None:
    save_picture(tmp_path, "empty")
    (picture,) = read_pictures(tmp_path, 1)
    assert picture.labels == ()


def test_a_picture_without_a_label_file_is_refused(tmp_path: Path) -> None:
    save_picture(tmp_path, "a")
    (tmp_path / "labels/a.txt").unlink()
    with pytest.raises(DatasetInvalid, match=r"a\.jpg.*labels/a\.txt"):
        read_pictures(tmp_path, 1)


def test_labels_without_a_picture_are_refused(tmp_path: Path) -> None:
    save_picture(tmp_path, "a")
    (tmp_path / "labels/b.txt").touch()
    with pytest.raises(DatasetInvalid, match=r"b\.txt: labels without a picture"):
        read_pictures(tmp_path, 1)


def test_an_empty_or_absent_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match="no such folder"):
        read_pictures(tmp_path, 1)
    for part in ("images", "labels"):
        (tmp_path / part).mkdir()
    with pytest.raises(DatasetInvalid, match="holds no picture"):
        read_pictures(tmp_path, 1)


def test_augmented_copies_share_their_tile(tmp_path: Path) -> None:
    for name in ("chip_1_png.rf.aaaa", "chip_1_png.rf.bbbb", "chip_11_png.rf.cccc"):
        save_picture(tmp_path, name)
    assert sorted(picture.tile for picture in read_pictures(tmp_path, 1)) == ["chip_11_png", "chip_1_png", "chip_1_png"]


def test_twins_on_both_sides_are_refused_by_name(tmp_path: Path) -> None:
    save_picture(tmp_path / "train", "chip_1_png.rf.aaaa")
    save_picture(tmp_path / "val", "chip_1_png.rf.bbbb")
    save_picture(tmp_path / "val", "chip_11_png.rf.cccc")
    train, val = read_pictures(tmp_path / "train", 1), read_pictures(tmp_path / "val", 1)
    with pytest.raises(DatasetInvalid, match=r"aaaa.*is a twin of .*bbbb"):
        refuse_twins(train, val)
    refuse_twins(train, [picture for picture in val if picture.tile == "chip_11_png"])


def test_the_same_picture_under_another_name_is_a_twin(tmp_path: Path) -> None:
    original = save_picture(tmp_path / "train", "a")
    save_picture(tmp_path / "val", "b").write_bytes(original.read_bytes())
    train, val = read_pictures(tmp_path / "train", 1), read_pictures(tmp_path / "val", 1)
    with pytest.raises(DatasetInvalid, match=r"a\.jpg: is a twin of .*b\.jpg"):
        check_split(train, val)
    save_picture(tmp_path / "val", "b")
    check_split(train, val)


def test_a_picture_that_has_gone_is_named(tmp_path: Path) -> None:
    save_picture(tmp_path / "train", "a").unlink()
    (tmp_path / "train/images/a.jpg").symlink_to(tmp_path / "gone.jpg")
    with pytest.raises(DatasetInvalid, match=r"a\.jpg: cannot be read"):
        check_split(read_pictures(tmp_path / "train", 1), [])


def test_a_label_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetInvalid, match=r"a\.txt: is no text"):
        read_labels(tmp_path / "a.txt", 1)


def test_a_set_says_its_names_and_sides(tmp_path: Path) -> None:
    described = open_set(describe(tmp_path, ["stall", "sign"], view="above"))
    assert described.names == ("stall", "sign")
    assert (described.train, described.val) == (tmp_path / "train", tmp_path / "val")
    assert described.view == "above"


def test_a_class_on_one_side_alone_is_refused(tmp_path: Path) -> None:
    save_picture(tmp_path / "train", "a", ["0 0.5 0.5 0.2 0.2", "1 0.5 0.5 0.2 0.2"])
    save_picture(tmp_path / "val", "b", ["0 0.5 0.5 0.2 0.2"])
    with pytest.raises(DatasetInvalid, match=r"data\.yaml:3: no box of class 1 'sign' in any file of .*val/labels"):
        check_set(open_set(describe(tmp_path, ["stall", "sign"])))
    save_picture(tmp_path / "val", "c", ["1 0.5 0.5 0.2 0.2"])
    check_set(open_set(describe(tmp_path, ["stall", "sign"])))


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    for side in ("train", "val"):
        path = save_picture(tmp_path / side, side, ["0 0.5 0.5 0.2 0.2"])
    path.write_bytes(b"<html>404</html>")
    with pytest.raises(DatasetInvalid, match=r"val\.jpg: is no picture"):
        check_set(open_set(describe(tmp_path, ["stall"])))


def test_a_set_to_measure_on_cannot_be_trained_on(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("{val: val/images, names: [stall]}")
    with pytest.raises(DatasetInvalid, match="no `train`"):
        check_set(open_set(tmp_path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("names: [a", "not YAML"),
        ("names: [a]", "needs `names` and `val`"),
        ("val: val/images", "needs `names` and `val`"),
        ("- a", "needs `names` and `val`"),
        ("{val: val, names: {0: a, 2: b}}", "indices 0 to n-1"),
        ("{val: val, names: a}", "must be a list"),
    ],
)
def test_a_bad_description_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "data.yaml").write_text(content)
    with pytest.raises(DatasetInvalid, match=said):
        open_set(tmp_path)


def test_an_absent_description_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match=r"data\.yaml: no such file"):
        open_set(tmp_path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0 0.1 0.1 nan 0.9 0.9 0.9", "corners in numbers"),  # the least of 0.1, nan and 0.9 is 0.1
        ("0 0.1 0.1 0.5 nan 0.9 0.9", "corners in numbers"),
        ("0 nan 0.1 0.5 0.9 0.9 0.9", "corners in numbers"),
        ("0 0.1 0.1 inf 0.9 0.9 0.9", "corners in numbers"),
        ("0 0.1 0.1 0.5 0.1 0.9 0.1", "no area"),
        ("0 0.1 0.1 0.5 1.1 0.9 0.1", "leaves the picture"),
        ("0 0.1 0.1 0.5 0.9 0.9", "6 values"),
        ("9 0.1 0.1 0.5 0.9 0.9 0.1", "knows 0 to 5"),
    ],
)
def test_a_bad_outline_is_named_by_file_and_number(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "a.txt").write_text(f"0 0.5 0.5 0.2 0.2\n\n{line}\n")
    with pytest.raises(DatasetInvalid, match=rf"a\.txt:3: .*{said}"):
        read_labels(tmp_path / "a.txt", 6)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_an_outline_lies_in_its_box_and_touches_each_side(tmp_path: Path, corners: list[tuple[float, float]]) -> None:
    xs, ys = ([corner[axis] for corner in corners] for axis in (0, 1))
    assume(max(xs) - min(xs) > 1e-6 and max(ys) - min(ys) > 1e-6)
    (tmp_path / "a.txt").write_text(f"1 {' '.join(f'{x!r} {y!r}' for x, y in corners)}\n")
    (box,) = read_labels(tmp_path / "a.txt", 2)
    assert box.cls == 1
    edges = box.x - box.width / 2, box.y - box.height / 2, box.x + box.width / 2, box.y + box.height / 2
    assert edges == pytest.approx((min(xs), min(ys), max(xs), max(ys)), abs=1e-9)


@pytest.mark.parametrize(
    "content",
    [
        "val: 2026-13-45\nnames: [a]\n",
        "val: v\nnames: {0: 0b_}\n",
        "[" * 5000,
        "val: v\nnames: *gone\n",
    ],
)
def test_a_description_that_no_yaml_reader_takes_is_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "data.yaml").write_text(content)
    with pytest.raises(DatasetInvalid, match=r"data\.yaml: is not YAML"):
        open_set(tmp_path)


@pytest.mark.parametrize("names", ["{²: a}", "{1: a}", "{0: a, 2: b}", "{0: a, b: c}", "a", "5"])
def test_names_that_leave_a_number_out_are_refused(tmp_path: Path, names: str) -> None:
    (tmp_path / "data.yaml").write_text(f"val: val/images\nnames: {names}\n", encoding="utf-8")
    with pytest.raises(DatasetInvalid, match=r"data\.yaml: names must be a list, or indices 0 to n-1"):
        open_set(tmp_path)


@pytest.mark.parametrize("names", ["{0: a, 1: b}", "{1: b, 0: a}", "{'0': a, '1': b}", "[a, b]"])
def test_names_are_a_list_or_numbered_in_any_order(tmp_path: Path, names: str) -> None:
    (tmp_path / "data.yaml").write_text(f"val: val/images\nnames: {names}\n")
    assert open_set(tmp_path).names == ("a", "b")


@pytest.mark.parametrize("none", ["", "~", "null", "Null", "''", "'  '"])
def test_a_class_without_a_name_is_refused(tmp_path: Path, none: str) -> None:
    for names in (f"{{0: stall, 1: {none} }}", f"\n- stall\n- {none}", f"\n  0: stall\n  1: {none}"):
        (tmp_path / "data.yaml").write_text(f"val: val/images\nnames: {names}\n")
        with pytest.raises(DatasetInvalid, match=r"data\.yaml: a class has no name"):
            open_set(tmp_path)


def test_a_class_may_be_called_what_yaml_reads_otherwise(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text(
        "val: v\nnames: ['null', no, 0501, '~']\nmeasured: ['null', no]\nunsure: {0501: [no], '~': ['null', no]}\n"
    )
    described = open_set(tmp_path)
    assert described.names == ("null", "no", "0501", "~")
    assert described.unsure == (("0501", ("no",)), ("~", ("null", "no")))


@pytest.mark.parametrize("none", ["", "~", "{}", "[]"])
def test_a_set_may_say_that_nothing_is_unsure(tmp_path: Path, none: str) -> None:
    (tmp_path / "data.yaml").write_text(f"val: v\nnames: [a]\nunsure: {none}\n")
    assert open_set(tmp_path).unsure == ()


@pytest.mark.parametrize("measured", ["[b]", "[a, c]", "[]", "a", "[b, a]", "[a, b, c]"])
def test_what_is_measured_are_the_first_names(tmp_path: Path, measured: str) -> None:
    (tmp_path / "data.yaml").write_text(f"val: val/images\nnames: [a, b]\nmeasured: {measured}\n")
    with pytest.raises(DatasetInvalid, match="`measured` lists the first of the names"):
        open_set(tmp_path)


@pytest.mark.parametrize(
    ("unsure", "said"),
    [
        ("{a: [b]}", "names the last of the classes"),
        ("[c]", "names the last of the classes"),
        ("{c: []}", "is a list of classes"),
        ("{c: a}", "is a list of classes"),
        ("{c: [c]}", "is a list of classes"),
        ("{c: [d]}", "is a list of classes"),
    ],
)
def test_what_is_unsure_leaves_open_what_is_labelled(tmp_path: Path, unsure: str, said: str) -> None:
    (tmp_path / "data.yaml").write_text(f"val: val/images\nnames: [a, b, c]\nmeasured: [a, b]\nunsure: {unsure}\n")
    with pytest.raises(DatasetInvalid, match=rf"data\.yaml: `unsure`.* {said}"):
        open_set(tmp_path)


def test_unsure_classes_are_not_learned(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("val: v\nnames: [a, b, c]\nmeasured: [a]\nunsure: {c: [a, b]}\n")
    described = open_set(tmp_path)
    assert described.learned == ("a", "b")
    assert described.unsure == (("c", ("a", "b")),)
