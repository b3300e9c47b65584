"""Coverage-guided fuzzing of the ledger's readers with atheris, which is not among the dependencies.

    pip install atheris
    python tests/fuzz/fuzz_ledger_sources.py -max_total_time=600 [corpus folder]

The first byte chooses the ending, the rest is the file. Anything but problems as values is a finding.
``tests/property/test_ledger_fuzz.py`` does the same with Hypothesis in every run of the tests.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["juesuan"]):  # polars tells its methods apart by their bytecode
    from juesuan.ledger import load_chart
    from juesuan.ledger.reading import assemble, open_exports

ENDINGS = ("csv", "xlsx", "ods", "xls", "dbf", "xml", "parquet")
FOLDER = Path(tempfile.mkdtemp(prefix="juesuan-fuzz-"))


def once(data: bytes) -> None:
    """Read one file."""
    ending = ENDINGS[data[0] % len(ENDINGS)] if data else "csv"
    path = FOLDER / f"a.{ending}"
    path.write_bytes(data[1:])
    ledger = assemble(open_exports([path], FOLDER), [], chart=load_chart("2020"), year=2020)
    assert ledger.report.adds_up


atheris.Setup(sys.argv, once)
atheris.Fuzz()
