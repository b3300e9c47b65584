"""How long the fact graph of a closing takes for a ledger of 100,000 lines: facts, evidence, files, one trace."""

import resource
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from juesuan import closing
from juesuan.closing.evidence import trace_entries
from juesuan.results.graph import load_graph
from juesuan.trace import trace
from tests.conftest import EXAMPLE, Closed

LINES = 100_000


@pytest.fixture(scope="module")
def books() -> closing.Books:
    """The worked example with its year's vouchers repeated; the budget does not follow, which no stage minds."""
    intake = closing.ingest(EXAMPLE)
    assert intake.ledger is not None
    lines = intake.ledger.lines
    times = -(-LINES // len(lines))
    copies = [
        lines.assign(voucher=lines["voucher"] + f"-{number}", file=f"vouchers-{number}.csv")
        for number in range(times)
    ]
    many = pd.concat(copies, ignore_index=True).head(LINES)
    ledger = replace(intake.ledger, lines=many)
    settings = intake.package.settings  # type: ignore[union-attr]
    policies = settings.policies.model_copy(update={"rounding": "independent"})
    package = replace(intake.package, settings=settings.model_copy(update={"policies": policies}))  # type: ignore[type-var]
    return closing.fill(replace(intake, ledger=ledger, package=package))


def measured(benchmark: BenchmarkFixture, work: Callable[[], object], rounds: int = 3) -> None:
    benchmark.pedantic(work, rounds=rounds, warmup_rounds=1)
    benchmark.extra_info |= {
        "lines": LINES,
        "process_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def test_derive_every_fact(benchmark: BenchmarkFixture, books: closing.Books) -> None:
    measured(benchmark, lambda: closing.derive(books))


def test_sum_up_the_rows_behind_every_figure(benchmark: BenchmarkFixture, books: closing.Books) -> None:
    measured(benchmark, lambda: trace_entries(books))


def test_write_and_read_the_graph(
    benchmark: BenchmarkFixture, books: closing.Books, closed: Closed, tmp_path: Path
) -> None:
    account = closing.derive(books)

    def work() -> None:
        closing.write_results(tmp_path / "out", account, closed.disclosure, closed.runs)
        load_graph(tmp_path / "out")

    measured(benchmark, work)
    benchmark.extra_info["facts"] = len(account.facts)
    benchmark.extra_info["ledger_parquet_kib"] = (tmp_path / "out" / "ledger.parquet").stat().st_size // 1024


def test_trace_the_total(
    benchmark: BenchmarkFixture, books: closing.Books, closed: Closed, tmp_path: Path
) -> None:
    closing.write_results(tmp_path / "out", closing.derive(books), closed.disclosure, closed.runs)
    graph = load_graph(tmp_path / "out")
    measured(benchmark, lambda: trace(graph, "t1.57.2"))
