"""A ruling in words: no id of a zone, no name of a class, no expression of hours is shown to a person."""

from pathlib import Path

import pytest

from api.pages.hours import hours_in_words
from api.pages.i18n import language, translations
from api.pages.rulings import ruling_sentence
from api.pages.svg_map import map_zones
from detector.geometry.ground import GroundPoint
from detector.reason import Reason
from detector.rules.load import load_rulebook
from detector.rules.ruling import Outcome
from tests.api.samples import NOON, a_candidate, ruled

TWO_SEASONS = "19:00-25:00; Jul 01-Oct 31 18:00-26:00"


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        (
            TWO_SEASONS,
            "19:00–1:00 the next day; 1 July through 31 October 18:00–2:00 the next day",
            "19:00—次日1:00；7月1日至10月31日 18:00—次日2:00",
        ),
        ("06:00-22:00", "6:00–22:00", "6:00—22:00"),
        ("Mo-Fr 06:00-08:30,17:00-24:00", "Monday through Friday 6:00–8:30, 17:00–24:00", None),
        ("Sa,Su 07:00-12:00; PH off", "Saturday, Sunday 7:00–12:00; public holidays never", None),
        ("22:00-06:00", "22:00–6:00 the next day", "22:00—次日6:00"),
        ("Mo-Fr 06:00-08:30", None, "星期一至星期五 6:00—8:30"),
        ("24/7", "at any hour", "全天"),
        ("sunrise-sunset", "sunrise-sunset", "sunrise-sunset"),
        ("Mo[1] 10:00-12:00", "Mo[1] 10:00-12:00", "Mo[1] 10:00-12:00"),
    ],
)
def test_hours_are_written_out(text: str, english: str | None, chinese: str | None) -> None:
    for code, expected in (("en", english), ("zh", chinese)):
        if expected is not None:
            assert hours_in_words(text, code, translations(code).gettext) == expected


RULEBOOK = f"""
version: "1"
timezone: Asia/Shanghai
zones:
  - {{id: dxr-w, kind: main_road, name: Daxue Road west, name_zh: 大学路西段,
      polygon: [[113.60, 34.70], [113.65, 34.70], [113.65, 34.80], [113.60, 34.80]]}}
  - {{id: lane-7, kind: back_street, polygon: [[113.66, 34.70], [113.70, 34.70], [113.70, 34.80], [113.66, 34.80]]}}
rules:
  - {{id: stalls, classes: [stall], zones: [main_road, back_street], permitted: "{TWO_SEASONS}", code: "0501"}}
"""


def test_a_rulings_reasons_name_zones_as_people_do(tmp_path: Path) -> None:
    (tmp_path / "rulebook.yaml").write_text(RULEBOOK, encoding="utf-8")
    book = load_rulebook(tmp_path / "rulebook.yaml")

    def said(code: str, lon: float, error: float = 2.0) -> list[str]:
        ruling = book.rule(class_name="stall", at=NOON, position=GroundPoint(34.75, lon, 20.0, error))
        return [ruling_sentence(reason, code) for reason in ruling.reasons]

    assert said("zh", 113.62)[0] == "位于大学路西段（主干道）"
    assert said("en", 113.62)[0] == "in this area: Daxue Road west (main road)"
    assert said("zh", 113.68) == [
        "位于背街小巷",
        "当地时间 12:00 不在允许时段 19:00—次日1:00；7月1日至10月31日 18:00—次日2:00 之内",
    ]
    assert said("en", 113.65, 5.0)[0].endswith("may stand inside or outside of Daxue Road west (main road)")
    nowhere = book.rule(class_name="stall", at=NOON, position=None)
    assert ruling_sentence(nowhere.reasons[0], "zh") == "位置未知，无法判断是否位于 主干道、背街小巷 内"
    zone = language("zh").environment.from_string("{{ zones[0] | zone_name }}, {{ zones[1] | zone_name }}")
    assert zone.render(zones=map_zones(book)) == "大学路西段, 背街小巷"


@pytest.mark.parametrize(
    ("reason", "chinese"),
    [
        (Reason("stood", {"dwell_s": 300.0, "allowed_s": 300.0}), "已停留 5 分，达到时限 5 分"),
        (Reason("stood", {"dwell_s": 200.0, "allowed_s": 300.0}), "已停留 3 分 20 秒，时限 5 分"),
        (Reason("no_rule_for_class", {"class_name": "signboard"}), "无适用规则：没有规则涉及 店招牌匾"),
        (Reason("position_not_known", {"zones": "dxr-w (main_road)"}), "位置未知，无法判断是否位于 主干道 内"),
        (Reason("legacy", {"text": "as it was said once"}), "as it was said once"),
    ],
)
def test_sentences_in_chinese(reason: Reason, chinese: str) -> None:
    assert ruling_sentence(reason, "zh") == chinese


def test_what_no_rule_speaks_of_is_not_called_permitted() -> None:
    candidate = a_candidate(ruling=ruled(Outcome.PERMITTED, Reason("no_rule_here", {"class_name": "stall"}))).ruling
    allowed = a_candidate(ruling=ruled(Outcome.PERMITTED, Reason("permitted_site"))).ruling
    shown = language("zh").environment.from_string("{{ one | ruling }}")
    assert (shown.render(one=candidate), shown.render(one=allowed)) == ("无适用规则", "允许")
