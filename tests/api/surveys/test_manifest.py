"""Names as they are shown: whatever is announced, it leaves its folder nowhere."""

import hashlib
import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.errors import ManifestInvalid
from api.surveys.files import FileNote
from api.surveys.manifest import LONGEST_NAME, Announced, clean, kind_of, plan, read_manifest
from api.surveys.tables import FileKind, FileState
from tests.api.samples import NOON

names = st.text(st.characters(codec=None), max_size=300) | st.lists(
    st.sampled_from(["..", ".", "", "a", "\\", " ", "\x00"])
).map("/".join)


@given(names)
@example("a" * 50 + "../" + "b" * (LONGEST_NAME - 3))
def test_a_clean_name_can_be_shown_and_stored(name: str) -> None:
    cleaned = clean(name)
    assert clean(cleaned) == cleaned
    assert len(cleaned) <= LONGEST_NAME
    assert not cleaned.startswith("/")
    assert not {"..", ".", ""} & set(cleaned.split("/")) or cleaned == ""
    assert not any(unicodedata.category(letter).startswith("C") for letter in cleaned)
    cleaned.encode()


@given(st.permutations([Announced(f"{n}.mp4", n, f"{n:064x}") for n in range(4)]))
def test_the_order_of_files_makes_no_other_manifest(files: list[Announced]) -> None:
    first = read_manifest("x", files)
    assert first.sha256 == read_manifest("x", files[::-1]).sha256
    assert first.sha256 != read_manifest("y", files).sha256
    assert first.sha256 != read_manifest("x", files, ground=1.0).sha256
    assert first.sha256 != read_manifest("x", files[1:]).sha256


A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DJI_0001.MP4", FileKind.VIDEO),
        ("a/b.Mov", FileKind.VIDEO),
        ("x.ts", FileKind.VIDEO),
        ("p.JPEG", FileKind.PHOTO),
        ("p.webp", FileKind.PHOTO),
        ("s.SRT", FileKind.TELEMETRY),
        ("s.klv", FileKind.TELEMETRY),
        ("n.txt", FileKind.OTHER),
        ("a/._DJI_0001.MP4", FileKind.OTHER),
        (".mp4", FileKind.OTHER),
        ("mp4", FileKind.OTHER),
        ("p.jpg.exe", FileKind.OTHER),
        (".hidden/v.mp4", FileKind.VIDEO),
    ],
)
def test_what_a_name_says_that_a_file_is(name: str, kind: FileKind) -> None:
    assert kind_of(name) is kind


def planned(*files: Announced, known: dict[str, str] | None = None) -> list[tuple[FileState, FileNote | None]]:
    survey, rows = plan(read_manifest("x", files), known or {}, NOON)
    assert [row.name for row in rows] == [file.name for file in files]
    assert {row.survey_id for row in rows} == {survey.id}
    for row in rows:
        assert row.received == (row.size if row.state is FileState.STORED else 0)
        assert (row.path is None) == (row.state is not FileState.STORED)
        assert (row.same_as_id is None) == (row.state is not FileState.DUPLICATE)
    return [(row.state, row.note) for row in rows]


def test_doubles_and_what_is_no_footage_are_set_aside() -> None:
    assert planned(
        Announced("v.mp4", 9, A), Announced("again.mp4", 9, A), Announced("n.txt", 9, B), Announced("v.LRF", 9, B),
        Announced("e.jpg", 0, B), Announced("w.mp4", 9, B),
    ) == [
        (FileState.MISSING, None), (FileState.DUPLICATE, FileNote.SAME_AS), (FileState.SUSPECT, FileNote.NOT_FOOTAGE),
        (FileState.SUSPECT, FileNote.PREVIEW), (FileState.SUSPECT, FileNote.EMPTY), (FileState.MISSING, None),
    ]  # fmt: skip


def test_a_content_that_is_there_is_not_wanted_and_one_set_aside_is_no_first() -> None:
    assert planned(Announced("v.mp4", 9, A), known={A: "aa/aa/a"}) == [(FileState.STORED, None)]
    assert planned(Announced("n.txt", 9, A), Announced("v.mp4", 9, A)) == [
        (FileState.SUSPECT, FileNote.NOT_FOOTAGE),
        (FileState.MISSING, None),
    ]
    assert planned(Announced("n.txt", 9, A), known={A: "aa/aa/a"}) == [(FileState.SUSPECT, FileNote.NOT_FOOTAGE)]


def test_a_double_names_the_file_that_is_kept() -> None:
    _, (first, second, third) = plan(
        read_manifest("x", [Announced("1.mp4", 9, A), Announced("2.mp4", 9, A), Announced("3.mp4", 9, A)]), {}, NOON
    )
    assert (second.same_as_id, third.same_as_id) == (first.id, first.id)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a.mp4", "b/../a.mp4", "c.mp4"], None),
        (["a.mp4", "./a.mp4"], r"files\.1\.name: 'a\.mp4' is announced twice"),
        (["a.mp4", "\\a.mp4"], "announced twice"),
        (["../.."], r"files\.0\.name: '\.\./\.\.' names nothing"),
        (["a.mp4", "\x00"], r"files\.1\.name"),
    ],
)
def test_names_that_clash_or_are_none_are_named_by_their_place(names: list[str], said: str | None) -> None:
    files = [Announced(name, 1, A) for name in names]
    if said is None:
        assert [file.name for file in read_manifest("x", files).files] == ["a.mp4", "b/a.mp4", "c.mp4"]
        return
    with pytest.raises(ManifestInvalid, match=said):
        read_manifest("x", files)


def test_a_survey_needs_a_name_and_a_blank_district_is_none() -> None:
    with pytest.raises(ManifestInvalid, match=r"^name:"):
        read_manifest(" \x00/ ", [])
    assert read_manifest(" a ", [], district="\x00 ").district is None
    assert read_manifest("a", [], district=" erqi ").district == "erqi"


def test_a_district_makes_another_survey_and_none_leaves_the_hash_as_it_always_was() -> None:
    plain = read_manifest("x", [Announced("1.mp4", 9, A)])
    assert plain.sha256 != read_manifest("x", plain.files, district="erqi").sha256
    assert plain.sha256 != read_manifest("x", plain.files, model="street-ads").sha256
    printed = json.dumps(["x", [["1.mp4", 9, A]], None, None])
    assert plain.sha256 == hashlib.sha256(printed.encode()).hexdigest()
