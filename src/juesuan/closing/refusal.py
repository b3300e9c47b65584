"""When a closing goes no further: everything that is wrong at once, and nothing published."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from juesuan.base.files import write_json
from juesuan.base.privacy import masked
from juesuan.base.problems import ExitCode, InputError, JuesuanError, Problem, Severity
from juesuan.identities import CheckResult
from juesuan.results import check_data, findings_data, problem_data, refusal_folder, replace_folder
from juesuan.results.names import CHECKS, FINDINGS, INDEX, PROBLEMS, SUITES, VALIDATION
from juesuan.review.page import render_refused
from juesuan.rules.check import SuiteRun
from juesuan.rules.pages import write_docs

if TYPE_CHECKING:
    from juesuan.forms import Forms

_MOST_ROWS = 5

_A_TABLE = re.compile(r"table-([0-9]+)")
_BEFORE = {"ledger": "账簿"}
_AFTER = {
    "across-tables": "表间勾稽",
    "ties": "表账相符",
    "practice": "审核惯例",
    "carry-over": "与上年衔接",
    "package": "申报资料",
    "displayed": "公布数勾稽",
    "rounding": "公布数证书",
    "budget": "预算执行",
    "reasons": "差异说明",
    "composition": "构成与验算",
    "scores": "绩效自评",
    "timeliness": "时限",
    "narrative": "文字说明",
    "printed": "印出的表图",
    "personal": "个人信息",
    "department": "部门汇总",
    "explanations": "审核说明",
}
"""What people read for the suites that every edition has, before and after those of its tables."""

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


def write_refusal(out: Path, refusal: ClosingRefused) -> Path:
    """Write what was found when a closing was refused beside its results, and return where.

    Raises:
        OutputError: the folder can't be written.
    """

    def fill(into: Path) -> None:
        write_json(into / PROBLEMS, [problem_data(one) for one in refusal.problems])
        write_validation(into, refusal.runs, "决算没有完成", suite_titles(refusal.runs))
        (into / INDEX).write_text(render_refused(into), encoding="utf-8", newline="\n")

    folder = refusal_folder(out)
    replace_folder(folder, fill)
    return folder


def suite_titles(runs: Sequence[SuiteRun], forms: "Forms | None" = None) -> Mapping[str, str]:
    """Return what people read for each suite, in order; a table has its title where the forms are known."""
    tables = {form.name: f"表 {form.table} {form.title}" for form in forms.values()} if forms else {}
    if forms is None:  # a closing that was refused
        named = (_A_TABLE.fullmatch(run.name) for run in runs)
        tables = {match[0]: f"表 {match[1]}" for match in named if match}
    return {**_BEFORE, **tables, **_AFTER}


def write_validation(
    folder: Path,
    runs: Sequence[SuiteRun],
    title: str,
    titles: Mapping[str, str],
    review: str = "",
    year: int | None = None,
) -> None:
    """Write what was checked, and which rules failed: data, and the validation documents.

    ``titles`` are as :func:`suite_titles` gives them, ``review`` and ``year`` as ``write_docs`` takes them.
    """
    write_json(folder / FINDINGS, list(findings_data(failed_of(runs))))
    validation = folder / VALIDATION
    validation.mkdir()
    write_json(folder / CHECKS, [check_data(one) for run in runs for one in run.results])
    write_json(folder / SUITES, titles)
    write_docs(runs, validation, title=title, suite_titles=titles, review=review, year=year)
