"""How long controlled rounding takes, and how much memory; with CtrlRound as a peer where it is installed.

CtrlRound (PyPI) searches best-first and lets margins deviate; juesuan keeps every sum and finds the optimum. It is
measured too where ``pip install ctrlround`` put it; no dependency of juesuan needs it.
"""

import random
import resource
import tracemalloc
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from juesuan.base.money import WANYUAN
from juesuan.facts import Figure
from juesuan.identities import Identity, Instance, SignedFigure, identity_data
from juesuan.rounding import Rounding, certificate, prove, round_figures

ROWS, COLUMNS = 25, 8
SIZES = [500, 5_000, 50_000]
Table = dict[tuple[int, int], int]


def cells_of_table(random_: random.Random) -> Table:
    """A table as units print them: two cells in five are empty."""
    return {
        (row, column): random_.randrange(50_000_000) if random_.random() < 0.6 else 0
        for row in range(ROWS)
        for column in range(COLUMNS)
    }


def linked(size: int) -> tuple[list[Figure], list[Identity]]:
    """About ``size`` cells: two-way tables with both margins, whose totals make one grand total."""
    random_ = random.Random(size)  # noqa: S311 - the same tables each time
    figures: list[Figure] = []
    identities: list[Identity] = []
    totals: list[str] = []

    def add(name: str, value: int) -> str:
        figures.append(Figure(name, name, value, 2020))
        return name

    def equal(target: str, parts: list[str]) -> Instance:
        return Instance(target, tuple(SignedFigure(1, part) for part in parts))

    for number in range(max(2, round(size / ((ROWS + 1) * (COLUMNS + 1))))):
        cells = cells_of_table(random_)
        t = f"t{number}"
        names = {at: add(f"{t}.{at[0]}.{at[1]}", value) for at, value in cells.items()}
        rows = [add(f"{t}.{r}.s", sum(cells[r, c] for c in range(COLUMNS))) for r in range(ROWS)]
        columns = [add(f"{t}.s.{c}", sum(cells[r, c] for r in range(ROWS))) for c in range(COLUMNS)]
        total = add(f"{t}.s.s", sum(cells.values()))
        by_row = [equal(rows[r], [names[r, c] for c in range(COLUMNS)]) for r in range(ROWS)]
        by_column = [equal(columns[c], [names[r, c] for r in range(ROWS)]) for c in range(COLUMNS)]
        identities.append(Identity(f"{t}.rows", t, "rows", "bench", (*by_row, equal(total, rows))))
        identities.append(Identity(f"{t}.columns", t, "columns", "bench", (*by_column, equal(total, columns))))
        totals.append(total)
    values = {one.id: one.value for one in figures}
    add("all", sum(values[name] for name in totals))
    identities.append(Identity("all", "all", "all", "bench", (equal("all", totals),)))
    return figures, identities


@pytest.mark.parametrize("size", SIZES)
def test_round(benchmark: BenchmarkFixture, size: int) -> None:
    figures, identities = linked(size)
    found: Rounding = benchmark.pedantic(
        round_figures, args=(figures, identities, WANYUAN), rounds=3 if size < 50_000 else 1, warmup_rounds=1
    )
    tracemalloc.start()
    round_figures(figures, identities, WANYUAN)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    benchmark.extra_info |= {
        "cells": len(figures),
        "links": sum(len(one.instances) for one in identities),
        "away_from_nearest": len(found.adjustments),
        "peak_mib": round(peak / 2**20, 1),
        "process_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    assert not found.residues


@pytest.mark.parametrize("size", SIZES)
def test_prove(benchmark: BenchmarkFixture, size: int) -> None:
    figures, identities = linked(size)
    rounding = round_figures(figures, identities, WANYUAN)
    data = certificate(rounding, {one.id: one for one in figures}, identities, WANYUAN)
    values, plain = {one.id: one.value for one in figures}, [identity_data(one) for one in identities]
    tested = benchmark.pedantic(prove, args=(data, values, plain), rounds=1)
    assert all(one.ok for one in tested)


@pytest.mark.parametrize("tables", [1, 4])
@pytest.mark.parametrize("program", ["juesuan", "ctrlround"])
def test_round_beside_a_peer(benchmark: BenchmarkFixture, program: str, tables: int) -> None:
    """Single two-way tables, which is what the peer takes; how far its margins are from what was published."""
    random_ = random.Random(tables)  # noqa: S311 - the same tables each time
    given = [cells_of_table(random_) for _ in range(tables)]
    if program == "juesuan":
        systems = [system(one) for one in given]
        benchmark.pedantic(lambda: [round_figures(*one, WANYUAN) for one in systems], rounds=3, warmup_rounds=1)
        benchmark.extra_info["sums_off"] = 0
        return
    peer: Any = pytest.importorskip("CtrlRound")
    pandas = pytest.importorskip("pandas")
    frames = [
        pandas.DataFrame([{"row": r, "column": c, "value": v / WANYUAN.step} for (r, c), v in one.items()])
        for one in given
    ]

    def work() -> list[Any]:
        return [peer.ctrl_round(frame, by=["row", "column"], var="value", rounding_base=1) for frame in frames]

    results = benchmark.pedantic(work, rounds=1)
    benchmark.extra_info["sums_off"] = sum(
        int((abs(one["rounded_margins"]["value"] - one["input_margins"]["value"]) >= 1).sum()) for one in results
    )


def system(cells: Table) -> tuple[list[Figure], list[Identity]]:
    """One table with its margins."""
    names = {at: f"{at[0]}.{at[1]}" for at in cells}
    figures = [Figure(names[at], "", value, 2020) for at, value in cells.items()]
    sums = {f"{r}.s": [(r, c) for c in range(COLUMNS)] for r in range(ROWS)}
    sums |= {f"s.{c}": [(r, c) for r in range(ROWS)] for c in range(COLUMNS)}
    sums["s.s"] = list(cells)
    figures += [Figure(name, "", sum(cells[at] for at in parts), 2020) for name, parts in sums.items()]
    instances = tuple(
        Instance(name, tuple(SignedFigure(1, names[at]) for at in parts)) for name, parts in sums.items()
    )
    return figures, [Identity("sums", "bench", "sums", "bench", instances)]
