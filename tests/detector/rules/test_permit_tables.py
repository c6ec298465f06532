"""Permits as offices save them: encodings, separators, dates, empty columns and Excel workbooks."""

import zipfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from detector.geometry.ground import GroundPoint
from detector.rules.permits import NEEDED, OPTIONAL, Match, Permit, Registry, read_permits

COLUMNS = ("id", "class", "lat", "lon", "radius_m", "width_m", "height_m", "bearing_deg", "valid_from", "valid_to")
CELLS = (
    "郑广许字〔2026〕1号",
    "signboard",
    "34.7466",
    "113.6253",
    "4.0",
    "3.6",
    "0.95",
    "90",
    "2026-01-01",
    "2027-12-31",
)
WANTED = Permit(CELLS[0], "signboard", 34.7466, 113.6253, 4.0, date(2026, 1, 1), date(2027, 12, 31), 3.6, 0.95, 90.0)


def table(separator: str = ",", cells: tuple[str, ...] = CELLS) -> str:
    return "\n".join(separator.join(row) for row in (COLUMNS, cells)) + "\n"


def written(folder: Path, content: bytes, name: str = "permits.csv") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def workbook(folder: Path, *rows: tuple[object, ...], merged: str | None = None) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    if merged:
        sheet.merge_cells(merged)
    book.save(folder / "permits.xlsx")
    return folder / "permits.xlsx"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encodings_and_separators(tmp_path: Path, encoding: str, separator: str) -> None:
    cells = ("郑广许字1号", *CELLS[1:]) if encoding == "gb2312" else CELLS
    read = read_permits(written(tmp_path, table(separator, cells).encode(encoding)))
    permits, faults = read.permits, read.faults
    assert (faults, [permit.id for permit in permits]) == ((), [cells[0]])


@pytest.mark.parametrize(
    "day",
    [
        "2026-01-01",
        "2026/1/1",
        "2026-1-1",
        "2026.1.1",
        "2026年1月1日",
        "20260101",
        "2026/1/1 0:00",
        "2026/01/01 00:00:00",
    ],
)
def test_days_as_people_write_them(tmp_path: Path, day: str) -> None:
    read = read_permits(written(tmp_path, table(cells=(*CELLS[:8], day, CELLS[9])).encode()))
    permits, faults = read.permits, read.faults
    assert (permits, faults) == ((WANTED,), ())


@pytest.mark.parametrize(
    "day", ["1/2/2026", "2026/13/1", "2026-02-30", "46023", "next year", "2026-01", "2026-1-1 10:00"]
)
def test_a_day_that_may_be_another_is_refused(tmp_path: Path, day: str) -> None:
    (fault,) = read_permits(written(tmp_path, table(cells=(*CELLS[:8], day, CELLS[9])).encode())).faults
    assert f"valid_from {day!r} is not a day" in fault


def test_empty_columns_rows_and_the_separators_own_line(tmp_path: Path) -> None:
    text = "sep=;\n" + table(";").replace("\n", ";;\n") + ";;;;;;;;;;;\n"
    assert read_permits(written(tmp_path, text.encode())).permits == (WANTED,)


def test_decimal_commas_where_semicolons_separate(tmp_path: Path) -> None:
    cells = tuple(cell.replace(".", ",") if cell[0].isdigit() else cell for cell in CELLS)
    assert read_permits(written(tmp_path, table(";", cells).encode())).permits == (WANTED,)


def test_header_in_any_case(tmp_path: Path) -> None:
    head, rest = table().split("\n", 1)
    assert read_permits(written(tmp_path, f"{head.upper()}\n{rest}".encode())).permits == (WANTED,)


def test_an_id_that_a_spreadsheet_rounded(tmp_path: Path) -> None:
    (fault,) = read_permits(written(tmp_path, table(cells=("4.10103E+19", *CELLS[1:])).encode())).faults
    assert "rounded by a spreadsheet" in fault


def test_a_workbook(tmp_path: Path) -> None:
    values = (
        CELLS[0],
        "signboard",
        34.7466,
        113.6253,
        4,
        3.6,
        0.95,
        90,
        datetime.combine(date(2026, 1, 1), time()),
        date(2027, 12, 31),
        None,
    )
    assert read_permits(workbook(tmp_path, (*COLUMNS, None), values, (None,) * 11)).permits == (WANTED,)


def test_a_workbook_that_is_called_csv(tmp_path: Path) -> None:
    book = workbook(tmp_path, COLUMNS, CELLS)
    assert read_permits(book.rename(tmp_path / "permits.csv")).permits == (WANTED,)


def test_numbers_that_are_ids_have_no_point(tmp_path: Path) -> None:
    read = read_permits(workbook(tmp_path, COLUMNS, (20260001.0, *CELLS[1:])))
    permits, faults = read.permits, read.faults
    assert (faults, permits[0].id) == ((), "20260001")


@pytest.mark.parametrize(
    ("cell", "said"), [("=B1", "cell A2 is a formula"), (41010300081320000017, "cell A2 is a number of more than 15")]
)
def test_cells_without_a_value_of_their_own_are_named(tmp_path: Path, cell: object, said: str) -> None:
    (fault,) = read_permits(workbook(tmp_path, COLUMNS, (cell, *CELLS[1:]))).faults
    assert said in fault


def test_merged_cells_are_named(tmp_path: Path) -> None:
    (fault,) = read_permits(workbook(tmp_path, COLUMNS, CELLS, CELLS, merged="A2:A3")).faults
    assert "cells A2:A3 are merged" in fault


def test_a_workbook_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = workbook(tmp_path, COLUMNS, CELLS)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b" " * 210_000_000)
    (fault,) = read_permits(path).faults
    assert "unpacks to more than 200 MB" in fault


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7)), min_size=1, max_size=6))
def test_a_damaged_workbook_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[float, int]]
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = workbook(folder, COLUMNS, CELLS)
    data = bytearray(path.read_bytes())
    for where, bit in flips:
        data[round(where * (len(data) - 1))] ^= 1 << bit
    path.write_bytes(data)
    read = read_permits(path)
    assert len(read.permits) == 1 or len(read.faults) >= 1
    assert not any("\n" in fault for fault in read.faults)


def patched(path: Path, offset: int, value: bytes) -> Path:
    """Return a workbook whose entries all say something else in their heads: in the directory, and before them."""
    data = bytearray(path.read_bytes())
    for head, at in ((b"PK\x03\x04", offset), (b"PK\x01\x02", offset + 2)):
        place = data.find(head)
        while place >= 0:
            data[place + at : place + at + len(value)] = value
            place = data.find(head, place + 4)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("offset", "value", "said"),
    [
        (6, b"\x01\x00", "permits.xlsx: is locked with a password: save it without one, as .xlsx or as CSV"),
        (8, b"\x63\x00", "permits.xlsx: is no Excel workbook, or a damaged one: save it as .xlsx or as CSV"),
    ],
)
def test_a_workbook_that_is_locked_or_packed_in_another_way(
    tmp_path: Path, offset: int, value: bytes, said: str
) -> None:
    assert read_permits(patched(workbook(tmp_path, COLUMNS, CELLS), offset, value)).faults == (said,)


def test_a_workbook_whose_packed_bytes_are_broken(tmp_path: Path) -> None:
    path = workbook(tmp_path, COLUMNS, CELLS)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("xl/worksheets/sheet1.xml")
    begin = entry.header_offset + 30 + len(entry.filename)
    data[begin : begin + 40] = b"\xff" * 40
    path.write_bytes(data)
    assert "is no Excel workbook, or a damaged one" in read_permits(path).faults[0]


def test_a_device_is_no_table() -> None:
    (fault,) = read_permits(Path("/dev/zero")).faults
    assert "no regular file" in fault


@pytest.mark.parametrize("name", ["gbk", "semi", "slash", "trail"])
def test_the_offices_files(shared: Path, name: str) -> None:
    read = read_permits(shared / "cases" / "33-permits-from-excel" / f"{name}.csv")
    permits, faults = read.permits, read.faults
    assert (faults, len(permits)) == ((), 1)
    assert permits[0].valid_from == date(2026, 1, 1)


def test_all_known_columns_are_used_here() -> None:
    assert set(COLUMNS) == set(NEEDED + OPTIONAL)


@pytest.mark.parametrize("number", ["郑", "路", "一", "鞋", "矛"])
def test_chinese_that_is_valid_utf_8_as_well(tmp_path: Path, number: str) -> None:
    assert number.encode("gb18030").decode("utf-8")  # what it was taken for
    (permit,) = read_permits(written(tmp_path, table(cells=(number, *CELLS[1:])).encode("gb18030"))).permits
    assert permit.id == number


@pytest.mark.parametrize("number", ["café", "m²", "Größe 3", "№ 7", "Ж", "ñandú", "·", "90°"])
def test_utf_8_of_other_languages_stays_what_it_is(tmp_path: Path, number: str) -> None:
    (permit,) = read_permits(written(tmp_path, table(cells=(number, *CELLS[1:])).encode())).permits
    assert permit.id == number or number in ("Ж", "·")  # one letter by itself, which is as well one of Chinese


@pytest.mark.parametrize(
    "content",
    [
        "某区户外广告许可台账,,,,,,,,,\n" + table(),
        "".join("," + line + "\n" for line in table().splitlines()),
        table().replace("radius_m,", "radius_m,,").replace("4.0,", "4.0,,"),
        table().replace("_", " "),
        table().replace("_m", "-M"),
        table() + "\0" * 500,
        table() + "\x1a",
        table(cells=(f'"=""{CELLS[0]}"""', *CELLS[1:])),
    ],
)
def test_what_spreadsheets_put_around_a_table(tmp_path: Path, content: str) -> None:
    read = read_permits(written(tmp_path, content.encode()))
    assert (read.permits, read.faults) == ((WANTED,), ())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark(tmp_path: Path, encoding: str) -> None:
    assert read_permits(written(tmp_path, table().encode(encoding))).permits == (WANTED,)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (table(cells=(*CELLS[:4], '"1,000"', *CELLS[5:])), "radius_m '1,000' is not a number"),
        (table(cells=(*CELLS[:2], "3_4.7", *CELLS[3:])), "lat '3_4.7' is not a number"),
        (table(cells=(*CELLS[:2], "0", "0", *CELLS[4:])), "lat is 0: that is how no place is written"),
        (table().replace("valid_to", "valid_to,").replace("2027-12-31", "2027-12-31,note"), "column 11 has values"),
        ("<html><table><tr><td>id</td></tr></table></html>", "a web page or XML"),
        (table(cells=('"A-1', *CELLS[1:])), "a quotation mark is opened and never closed"),
    ],
)
def test_what_could_be_read_as_another_value_is_named(tmp_path: Path, content: str, said: str) -> None:
    read = read_permits(written(tmp_path, content.encode()))
    assert read.permits == ()
    assert any(said in fault for fault in read.faults)


@pytest.mark.parametrize("column", range(len(COLUMNS)))
@pytest.mark.parametrize("value", ["", "0", "N/A", "nan", "-", "0/0"])
def test_a_value_that_is_not_known_never_moves_a_permit(tmp_path: Path, column: int, value: str) -> None:
    cells = (*CELLS[:column], value, *CELLS[column + 1 :])
    for permit in read_permits(written(tmp_path, table(cells=cells).encode())).permits:
        assert (permit.lat, permit.lon, permit.radius_m) == (WANTED.lat, WANTED.lon, WANTED.radius_m)


HEADS = (
    "id,class,lat,lon,radius(m),width (m),height（m）,bearing_deg,valid from,valid to",
    "编号,类别,纬度,经度,半径,宽度,高度,朝向,有效期起,有效期止",
    "许可证号,广告类型,纬度(°),经度（度）,允许半径（米）,宽(m),高(m),方位角,起始日期,截止日期",
    "审批文号，设施类别，北纬，东经，容差，宽度，高度，方位，有效期自，有效期至",
)


@pytest.mark.parametrize("head", HEADS)
def test_columns_as_offices_call_them(tmp_path: Path, head: str) -> None:
    separator = "，" if "，" in head else ","
    read = read_permits(written(tmp_path, f"{head}\n{table(separator).partition(chr(10))[2]}".encode("gb18030")))
    assert (read.permits, read.faults) == ((WANTED,), ())


def test_columns_that_nobody_judges_by_are_passed_over_and_misspelt_ones_are_not(tmp_path: Path) -> None:
    head, _, row = table().partition("\n")
    more = f"序号,{head},单位名称,联系电话,备注\n1,{row.strip()},某某,,x\n".encode("gb18030")
    assert read_permits(written(tmp_path, more)).permits == (WANTED,)
    wrong = head.replace("bearing_deg", "bearing_dge")
    assert "unknown column 'bearing_dge'" in read_permits(written(tmp_path, f"{wrong}\n{row}".encode())).faults[0]
    wrong = head.replace("valid_to", "有效期止日")
    assert any("'valid_to' is missing" in fault for fault in read_permits(written(tmp_path, wrong.encode())).faults)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (2, "34.7466°"),
        (2, "34.7466N"),
        (2, "３４．7466"),
        (2, "'34.7466"),
        (2, "\u200b34.7466"),
        (3, "东经113.6253"),
        (3, "113°37'31.08\""),
        (4, "4米"),
        (4, "4.0 m"),
        (7, "90°"),
        (8, "２０２６年１月１日"),
        (8, "2026／1／1"),
        (8, "自2026年1月1日起"),
        (9, "2027年12月31日止"),
        (9, "2027-12-31 23:59:59"),
    ],
)
def test_values_as_offices_write_them(tmp_path: Path, column: int, value: str) -> None:
    cells = (*CELLS[:column], f'"{value.replace(chr(34), chr(34) * 2)}"', *CELLS[column + 1 :])
    (permit,) = read_permits(written(tmp_path, table(cells=cells).encode())).permits
    assert permit.lat == WANTED.lat
    assert permit.lon == pytest.approx(WANTED.lon, abs=1e-7)
    assert (permit.radius_m, permit.bearing_deg) == (WANTED.radius_m, WANTED.bearing_deg)
    assert (permit.valid_from, permit.valid_to) == (WANTED.valid_from, WANTED.valid_to)


@pytest.mark.parametrize("value", ["34.7466E", "34°77'1\"", "34.7466 or so", "34.7466S N", "3_4.7", "34 44 47"])
def test_what_is_no_degree_is_named(tmp_path: Path, value: str) -> None:
    quoted = value.replace(chr(34), chr(34) * 2)
    read = read_permits(written(tmp_path, table(cells=(*CELLS[:2], f'"{quoted}"', *CELLS[3:])).encode()))
    assert read.permits == ()
    assert f"lat {value!r} is not a number" in read.faults[0]


@pytest.mark.parametrize("word", ["长期", "永久有效", "无限期"])
def test_a_permit_without_an_end_is_said_in_words(tmp_path: Path, word: str) -> None:
    (permit,) = read_permits(written(tmp_path, table(cells=(*CELLS[:9], word)).encode())).permits
    assert permit.valid_to is None
    assert read_permits(written(tmp_path, table(cells=(*CELLS[:8], word, CELLS[9])).encode())).permits == ()


@pytest.mark.parametrize(
    ("day", "said"), [("46023", "as a spreadsheet counts days it is 2026-01-01"), ("#####", "widen")]
)
def test_a_day_that_a_spreadsheet_spoilt_says_how_to_mend_it(tmp_path: Path, day: str, said: str) -> None:
    (fault,) = read_permits(written(tmp_path, table(cells=(*CELLS[:8], day, CELLS[9])).encode())).faults
    assert said in fault


@pytest.mark.parametrize("foot", ["合计,1", "合 计：1 项", "制表人：办公室", "备注：以上为 2026 年数据", "Total,1"])
def test_sums_and_remarks_below_the_table_are_no_permits(tmp_path: Path, foot: str) -> None:
    read = read_permits(written(tmp_path, f"{table()}{foot}{',' * (9 - foot.count(','))}\n".encode()))
    assert (read.permits, read.faults) == ((WANTED,), ())


def test_a_permit_whose_number_begins_like_a_remark_is_one(tmp_path: Path) -> None:
    (permit,) = read_permits(written(tmp_path, table(cells=("注-12", *CELLS[1:])).encode())).permits
    assert permit.id == "注-12"


def test_merged_titles_and_remarks_take_nothing_and_the_sheet_with_the_table_is_read(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active["A1"] = "说明"
    book.active.merge_cells("A1:C9")
    sheet = book.create_sheet("台账")
    sheet.append(["某区户外广告许可台账"])
    sheet.append(COLUMNS)
    sheet.append(CELLS)
    sheet.append(["制表人：办公室"])
    sheet.merge_cells("A1:J1")
    sheet.merge_cells("A4:J4")
    book.save(path := tmp_path / "permits.xlsx")
    assert read_permits(path).permits == (WANTED,)
    sheet.merge_cells("I3:J3")  # an end that is nobody's would be no limit
    book.save(path)
    assert "cells I3:J3 are merged" in read_permits(path).faults[0]


@pytest.mark.parametrize(
    ("content", "said"), [(b"%PDF-1.7\n", "is a PDF"), (b"[{}]", "no row names"), (b"\n\n", "no row names")]
)
def test_what_is_no_table_is_said_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    (fault,) = read_permits(written(tmp_path, content)).faults
    assert said in fault


@pytest.mark.parametrize("word", ["signboard", "Signboard", "SIGNBOARD", "招牌", "门头招牌", "牌匾"])
def test_a_class_by_its_chinese_word_or_in_capitals_clears_what_it_names(tmp_path: Path, word: str) -> None:
    read = read_permits(written(tmp_path, table(cells=(CELLS[0], word, *CELLS[2:])).encode()))
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    registry = Registry.of(read.permits, noon, timedelta(days=7), ZoneInfo("Asia/Shanghai"))
    assert registry.find("signboard", GroundPoint(34.7466, 113.6253, 0.0, 1.0), noon).match is Match.MATCH
    assert registry.find(word, GroundPoint(34.7466, 113.6253, 0.0, 1.0), noon).match is Match.MATCH
    assert registry.find("banner", GroundPoint(34.7466, 113.6253, 0.0, 1.0), noon).match is Match.NOT_FOUND
