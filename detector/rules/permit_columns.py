"""The columns and classes of a permit table by the names that offices give them, in English and in Chinese."""

import difflib
import re
import unicodedata
from typing import Final

_NAMES: Final = {
    "id": (
        "permit_id permit_no permit_number number",
        "编号 许可证号 许可证编号 许可编号 许可号 证号 审批编号 批准文号 审批文号 文号",
    ),
    "class": ("kind type category", "类别 类型 种类 广告类型 广告类别 设施类型 设施类别 许可类别"),
    "lat": ("latitude", "纬度 北纬"),
    "lon": ("lng long longitude", "经度 东经"),
    "radius_m": ("radius_metres radius_meters", "半径 允许半径 容差 容许半径 位置半径 允许偏差"),
    "valid_from": (
        "from start start_date begins",
        "有效期起 有效期自 有效期开始 有效期起始 起始日期 开始日期 生效日期 有效起始日期 许可开始日期",
    ),
    "valid_to": (
        "to end end_date until expires",
        "有效期止 有效期至 有效期结束 有效期截止 截止日期 结束日期 到期日期 失效日期 有效截止日期 许可截止日期",
    ),
    "width_m": ("", "宽 宽度"),
    "height_m": ("", "高 高度"),
    "bearing_deg": ("", "朝向 方位 方位角"),
}
_CANONICAL: Final = {alias: name for name, aliases in _NAMES.items() for alias in (name, *" ".join(aliases).split())}
_PASSED_OVER: Final = frozenset(
    (
        "no",
        "nr",
        "#",
        "holder",
        "owner",
        "applicant",
        "company",
        "name",
        "address",
        "street",
        "road",
        "remark",
        "remarks",
        "note",
        "notes",
        "comment",
        "phone",
        "contact",
        "district",
        "status",
    )
)
_UNITS: Final = re.compile(r"[(\[（【]\s*(m|米|metres?|meters?|deg|degrees?|°|度|wgs-?84)\s*[)\]）】]$", re.IGNORECASE)
_TYPO: Final = 0.75  # of the letters of a known name: then a column is that one, misspelt
_CLASSES: Final = {
    "signboard": "招牌 店招 门头 门头招牌 店招店牌 牌匾 牌匾标识 门店招牌 户外招牌",
    "banner": "横幅 条幅 布幅",
    "billboard": "广告牌 户外广告牌 大型广告牌 立柱广告 户外广告",
    "cantilever_sign": "侧招 侧挂招牌 竖招 伸出式招牌 外挑招牌",
    "window_ad": "橱窗广告 窗贴广告 窗户广告",
    "a_board": "立牌 落地广告牌 落地灯箱 人行道立牌",
    "stall": "摊位 流动摊位 占道摊位 临时摊位",
}
_CLASS_OF: Final = {word: name for name, words in _CLASSES.items() for word in words.split()}


def column_name(cell: str) -> str:
    """Return the name of a column as its header means it: `Valid from` and `有效期起` are `valid_from`."""
    text = unicodedata.normalize("NFKC", cell).strip().lower().rstrip("*:")
    unit = _UNITS.search(text)
    plain = re.sub(r"[\s\-_]+", "_", text[: unit.start()].strip() if unit else text)
    if unit and f"{plain}_{unit[1][:1]}" in ("radius_m", "width_m", "height_m"):
        return f"{plain}_m"
    return _CANONICAL.get(plain, _CANONICAL.get(plain.replace("_", ""), plain))


def passed_over(name: str) -> bool:
    """Return whether a column is one that permits have besides and nobody judges by, and no known one misspelt."""
    if name in _PASSED_OVER:
        return True
    return not name.isascii() and not difflib.get_close_matches(name, _CANONICAL, 1, _TYPO)


def class_names(word: str) -> tuple[str, ...]:
    """Return the names under which a class is looked for: as it stands, without capitals, and of a Chinese word."""
    plain = re.sub(r"[\s\-]+", "_", unicodedata.normalize("NFKC", word).strip().lower())
    return tuple(dict.fromkeys((word, plain, _CLASS_OF.get(plain, word))))
