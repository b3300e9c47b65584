"""The fact graph as files: what a closing writes, so that every figure can be traced years later.

``facts.parquet`` holds every fact with the selections behind it, ``ledger.parquet`` and ``balances.parquet`` the
canonical ledger without its summaries (they name people), ``identities.json`` what must hold among the amounts.
``docs/results.md`` lists the columns. No file carries a clock: the same closing gives the same bytes.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan.facts import Fact, Facts, Unit, number_text
from juesuan.figures import Selection
from juesuan.identities import Identity, identity_data
from juesuan.ledger import Ledger
from juesuan.tables import Part

if TYPE_CHECKING:
    import pyarrow as pa

FACTS, LEDGER, BALANCES, IDENTITIES = "facts.parquet", "ledger.parquet", "balances.parquet", "identities.json"

_UNPUBLISHED = ("summary",)  # free text that names people
CONDITIONS = ("accounts", "funds", "support", "functional", "economic", "projects")


def write_graph(
    folder: Path,
    facts: Facts,
    parts: Mapping[str, Sequence[Part]],
    words: Mapping[Selection, str],
    ledger: Ledger,
    identities: Sequence[Identity],
) -> None:
    """Write the graph. ``parts`` are the selections behind facts, ``words`` says each of them in Chinese."""
    _write(folder / FACTS, _facts_table(facts, parts, words))
    _write(folder / LEDGER, _frame_table(ledger, "lines"))
    _write(folder / BALANCES, _frame_table(ledger, "balances"))
    text = json.dumps([identity_data(one) for one in identities], ensure_ascii=False, indent=1)
    (folder / IDENTITIES).write_text(text + "\n", encoding="utf-8", newline="\n")


def facts_schema() -> "pa.Schema":
    """The columns of ``facts.parquet``."""
    import pyarrow as pa

    text, texts = pa.string(), pa.list_(pa.string())
    source = pa.struct([("file", text), ("line", pa.int32())])
    selection = pa.struct(
        [("sign", pa.int8()), ("measure", text), *((name, texts) for name in CONDITIONS), ("words", text)]
    )
    return pa.schema(
        [
            ("id", text),
            ("table", text),
            ("row", text),
            ("column", text),
            ("label", text),
            ("exact", text),
            ("unit", text),
            ("display", text),
            ("formula", text),
            ("displayed", text),
            ("year", pa.int32()),
            ("phase", text),
            ("exact_fen", pa.int64()),
            ("displayed_fen", pa.int64()),
            ("inputs", texts),
            ("sources", pa.list_(source)),
            ("selections", pa.list_(selection)),
        ]
    )


def _facts_table(facts: Facts, parts: Mapping[str, Sequence[Part]], words: Mapping[Selection, str]) -> "pa.Table":
    import pyarrow as pa

    rows = [_fact_row(fact, parts.get(fact.id, ()), words) for fact in facts.values()]
    return pa.Table.from_pylist(rows, schema=facts_schema())


def _fact_row(fact: Fact, parts: Sequence[Part], words: Mapping[Selection, str]) -> dict[str, Any]:
    money = fact.unit is Unit.FEN and fact.exact.denominator == 1
    return {
        "id": fact.id,
        "table": fact.table,
        "row": fact.row,
        "column": fact.column,
        "label": fact.label,
        "exact": number_text(fact.exact),
        "unit": fact.unit.value,
        "display": fact.display,
        "formula": fact.formula,
        "displayed": number_text(fact.displayed),
        "year": fact.year,
        "phase": fact.phase.value,
        "exact_fen": int(fact.exact) if money else None,
        "displayed_fen": int(fact.displayed) if money else None,
        "inputs": list(fact.inputs),
        "sources": [{"file": source.file, "line": source.line} for source in fact.sources],
        "selections": [
            {
                "sign": part.sign,
                "measure": part.selection.measure,
                **{name: list(getattr(part.selection, name)) for name in CONDITIONS},
                "words": words[part.selection],
            }
            for part in parts
        ],
    }


def _frame_table(ledger: Ledger, name: str) -> "pa.Table":
    import pyarrow as pa

    frame = getattr(ledger, name)
    columns = {}
    for column in frame.columns:
        if column in _UNPUBLISHED:
            continue
        values = frame[column]
        match values.dtype.kind:
            case "b":
                columns[column] = pa.array(values.to_numpy(), pa.bool_())
            case "i":
                columns[column] = pa.array(values.to_numpy(), pa.int64())
            case "M":
                columns[column] = pa.array(values.to_numpy().astype("datetime64[D]"), pa.date32())
            case _:
                columns[column] = pa.array([str(value) for value in values], pa.string())
    return pa.table(columns)


def _write(path: Path, table: "pa.Table") -> None:
    from pyarrow import parquet

    parquet.write_table(table, path, compression="zstd")
