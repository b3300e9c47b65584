"""What is taken from a text without reading it row by row is what reading it row by row gives."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from juesuan.ledger.sources.csvrows import CsvRows
from juesuan.ledger.sources.model import RawText
from juesuan.ledger.sources.text import fault_in
from juesuan.ledger.textcells import TextLines, fen_of

AMOUNTS = (
    "",
    "0",
    "0.00",
    "12",
    "12.5",
    "-12.50",
    "+3.1",
    "1,234.00",
    '"1,234.50"',
    "1.234",
    "5.",
    ".5",
    "-",
    "--1",
)
ODD = (" 7 ", "1e3", "１２", "\x1f1", "123456789012345.67", "1234567890123456.00", "9" * 30 + ".00", "0" * 18)
TEXTS = ("记-0001", "a b", '"办公, 费"', '"他说""好"""', '"', "x\ry", "  ", "\t")
CELLS = st.sampled_from((*AMOUNTS, *ODD, *TEXTS))
ENDS = st.sampled_from(("\n", "\n", "\r\n", "\r"))


@st.composite
def texts(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Return a text of records that are mostly whole, and its delimiter."""
    delimiter = draw(st.sampled_from(",\t;|"))
    rows = draw(st.lists(st.tuples(st.lists(CELLS, min_size=1, max_size=5), ENDS), max_size=8))
    text = "".join(delimiter.join(cells) + end for cells, end in rows)
    return text.removesuffix("\n" if draw(st.booleans()) else "\0").encode(), delimiter.encode()


def one_by_one(
    raw: RawText, first: int, width: int, columns: Sequence[int]
) -> Iterator[tuple[int, list[int | None]]]:
    """Cut each line by itself at the delimiters outside quotes."""
    for line, text in enumerate(re.split(rb"\r\n|\n|\r", raw.data), 1):
        parts = text.split(b'"')
        if line < first or len(parts) % 2 == 0:
            continue
        hidden = (part.replace(raw.delimiter, b"\x1f") if at % 2 else part for at, part in enumerate(parts))
        cells = b"".join(hidden).split(raw.delimiter)
        if len(cells) >= width and text.strip(b' \t\r"' + raw.delimiter):
            yield line, [fen_of(cells[at]) for at in columns]


@given(texts(), st.integers(1, 3), st.integers(1, 4), st.data())
@settings(deadline=None)
def test_counting_many_lines_at_once_is_counting_each(
    written: tuple[bytes, bytes], first: int, width: int, data: st.DataObject
) -> None:
    raw = RawText(*written)
    columns = data.draw(st.lists(st.integers(0, width - 1), min_size=1, max_size=2, unique=True))
    counted = TextLines(raw).counted(first, width, columns)
    found = [
        (line, amounts if sure else None)
        for line, amounts, sure in zip(*(one.tolist() for one in vars(counted).values()), strict=True)
    ]
    most = 2**63 - 1
    expected = [
        (line, None if None in amounts else [max(min(one or 0, most), -most) for one in amounts])
        for line, amounts in one_by_one(raw, first, width, columns)
    ]
    assert found == expected
    assert [TextLines(raw).text(line) for line in range(1, len(TextLines(raw)) + 1)] == re.split(
        rb"\r\n|\n|\r", raw.data
    )


@given(
    st.lists(
        st.lists(st.sampled_from(("", "a", "b\nc", '"d', "e,f", "7")), min_size=2, max_size=3),
        min_size=1,
        max_size=200,
    )
)
@settings(deadline=None)
def test_rows_at_the_end_of_a_text_are_those_of_the_whole(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    for data in (text.getvalue(), text.getvalue().removesuffix("\n")):
        held = CsvRows(data.encode())
        assert [held[at] for at in range(len(held))] == list(held) == rows


@given(
    st.text("a,\n中文\u3000𠀀é", max_size=24),
    st.sampled_from(("utf-8", "gb18030", "utf-16-le", "utf-16-be")),
    st.sampled_from(("utf-8", "gb18030", "utf-16-le", "utf-16-be")),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=2),
    st.integers(1, 9),
)
@settings(deadline=None)
def test_a_text_decoded_in_pieces_breaks_where_the_whole_does(
    text: str, written: str, read: str, broken: list[tuple[int, int]], piece: int
) -> None:
    data = bytearray(text.encode(written))
    for at, byte in broken:
        data[at : at + 1] = bytes([byte])
    try:
        data.decode(read)
    except UnicodeDecodeError as error:
        assert fault_in(bytes(data), read, piece) == error.start
    else:
        assert fault_in(bytes(data), read, piece) is None
