"""What the orchestrator's page is told of a closing that fails: each thing once, and no table without an end."""

import logging

import pytest

from juesuan.base.problems import InputError, Place, Problem
from juesuan.runner import load_flow

REFUSED = InputError([Problem(Place("budget.csv", line), "x", "不是金额", "118x") for line in (2, 3)])


def record(message: str, error: Exception | None = None) -> logging.LogRecord:
    told = (type(error), error, None) if error else None
    return logging.LogRecord("prefect.flow_runs", logging.ERROR, "", 0, message, (), told)


def test_an_error_is_said_once_in_words_whoever_passes_it_on() -> None:
    said: list[str] = []
    of_task, of_flow = (load_flow("plain_errors").PlainErrors(said) for _ in range(2))
    first = record("Task run failed with exception", REFUSED)
    assert of_task.filter(record("Beginning flow run"))
    assert of_task.filter(first)
    assert (first.getMessage(), first.exc_info) == (str(REFUSED), None)
    ended = f"Finished in state Failed({'Task run encountered an exception InputError: ' + str(REFUSED)!r})"
    assert not of_task.filter(record(ended))
    assert not of_flow.filter(record("Encountered exception during execution", REFUSED))
    other = InputError([Problem(Place("settings.yaml"), "x", "缺少文件")])
    assert of_flow.filter(record("Encountered exception", other))
    assert of_flow.filter(record("Encountered exception", ValueError("a fault of the program")))
    assert of_flow.filter(record("Finished in state Completed()"))


def test_without_a_run_nothing_is_held_back() -> None:
    plain = load_flow("plain_errors").PlainErrors()
    assert [plain.filter(record("x", REFUSED)) for _ in range(2)] == [True, True]


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, 1), (200, 200), (201, 200), (5000, 200)])
def test_a_table_has_at_most_two_hundred_rows_and_says_what_is_left(count: int, shown: int) -> None:
    rows = [{"程度": "错误", "规则": str(number)} for number in range(count)]
    told = load_flow("procedure").at_most(rows)
    assert len(told) == shown
    if count > shown:
        assert told[-1] == {"程度": f"另有 {count - 199} 处", "规则": ""}
    assert told[: min(count, 199)] == rows[:199]
