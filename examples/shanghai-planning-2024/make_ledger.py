"""Make the ledger of this example from cells.csv: see examples/books.py and this folder's README.

python examples/shanghai-planning-2024/make_ledger.py [FOLDER]
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from books import Plan, write_books  # noqa: E402 - the folder of examples is no package

if __name__ == "__main__":
    write_books(Plan.read(HERE, 2024, first_month=1), Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "ledger")
