"""Both languages say everything, and the right one is picked."""

import re
from datetime import timedelta

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from api.cameras.history import HistoryAction
from api.cameras.repository import ChangeKind
from api.candidates.repository import State
from api.candidates.verdicts import RejectReason
from api.cases.tables import DeliveryState
from api.pages import i18n as words
from api.pages import messages as troubles
from api.pages.i18n import CATALOGUES, choose_language, duration, translations
from api.surveys.files import FileNote
from api.surveys.jobs.tables import ChunkState
from api.surveys.tables import FileKind, FileState, SurveyState
from detector.rules.ruling import Outcome
from streams.camera.state import CameraState
from streams.errors import CameraError
from streams.health.faults import Fault
from tests.api.pages.messages import used_messages
from training.evaluation.mistakes import MistakeKind
from training.runs.progress import RunState

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def chinese() -> dict[tuple[str | None, str], str]:
    path = CATALOGUES["zh"]
    assert path is not None
    with path.open("rb") as stream:
        catalogue = read_po(stream, locale="zh_CN")
    return {(message.context, str(message.id)): str(message.string) for message in catalogue if message.id}


def test_every_text_has_its_chinese_and_no_chinese_is_left_over() -> None:
    assert set(chinese()) == used_messages()


def test_every_chinese_text_is_chinese_and_keeps_its_placeholders() -> None:
    for (_, english), text in chinese().items():
        assert CHINESE.search(text), english
        assert sorted(re.findall(r"%\(?\w*\)?[sd]", text)) == sorted(re.findall(r"%\(?\w*\)?[sd]", english))


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (words.REJECT_REASONS, list(RejectReason)),
        (words.OUTCOMES, list(Outcome)),
        (words.CANDIDATE_STATES, list(State)),
        (words.DELIVERY_STATES, list(DeliveryState)),
        (words.CAMERA_STATES, list(CameraState)),
        (words.CAMERA_FAULTS, list(Fault)),
        (words.CAMERA_ERRORS, ["failed", *(error.reason for error in CameraError.__subclasses__())]),
        (words.CAMERA_ACTS, list(HistoryAction)),
        (troubles.CAMERA_TROUBLES, list(words.CAMERA_ERRORS)),
        (words.REGISTRY_CHANGES, list(ChangeKind)),
        (words.SURVEY_STATES, list(SurveyState)),
        (words.CHUNK_STATES, list(ChunkState)),
        (words.FILE_KINDS, list(FileKind)),
        (words.FILE_STATES, list(FileState)),
        (words.FILE_NOTES, list(FileNote)),
        (words.RUN_STATES, list(RunState)),
        (words.MISTAKES, list(MistakeKind)),
    ],
)
def test_every_code_has_a_name(table: dict[str, str], codes: list[str]) -> None:
    assert list(table) == [str(code) for code in codes]


@pytest.mark.parametrize(
    ("seconds", "english", "chinese_text"),
    [
        (0, "0 s", "0 秒"),
        (59.9, "59 s", "59 秒"),
        (372, "6 min 12 s", "6 分 12 秒"),
        (7500, "2 h 5 min", "2 小时 5 分"),
        (90061, "1 d 1 h", "1 天 1 小时"),
        (-3, "0 s", "0 秒"),
    ],
)
def test_durations_in_two_units(seconds: float, english: str, chinese_text: str) -> None:
    assert duration(timedelta(seconds=seconds), translations("en")) == english
    assert duration(timedelta(seconds=seconds), translations("zh")) == chinese_text


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "expected"),
    [
        ("zh", "en", "en", "zh"),
        ("xx", "zh", "en", "zh"),
        (None, None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, None, "de, en;q=0.3, zh;q=0.7", "zh"),
        (None, None, "de,fr", "en"),
        (None, None, "zh;q=0", "en"),
        (None, None, "", "en"),
    ],
)
def test_the_language_asked_for_wins(asked: str | None, remembered: str | None, accepted: str, expected: str) -> None:
    assert choose_language(asked, remembered, accepted, "en") == expected


@given(header=st.text(max_size=60))
def test_no_header_breaks_the_choice(header: str) -> None:
    assert choose_language(None, None, header, "en") in CATALOGUES
