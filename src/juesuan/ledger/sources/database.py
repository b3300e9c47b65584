"""A table or query of a SQL database through SQLAlchemy. Where it stands is a setting; secrets are never shown."""

import os
import re
from collections.abc import Mapping
from typing import Any

from juesuan.ledger.sources.model import LIMITS, Export, Limits, SourceSheet, failing
from juesuan.ledger.sources.values import value_text

_TABLE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)?")
_SELECT = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
_BATCH = 10_000


def read_database(
    url: str,
    table_or_query: str,
    *,
    file: str,
    environment: Mapping[str, str] | None = None,
    limits: Limits = LIMITS,
) -> Export:
    """Read a table (``schema.table``) or a query (``select …``).

    ``url`` is SQLAlchemy's, or ``$NAME`` for one in the environment. The transaction is rolled back, and read-only
    where the database knows such: nothing is ever written. ``file`` is how problems call it.
    """
    import sqlalchemy as sa

    fail = failing(file, "sql")
    address = _address(url, os.environ if environment is None else environment)
    if not address:
        return fail(
            "database.url",
            "环境变量没有设置",
            found=url,
            expected="数据库连接，如 postgresql+psycopg://用户:密码@主机/库",
        )
    try:
        engine = sa.create_engine(address, poolclass=sa.NullPool, hide_parameters=True)
    except (sa.exc.ArgumentError, ImportError, ValueError) as error:
        return fail(
            "database.url", "数据库连接写得不对", found=type(error).__name__, expected="SQLAlchemy 的连接写法"
        )
    shown = engine.url.render_as_string(hide_password=True)
    details = {"数据库": shown}
    if not (_TABLE.fullmatch(table_or_query) or _SELECT.match(table_or_query)):
        expected = "表名，或以 select、with 开头的查询"
        return fail("database.query", "不是表名，也不是查询", found=table_or_query[:80], expected=expected)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(sa.text("SET TRANSACTION READ ONLY"))
            result = connection.execution_options(stream_results=True).execute(_statement(table_or_query, sa))
            names = [str(name) for name in result.keys()]  # noqa: SIM118 - a result's keys, not a mapping's
            rows: list[list[str]] = []
            while batch := result.fetchmany(_BATCH):
                rows += [[value_text(value) for value in row] for row in batch]
                if len(rows) * len(names) > limits.sheet_cells * 4:
                    return fail("file.size", "查询结果太大，没有读取", hint="请按月分开查询", details=details)
            connection.rollback()
    except sa.exc.SQLAlchemyError as error:
        original = getattr(error, "orig", None)
        found = _without_secret(str(original or error).splitlines()[0], engine.url.password)
        return fail("database.error", "数据库连不上，或查询出错", found=found[:200], details=details)
    finally:
        engine.dispose()
    return Export(file, "sql", (SourceSheet("", [names, *rows], range(len(rows) + 1), headed=True),), details)


def _address(url: str, environment: Mapping[str, str]) -> str:
    return environment.get(url[1:], "") if url.startswith("$") else url


def _statement(table_or_query: str, sa: Any) -> Any:
    if not _TABLE.fullmatch(table_or_query):
        return sa.text(table_or_query)
    schema, _, name = table_or_query.rpartition(".")
    return sa.select(sa.text("*")).select_from(sa.table(name, schema=schema or None))


def _without_secret(text: str, password: Any) -> str:
    return text.replace(str(password), "***") if password else text
