"""The second count of Parquet, XML interfaces and XLSB: it agrees, and where the reader errs it says so."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from juesuan.ledger import load_chart
from juesuan.ledger.inspect import Inspection, inspect_file, inspection_text
from juesuan.ledger.recordcells import column_records, interface_records
from juesuan.ledger.sources import columnar, interface, spreadsheet
from juesuan.ledger.sources.model import RawColumns, RawInterface
from tests import ledger_writers as writers

BLANK = dict.fromkeys(("functional", "functional_name", "economic", "economic_name", "project"), "")
SAME = {"date": np.datetime64("2020-03-05"), "month": 3, "voucher": "记-1", "summary": "报销", "closing": False}
SPENT, HELD = {"account": "7201", "account_name": "事业支出"}, {"account": "8001", "account_name": "资金结存"}
ROWS: list[dict[str, Any]] = [
    {**BLANK, **SAME, "fund": "general_public_budget", "support": "basic", **one, "entry": entry}
    for entry, one in enumerate(
        (
            {**SPENT, "debit": 123456, "credit": 0},
            {**HELD, "debit": 0, "credit": 123456},
            {**SPENT, "debit": 5, "credit": 0},
            {**HELD, "debit": 0, "credit": 5},
        ),
        1,
    )
]


def cells() -> list[list[str]]:
    return writers.grid(ROWS)


def xlsb() -> bytes:
    rows = [[float(cell) if "." in cell else cell for cell in row] for row in cells()]
    return writers.xlsb_bytes({"账": rows})


MADE: dict[str, Callable[[], bytes]] = {
    "parquet": lambda: writers.parquet_bytes(cells()),
    "xml": lambda: writers.xml_bytes(ROWS),
    "old.xml": lambda: writers.xml_bytes(ROWS, old=True),
    "xlsb": xlsb,
}


def inspected(tmp_path: Path, kind: str) -> Inspection:
    path = tmp_path / f"v.{kind}"
    path.write_bytes(MADE[kind]())
    return inspect_file(path, load_chart("2020"))


@pytest.mark.parametrize("kind", MADE)
def test_records_and_amounts_are_counted_again(kind: str, tmp_path: Path) -> None:
    shown = inspection_text(inspected(tmp_path, kind))
    assert "复点　4 行；其中 4 行逐行比了金额：借方" in shown
    assert shown.count("1,234.61") >= 2
    assert "复点：" not in shown.replace("复点　", "")


def test_a_difference_of_parquet_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = columnar.value_text
    wrong = {Decimal("1234.56"): "1234.65"}
    monkeypatch.setattr(columnar, "value_text", lambda value: wrong.get(value, read(value)))
    told = [one.code for one in inspected(tmp_path, "parquet").problems]
    assert told.count("ledger.recount") == 2


@pytest.mark.parametrize("kind", ["xml", "old.xml"])
def test_a_difference_of_an_interface_is_told(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = interface._record

    def wrong(element: Any, loc_ids: Any) -> dict[str, str]:
        return {name: text.replace("1234.56", "1234.65") for name, text in read(element, loc_ids).items()}

    monkeypatch.setattr(interface, "_record", wrong)
    told = [one.code for one in inspected(tmp_path, kind).problems]
    assert told.count("ledger.recount") == 2


def test_a_difference_of_xlsb_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = spreadsheet.in_confinement

    def wrong(path: Path) -> Any:
        book = read(path)
        for rows in book["sheets"].values():
            rows[1] = ["1234.65" if cell == "1234.56" else cell for cell in rows[1]]
            del rows[4]
        return book

    monkeypatch.setattr(spreadsheet, "in_confinement", wrong)
    told = {one.code for one in inspected(tmp_path, "xlsb").problems}
    assert {"ledger.recount", "ledger.recount.lost"} <= told


def test_values_of_every_kind_are_taken_as_they_stand_in_parquet(tmp_path: Path) -> None:
    path = tmp_path / "v.parquet"
    frame = {"a": [1.5, None, 0.1], "b": ["甲", " ", "1,234.50"], "c": [True, None, False], "d": [7, None, 8]}
    pl.DataFrame(frame).write_parquet(path)
    assert list(column_records(RawColumns(path), [0, 1, 2, 3])) == [
        (1, [Decimal("1.5"), "甲", None, Decimal(7)]),
        (3, [Decimal("0.1"), "1,234.50", None, Decimal(8)]),
    ]
    path.write_bytes(b"PAR1 no")
    with pytest.raises(ValueError, match=r"\S"):
        list(column_records(RawColumns(path), [0]))


def test_records_of_several_files_of_an_interface_are_counted_on(tmp_path: Path) -> None:
    head = "<r xmlns:x='u'><x:甲><b locID='1'> 5 <!-- n --></b><c>6</c><c>7</c></x:甲><x:甲/>"
    texts = (f"{head}</r>", f"{head}<x:甲><d><c>8</c></d></x:甲></r>")
    paths = tuple(tmp_path / f"{n}.xml" for n in range(2))
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    raw = RawInterface(paths, "甲", ("金额", "c"), {"1": "金额"})
    assert list(interface_records(raw, [0, 1])) == [(1, ["5", "6"]), (2, ["5", "6"]), (3, ["", "8"])]
