"""What went wrong is said in the reader's language, whatever it was."""

import re
from pathlib import Path

import pytest

import streams
from api.context import CameraView
from api.review import troubles
from api.review.words import language
from tests.api.samples import NOON

RAISED = re.compile(r"raise (?:NotAVideo|DecoderFailed|_Lost)\(\s*(?:self\._named\(\s*)?f?\"([^\"]+)\"")
FOOTAGE = ("sniff.py", "footage.py", "sandbox/read.py")  # what uploaded files go through


def raised() -> list[str]:
    folder = Path(streams.__file__).parent
    return [text for name in FOOTAGE for text in RAISED.findall((folder / name).read_text("utf-8"))]


def test_every_error_of_footage_has_a_sentence_of_its_own() -> None:
    found = raised()
    assert len(found) >= 10
    assert [text for text in found if troubles.footage_trouble(text) == troubles.OTHERWISE] == []


@pytest.mark.parametrize(
    ("reason", "chinese"),
    [
        ("begins like a video but cannot be opened; is it complete?", "文件已损坏，或不完整。"),
        ("reading took more than 900 s of CPU time", "读取耗时过长，已中止。"),
        ("its worker ended with SIGSEGV", "查看程序在处理该素材时出错退出。"),
        ("its worker was ended because memory ran out", "查看该素材所需内存超过本机所有。"),
        ("nothing moved for 900 s", "查看该素材时停滞不前，已中止。"),
        ("it was begun 10 times and never finished", "该素材反复开始处理，始终未能完成。"),
        ("what nobody has thought of", "无法查看该素材。"),
    ],
)
def test_footage_in_chinese(reason: str, chinese: str) -> None:
    page = language("zh").environment.from_string("{{ reason | footage_trouble }}")
    assert page.render(reason=reason) == chinese


@pytest.mark.parametrize(("state", "chinese"), [("waiting", "暂时没有画面，稍后会自动重试。"), ("live", "")])
def test_cameras_without_a_word_are_told_by_their_state(state: str, chinese: str) -> None:
    view = CameraView("cam", "Gate", state, NOON, "its reader hung")
    assert language("zh").environment.from_string("{{ view | camera_trouble }}").render(view=view) == chinese
