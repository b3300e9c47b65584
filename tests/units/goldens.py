"""Write the golden sentences of units anew, and read the difference aloud before it is committed.

python -m tests.units.goldens [UNIT …]
"""

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from juesuan.base.problems import JuesuanError
from tests.units.closed import Shelf
from tests.units.describe import Description, corpus

FOLDER = Path(__file__).with_name("golden")


def golden_of(one: Description) -> Path:
    """Return where a unit's sentences stand."""
    return FOLDER / f"{one.name}.txt"


def main(names: list[str]) -> int:
    """Write the sentences of the named units, or of all; return how many could not be closed."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="units-") as folder:
        return _write(Shelf(Path(folder)), [one for one in corpus() if not names or one.name in names])


def _write(shelf: Shelf, units: Iterable[Description]) -> int:
    failed = 0
    for one in units:
        try:
            sentences = shelf.unit(one).sentences
        except JuesuanError as error:
            failed += 1
            sys.stderr.write(f"{one.name}: {error}\n")
        else:
            golden_of(one).write_text("\n".join(sentences) + "\n", encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
