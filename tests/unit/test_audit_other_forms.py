"""Titles and forms of other places: tables are known by what they are, and what isn't known is said."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from juesuan.audit import Weight, audit_document
from tests.unit.audit_demo import WRITERS, Block, demo

TITLES: dict[str, tuple[Mapping[str, str], int]] = {
    # where: what is printed instead, and how many tables of nine are then read
    "central, urumqi: 国资收入支出": (
        {"国有资本经营预算财政拨款支出决算表": "国有资本经营预算财政拨款收入支出决算表"}, 9),
    "taian: table 4 without 总": ({"财政拨款收入支出决算总表": "财政拨款收入支出决算表"}, 9),
    "zhanjiang: table 6 明细": ({"财政拨款基本支出决算表": "财政拨款基本支出决算明细表"}, 9),
    "shaanxi: 会议费、培训费": ({"“三公”经费支出决算表": "“三公”经费及会议费、培训费支出决算表"}, 9),
    "yunnan: 公开01表": ({"收入支出决算总表（表1）": "收入支出决算表（公开01表）"}, 9),
    "shorter": ({"政府性基金预算财政拨款收入支出决算表": "政府性基金收入支出决算表"}, 9),
    "a title that nobody knows": ({"国有资本经营预算财政拨款支出决算表": "国有资本经营预算执行决算表"}, 8),
}  # fmt: skip


def _renamed(titles: Mapping[str, str]) -> list[Block]:
    blocks: list[Block] = []
    for block in demo():
        caption = block if isinstance(block, str) else block[0]
        if not isinstance(block, str):
            for was, now in titles.items():
                caption = caption.replace(was, now)
        blocks.append(caption if isinstance(block, str) else (caption, block[1]))
    return blocks


@pytest.mark.parametrize("kind", ["html", "txt"])
@pytest.mark.parametrize("place", TITLES)
def test_a_table_is_known_by_what_it_is(place: str, kind: str, tmp_path: Path) -> None:
    titles, read = TITLES[place]
    path = tmp_path / f"a.{kind}"
    WRITERS[kind](_renamed(titles), path)
    report = audit_document(path)
    assert len(report.tables) == read
    assert not [one for one in report.findings if one.weight is not Weight.NOTE], report.findings
    assert {one.rule for one in report.findings} == ({"table.unknown"} if read < 9 else set())


def test_of_a_table_that_stands_there_twice_the_one_by_subjects_is_read(tmp_path: Path) -> None:
    units = (("单位名称", "本年收入合计", "财政拨款收入"), ("云山市档案馆", "456.00", "450.90"))
    blocks = demo()
    at = next(n for n, block in enumerate(blocks) if not isinstance(block, str) and "（表2）" in block[0])
    path = tmp_path / "a.html"
    WRITERS["html"]([*blocks[:at], ("2022年度收入决算表（分单位）", units), *blocks[at:]], path)
    report = audit_document(path)
    assert report.findings == ()
    assert len(report.tables) == 9


def test_tables_that_nobody_knows_are_listed_as_not_checked(tmp_path: Path) -> None:
    rows = (("科目", "金额"), ("货物", "1.00"))
    path = tmp_path / "a.html"
    WRITERS["html"]([*demo(), ("2022年度政府购买服务决算公开情况表", rows), "附件"], path)
    assert "政府购买服务决算公开情况表" in "".join(audit_document(path).duties.unknown)
