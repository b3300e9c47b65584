"""Binary workbooks (XLS, XLSB) opened in a process of their own, with a limit to its memory.

The reader allocates a sheet's whole rectangle, and a few damaged bytes can put a cell at row 65,535 of column
65,535: then the process is killed, and only a process that holds nothing else may be. Cells come back as JSON.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MEMORY = 4 << 30  # bytes of addresses; a full sheet of XLS needs a quarter


class Killed(Exception):  # noqa: N818 - says what became of the process
    """The reader did not survive the file."""


def in_confinement(path: Path) -> Any:
    """Return what :func:`juesuan.ledger.sources.spreadsheet.read_book` returns, as plain data.

    Raises:
        Killed: it ran out of memory, or gave up.
    """
    command = [sys.executable, "-m", "juesuan.ledger.sources.confined", str(path)]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own words
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise Killed from None


def main(words: Sequence[str]) -> None:
    """Read one file and write what it holds."""
    with contextlib.suppress(ImportError, ValueError):  # a system without such limits, or with a lower one already
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    from juesuan.ledger.sources.spreadsheet import read_book

    sys.stdout.write(json.dumps(read_book(Path(words[0]))))


if __name__ == "__main__":
    main(sys.argv[1:])
