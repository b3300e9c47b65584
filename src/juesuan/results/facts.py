"""The columns of a fact, listed once: ``facts.csv`` and ``facts.parquet`` are written and read by this list.

``docs/results.md`` explains the columns. No file carries a clock: the same closing gives the same bytes.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from juesuan.base.files import csv_cell, read_cell
from juesuan.facts import Fact, Facts, FactSource, Phase, Unit, number_text

if TYPE_CHECKING:
    import pyarrow as pa

CONDITIONS = ("accounts", "funds", "support", "functional", "economic", "projects", "units")
"""What the selections of ledger rows behind a fact ask for; all of them hold at once."""

SELECTIONS = "selections"
"""The last column of ``facts.parquet``: what stands behind the fact in the ledger. No fact holds it itself."""


@dataclass(frozen=True)
class FactColumn:
    """One column. ``kind`` is its type in Parquet, ``of`` what a fact says in it.

    ``back`` makes the fact's own value of it again; None where it only repeats another column. Those that repeat
    are not in ``facts.csv``.
    """

    name: str
    kind: str
    of: Callable[[Fact], Any]
    back: Callable[[Any], Any] | None

    @property
    def in_csv(self) -> bool:
        """Whether ``facts.csv`` has it."""
        return self.back is not None


def _text(name: str) -> FactColumn:
    return FactColumn(name, "text", lambda fact: getattr(fact, name), str)


def _number(name: str) -> FactColumn:
    return FactColumn(name, "text", lambda fact: number_text(getattr(fact, name)), Fraction)


def _fen(name: str) -> FactColumn:
    def of(fact: Fact) -> int | None:
        return int(getattr(fact, name)) if _is_money(fact) else None

    return FactColumn(f"{name}_fen", "int64", of, None)


def _is_money(fact: Fact) -> bool:
    return fact.unit is Unit.FEN and fact.exact.denominator == 1


COLUMNS = (
    _text("id"),
    _text("table"),
    _text("row"),
    _text("column"),
    _text("label"),
    _number("exact"),
    FactColumn("unit", "text", lambda fact: fact.unit.value, Unit),
    _text("display"),
    _text("formula"),
    _number("displayed"),
    FactColumn("year", "int32", lambda fact: fact.year, lambda year: year),
    FactColumn("phase", "text", lambda fact: fact.phase.value, Phase),
    _fen("exact"),
    _fen("displayed"),
    FactColumn("inputs", "texts", lambda fact: fact.inputs, tuple),
    FactColumn(
        "sources",
        "sources",
        lambda fact: fact.sources,
        lambda told: tuple(FactSource(one["file"], one["line"]) for one in told),
    ),
)


def facts_csv(facts: Facts) -> str:
    """Return ``facts.csv``: one line for each fact."""
    columns = [one for one in COLUMNS if one.in_csv]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(one.name for one in columns)
    for fact in facts.values():
        writer.writerow(csv_cell(_cell(one.of(fact))) for one in columns)
    return text.getvalue()


def read_facts_csv(text: str) -> dict[str, dict[str, str]]:
    """Return the lines of a ``facts.csv`` by the id of their fact, every cell as the fact has it.

    Raises:
        ValueError: it is no such file.
    """
    rows = csv.DictReader(io.StringIO(text, newline=""))
    try:
        return {row["id"]: {name: read_cell(cell) for name, cell in row.items()} for row in rows}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no column id, or a line of another length: {error}") from error


def facts_schema() -> "pa.Schema":
    """The columns of ``facts.parquet``."""
    import pyarrow as pa

    text, texts = pa.string(), pa.list_(pa.string())
    kinds = {
        "text": text,
        "texts": texts,
        "int32": pa.int32(),
        "int64": pa.int64(),
        "sources": pa.list_(pa.struct([("file", text), ("line", pa.int32())])),
    }
    selection = [("sign", pa.int8()), ("measure", text), *((name, texts) for name in CONDITIONS), ("words", text)]
    columns = [(one.name, kinds[one.kind]) for one in COLUMNS]
    return pa.schema([*columns, (SELECTIONS, pa.list_(pa.struct(selection)))])


def facts_table(facts: Facts, selections: Mapping[str, Iterable[Mapping[str, Any]]]) -> "pa.Table":
    """Return ``facts.parquet``; ``selections`` are those of a fact by its id, as plain data."""
    import pyarrow as pa

    rows = [
        {one.name: _plain(one.of(fact)) for one in COLUMNS} | {SELECTIONS: list(selections.get(fact.id, ()))}
        for fact in facts.values()
    ]
    return pa.Table.from_pylist(rows, schema=facts_schema())


def fact_of(row: Mapping[str, Any]) -> Fact:
    """Return the fact of a row of ``facts.parquet``."""
    return Fact(**{one.name: one.back(row[one.name]) for one in COLUMNS if one.back})


def _cell(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return {"file": value.file, "line": value.line} if isinstance(value, FactSource) else value
