"""Names as they are shown: whatever is announced, it leaves its folder nowhere."""

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from api.surveys.manifest import LONGEST_NAME, Announced, clean, read_manifest

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
