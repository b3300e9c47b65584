"""``codes.csv``: the codes that an office adds to the lists of 政府收支分类科目, each from a year on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from juesuan.base.problems import Problem
from juesuan.facts import FactSource
from juesuan.package.csvfile import FileColumn, Row, heads, read_lines, unique

Kind = Literal["functional", "economic"]

_KINDS: dict[str, Kind] = {
    "支出功能分类": "functional",
    "部门经济分类": "economic",
}
_CODES = {
    "functional": (r"[0-9]{5}([0-9]{2})?", "五位（款）或七位（项）数字；类不能增加"),
    "economic": (r"[0-9]{5}", "五位（款）数字；类不能增加"),
}
CODES = (
    FileColumn("科目编码", "code", "款为五位、项为七位数字"),
    FileColumn("科目名称", "text", "科目的名称"),
    FileColumn("分类", "choice", "支出功能分类，或部门经济分类", choices=tuple(_KINDS)),
    FileColumn("启用年度", "year", "从哪一年起有这个科目", "2024"),
)


@dataclass(frozen=True)
class OwnCode:
    """A code that the office says is one of 政府收支分类科目 from the year ``since`` on."""

    code: str
    name: str
    kind: Kind
    since: int
    source: FactSource


def read_own_codes(root: Path, file: str, problems: list[Problem]) -> tuple[OwnCode, ...]:
    """Read the codes of an office; note in ``problems`` what is wrong with the file."""

    def line(row: Row) -> OwnCode:
        word = row.one_of("分类", _KINDS)
        kind = _KINDS.get(word, "functional")
        code = row.matching("科目编码", *_CODES[kind])
        since = row.matching("启用年度", r"2[0-9]{3}", "四位数字的年度，如 2024")
        return OwnCode(code, row.text("科目名称"), kind, int(since) if since.isdecimal() else 0, row.source)

    lines = read_lines(root, file, heads(CODES), line, problems)
    unique([(f"{one.code}（{one.since} 年）", one.source) for one in lines], "科目编码", problems)
    return lines


def names_since(codes: tuple[OwnCode, ...], kind: Kind, year: int) -> tuple[OwnCode, ...]:
    """Return the codes of a kind that apply in a year: of each code the line that began last."""
    begun = sorted((one for one in codes if one.kind == kind and one.since <= year), key=lambda one: one.since)
    return tuple({one.code: one for one in begun}.values())
