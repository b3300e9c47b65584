"""The nine tables of a package computed a second way: see ``oracle.sql``. Imports nothing of juesuan."""

from pathlib import Path

import duckdb

_SQL = Path(__file__).with_name("oracle.sql").read_text(encoding="utf-8")
_BUDGET = "three-public-budget.csv"


def tables_of(package: Path) -> dict[str, int]:
    """Return every cell of tables 1 to 9 in 分, by ids such as ``t1.57.2`` and ``t5.2080101.3``.

    A 三公 budget that the office did not hand in is none. Subject rows stand for each 类, 款 and 项 that any line
    or balance of the table bears, blank ones too.
    """
    with duckdb.connect() as database:
        database.execute("SET VARIABLE folder = ?", [str(package)])
        if (package / _BUDGET).exists():
            reading = "SELECT * FROM read_csv(?, header = true, all_varchar = true)"
            database.execute(f"CREATE TABLE budget AS {reading}", [str(package / _BUDGET)])
        else:
            database.execute('CREATE TABLE budget ("键" VARCHAR, "年初预算" VARCHAR)')
        database.execute(_SQL)
        return dict(database.execute("SELECT id, amount FROM cell").fetchall())
