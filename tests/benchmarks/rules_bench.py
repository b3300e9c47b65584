"""How long the rules of the ledger take on many lines: the worked example's year, again and again.

    python rules_bench.py [LINES]

Each copy has vouchers of its own numbers, with gaps between copies: one rule fails and all others hold. Tells
CPU seconds of each, of all together with Great Expectations, and how far they raise the process's largest memory.
"""

import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from juesuan import closing
from juesuan.closing.checks import ledger_checks
from juesuan.ledger import Ledger
from juesuan.rules.check import run_suites
from tests.conftest import EXAMPLE


def many(ledger: Ledger, lines: int) -> Ledger:
    """Return a ledger of about so many lines; its balances are those of the copies together."""
    times = max(lines // len(ledger.lines), 1)
    copies = []
    for number in range(times):
        copy = ledger.lines.copy()
        copy["voucher"] = [f"{voucher[:2]}{number:04}{voucher[2:]}" for voucher in copy["voucher"]]
        copy["line"] += number * len(copy)
        copies.append(copy)
    sums = {name: ledger.balances[name] * times for name in ("opening", "debit", "credit", "closing")}
    return replace(ledger, lines=pd.concat(copies, ignore_index=True), balances=ledger.balances.assign(**sums))


def main(lines: int) -> None:
    """Measure."""
    intake = closing.ingest(EXAMPLE)
    assert intake.ledger is not None
    run_suites(list(ledger_checks(intake)))  # imports
    wide = replace(intake, ledger=many(intake.ledger, lines))
    assert wide.ledger is not None
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = last = time.process_time()
    checks = []
    for check in ledger_checks(wide):
        now = time.process_time()
        sys.stdout.write(f"{now - last:8.3f}  {len(check.places):9,} places  {check.id}\n")
        checks.append(check)
        last = time.process_time()
    (run,) = run_suites(checks)
    failed = [result.id for result in run.results if not result.success]
    done = time.process_time() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    sys.stdout.write(
        f"{len(wide.ledger.lines):,} lines: {done:.2f} CPU s, {grown:.0f} MiB more; failed: {failed}\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400_000)
