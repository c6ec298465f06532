"""Errors of footage are codes, each with a sentence of its own."""

from pathlib import Path

import pytest

from detector.reason import Reason
from streams.errors import DecoderFailed, FootageError, NotAVideo
from streams.footage_wording import TEXTS, FootageFault
from streams.video.file_type import check_video, sniff


def test_every_code_has_a_sentence() -> None:
    assert list(TEXTS) == list(FootageFault)


def test_an_error_says_which_file_and_why(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("nothing to see")
    with pytest.raises(NotAVideo, match=r"notes\.mp4: neither a video") as refused:
        check_video(path)
    assert (refused.value.reason, refused.value.where) == (Reason(FootageFault.UNKNOWN_FORMAT), str(path))
    with pytest.raises(NotAVideo, match="No such file") as gone:
        sniff(tmp_path / "gone.mp4")
    assert gone.value.reason == Reason(FootageFault.UNREADABLE, {"detail": "No such file or directory"})


@pytest.mark.parametrize(("kind", "code"), [(NotAVideo, "not_footage"), (DecoderFailed, "decoder_failed")])
def test_a_bare_sentence_is_the_detail_of_a_general_code(kind: type[FootageError], code: str) -> None:
    assert kind("flight.mp4: too odd").reason == Reason(code, {"detail": "flight.mp4: too odd"})
