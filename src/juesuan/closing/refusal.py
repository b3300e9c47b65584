"""When a closing goes no further: everything that is wrong at once, and nothing published."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from juesuan.base.privacy import masked
from juesuan.base.problems import ExitCode, InputError, JuesuanError, Problem, Severity
from juesuan.identities import CheckResult
from juesuan.rules.check import SuiteRun

_MOST_ROWS = 5

COLUMNS = ("程度", "规则", "位置", "实际", "应为", "差额", "依据的行", "说明")
"""What :func:`table_of` says of each place."""


class ClosingRefused(JuesuanError):  # noqa: N818 - names what happened
    """Input problems or failed checks of severity error; carries all of them and the suites that were run.

    What stands in a cell that can't be read is told with personal numbers masked: the orchestrator keeps it.
    """

    def __init__(self, problems: Sequence[Problem], runs: Sequence[SuiteRun]) -> None:
        self.problems = tuple(replace(one, found=masked(one.found)) for one in problems)
        self.runs = tuple(runs)
        self.failed = tuple(failed_of(runs))
        self.exit_code = ExitCode.INPUT if self.problems else ExitCode.CHECKS
        super().__init__("\n".join([*map(str, self.problems), *(lines_of(self.failed))]))

    @property
    def table(self) -> list[dict[str, str]]:
        """What is wrong, one row each, for the orchestrator's page."""
        return table_of(self.problems, self.failed)


def table_of(problems: Iterable[Problem], failed: Iterable[CheckResult]) -> list[dict[str, str]]:
    """Return problems and failed rules as rows of a table for people: a word for each of :data:`COLUMNS`."""
    rows = [
        ("错误", one.message, str(one.place), one.found, one.expected, "", "", one.hint) for one in problems
    ] + [
        (
            "错误" if result.severity is Severity.ERROR else "提示",
            result.text,
            one.place,
            one.stated,
            one.computed,
            one.difference,
            "、".join(one.rows[:_MOST_ROWS]) + (" 等" if len(one.rows) > _MOST_ROWS else ""),
            one.explanation.text if one.explanation else "",
        )
        for result in failed
        for one in result.failures
    ]
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def failed_of(runs: Iterable[SuiteRun]) -> list[CheckResult]:
    """Return the failed rules of all suites, errors before warnings."""
    failed = [result for run in runs for result in run.results if not result.success]
    return sorted(failed, key=lambda result: result.severity is not Severity.ERROR)


def lines_of(failed: Iterable[CheckResult], *, most: int = 5) -> Iterable[str]:
    """Yield the words for failed rules: the rule, and the places (``most`` of them) with what stands there."""
    for result in failed:
        yield f"【{'错误' if result.severity is Severity.ERROR else '提示'}】{result.text}（{result.citation}）"
        for one in result.failures[:most]:
            difference = f"，差额 {one.difference}" if one.difference else ""
            rows = f"（{'、'.join(one.rows[:most])}{' 等' if len(one.rows) > most else ''}）" if one.rows else ""
            yield f"    {one.place}：实际 {one.stated}，应为 {one.computed}{difference}{rows}"
        if len(result.failures) > most:
            yield f"    …… 另有 {len(result.failures) - most} 处，见 findings.json"


def refuse_problems(problems: Sequence[Problem], runs: Sequence[SuiteRun]) -> None:
    """Stop if the input has problems or a rule of severity error failed.

    Raises:
        ClosingRefused: with all of it.
    """
    if problems or any(one.severity is Severity.ERROR for one in failed_of(runs)):
        raise ClosingRefused(problems, runs)


def refuse_failures(runs: Sequence[SuiteRun]) -> None:
    """Stop if a rule of severity error failed.

    Raises:
        ClosingRefused: with all that failed.
    """
    refuse_problems((), runs)


@contextmanager
def problems_refused(runs: Sequence[SuiteRun]) -> Iterator[None]:
    """Within this, problems of the package that only a later stage can see refuse the closing.

    Raises:
        ClosingRefused: with all of them, beside what was checked before.
    """
    try:
        yield
    except InputError as error:
        raise ClosingRefused(error.problems, runs) from error
