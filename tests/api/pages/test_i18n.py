"""Both languages say everything, and the right one is picked."""

import re
from datetime import timedelta

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from api.cameras import messages as cameras
from api.cameras.history import HistoryAction
from api.cameras.repository import ChangeKind
from api.candidates import messages as candidates
from api.candidates.repository import State
from api.candidates.verdicts import RejectReason
from api.cases import messages as cases
from api.cases.tables import DeliveryState
from api.pages import i18n as words
from api.pages.i18n import CATALOGUES, choose_language, duration, translations
from api.surveys import messages as surveys
from api.surveys.files import FileNote
from api.surveys.jobs.tables import ChunkState
from api.surveys.tables import FileKind, FileState, SurveyState
from api.training_runs import messages as training_runs
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
        (candidates.REJECT_REASONS, list(RejectReason)),
        (candidates.OUTCOMES, list(Outcome)),
        (candidates.CANDIDATE_STATES, list(State)),
        (cases.DELIVERY_STATES, list(DeliveryState)),
        (cameras.CAMERA_STATES, list(CameraState)),
        (cameras.CAMERA_FAULTS, list(Fault)),
        (cameras.CAMERA_ERRORS, ["failed", *(error.reason for error in CameraError.__subclasses__())]),
        (cameras.CAMERA_ACTS, list(HistoryAction)),
        (cameras.CAMERA_TROUBLES, list(cameras.CAMERA_ERRORS)),
        (cameras.REGISTRY_CHANGES, list(ChangeKind)),
        (surveys.SURVEY_STATES, list(SurveyState)),
        (surveys.CHUNK_STATES, list(ChunkState)),
        (surveys.FILE_KINDS, list(FileKind)),
        (surveys.FILE_STATES, list(FileState)),
        (surveys.FILE_NOTES, list(FileNote)),
        (training_runs.RUN_STATES, list(RunState)),
        (training_runs.MISTAKES, list(MistakeKind)),
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
    assert duration(timedelta(seconds=seconds), translations("en").gettext) == english
    assert duration(timedelta(seconds=seconds), translations("zh").gettext) == chinese_text


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


def test_a_filter_registered_late_reaches_every_language() -> None:
    words.language("zh")
    words.register_names("test_colour", {"permitted": "Permitted"})
    shown = words.language("zh").environment.from_string(
        "{{ 'permitted' | test_colour }}, {{ 'no_name' | test_colour }}"
    )
    assert shown.render() == f"{translations('zh').gettext('Permitted')}, no name"
