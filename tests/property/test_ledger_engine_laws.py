"""The engine for large ledgers reads as the careful reader does: same sums, same words about what is wrong."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from juesuan.ledger import load_chart
from juesuan.ledger.canonical import read_lines
from juesuan.ledger.engine import LargeLedger, aggregate_csv
from juesuan.ledger.plain import KEYS
from tests.csv_reference import read_csv
from tests.property.test_ledger_laws import export, vouchers

CHART = load_chart("2020")
HEADER = export([])
Groups = Counter[tuple[Any, ...]]


def by_engine(data: bytes, block_bytes: int, encoding: Any = "utf-8") -> LargeLedger:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "v.csv"
        path.write_bytes(data)
        return aggregate_csv(path, chart=CHART, encoding=encoding, block_bytes=block_bytes)


def agree(data: bytes, block_bytes: int) -> None:
    """Hold the engine against the careful reader."""
    found = by_engine(data, block_bytes)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "v.csv"
        path.write_bytes(data)
        lines, unread, problems = read_lines(read_csv(path, file="v.csv"), CHART)
    assert sorted(map(str, found.problems)) == sorted(map(str, dict.fromkeys(problems)))
    assert {(month, voucher) for _, month, voucher in found.unread} == unread
    debit: Groups = Counter()
    credit: Groups = Counter()
    count: Groups = Counter()
    differences: Counter[tuple[int, str]] = Counter()
    for row in lines.to_dict("records"):
        key = tuple(row[name] for name in KEYS)
        debit[key] += row["debit"]
        credit[key] += row["credit"]
        count[key] += 1
        differences[row["month"], row["voucher"]] += row["debit"] - row["credit"]
    rows = {tuple(row[1:8]): tuple(row[8:]) for row in found.groups.iter_rows()}
    assert rows == {key: (debit[key], credit[key], count[key]) for key in count}
    unbalanced = {(each.month, each.voucher): each.difference for each in found.unbalanced}
    assert unbalanced == {key: value for key, value in differences.items() if value and key not in unread}
    assert (found.lines, found.debit, found.credit) == (len(lines), lines["debit"].sum(), lines["credit"].sum())


sizes = st.sampled_from([16, 100, 400, 8 << 20])


@settings(deadline=None)
@given(vouchers(), sizes)
def test_whole_ledgers_add_up_alike(rows: list[dict[str, Any]], size: int) -> None:
    agree(export(rows).encode(), size)


GOOD = (
    "2020-03-01,记-1,1,付款,7101,行政支出,12.50,,2080101,行政运行,30101,基本工资,"
    "一般公共预算财政拨款,基本支出,,否\n"
)
GOOD_2 = "2020-03-01,记-1,2,付款,800101,资金结存,,12.50,,,,,,,,否\n"
ODD = [
    GOOD.replace("12.50", "1e3"),
    GOOD.replace("12.50", "12.505"),
    GOOD.replace("12.50", ""),
    GOOD.replace("12.50", '"1,234.5"'),
    GOOD.replace("12.50", " +7 "),
    GOOD.replace("12.50", "12,50"),
    GOOD.replace("2020-03-01", "2020-02-30"),
    GOOD.replace("2020-03-01", "2020/3/1"),
    GOOD.replace("记-1", ""),
    GOOD.replace("记-1", "　"),
    GOOD.replace("记-1", " 记-1"),
    GOOD.replace("记-1", "记-2"),
    GOOD.replace("记-1,1", "记-1,+1"),
    GOOD.replace("7101", "71A1"),
    GOOD.replace("基本支出", "其他"),
    GOOD.replace("付款", '"付\n款"'),
    GOOD.replace("付款", '"付""款"'),
    GOOD.replace("付款", '付"款'),
    GOOD.replace("付款", "付\r款"),
    GOOD.replace("付款", "\x00\x1c付"),
    GOOD.replace("付款,", "付款,,"),
    GOOD.replace("付款,", ""),
    GOOD.replace("\n", ",\n"),
    GOOD.replace("\n", "\r\n"),
    GOOD.replace("付款", "付" * 70_000),
    "\ufeff" + GOOD,
    '"' + GOOD,
    "\n",
    "  \n",
    "," * 15 + "\n",
    "\r\n",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from([*ODD, GOOD, GOOD_2, GOOD + GOOD_2]), max_size=12), sizes, st.booleans())
def test_odd_lines_are_read_or_refused_alike(lines: list[str], size: int, ended: bool) -> None:
    text = HEADER + "".join(lines)
    agree((text if ended else text[:-1]).encode(), max(size, 100))


@settings(deadline=None)
@given(st.lists(st.sampled_from([*ODD, GOOD, GOOD_2]), max_size=6), st.binary(max_size=30), st.data())
def test_any_bytes_are_read_or_refused_alike(lines: list[str], wild: bytes, data: st.DataObject) -> None:
    whole = (HEADER + "".join(lines)).encode()
    at = data.draw(st.integers(0, len(whole)))
    agree(whole[:at] + wild + whole[at:], data.draw(st.sampled_from([400, 8 << 20])))
