"""The graph of facts: written by a closing, and read back without the package or the ledger's exports.

``facts.parquet`` holds every fact with the selections behind it, ``ledger.parquet`` and ``balances.parquet`` the
canonical ledger without its summaries (they name people), ``identities.json`` what must hold among the amounts,
``rounding.json`` the certificate of the displayed ones.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from juesuan.base.files import read_json, write_json
from juesuan.base.problems import JuesuanError, OutputError
from juesuan.facts import Facts, Selection
from juesuan.identities import Identity, identity_data
from juesuan.ledger import Ledger, RowFinder
from juesuan.results.facts import CONDITIONS, SELECTIONS, fact_of, facts_table
from juesuan.results.manifest import read_manifest
from juesuan.results.names import BALANCES, CERTIFICATE, FACTS, IDENTITIES, LEDGER
from juesuan.tables import SelectionPart

if TYPE_CHECKING:
    import pyarrow as pa

FILES = (FACTS, LEDGER, BALANCES, IDENTITIES, CERTIFICATE)

_UNPUBLISHED = ("summary",)  # free text that names people


@dataclass(frozen=True, eq=False)
class Graph:
    """Everything that a trace needs.

    ``parts`` are the selections behind facts, ``words`` says each in Chinese; ``certificate`` and ``identities``
    are ``rounding.json`` and ``identities.json`` as they stand.
    """

    facts: Facts
    parts: Mapping[str, tuple[SelectionPart, ...]]
    words: Mapping[Selection, str]
    ledger: Ledger
    certificate: Mapping[str, Any]
    identities: tuple[Mapping[str, Any], ...]

    @property
    def money(self) -> str:
        """The unit in which amounts are printed (万元)."""
        return str(self.certificate["unit"])

    @cached_property
    def finder(self) -> RowFinder:
        """The rows behind a selection."""
        return RowFinder(self.ledger)

    @cached_property
    def adjustments(self) -> Mapping[str, Mapping[str, Any]]:
        """The figures that are displayed away from nearest, by id."""
        return {one["figure"]: one for one in self.certificate["adjustments"]}


def write_graph(folder: Path, graph: Graph, identities: Sequence[Identity]) -> None:
    """Write the graph of a closing; ``identities`` are written for those that it holds as plain data."""
    told = {name: [_told(part, graph.words) for part in parts] for name, parts in graph.parts.items()}
    _write(folder / FACTS, facts_table(graph.facts, told))
    _write(folder / LEDGER, _frame_table(graph.ledger.lines))
    _write(folder / BALANCES, _frame_table(graph.ledger.balances))
    write_json(folder / IDENTITIES, [identity_data(one) for one in identities])
    write_json(folder / CERTIFICATE, graph.certificate)


def load_graph(out: Path) -> Graph:
    """Read the graph of a closing's results.

    Raises:
        OutputError: the folder holds no results of a closing, or a file of them is missing, changed or damaged.
    """
    manifest = read_manifest(out)
    manifest.prove(FILES, others=False)
    try:
        rows = _rows(out / FACTS)
        selections = {row["id"]: tuple(_selections(row)) for row in rows}
        return Graph(
            facts=Facts(map(fact_of, rows)),
            parts={name: tuple(part for part, _ in found) for name, found in selections.items() if found},
            words={part.selection: words for found in selections.values() for part, words in found},
            ledger=Ledger(manifest.year, read_frame(out / LEDGER), read_frame(out / BALANCES)),
            certificate=read_json(out / CERTIFICATE),
            identities=tuple(read_json(out / IDENTITIES)),
        )
    except (ValueError, KeyError, TypeError, OSError, JuesuanError) as error:
        raise OutputError(f"{out} 中的结果文件无法读取（{error}），请重新编制，或从归档中取回。") from error


def read_frame(path: Path) -> pd.DataFrame:
    """Return a frame of the canonical ledger, as :func:`write_graph` wrote it."""
    from pyarrow import parquet

    table = parquet.read_table(path)
    return pd.DataFrame({name: _column(table[name]) for name in table.column_names})


def _column(values: "pa.ChunkedArray") -> Any:
    return pd.Series(values, dtype="str") if values.type == "string" else values.to_numpy()


def _rows(path: Path) -> list[dict[str, Any]]:
    from pyarrow import parquet

    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return rows


def _told(part: SelectionPart, words: Mapping[Selection, str]) -> dict[str, Any]:
    return {
        "sign": part.sign,
        "measure": part.selection.measure,
        **{name: list(getattr(part.selection, name)) for name in CONDITIONS},
        "words": words[part.selection],
    }


def _selections(row: Mapping[str, Any]) -> Iterator[tuple[SelectionPart, str]]:
    for one in row[SELECTIONS]:
        conditions = {name: tuple(one.get(name) or ()) for name in CONDITIONS}  # older results have fewer
        yield SelectionPart(one["sign"], Selection(one["measure"], **conditions)), one["words"]


def _frame_table(frame: pd.DataFrame) -> "pa.Table":
    import pyarrow as pa

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
                columns[column] = pa.array(values, pa.string())
    return pa.table(columns).combine_chunks()  # one column of several files is written as that of one


def _write(path: Path, table: "pa.Table") -> None:
    from pyarrow import parquet

    parquet.write_table(table, path, compression="zstd")
