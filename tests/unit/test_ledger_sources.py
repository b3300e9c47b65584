"""Sources one by one: databases, audit interfaces, DBF, profiles, and the settings that name them."""

import csv
import json
import re
from decimal import Decimal
from pathlib import Path

import dbf
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from juesuan.base.problems import InputError
from juesuan.base.yamlsource import read_yaml
from juesuan.cli import app
from juesuan.ledger import load_chart, read_ledger, sources
from juesuan.ledger.inspect import inspect_file, inspection_json, inspection_text
from juesuan.ledger.profiles import find_profile, is_known, known_names, load_profiles, own_profile
from juesuan.ledger.reading import assemble, open_exports
from juesuan.ledger.sources import FORMATS, Limits, open_export
from juesuan.ledger.sources.database import read_database
from juesuan.ledger.sources.values import value_text
from juesuan.package import package_files
from juesuan.package.settings import Settings
from juesuan.web.uploads import KINDS
from tests import ledger_writers as writers
from tests.conftest import ROOT

HEADER = ["凭证日期", "凭证字号", "分录号", "摘要", "科目编码", "科目名称", "借方金额", "贷方金额"]
HEADER += ["功能分类编码", "部门经济分类编码", "资金性质", "支出类型"]
LINE = ["2020-01-31", "记-1", "1", "购纸", "8001", "资金结存", "5", "", "", "", "", ""]

ARCHIVE = """<公共档案>
<电子账簿><电子账簿编号>001</电子账簿编号><会计年度>2020</会计年度></电子账簿>
<自定义档案项><自定义档案编码>GN</自定义档案编码><自定义档案名称>功能分类</自定义档案名称></自定义档案项>
<自定义档案项值><自定义档案编码>GN</自定义档案编码><档案值编码>2080101</档案值编码><档案值名称>行政运行</档案值名称></自定义档案项值>
</公共档案>"""
LEDGER = """<?xml version="1.0" encoding="GB2312"?><总账>
<会计科目><科目编号>7101</科目编号><科目名称>行政支出</科目名称></会计科目>
<会计科目><科目编号>8001</科目编号><科目名称>资金结存</科目名称></会计科目>
<科目辅助核算><科目编号>7101</科目编号><辅助项编号>1</辅助项编号><辅助项名称>功能分类</辅助项名称><对应档案>GN</对应档案></科目辅助核算>
<科目辅助核算><科目编号>7101</科目编号><辅助项编号>2</辅助项编号><辅助项名称>部门经济分类</辅助项名称></科目辅助核算>
<科目辅助核算><科目编号>7101</科目编号><辅助项编号>3</辅助项编号><辅助项名称>资金性质</辅助项名称></科目辅助核算>
<科目辅助核算><科目编号>7101</科目编号><辅助项编号>4</辅助项编号><辅助项名称>支出类型</辅助项名称></科目辅助核算>
<科目余额及发生额><科目编号>8001</科目编号><会计期间号>1</会计期间号><期初余额方向>借</期初余额方向><期初本币余额>9.00</期初本币余额><借方本币金额>0.00</借方本币金额><贷方本币金额>5.00</贷方本币金额><期末余额方向>借</期末余额方向><期末本币余额>4.00</期末本币余额></科目余额及发生额>
<科目余额及发生额><科目编号>8001</科目编号><会计期间号>2</会计期间号><期初余额方向>借</期初余额方向><期初本币余额>4.00</期初本币余额><借方本币金额>1.00</借方本币金额><贷方本币金额>0.00</贷方本币金额><期末余额方向>借</期末余额方向><期末本币余额>5.00</期末本币余额></科目余额及发生额>
<记账凭证><记账凭证日期 locID="1">20200131</记账凭证日期><会计期间号>1</会计期间号><记账凭证类型编号>记</记账凭证类型编号><记账凭证编号>1</记账凭证编号><记账凭证行号>1</记账凭证行号><记账凭证摘要>购纸</记账凭证摘要><科目编号>7101</科目编号><辅助项1编号>2080101</辅助项1编号><辅助项2编号>30201</辅助项2编号><辅助项3编号>一般公共预算</辅助项3编号><辅助项4编号>基本支出</辅助项4编号><借方本币金额>5.00</借方本币金额><贷方本币金额>0.00</贷方本币金额><记账标志>3</记账标志><作废标志>0</作废标志></记账凭证>
<记账凭证><记账凭证日期>20200131</记账凭证日期><会计期间号>1</会计期间号><记账凭证类型编号>记</记账凭证类型编号><记账凭证编号>1</记账凭证编号><记账凭证行号>2</记账凭证行号><记账凭证摘要>购纸</记账凭证摘要><科目编号>8001</科目编号><借方本币金额>0.00</借方本币金额><贷方本币金额>5.00</贷方本币金额><记账标志>1</记账标志><作废标志>0</作废标志></记账凭证>
</总账>"""  # noqa: E501 - as long as such records are


def test_an_audit_interface_of_two_files_is_read_with_what_its_items_mean(tmp_path: Path) -> None:
    (tmp_path / "公共档案.xml").write_text(ARCHIVE, "utf-8")
    (tmp_path / "总账.xml").write_bytes(LEDGER.encode("gb2312"))
    paths = [tmp_path / "公共档案.xml", tmp_path / "总账.xml"]
    exports = open_exports(paths, tmp_path)
    assert len(exports) == 1
    missing = exports[0].sheets[1].rows[0]
    assert "资金性质" not in missing
    ledger = assemble(exports, [], chart=load_chart("2020"), year=2020)
    first = ledger.lines.iloc[0]
    assert ledger.problems == ()
    assert (first["functional"], first["functional_name"], first["economic"]) == ("2080101", "行政运行", "30201")
    assert (first["fund"], first["support"], first["account_name"]) == (
        "general_public_budget",
        "basic",
        "行政支出",
    )
    notes = {note.code: note.count for note in ledger.report.tables[0].notes}
    assert notes["unposted"] == 1


def test_the_balances_of_an_audit_interface_lack_what_it_does_not_split_by(tmp_path: Path) -> None:
    (tmp_path / "总账.xml").write_bytes(LEDGER.encode("gb2312"))
    held = assemble([], open_exports([tmp_path / "总账.xml"], tmp_path), chart=load_chart("2020"), year=2020)
    assert held.problems == ()
    row = held.balances.iloc[0]
    assert [row[name] for name in ("opening", "debit", "credit", "closing")] == [900, 100, 500, 500]


def test_a_database_is_read_by_table_or_query_with_its_secret_kept(tmp_path: Path) -> None:
    url = writers.write_sqlite(tmp_path / "v.db", [HEADER, LINE])
    chart = load_chart("2020")
    for what in ("凭证", 'select * from "凭证"', " WITH a AS (select 1) select v.* from 凭证 v"):
        export = read_database("$LEDGER", what, file="数据库", environment={"LEDGER": url})
        ledger = assemble([export], [], chart=chart, year=2020)
        assert ledger.problems == ()
        assert ledger.lines["debit"].tolist() == [500]
    for address, what, code in (
        ("$NONE", "凭证", "database.url"),
        ("nonsense", "凭证", "database.url"),
        (url, "drop table 凭证", "database.query"),
        (url, "没有这张表", "database.error"),
        ("postgresql+psycopg://a:s3cret@127.0.0.1:1/x", "t", "database.error"),
    ):
        export = read_database(address, what, file="数据库", environment={})
        assert [problem.code for problem in export.problems] == [code]
        assert "s3cret" not in f"{export}"


def test_a_password_in_the_settings_is_refused_without_being_shown(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "examples/wuhan-2020/settings.yaml").read_text("utf-8")
    path = tmp_path / "settings.yaml"
    tables = "vouchers: v, trial_balance: b"
    path.write_text(f"{text}\nledger: {{database: {{url: 'postgresql://a:s3cret@h/x', {tables}}}}}\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_yaml(path, Settings)
    assert "不要写密码" in str(caught.value) and "s3cret" not in str(caught.value)
    path.write_text(f"{text}\nledger: {{profile: juesuan, database: {{url: $LEDGER, {tables}}}}}\n", "utf-8")
    settings = read_yaml(path, Settings)
    assert settings.ledger.database is not None and settings.ledger.profile == "juesuan"


def test_the_ledgers_files_may_be_several_a_folder_or_a_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    folder.mkdir()
    for name in ("2.csv", "1.csv", ".hidden", "~$1.xlsx"):
        (folder / name).write_text("", "utf-8")
    (tmp_path / "empty").mkdir()
    both = [folder / "1.csv", folder / "2.csv"]
    assert list(package_files(tmp_path, "ledger")) == both
    assert list(package_files(tmp_path, "ledger/*.csv")) == both
    saved_again = tmp_path / "序时账[1].csv"  # as a browser names what was saved twice
    saved_again.write_bytes(b"x")
    assert list(package_files(tmp_path, saved_again.name)) == [saved_again]
    assert list(package_files(tmp_path, ("ledger/2.csv", "ledger"))) == [both[1], both[0]]
    for name in ("empty", "*.dbf", "../x", "none.csv"):
        with pytest.raises(InputError):
            package_files(tmp_path, name)
    text = (Path(__file__).parents[2] / "examples/wuhan-2020/settings.yaml").read_text("utf-8")
    (tmp_path / "s.yaml").write_text(
        text.replace("vouchers: ledger/vouchers.csv", "vouchers: [a.csv, b]"), "utf-8"
    )
    assert read_yaml(tmp_path / "s.yaml", Settings).files.vouchers == ("a.csv", "b")


def test_a_dbf_says_its_code_page_its_deleted_records_and_its_types(tmp_path: Path) -> None:
    table = dbf.Table(
        str(tmp_path / "a.dbf"), "rq D; je N(18,4); n I; y Y; b B; l L; t T; m M", dbf_type="vfp", codepage="cp936"
    )
    with table.open(dbf.READ_WRITE):
        for flag in (True, None):
            table.append(
                (dbf.Date(2020, 1, 31), 0.1, 7, Decimal("-1.25"), 0.5, flag, dbf.DateTime(2020, 1, 31), "")
            )
        dbf.delete(table[1])  # the package writes the right number of records only now
    data = bytearray((tmp_path / "a.dbf").read_bytes())
    start, width = (int.from_bytes(data[at : at + 2], "little") for at in (8, 10))
    data[start + width] = ord("*")  # the second record is deleted
    (tmp_path / "a.dbf").write_bytes(data)
    export = open_export(tmp_path / "a.dbf", file="a.dbf", known=is_known)
    assert export.problems == ()
    assert export.sheets[0].rows[1] == ["20200131", "0.1000", "7", "-1.2500", "0.5", "TRUE", "2020-01-31", ""]
    assert "1 条已删除" in export.remarks[0] and "备注" in export.remarks[1]
    short = bytes(data[:4]) + (1).to_bytes(4, "little") + bytes(data[8:])
    (tmp_path / "c.dbf").write_bytes(short)
    found = open_export(tmp_path / "c.dbf", file="c.dbf", known=is_known).problems
    assert "文件头说有 1 条记录，实际有 2 条" in str(found[0])
    for page, code in ((0x13, "file.encoding"), (0x00, "")):
        data[29] = page
        (tmp_path / "b.dbf").write_bytes(data)
        found = open_export(tmp_path / "b.dbf", file="b.dbf", known=is_known).problems
        assert [problem.code for problem in found] == ([code] if code else [])


def test_typed_values_are_written_as_a_person_would() -> None:
    assert [value_text(value) for value in (1e15, 1.5, 1e-7, float("nan"), b"\x01", None, True, 3)] == [
        "1000000000000000",
        "1.5",
        "0.0000001",
        "nan",
        "01",
        "",
        "TRUE",
        "3",
    ]
    assert value_text(Decimal("1E+3")) == "1000"
    assert value_text(pa.scalar(1).as_py()) == "1"


def test_every_profile_loads_and_knows_names_of_both_tables() -> None:
    profiles = load_profiles()
    assert {"common", "juesuan", "yonyou-u8", "yonyou-grp-u8", "yonyou-nc", "kingdee-k3", "kingdee-eas"} <= {
        profile.id for profile in profiles
    }
    assert all(profile.columns["vouchers"] and profile.columns["balances"] for profile in profiles)
    assert is_known("借方 金额（元）") and not is_known("备用")
    assert len(known_names()) > 100
    assert find_profile("用友 U8").id == "yonyou-u8"
    with pytest.raises(InputError, match="没有这个方案"):
        find_profile("nonsense")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id: a\nname: 甲\nsource: x\nextends: nothing\n", "不存在"),
        ("id: a\nname: 甲\nsource: x\nvouchers: {nonsense: [甲]}\n", "没有“nonsense”这个字段"),
        ("id: a\nname: 甲\nsource: x\nvouchers: {date: [甲], summary: [甲]}\n", "既是 date 又是 summary"),
        ("id: a\nname: 甲\nsource: x\nwords: {nonsense: {甲: 乙}}\n", "没有“nonsense”这个字段"),
        ("id: a\nname: 甲\n", "缺少必填项"),
    ],
)
def test_a_profile_that_is_wrong_is_told_about_in_words(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "p.yaml").write_text(text, "utf-8")
    with pytest.raises(InputError, match=words):
        own_profile(tmp_path / "p.yaml", file="p.yaml")


OWN = """id: ours
name: 本单位
source: 本单位的系统
extends: common
account_levels: [4, 2, 2]
accounts: {"7001": "7101"}
vouchers: {account: [Konto], debit: [Soll], credit: [Haben], date: [Datum], voucher: [Beleg], summary: [Text]}
words: {fund: {A: 一般公共预算}}
"""


def test_a_new_system_is_a_new_file(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(OWN, "utf-8")
    (tmp_path / "v.csv").write_text(
        "Datum,Beleg,Text,Konto,科目名称,Soll,Haben,功能分类,经济分类,资金性质,支出类型\n"
        "2020-01-31,记-1,购纸,7001.1.2,行政支出,5,,2080101,30201,A,基本支出\n",
        "utf-8",
    )
    profile = own_profile(tmp_path / "ours.yaml", file="ours.yaml")
    exports = open_exports([tmp_path / "v.csv"], tmp_path)
    ledger = assemble(exports, [], chart=load_chart("2020"), year=2020, profile=profile)
    assert ledger.problems == ()
    assert ledger.lines[["account", "fund"]].values.tolist() == [["71010102", "general_public_budget"]]
    notes = [note.code for note in ledger.report.tables[0].notes]
    assert notes == ["dotted-code", "numbered", "padded-code", "renumbered", "word"]
    found = inspect_file(tmp_path / "v.csv", load_chart("2020"), profile=str(tmp_path / "ours.yaml"))
    assert "ours（本单位）" in inspection_text(found)


def test_two_profiles_that_read_a_header_differently_are_both_named(tmp_path: Path) -> None:
    from juesuan.ledger import tables
    from juesuan.ledger.header import find_layout

    (tmp_path / "a.yaml").write_text(OWN, "utf-8")
    (tmp_path / "b.yaml").write_text(
        OWN.replace("ours", "theirs").replace("debit: [Soll], credit: [Haben]", "debit: [Haben], credit: [Soll]"),
        "utf-8",
    )
    both = [own_profile(tmp_path / name, file=name) for name in ("a.yaml", "b.yaml")]
    (tmp_path / "v.csv").write_text("Datum,Beleg,Text,Konto,Soll,Haben\n2020-01-31,记-1,购纸,8001,5,\n", "utf-8")
    export = open_exports([tmp_path / "v.csv"], tmp_path)[0]
    assert len(find_layout(export.sheets[0], both, "vouchers").layouts) == 2
    table = tables.read_table(export, export.sheets[0], "vouchers", both, load_chart("2020"))
    assert table is not None and table.report.adds_up
    assert [problem.code for problem in table.problems] == ["profile.ambiguous"]


def test_inspect_shows_how_a_file_would_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "账.xlsx"
    total = ["", "", "", "本月合计", "", "", "5", "", "", "", "", ""]
    path.write_bytes(writers.xlsx_bytes({"1月": [HEADER, LINE, total], "说明": [["导出自某系统"]]}))
    assert app(["inspect", str(path)], result_action="return_value") == 0
    text = capsys.readouterr().out
    for words in (
        "XLSX 电子表格",
        "工作表　1月（3 行）：序时账",
        "表头　第 1 行",
        "方案　juesuan（决算标准表），列名认得 100%",
        "A 列 凭证日期 → 凭证日期",
        "期初、合计、累计、承前页等汇总行：1 行，借方 5.00，贷方 0.00（第 3 行），如“本月合计 | 5”",
        "第 2 行　2020-01-31　记-1　1　购纸　8001　资金结存　借方 5.00",
        "工作表　说明（1 行）：不是序时账，也不是科目余额表，不读",
        "问题　　没有",
    ):
        assert words in text, text
    assert app(["inspect", str(path), "--json"], result_action="return_value") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["sheets"][0]["kept"] == {"lines": 1, "debit": "5.00", "credit": "0.00"}
    assert data["sheets"][1]["kind"] is None


def test_inspect_of_what_can_not_be_read_says_why_and_fails(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("甲,乙\n1,2\n", "utf-8")
    found = inspect_file(tmp_path / "a.csv", load_chart("2020"))
    assert [problem.code for problem in found.problems] == ["ledger.header"]
    assert json.loads(inspection_json(found))["problems"][0]["code"] == "ledger.header"
    (tmp_path / "b.csv").write_text("\n".join([",".join(HEADER), *[",".join(["x", *LINE[1:]])] * 30]), "utf-8")
    bad = inspect_file(tmp_path / "b.csv", load_chart("2020"))
    assert "另有 10 个" in inspection_text(bad)
    assert app(["inspect", str(tmp_path / "none.csv")], result_action="return_value") == 3


def test_an_xls_file_that_libreoffice_wrote_is_read(tmp_path: Path) -> None:
    """``tests/fixtures/ledger.xls``: four invented lines, saved by LibreOffice (--convert-to xls)."""
    path = Path(__file__).parents[1] / "fixtures" / "ledger.xls"
    ledger = assemble(open_exports([path], tmp_path), [], chart=load_chart("2020"), year=2020)
    assert ledger.problems == ()
    assert ledger.lines["debit"].tolist() == [123456, 0]
    assert ledger.lines["line"].tolist() == [3, 4]


def test_the_worked_examples_books_are_the_same_in_other_formats(tmp_path: Path) -> None:
    """Half the year in a workbook with a sheet a month, half in GB18030 with tabs, the trial balance in ODS."""
    books = Path(__file__).parents[2] / "examples/wuhan-2020/ledger"
    chart = load_chart("2020")
    rows, balance = (
        list(csv.reader((books / name).open(encoding="utf-8"))) for name in ("vouchers.csv", "trial-balance.csv")
    )
    head, body = rows[0], rows[1:]
    at = [head.index(name) for name in ("借方金额", "贷方金额", "科目编码")]
    sheets: dict[str, list[list[object]]] = {}
    for row in body:
        if row[0] < "2020-07":
            cells = [float(cell) if place in at and cell else cell for place, cell in enumerate(row)]
            sheets.setdefault(f"{int(row[0][5:7])}月", [["序时账"], list(head)]).append(cells)
    (tmp_path / "1.xlsx").write_bytes(writers.xlsx_bytes(sheets))
    second = [head, *(row for row in body if row[0] >= "2020-07")]
    (tmp_path / "2.txt").write_bytes(writers.csv_bytes(second, "gb18030", "\t"))
    (tmp_path / "3.ods").write_bytes(writers.ods_bytes({"余额": balance}))
    mixed = read_ledger(
        [tmp_path / "1.xlsx", tmp_path / "2.txt"], tmp_path / "3.ods", root=tmp_path, chart=chart, year=2020
    )
    plain = read_ledger(books / "vouchers.csv", books / "trial-balance.csv", root=books, chart=chart, year=2020)
    assert mixed.problems == ()
    for one, other in ((mixed.lines, plain.lines), (mixed.balances, plain.balances)):
        assert_frame_equal(one.drop(columns=["file", "line"]), other.drop(columns=["file", "line"]))
    assert mixed.report.kept == plain.report.kept


def test_parquet_files_are_read_exactly_and_refused_when_too_large(tmp_path: Path) -> None:
    path = tmp_path / "v.parquet"
    path.write_bytes(writers.parquet_bytes([HEADER, LINE]))
    export = open_export(path, file="v.parquet", known=is_known)
    assert export.sheets[0].rows[1][6] == "5.00"
    small = Limits(unpacked_bytes=10)
    assert open_export(path, file="v.parquet", known=is_known, limits=small).problems[0].code == "file.bomb"


def test_a_broken_byte_after_the_mark_of_utf_8_is_told_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_bytes(b"\xef\xbb\xbf" + "科目编码\n7101\n".encode() + b"\xff01\n")
    (problem,) = open_export(path, file="v.csv", known=is_known).problems
    assert (problem.code, problem.place.line, problem.found) == ("file.encoding", 3, "字节 0xff")


def test_text_that_two_encodings_or_delimiters_fit_is_not_guessed(tmp_path: Path) -> None:
    # the bytes of 模 in GBK are a letter with a cedilla in UTF-8
    (tmp_path / "a.csv").write_bytes("模".encode("gb18030") + b",1\n")
    problem = open_export(tmp_path / "a.csv", file="a.csv", known=is_known).problems[0]
    assert "编码无法确定" in str(problem) and "UTF-8、GB18030/GBK" in str(problem)
    (tmp_path / "b.csv").write_text("摘要,科目编码;凭证日期,借方金额\n摘要;x", "utf-8")
    found = open_export(tmp_path / "b.csv", file="b.csv", known=is_known)
    assert found.details["分隔符"] == "逗号"
    (tmp_path / "c.csv").write_text("摘要,科目编码\n凭证日期;借方金额\n", "utf-8")
    assert open_export(tmp_path / "c.csv", file="c.csv", known=is_known).problems[0].code == "file.delimiter"
    (tmp_path / "d.csv").write_bytes("\ufeff凭证日期,摘要\n".encode("utf-16-le") + b"\x00")
    assert open_export(tmp_path / "d.csv", file="d.csv", known=is_known).problems[0].code == "file.encoding"
    (tmp_path / "e.csv").write_bytes("凭证日期,摘要,ascii text\n".encode("utf-16-le"))
    assert open_export(tmp_path / "e.csv", file="e.csv", known=is_known).details["编码"] == "UTF-16（小端）"
    (tmp_path / "f.csv").write_text('摘要,科目编码\n"a', "utf-8")
    assert open_export(tmp_path / "f.csv", file="f.csv", known=is_known).problems[0].code == "file.csv"


def test_each_format_is_told_apart_read_written_down_and_taken_by_the_page() -> None:
    page = (ROOT / "docs" / "ledger-formats.md").read_text(encoding="utf-8")
    assert set(sources._READERS) == set(FORMATS) - {"sql"}
    for name, one in FORMATS.items():
        assert all(word in page for word in re.findall(r"[A-Z][A-Za-z]+|数据库", one.words)), name
        assert KINDS.issuperset(one.endings)
        assert one.endings or name == "sql"
