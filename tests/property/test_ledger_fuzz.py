"""Arbitrary bytes are an export like any other: read, or refused in words; never an exception, never a hang."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from juesuan.ledger import load_chart
from juesuan.ledger.reading import assemble, open_exports
from tests import ledger_writers as writers

HEADER = ["凭证日期", "凭证字号", "分录号", "摘要", "科目编码", "科目名称", "借方金额", "贷方金额"]
HEADER += ["功能分类编码", "部门经济分类编码", "资金性质", "支出类型"]
LINE = ["2020-01-31", "记-1", "1", "购纸", "8001", "资金结存", "5", "", "", "", "", ""]
CELLS = [HEADER, LINE, LINE]
QUICK = settings(
    max_examples=25, deadline=timedelta(seconds=60), suppress_health_check=[HealthCheck.too_slow], derandomize=True
)

XML = "<总账><记账凭证><科目编号>8001</科目编号><借方本币金额>5</借方本币金额></记账凭证></总账>"


def seeds() -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.dbf"
        writers.write_dbf(path, [writers.HEADER, [*LINE[:8], *[""] * 8]])
        dbf = path.read_bytes()
    return {
        "csv": writers.csv_bytes(CELLS),
        "xlsx": writers.xlsx_bytes({"1": CELLS}),
        "ods": writers.ods_bytes({"1": CELLS}),
        "xls": writers.xls_bytes({"1": CELLS}),
        "parquet": writers.parquet_bytes(CELLS),
        "dbf": dbf,
        "xml": XML.encode(),
    }


SEEDS = seeds()


def survives(name: str, data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        ledger = assemble(open_exports([path], path.parent), [], chart=load_chart("2020"), year=2020)
        assert ledger.report.adds_up
        assert ledger.problems or ledger.lines is not None


@QUICK
@given(st.binary(max_size=400), st.sampled_from(["csv", "xlsx", "xls", "ods", "dbf", "xml", "parquet"]))
@example(b"\x03\x00\x00\x00", "dbf")
@example(b"PK\x03\x04", "xlsx")
@example(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 600, "xls")
def test_any_bytes_are_read_or_refused(data: bytes, ending: str) -> None:
    survives(f"a.{ending}", data)


@pytest.mark.parametrize("ending", sorted(SEEDS))
@QUICK
@given(data=st.data())
def test_a_file_with_some_bytes_changed_is_read_or_refused(ending: str, data: st.DataObject) -> None:
    seed = bytearray(SEEDS[ending])
    for _ in range(data.draw(st.integers(1, 6))):
        seed[data.draw(st.integers(0, len(seed) - 1))] = data.draw(st.integers(0, 255))
    survives(f"a.{ending}", bytes(seed))


@QUICK
@given(st.lists(st.lists(st.text(max_size=12) | st.sampled_from([*HEADER, *LINE]), max_size=14), max_size=8))
def test_any_cells_are_read_or_refused(cells: list[list[str]]) -> None:
    survives("a.csv", writers.csv_bytes([HEADER, *cells], "utf-16"))
