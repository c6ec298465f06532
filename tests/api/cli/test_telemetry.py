"""`streetwarden telemetry`."""

from pathlib import Path

import pytest

from tests.api.cli.conftest import Typed

LINE = "1\n00:00:00,000 --> 00:00:01,000\n2026-11-20 10:50:01\nGPS(36.6, -6.1, 12)\n"


def test_telemetry_is_told_where_and_by_which_clock(
    streetwarden: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.srt"
    path.write_text(LINE, encoding="utf-8")
    (alone,) = streetwarden("telemetry", path, "--json").records
    assert (alone["lat"], alone["time"]) == (None, "2026-11-20T10:50:01")
    assert "which of 36.6 and -6.1" in str(alone["ambiguous"])
    (told,) = streetwarden("telemetry", path, "--near", "36.7,-6", "--zone", "Europe/Madrid", "--json").records
    assert (told["lat"], told["lon"], told["time"]) == (36.6, -6.1, "2026-11-20T10:50:01+01:00")
    monkeypatch.setenv("STREETWARDEN_NEAR", "36.7,-6")
    (set_for_all,) = streetwarden("telemetry", path, "--json").records
    assert (set_for_all["lat"], set_for_all["lon"]) == (36.6, -6.1)


def test_a_file_in_which_only_some_lines_print_a_zone_is_told(streetwarden: Typed, tmp_path: Path) -> None:
    lines = (f"{n}\n2026-11-20 10:50:0{n}{'' if n % 3 else 'Z'}\nGPS(36.6, -6.1, 12)\n\n" for n in range(1, 8))
    (tmp_path / "a.srt").write_text("".join(lines), encoding="utf-8")
    printed = streetwarden("telemetry", tmp_path / "a.srt", "--json", "--near", "36.7,-6")
    assert printed.code == 0
    assert sorted(str(one["time"] or "")[17:] for one in printed.records) == ["", "", "01", "02", "04", "05", "07"]
    assert "2 of 7 lines differ from the others in whether they print a zone" in printed.err
    told = streetwarden("telemetry", tmp_path / "a.srt", "--json", "--near", "36.7,-6", "--zone", "Asia/Shanghai")
    assert [str(one["time"])[11:13] for one in told.records] == ["10"] * 7


@pytest.mark.parametrize("zone", ["Mars", "../../etc/passwd", "Asia/../Europe", "x\0y"])
def test_an_unknown_zone_is_one_line(streetwarden: Typed, tmp_path: Path, zone: str) -> None:
    (tmp_path / "a.srt").write_text(LINE, encoding="utf-8")
    printed = streetwarden("telemetry", tmp_path / "a.srt", "--zone", zone)
    assert printed.code == 2
    assert "no such time zone" in printed.err


def test_telemetry_prints_records_and_tells_what_it_skipped(streetwarden: Typed, shared: Path) -> None:
    printed = streetwarden("telemetry", shared / "telemetry" / "dji_srt" / "p4_rtk.SRT", "--json")
    first = printed.records[0]
    assert first["lat"] == pytest.approx(-34.237922)
    assert first["height"] == pytest.approx(85.8)
