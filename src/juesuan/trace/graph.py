"""The fact graph read back from a folder of results, without the package or the ledger's exports."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from juesuan.facts import Fact, Facts, Phase, Source, Unit
from juesuan.figures import Selection
from juesuan.ledger import Ledger, RowFinder
from juesuan.problems import JuesuanError, OutputError, words_of
from juesuan.tables import Part
from juesuan.trace.store import BALANCES, CONDITIONS, FACTS, IDENTITIES, LEDGER

CERTIFICATE = "rounding.json"
MANIFEST = "manifest.json"
FILES = (FACTS, LEDGER, BALANCES, IDENTITIES, CERTIFICATE)


@dataclass(frozen=True, eq=False)
class Graph:
    """Everything that a trace needs.

    ``parts`` are the selections behind facts, ``words`` says each in Chinese; ``certificate`` and ``identities``
    are ``rounding.json`` and ``identities.json`` as they stand.
    """

    facts: Facts
    parts: Mapping[str, tuple[Part, ...]]
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


def load_graph(out: Path) -> Graph:
    """Read the graph of a closing's results.

    Raises:
        OutputError: the folder holds no results of a closing, or a file of them is missing, changed or damaged.
    """
    manifest = _manifest(out)
    for name in FILES:
        _unchanged(out, name, manifest)
    try:
        rows = _rows(out / FACTS)
        selections = {row["id"]: tuple(_selections(row)) for row in rows}
        return Graph(
            facts=Facts(map(_fact, rows)),
            parts={name: tuple(part for part, _ in found) for name, found in selections.items() if found},
            words={part.selection: words for found in selections.values() for part, words in found},
            ledger=Ledger(int(manifest["year"]), _frame(out / LEDGER), _frame(out / BALANCES)),
            certificate=json.loads((out / CERTIFICATE).read_text(encoding="utf-8")),
            identities=tuple(json.loads((out / IDENTITIES).read_text(encoding="utf-8"))),
        )
    except (ValueError, KeyError, TypeError, OSError, JuesuanError) as error:
        raise OutputError(f"{out} 中的结果文件无法读取（{error}），请重新编制，或从归档中取回。") from error


def _manifest(out: Path) -> Mapping[str, Any]:
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        files = manifest["files"]
    except FileNotFoundError:
        files = {}
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise OutputError(f"{out / MANIFEST} 无法读取（{error}）。") from error
    missing = [name for name in FILES if name not in files]
    if missing:
        raise OutputError(
            f"{out} 不是一次决算的结果文件夹：缺少 {'、'.join(missing)}。请给出 juesuan close 的输出文件夹。"
        )
    return dict(manifest)


def _unchanged(out: Path, name: str, manifest: Mapping[str, Any]) -> None:
    try:
        with (out / name).open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise OutputError(f"{out / name} 无法读取（{words_of(error)}）。") from error
    if found != manifest["files"][name]:
        raise OutputError(f"{out / name} 在决算之后被改动过（与 {MANIFEST} 中的校验值不符），不能据此追溯。")


def _rows(path: Path) -> list[dict[str, Any]]:
    from pyarrow import parquet

    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return rows


def _frame(path: Path) -> pd.DataFrame:
    from pyarrow import parquet

    table = parquet.read_table(path)
    return pd.DataFrame({name: table[name].to_numpy() for name in table.column_names})


def _fact(row: Mapping[str, Any]) -> Fact:
    return Fact(
        id=row["id"],
        label=row["label"],
        exact=Fraction(row["exact"]),
        unit=Unit(row["unit"]),
        displayed=Fraction(row["displayed"]),
        display=row["display"],
        formula=row["formula"],
        inputs=tuple(row["inputs"]),
        sources=tuple(Source(one["file"], one["line"]) for one in row["sources"]),
        year=row["year"],
        phase=Phase(row["phase"]),
        table=row["table"],
        row=row["row"],
        column=row["column"],
    )


def _selections(row: Mapping[str, Any]) -> Iterator[tuple[Part, str]]:
    for one in row["selections"]:
        conditions = {name: tuple(one[name]) for name in CONDITIONS}
        yield Part(one["sign"], Selection(one["measure"], **conditions)), one["words"]
