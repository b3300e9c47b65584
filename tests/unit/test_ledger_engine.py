"""Large ledgers in one pass: the example, many units in one file, GB18030, and files that can't be read."""

import csv
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from juesuan.facts import Selection
from juesuan.ledger import Ledger, LedgerGroups, load_chart, read_ledger
from juesuan.ledger import engine as engine_module
from juesuan.ledger.engine import LargeLedger, OutOfBalance, aggregate_csv
from juesuan.ledger.plain import KEYS
from juesuan.ledger.values import LINE_HEADERS

EXAMPLE = Path(__file__).parents[2] / "examples" / "wuhan-2020"
VOUCHERS = EXAMPLE / "ledger" / "vouchers.csv"
CHART = load_chart("2020")
Write = Callable[..., LargeLedger]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file and add it up."""

    def written(text: str, encoding: Any = "utf-8", **options: Any) -> LargeLedger:
        path = tmp_path / "v.csv"
        path.write_bytes(text.encode(encoding))
        return aggregate_csv(path, chart=CHART, encoding=encoding, **options)

    return written


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    trial_balance = EXAMPLE / "ledger" / "trial-balance.csv"
    return read_ledger(VOUCHERS, trial_balance, root=EXAMPLE, chart=CHART, year=2020)


def row(**cells: str) -> str:
    """Write one line of a ledger; cells are given by their canonical names."""
    usual = {
        "date": "2020-03-01",
        "voucher": "记-1",
        "entry": "1",
        "summary": "付款",
        "account": "710101",
        "account_name": "行政支出",
        "functional": "2080101",
        "economic": "30101",
        "fund": "一般公共预算财政拨款",
        "support": "基本支出",
        "closing": "否",
    }
    text = io.StringIO()
    names = [name for name in LINE_HEADERS if name != "month"]
    csv.writer(text, lineterminator="\n").writerow([{**usual, **cells}.get(name, "") for name in names])
    return text.getvalue()


HEADER = ",".join(header for name, header in LINE_HEADERS.items() if name != "month") + "\n"
PAIR = row(debit="12.50") + row(entry="2", account="800101", credit="12.50")


def test_the_example_adds_up_as_the_frames_do(ledger: Ledger) -> None:
    large = aggregate_csv(VOUCHERS, chart=CHART, block_bytes=50_000)
    frames = LedgerGroups(ledger)
    assert (large.lines, large.debit, large.credit) == (
        len(ledger.lines),
        ledger.lines["debit"].sum(),
        ledger.lines["credit"].sum(),
    )
    assert (large.problems, large.unbalanced, large.unread) == ((), (), frozenset())
    for functional in ("", "2", "208", "20801", *set(ledger.lines["functional"])):
        for support in ((), ("basic",), ("project",)):
            for measure, account in (("income", "6"), ("expenditure", "7")):
                chosen = Selection(measure, (account,), support=support, functional=(functional,))
                assert large.amount(chosen) == frames.amount(chosen)
                assert large.count(chosen) == frames.count(chosen)
                assert large.codes(chosen) == frames.codes(chosen)


def test_gb18030_adds_up_as_utf_8_does(write: Write) -> None:
    text = VOUCHERS.read_text("utf-8")
    for wanted in (text, text.replace("报销", "报、销, ，\n报".replace("\n", "").replace(",", ""))):
        found, plain = write(wanted, "gb18030"), write(wanted)
        assert found.groups.equals(plain.groups)
        assert found.problems == plain.problems == ()


def test_no_byte_of_a_gb18030_character_but_its_first_parts_cells() -> None:
    apart = b',"\r\n'
    for point in (*range(0x80, 0xD800), *range(0xE000, 0x11000), 0x1F600, 0x20000, 0x10FFFF):
        assert not set(chr(point).encode("gb18030")) & set(apart)


def test_odd_cells_in_gb18030_are_reported_with_their_text(write: Write) -> None:
    found = write(HEADER + row(debit="1", fund="不知何款") + row(debit="1", voucher="　"), "gb18030")
    assert [str(problem) for problem in found.problems] == [
        "v.csv 第 3 行 “凭证字号”：这一格不能为空；实际为“　”；应为凭证字号",
        f"v.csv 第 2 行 “资金性质”：不认识的写法；实际为“不知何款”；应为{'、'.join(CHART.words.fund)}，或留空",
    ]


def test_bytes_that_are_not_gb18030_are_reported_where_they_count(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_bytes(
        (HEADER + PAIR).encode("gb18030") + row(debit="1").encode("gb18030").replace(b"7101", b"71\xff")
    )
    (problem,) = aggregate_csv(path, chart=CHART, encoding="gb18030").problems
    assert (problem.code, problem.place.line, problem.found) == ("file.encoding", 4, "字节 0xff")


def test_units_of_one_file_are_told_apart(write: Write) -> None:
    lines = [*HEADER.splitlines(keepends=True), *PAIR.splitlines(keepends=True)] + [row(debit="bad")] * 2
    units = ["单位代码", "420001", "420001", "420001", "420002"]
    text = "".join(f"{unit},{line}" for unit, line in zip(units, lines, strict=True))
    text += (
        "420002," + row(debit="7", voucher="记-2") + " 420002 ," + row(credit="7", voucher="记-2", account="8001")
    )
    for block_bytes in (8 << 20, 150):
        found = write(text, unit_column="单位代码", block_bytes=block_bytes)
        assert found.units == ("420001", "420002")
        assert [problem.place.line for problem in found.problems] == [4, 5]
        first, second = map(found.of, found.units)
        assert (first.lines, first.debit, second.debit) == (2, 1250, 700)
        assert first.unread == {("420001", 3, "记-1")}
        assert second.amount(Selection("expenditure", ("7",))) == 700
        assert found.unbalanced == second.unbalanced == ()


def test_vouchers_out_of_balance_are_named_with_their_lines(write: Write) -> None:
    text = HEADER + PAIR + row(debit="0.01") + row(debit="1", voucher="记-2")
    text += (
        row(debit="-3", voucher="记-3", summary="付\n款")
        + row(credit="-3", voucher="记-3")
        + row(voucher="记-3", debit="5")
    )
    for block_bytes in (8 << 20, 100):
        found = write(text, block_bytes=block_bytes)
        assert [(each.voucher, each.difference) for each in found.unbalanced] == [
            ("记-1", 1),
            ("记-2", 100),
            ("记-3", 500),
        ]
    assert write(text).unbalanced == (
        OutOfBalance("", 3, "记-1", 1, (2, 3, 4)),
        OutOfBalance("", 3, "记-2", 100, (5,)),
        OutOfBalance("", 3, "记-3", 500, (6, 8, 9)),
    )


def test_a_voucher_spread_over_the_file_is_one(write: Write) -> None:
    found = write(HEADER + row(debit="5") + (PAIR * 20).replace("记-1", "记-2") + row(credit="5"), block_bytes=500)
    assert found.unbalanced == ()
    assert found.lines == 42


@pytest.mark.parametrize("written", ["1234.5", "1,234.50", "+1234.50", " 1234.50 ", "1234.5"])
def test_amounts_may_be_written_in_several_ways(write: Write, written: str) -> None:
    assert write(HEADER + row(debit=written)).debit == 123_450


@pytest.mark.parametrize(
    "written", ["1e3", "1.005", "1_000", "12,34", "１２", "nan", "0x10", "1.", ".5", "--", "1" * 16]
)
def test_what_is_no_amount_is_reported_with_its_line(write: Write, written: str) -> None:
    found = write(HEADER + PAIR + row(debit=written))
    (problem,) = found.problems
    assert (problem.place.line, problem.place.column, problem.found) == (4, "借方金额", written)
    assert found.unread == {("", 3, "记-1")}
    assert found.lines == 2


def test_hundred_thousand_lines_add_up_to_the_fen(write: Write) -> None:
    fen = [(7 * at * at + 13) % 10_000_000 - 5_000 for at in range(50_000)]
    text = [HEADER]
    for at, each in enumerate(fen):
        sign, whole, rest = "-" * (each < 0), abs(each) // 100, abs(each) % 100
        amount, voucher = f"{sign}{whole}.{rest:02}", f"记-{at}"
        text += [
            row(voucher=voucher, debit=amount),
            row(voucher=voucher, entry="2", account="8001", credit=amount),
        ]
    found = write("".join(text))
    assert (found.lines, found.debit, found.credit) == (100_000, sum(fen), sum(fen))
    assert found.unbalanced == found.problems == ()


def test_a_file_may_be_empty_or_without_a_column(write: Write, tmp_path: Path) -> None:
    assert [problem.code for problem in write("").problems] == ["ledger.empty"]
    assert [problem.code for problem in write("\n\n").problems] == ["ledger.empty"]
    assert [problem.code for problem in write("a,a\n1,2\n").problems] == ["ledger.column.doubled"]
    assert [problem.code for problem in write('a,a\n1,"2\n').problems] == ["file.csv"]
    missing = write((HEADER + PAIR).replace("科目编码", "编码"))
    assert [(problem.code, problem.place.column) for problem in missing.problems] == [
        ("ledger.column.missing", "科目编码")
    ]
    assert missing.lines == 0
    assert write(HEADER).problems == ()
    assert aggregate_csv(tmp_path / "none.csv", chart=CHART).problems[0].code == "file.missing"
    assert aggregate_csv(tmp_path, chart=CHART, file="夹").problems[0].code == "file.unreadable"


def test_closing_entries_are_told_by_their_accounts_where_no_column_says_it(write: Write) -> None:
    (account, *_) = CHART.marks.accounts
    marked = [row(debit="1", voucher="记-9"), row(credit="1", voucher="记-9", account=account)]
    text = HEADER.replace("是否结转", "其他") + PAIR + "".join(marked)
    found = write(text.replace("否\n", "\n"), block_bytes=100)
    assert found.groups.filter(pl.col("closing"))["lines"].sum() == 2
    assert found.lines == 4


def test_columns_may_be_called_otherwise(write: Write) -> None:
    names = {**LINE_HEADERS, "account": "科目代码"}
    text = (HEADER + PAIR + row(account="x", debit="1")).replace("科目编码", "科目代码")
    found = write(text, columns=names)
    assert found.lines == 2
    assert [problem.place.column for problem in found.problems] == ["科目代码"]


def test_an_accounting_month_that_is_stated_counts(write: Write) -> None:
    text = (HEADER + PAIR).replace("\n", ",13\n").replace("是否结转,13", "是否结转,会计期间")
    found = write(text + row(debit="1").replace("\n", ",13\n"))
    assert [(each.month, each.difference) for each in found.unbalanced] == [(13, 100)]
    assert [problem.code for problem in write(text + row(debit="1").replace("\n", ",14\n")).problems] == [
        "ledger.month"
    ]


def test_an_endless_line_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("blocks", "engine"):
        monkeypatch.setattr(f"juesuan.ledger.{module}.ENDLESS", 1000)
    (problem,) = write(HEADER + PAIR + "x" * 5000, block_bytes=500).problems
    assert (problem.code, problem.place.line) == ("file.line-length", 4)
    (problem,) = write("x" * 5000).problems
    assert (problem.code, problem.place.line) == ("file.line-length", 1)


def test_after_a_stray_quote_everything_is_read_line_by_line(write: Write) -> None:
    text = HEADER + (PAIR * 30) + row(debit="1").replace("付款", '付"款') + PAIR * 30 + row(debit="x")
    found = write(text, block_bytes=300)
    assert found.lines == 121
    assert [problem.place.line for problem in found.problems] == [123]
    assert write(text.replace('付"款', '"付款'), block_bytes=300).problems[0].code == "file.csv"


def test_header_and_lines_may_end_as_on_old_machines(write: Write) -> None:
    assert write((HEADER + PAIR).replace("\n", "\r")).lines == 2
    assert write((HEADER + PAIR).replace("\n", "\r\n")).lines == 2
    assert write("\ufeff" + HEADER + PAIR).lines == 2
    assert write("\n\n" + HEADER + PAIR + row(debit="x")).problems[0].place.line == 6


def test_rows_that_do_not_say_whose_they_are_are_those_of_their_neighbours(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "_BATCH", 2)
    shifted = PAIR.splitlines()[0] + ",x\n"
    other = PAIR.replace("记-1", "记-2")
    for block_bytes in (8 << 20, 100, 250):
        found = write(HEADER + PAIR + shifted * 4 + other + PAIR.replace("记-1", "记-3"), block_bytes=block_bytes)
        assert found.unread == {("", 3, "记-1"), ("", 3, "记-2")}


def test_groups_are_sorted_and_whole(write: Write) -> None:
    found = write(HEADER + PAIR * 50, block_bytes=100)
    assert found.groups.columns == ["unit", *KEYS, "debit", "credit", "lines"]
    assert found.groups.select("account", "lines").rows() == [("710101", 50), ("800101", 50)]


def test_a_plain_file_is_added_up_without_pandas(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text(HEADER + PAIR, "utf-8")
    script = (
        "import sys; from pathlib import Path; from juesuan.ledger import load_chart;"
        "from juesuan.ledger.engine import aggregate_csv;"
        "print(aggregate_csv(Path(sys.argv[1]), chart=load_chart('2020')).lines, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "False"]


def test_sums_of_many_parts_are_put_together_on_the_way(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("juesuan.ledger.parts._HELD", 3)
    found = write(HEADER + PAIR * 50 + row(debit="0.01"), block_bytes=100)
    assert found.groups.select("account", "lines").rows() == [("710101", 51), ("800101", 50)]
    assert [each.difference for each in found.unbalanced] == [1]
