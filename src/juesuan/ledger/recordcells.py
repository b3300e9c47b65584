"""The records of a Parquet file or an XML interface, read a second time: by Polars, and by expat.

Nothing here is shared with the readers (PyArrow, lxml). Records are counted from 1, as the readers count them.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import count
from xml.parsers import expat

from juesuan.ledger.sources.model import RawColumns, RawInterface

Value = Decimal | str | None
"""What stands in a cell: a number as the file has it, a text, or None where this reading can't say."""


def column_records(raw: RawColumns, columns: Sequence[int]) -> Iterator[tuple[int, list[Value]]]:
    """Yield each record of a Parquet file that holds something, with its values in some columns.

    Raises:
        ValueError: Polars reads something of it otherwise.
    """
    import polars as pl

    try:
        frame = pl.read_parquet(raw.path)
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error)[:80]) from None
    there = [
        pl.col(name).str.strip_chars().str.len_chars() > 0 if kind == pl.String else pl.col(name).is_not_null()
        for name, kind in frame.schema.items()
    ]
    filled = frame.select(pl.any_horizontal(there).fill_null(value=False)).to_series().to_list()
    wanted = [frame.get_column(frame.columns[at]).to_list() for at in columns]
    for line, (full, *values) in enumerate(zip(filled, *wanted, strict=True), 1):
        if full:
            yield line, [_value(one) for one in values]


def _value(value: object) -> Value:
    if value is None:
        return ""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return Decimal(repr(value))
    return value if isinstance(value, str | Decimal) else None


class _Elements:
    """What expat tells of one file: the texts of the first leaves of each name within every record."""

    def __init__(self, raw: RawInterface) -> None:
        self.record, self.loc_ids = raw.record, raw.loc_ids
        self.found: list[Mapping[str, str]] = []
        self.open: dict[str, str] | None = None
        self.path: list[tuple[str, list[str], bool]] = []  # of each element: name, text, whether it is a leaf

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if self.path:
            self.path[-1] = (*self.path[-1][:2], False)
        if self.open is None and name == self.record:
            self.open = {}
        self.path.append((self.loc_ids.get(attributes.get("locID", ""), name), [], True))

    def say(self, text: str) -> None:
        if self.path:
            self.path[-1][1].append(text)

    def end(self, name: str) -> None:
        named, texts, leaf = self.path.pop()
        if self.open is None:
            return
        if name.rpartition(":")[2] == self.record:
            if not leaf:
                self.found.append(self.open)
            self.open = None
        elif leaf:
            self.open.setdefault(named, "".join(texts).strip())


def interface_records(raw: RawInterface, columns: Sequence[int]) -> Iterator[tuple[int, list[Value]]]:
    """Yield each record of the files of one interface, with what it says under the names of some columns.

    Raises:
        xml.parsers.expat.ExpatError: a file is no XML.
    """
    lines = count(1)
    for path in raw.paths:
        elements = _Elements(raw)
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = elements.begin, elements.end
        parser.CharacterDataHandler = elements.say
        with path.open("rb") as stream:
            parser.ParseFile(stream)
        for record in elements.found:
            yield next(lines), [record.get(raw.names[at], "") for at in columns]
