"""One measured program each: ``python ledger_peers.py NAME FILE`` does the task and prints what it found.

The task on CSV: parse amounts strictly to 分, group by the seven keys that tables select by, and look for vouchers
that don't balance. Peers read with the strictest setting that they have; pandas is given the same pattern check.
Heavy modules are loaded by the program that needs them, since loading counts.
"""

import sys
from collections.abc import Callable
from pathlib import Path

PATTERN = r"^-?[0-9]{1,15}\.[0-9]{2}$"
KEYS = ["科目编码", "功能分类编码", "部门经济分类编码", "资金性质", "支出类型", "项目名称", "是否结转"]
SIDES = ["借方金额", "贷方金额"]
USED = ["凭证日期", "凭证字号", *KEYS, *SIDES]
UNIT = "单位代码"


def juesuan(path: Path) -> str:
    return _juesuan(path, None)


def juesuan_units(path: Path) -> str:
    return _juesuan(path, UNIT)


def _juesuan(path: Path, unit: str | None) -> str:
    from juesuan.ledger.chart import load_chart
    from juesuan.ledger.engine import aggregate_csv

    encoding = "gb18030" if "gb18030" in path.name else "utf-8"
    found = aggregate_csv(path, chart=load_chart("2020"), encoding=encoding, unit_column=unit)
    return f"{found.lines} {found.debit} {len(found.unbalanced)} {len(found.problems)}"


def juesuan_ingest(path: Path) -> str:
    """Read the lines of a closing: frames, a report of every line, any format; with the check of the vouchers."""
    from juesuan.ledger import load_chart, read_ledger
    from tests.ledger_checked import checked, ledger_rules

    chart = load_chart("2020")
    found = read_ledger(path, [], root=path.parent, chart=chart, year=2020)
    balance = next(rule for rule in ledger_rules() if rule.id == "ledger.voucher-balance")
    frame = checked(balance, found)
    return f"{len(found.lines)} {found.lines['debit'].sum()} {(~frame['ok']).sum()} {len(found.problems)}"


def polars(path: Path) -> str:
    import polars as pl

    lines = pl.scan_csv(path, infer_schema=False).select(USED)
    fen = [
        pl.when(pl.col(side).str.contains(PATTERN))
        .then(pl.col(side).str.replace(".", "", literal=True))
        .when(pl.col(side).is_null())
        .then(pl.lit("0"))
        .cast(pl.Int64)
        .alias(side)
        for side in SIDES
    ]
    lines = lines.with_columns(fen)
    wrong = sum((pl.col(side).null_count() for side in SIDES), pl.lit(0)).alias("wrong")
    groups = lines.group_by(KEYS).agg(pl.sum(*SIDES), pl.len(), wrong)
    difference = (pl.sum(SIDES[0]) - pl.sum(SIDES[1])).alias("difference")
    vouchers = lines.group_by(pl.col("凭证日期").str.slice(0, 7), "凭证字号").agg(difference)
    one, other = pl.collect_all([groups, vouchers.filter(pl.col("difference") != 0)], engine="streaming")
    return f"{one['len'].sum()} {one[SIDES[0]].sum()} {len(other)} {one['wrong'].sum()}"


def duckdb(path: Path) -> str:
    import duckdb as engine

    def fen(side: str) -> str:
        strict = PATTERN.strip("^$")
        return (
            f"case when {side} is null then 0 when regexp_full_match({side}, '{strict}') "
            f"then cast(replace({side}, '.', '') as bigint) else error('amount') end as {side}"
        )

    connection = engine.connect()
    connection.execute("set preserve_insertion_order=false")
    shown = ", ".join(["凭证日期", "凭证字号", *KEYS, *map(fen, SIDES)])
    lines = f"(select {shown} from read_csv('{path}', all_varchar=true, header=true, delim=',', quote='\"'))"  # noqa: S608
    keys, sums = ", ".join(KEYS), ", ".join(f"sum({side})" for side in SIDES)
    groups = connection.execute(f"select {keys}, {sums}, count(*) from {lines} group by all").fetchall()  # noqa: S608
    key, difference = "substr(凭证日期, 1, 7), 凭证字号", f"sum({SIDES[0]}) - sum({SIDES[1]})"
    query = f"select {key}, {difference} d from {lines} group by all having d <> 0"  # noqa: S608
    vouchers = connection.execute(query).fetchall()
    return f"{sum(row[-1] for row in groups)} {sum(row[-3] for row in groups)} {len(vouchers)} 0"


def pandas(path: Path) -> str:
    import pandas as pd

    lines = pd.read_csv(path, dtype=str, usecols=USED, keep_default_na=False, engine="c")
    for side in SIDES:
        blank = lines[side] == ""
        if not (lines[side].str.match(PATTERN) | blank).all():
            raise SystemExit("amount")
        lines[side] = lines[side].str.replace(".", "", regex=False).where(~blank, "0").astype("int64")
    return _with_pandas(lines)


def pandas_float(path: Path) -> str:
    import pandas as pd

    kinds = {name: "category" if name in KEYS else str for name in USED} | dict.fromkeys(SIDES, float)
    lines = pd.read_csv(path, dtype=kinds, usecols=USED, engine="c")
    for side in SIDES:
        lines[side] = (lines[side].fillna(0) * 100).round().astype("int64")
    return _with_pandas(lines)


def _with_pandas(lines: "pandas.DataFrame") -> str:  # type: ignore[name-defined, valid-type]
    groups = lines.groupby(KEYS, observed=True, dropna=False, sort=False)[SIDES].agg(["sum", "size"])
    lines["月"] = lines["凭证日期"].str[:7]
    vouchers = lines.groupby(["月", "凭证字号"], sort=False)[SIDES].sum()
    wrong = (vouchers[SIDES[0]] != vouchers[SIDES[1]]).sum()
    return f"{groups[SIDES[0]]['size'].sum()} {groups[SIDES[0]]['sum'].sum()} {wrong} 0"


def openpyxl(path: Path) -> str:
    import openpyxl as library

    sheet = library.load_workbook(path, read_only=True).worksheets[0]
    return str(sum(1 for _ in sheet.iter_rows(values_only=True)) - 1)


def calamine(path: Path) -> str:
    import python_calamine

    sheet = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    return str(len(sheet.to_python(skip_empty_area=False)) - 1)


def juesuan_open(path: Path) -> str:
    from juesuan.ledger.profiles import is_known
    from juesuan.ledger.sources import open_export

    return str(len(open_export(path, file=path.name, known=is_known).sheets[0].rows) - 1)


def beancount(path: Path) -> str:
    from beancount import loader

    entries, errors, _ = loader.load_file(str(path))
    balances: dict[str, object] = {}
    for entry in entries:
        for posting in getattr(entry, "postings", ()):
            balances[posting.account] = balances.get(posting.account, 0) + posting.units.number  # type: ignore[operator]
    return f"{len(balances)} {len(errors)}"


PEERS: dict[str, Callable[[Path], str]] = {
    each.__name__: each
    for each in (
        juesuan, juesuan_ingest, juesuan_units,
        polars, duckdb, pandas, pandas_float, openpyxl, calamine, juesuan_open, beancount,
    )
}  # fmt: skip

if __name__ == "__main__":
    print(PEERS[sys.argv[1]](Path(sys.argv[2])))  # noqa: T201
