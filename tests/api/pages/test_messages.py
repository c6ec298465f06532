"""What went wrong is said in the reader's language, whatever it was."""

import pytest

import api.app  # noqa: F401  # the domains register their filters
from api.cameras.live_status import CameraView
from api.pages.i18n import language
from api.surveys.jobs.chunks import JobFault
from api.surveys.messages import FOOTAGE_ERRORS
from detector.reason import Reason
from streams.footage_wording import FootageFault
from tests.api.samples import NOON


def test_every_error_of_footage_has_a_sentence_of_its_own() -> None:
    assert list(FOOTAGE_ERRORS) == [*FootageFault, *JobFault]


@pytest.mark.parametrize(
    ("error", "chinese"),
    [
        (Reason(FootageFault.VIDEO_DAMAGED), "文件开头像视频，但无法打开；文件是否完整？"),
        (Reason(FootageFault.OUT_OF_TIME, {"seconds": 900}), "读取耗用处理器时间超过 900 秒，已中止"),
        (Reason(JobFault.CRASHED, {"signal": "SIGSEGV"}), "分析程序在处理该影像时崩溃（SIGSEGV）"),
        (Reason(JobFault.STALLED, {"seconds": "900"}), "分析该影像时停滞 900 秒，已中止"),
        (Reason("legacy", {"text": "as it was said once"}), "as it was said once"),
    ],
)
def test_footage_in_chinese(error: Reason, chinese: str) -> None:
    page = language("zh").environment.from_string("{{ error | footage_error }}")
    assert page.render(error=error) == chinese


@pytest.mark.parametrize(("state", "chinese"), [("waiting", "暂时没有画面，稍后会自动重试。"), ("live", "")])
def test_cameras_without_a_word_are_told_by_their_state(state: str, chinese: str) -> None:
    view = CameraView("cam", "Gate", state, NOON, "its reader hung")
    assert language("zh").environment.from_string("{{ view | camera_trouble }}").render(view=view) == chinese
