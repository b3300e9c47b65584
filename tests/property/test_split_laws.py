"""Any ledger with a column of units comes apart into parts that are the whole again, whatever the units are."""

import csv
import io
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from juesuan.city import Split, split
from juesuan.city.records import pieces, read_header
from juesuan.ledger import blocks as blocks_module
from juesuan.ledger.chart import latest_chart
from juesuan.ledger.engine import LargeLedger, aggregate_csv
from tests.property.test_ledger_laws import export, vouchers

UNIT = "单位代码"
CHART = latest_chart()
CODES = st.sampled_from(["070001", "070002", "A-1", "7", "070003"])


def with_units(rows: list[dict[str, Any]], units: list[str], at: int, ending: str) -> str:
    """Return an export with a column of units at some place; lone returns stand in quotes."""
    lines = list(csv.reader(io.StringIO(export(rows), newline="")))
    column = [UNIT, *(units[number % len(units)] for number in range(len(lines) - 1))]
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if ending == "\n" else csv.QUOTE_MINIMAL
    writer = csv.writer(text, lineterminator=ending, quoting=quoting)  # type: ignore[arg-type]
    for line, unit in zip(lines, column, strict=True):
        place = at % (len(line) + 1)
        writer.writerow([*line[:place], unit, *line[place:]])
    return text.getvalue()


def engine(path: Path, encoding: Any) -> LargeLedger:
    return aggregate_csv(path, chart=CHART, encoding=encoding, unit_column=UNIT)


def records_of(data: bytes, encoding: str) -> tuple[list[str], dict[str, list[list[str]]]]:
    """Return the header and the records by unit, as the csv module reads them."""
    header, *records = list(csv.reader(io.StringIO(data.decode(encoding), newline="")))
    at = header.index(UNIT)
    found: dict[str, list[list[str]]] = defaultdict(list)
    for record in filter(any, records):
        found[record[at].strip()].append(record)
    return header, found


@settings(deadline=None, max_examples=40)
@given(
    vouchers(),
    st.lists(CODES, min_size=1, max_size=5),
    st.integers(0, 20),
    st.sampled_from(["utf-8", "gb18030"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_the_parts_are_the_whole(
    rows: list[dict[str, Any]], units: list[str], at: int, encoding: str, ending: str
) -> None:
    data = with_units(rows, units, at, ending).encode(encoding)
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", f"{name}/state")
        path, folder = Path(name) / "export.csv", Path(name) / "units"
        path.write_bytes(data)
        whole = engine(path, encoding)
        done: Split = split(path, folder, unit_column=UNIT, encoding=encoding)  # type: ignore[arg-type]
        header, by_unit = records_of(data, encoding)
        assert {one.unit for one in done.parts} == set(by_unit) == set(whole.units)
        for part in done.parts:
            assert records_of(part.path.read_bytes(), encoding) == (header, {part.unit: by_unit[part.unit]})
            again, ours = engine(part.path, encoding), whole.of(part.unit)
            assert again.groups.equals(ours.groups)
            assert (part.lines, part.debit, part.credit) == (ours.lines, ours.debit, ours.credit)
        assert (done.lines, sum(part.debit or 0 for part in done.parts)) == (whole.lines, whole.debit)
        assert sum(part.credit or 0 for part in done.parts) == whole.credit


@settings(deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["a", "b", " b", "", '"a"', '"b,"', '"x\ny"', "报", " ", '""']), min_size=1, max_size=4
        ),
        max_size=12,
    ),
    st.integers(0, 2),
    st.sampled_from([4, 30, 8 << 20]),
    st.booleans(),
)
def test_cut_at_commas_or_read_by_the_csv_module_records_are_the_same(
    rows: list[list[str]], at: int, size: int, ended: bool
) -> None:
    """Whatever the cells, wherever blocks end: every byte is in one piece, each record under its unit."""
    names = ["x", "y", "z"]
    names[at] = UNIT
    body = "\n".join(",".join(row) for row in rows) + ("\n" if ended and rows else "")
    data = (",".join(names) + "\n" + body).encode()
    stream = io.BytesIO(data)
    header = read_header(stream, UNIT, file="f.csv", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        defaults = (*(blocks_module.blocks.__kwdefaults__ or {}).items(),)
        patch.setattr(blocks_module.blocks, "__kwdefaults__", {**dict(defaults), "size": size})
        found = list(pieces(stream, header))
    assert header.data + b"".join(piece.data for piece in found) == data
    expected: list[str] = []
    for record in csv.reader(io.StringIO(body, newline="")):
        if any(record):
            expected.append(record[at].strip() if at < len(record) else "")
    told = [piece.unit for piece in found for _ in range(piece.records)]
    assert told == expected
    line = header.line
    for piece in found:
        assert piece.line == line
        line += piece.data.count(b"\n")
