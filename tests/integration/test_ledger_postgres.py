"""A ledger in a real PostgreSQL: numeric columns are exact, and the environment holds the secret."""

from collections.abc import Iterator

import pytest

from juesuan.ledger import load_chart
from juesuan.ledger.reading import assemble
from juesuan.ledger.sources.database import read_database
from tests import ledger_writers as writers
from tests.integration.servers import postgresql

pytestmark = pytest.mark.integration

HEADER = ["凭证日期", "凭证字号", "分录号", "摘要", "科目编码", "科目名称", "借方金额", "贷方金额"]
HEADER += ["功能分类编码", "部门经济分类编码", "资金性质", "支出类型"]
LINES = [
    ["2020-01-31", "记-1", "1", "购纸", "7101", "行政支出", "9007199254740993.01", "", "2080101", "30201", "", ""],
    ["2020-01-31", "记-1", "2", "购纸", "8001", "资金结存", "", "0.10", "", "", "", ""],
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgresql() as address:
        found = f"postgresql+psycopg:{address}"
        writers.fill(found, [HEADER, *LINES], "凭证")
        yield found


@pytest.mark.parametrize("what", ["凭证", "public.凭证", 'SELECT * FROM "凭证" ORDER BY "分录号"'])
def test_a_ledger_is_read_from_postgresql(url: str, what: str) -> None:
    export = read_database("$LEDGER", what, file="数据库", environment={"LEDGER": url})
    assert export.problems == ()
    amounts = sorted(tuple(row[6:8]) for row in export.sheets[0].rows[1:])
    assert amounts == [("", "0.10"), ("9007199254740993.01", "")]  # a float would have lost the 分
    ledger = assemble([export], [], chart=load_chart("2020"), year=2020)
    assert [problem.code for problem in ledger.problems] == ["ledger.amount"]  # of 16 digits
    assert ledger.report.adds_up


def test_nothing_can_be_written_and_no_secret_is_shown(url: str) -> None:
    export = read_database(url, "WITH gone AS (DELETE FROM 凭证 RETURNING *) SELECT * FROM gone", file="数据库")
    assert [problem.code for problem in export.problems] == ["database.error"]
    assert len(read_database(url, "凭证", file="数据库").sheets[0].rows) == 3
    wrong = read_database(url.replace("@", ":s3cret@", 1) + "nowhere", "凭证", file="数据库")
    assert [problem.code for problem in wrong.problems] == ["database.error"]
    assert "s3cret" not in repr(wrong)
