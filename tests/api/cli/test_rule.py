"""`streetwarden rule`."""

from pathlib import Path

from tests.api.cli.conftest import Typed
from tests.conftest import REPO


def test_rule_answers_with_reasons_and_code(streetwarden: Typed, tmp_path: Path) -> None:
    book = tmp_path / "rulebook.yaml"
    book.write_text(
        """
version: "1"
timezone: Asia/Shanghai
zones:
  - {id: road, kind: main_road, polygon: [[113.62, 34.74], [113.63, 34.74], [113.63, 34.75], [113.62, 34.75]]}
rules:
  - {id: stall, classes: [stall], zones: [main_road], permitted: "19:00-25:00", dwell: 300s, gap: 90s, code: "0501"}
""",
        encoding="utf-8",
    )
    place = ("--rulebook", book, "--class", "stall", "--lat", 34.745, "--lon", 113.625)
    noon = streetwarden("rule", *place, "--at", "2026-11-20T12:00:00+08:00", "--dwell", 360, "--json").records[0]
    assert noon["ruling"] == "violation"
    assert noon["code"] == "0501"
    night = streetwarden("rule", *place, "--at", "2026-11-20T20:00:00", "--dwell", 360, "--json").records[0]
    assert night["ruling"] == "permitted"
    unknown = streetwarden("rule", *place, "--at", "2026-11-20T12:00:00", "--json").records[0]
    assert unknown["ruling"] == "unknown"


def test_rule_names_a_bad_rulebook_and_a_bad_time_in_one_line(streetwarden: Typed, tmp_path: Path) -> None:
    book = tmp_path / "rulebook.yaml"
    book.write_text("version: 1\nnonsense: true\n", encoding="utf-8")
    bad = streetwarden("rule", "--rulebook", book, "--class", "stall", "--at", "2026-11-20T12:00:00")
    assert bad.code == 2
    assert "line 2" in bad.err
    assert bad.err.count("\n") == 1
    late = streetwarden("rule", "--rulebook", REPO / "samples" / "rulebook.yaml", "--class", "stall", "--at", "noon")
    assert late.code == 2
    assert "'noon'" in late.err


def test_rule_is_told_how_a_sign_is_put_up(streetwarden: Typed, tmp_path: Path) -> None:
    book = tmp_path / "rulebook.yaml"
    book.write_text(
        """
version: "1"
timezone: Asia/Shanghai
zones:
  - {id: road, kind: main_road, polygon: [[113.62, 34.74], [113.63, 34.74], [113.63, 34.75], [113.62, 34.75]]}
rules:
  - {id: roof, classes: [billboard], zones: [main_road], placement: [above_roof]}
""",
        encoding="utf-8",
    )
    place = ("--rulebook", book, "--class", "billboard", "--lat", 34.745, "--lon", 113.625, "--at", "2026-11-20T12:00")
    rulings = [
        streetwarden("rule", *place, *more, "--json").records[0]["ruling"]
        for more in ((), ("--seen", "above_roof"), ("--not-seen", "above_roof"))
    ]
    assert rulings == ["unknown", "violation", "permitted"]
