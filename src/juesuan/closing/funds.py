"""Which fund (资金性质) each line of the budget and of the projects is of.

An office writes it (``资金性质``). Files from before that column existed don't say it: then the ledger does, which
knows the fund of each line of expenditure; and where nothing was booked under a code, the list of codes does, if a
source shows in which budget's tables the code stands. Where these know several, the line is taken as
一般公共预算财政拨款 if that is among them, and the office is told (rule ``budget.funds-stated``).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from juesuan.base.money import plain_yuan
from juesuan.base.problems import Place, Problem
from juesuan.ledger import AccountChart, CodeList, Fund, Ledger
from juesuan.package import BudgetLine, ClosingPackage, InternalLine, Project, ProjectLine
from juesuan.package.money import GENERAL

_COLUMN = "资金性质"
EXPENDITURE = "7"
USES = ("6", EXPENDITURE)
"""Classes of accounts: budget income and expenditure."""

_LEAST, _MOST = 5_000, 20_000  # how many times a budget was spent that is stated in units of ten thousand
_Line = TypeVar("_Line", BudgetLine, InternalLine, ProjectLine)


@dataclass(frozen=True)
class _Used:
    """The funds that the ledger books under a code, and under a project and a code; and the code list."""

    codes: Mapping[str, frozenset[str]]
    projects: Mapping[tuple[str, str], frozenset[str]]
    known: CodeList

    def of_code(self, code: str) -> frozenset[str]:
        """Return the funds that are booked under a code; those of the code list where none is."""
        return self.codes.get(code) or frozenset(fund.value for fund in self.known.funds_of(code) or ())

    def of_project(self, project: Project, code: str) -> frozenset[str]:
        """Return the funds of a project under a code; of the code where the project spent nothing under it."""
        return self.projects.get((project.name, code)) or self.of_code(code)


def with_funds(
    package: ClosingPackage, ledger: Ledger, chart: AccountChart, codes: CodeList
) -> tuple[ClosingPackage, tuple[Problem, ...]]:
    """Return the package with the fund of every line, and a problem for each that can't be so.

    ``codes`` is the functional list of the year.
    """
    problems: list[Problem] = []
    used = _used(ledger, codes)

    def known(line: _Line, candidates: frozenset[str]) -> _Line:
        if line.stated in chart.words.fund:
            return replace(line, fund=chart.words.fund[line.stated].value)
        if line.stated:
            place = Place(line.source.file, line.source.line, _COLUMN)
            words = "、".join(chart.words.fund)
            problems.append(Problem(place, "csv.fund", "不认识的资金性质", line.stated, words))
        return replace(line, fund=likely(candidates))

    budget = tuple(known(line, used.of_code(line.code)) for line in package.budget)
    internal = tuple(known(line, used.of_code(line.code)) for line in package.internal)
    projects = tuple(
        replace(one, lines=tuple(known(line, used.of_project(one, line.code)) for line in one.lines))
        for one in package.projects
    )
    made = replace(package, budget=budget, internal=internal, projects=projects)
    problems.extend(_doubled((line.code, line) for line in budget))
    problems.extend(_doubled((f"{one.key} {line.code}", line) for one in projects for line in one.lines))
    problems.extend(_unbudgeted(made))
    problems.extend(_more_than_budgeted(made))
    problems.extend(_in_another_unit(made, ledger))
    return made, tuple(problems)


def likely(candidates: Iterable[str]) -> str:
    """Return the fund that a line without one is taken to be of."""
    found = sorted(candidates)
    return found[0] if len(found) == 1 or (found and Fund.GENERAL_PUBLIC_BUDGET not in found) else GENERAL


def unstated_lines(
    package: ClosingPackage, ledger: Ledger, codes: CodeList
) -> Iterator[tuple[str, BudgetLine | ProjectLine, bool]]:
    """Yield what each line without a stated fund is called, the line, and whether its fund is beyond doubt."""
    budget = [line for line in package.budget if not line.stated]
    projects = [(one, part) for one in package.projects for part in one.lines if not part.stated]
    if not (budget or projects):
        return  # the lines of the ledger need not be looked through
    used = _used(ledger, codes)
    for line in budget:
        yield f"{line.code} {line.name}", line, len(used.of_code(line.code)) <= 1
    for one, part in projects:
        yield f"{one.name} {part.code}", part, len(used.of_project(one, part.code)) <= 1


def _used(ledger: Ledger, known: CodeList) -> _Used:
    lines = ledger.texts.grouped
    own = lines[lines["account"].str.startswith(USES) & (lines["fund"] != "") & ~lines["closing"]]
    codes: dict[str, set[str]] = {}
    projects: dict[tuple[str, str], set[str]] = {}
    distinct = own[["functional", "project", "fund"]].drop_duplicates()
    for code, project, fund in distinct.itertuples(index=False):
        codes.setdefault(str(code), set()).add(str(fund))
        if project:
            projects.setdefault((str(project), str(code)), set()).add(str(fund))
    return _Used(
        {key: frozenset(value) for key, value in codes.items()},
        {key: frozenset(value) for key, value in projects.items()},
        known,
    )


def _doubled(lines: Iterable[tuple[str, BudgetLine | ProjectLine]]) -> Iterator[Problem]:
    """Yield a problem where two lines of one code turn out to be of one fund."""
    first: dict[tuple[str, str], BudgetLine | ProjectLine] = {}
    for name, line in lines:
        before = first.setdefault((name, line.fund), line)
        if before is not line and (before.stated or line.stated) and before.stated != line.stated:
            place = Place(line.source.file, line.source.line, _COLUMN)
            yield Problem(place, "csv.duplicate", f"与第 {before.source.line} 行是同一科目、同一资金", name)


def _in_another_unit(package: ClosingPackage, ledger: Ledger) -> Iterator[Problem]:
    """Yield a problem for each budget that what was spent exceeds about ten-thousandfold: it is not in 元."""
    lines = ledger.texts.grouped
    spent = lines[lines["account"].str.startswith(EXPENDITURE) & ~lines["closing"]]
    sums = spent.groupby(["functional", "fund"])[["debit", "credit"]].sum()
    booked = (sums["debit"] - sums["credit"]).to_dict()
    for line in package.budget:
        amount = int(booked.get((line.code, line.fund), 0))
        if line.adjusted and _LEAST * line.adjusted <= amount <= _MOST * line.adjusted:
            place = Place(line.source.file, line.source.line, "调整预算")
            found, hint = plain_yuan(line.adjusted), f"账簿上这个科目支出 {plain_yuan(amount)} 元"
            yield Problem(place, "budget.unit", "像是没有按元填", found, "以元为单位的金额", hint)


def _unbudgeted(package: ClosingPackage) -> Iterator[Problem]:
    """Yield a problem for a project whose stated fund has no budget under its code."""
    there = {(line.code, line.fund) for line in package.budget}
    unstated = {line.code for line in package.budget if not line.stated}
    for project in package.projects:
        for line in project.lines:
            if line.stated and (line.code, line.fund) not in there and line.code not in unstated:
                place = Place(line.source.file, line.source.line, _COLUMN)
                yield Problem(place, "projects.fund", "预算表里这个功能分类没有这种资金", line.stated)


def _more_than_budgeted(package: ClosingPackage) -> Iterator[Problem]:
    """Yield a problem where what is to be paid within the department exceeds the budget that it is part of."""
    whole = {(line.code, line.fund): line for line in package.budget}
    parts: dict[tuple[str, str], list[InternalLine]] = {}
    for line in package.internal:
        if line.kind.paid:
            parts.setdefault((line.code, line.fund), []).append(line)
    for key, lines in parts.items():
        budget, last = whole.get(key), lines[-1]
        for column, paid, most in (
            ("年初预算", sum(one.initial for one in lines), budget.initial if budget else 0),
            ("调整预算", sum(one.adjusted for one in lines), budget.adjusted if budget else 0),
        ):
            if paid > most:
                place = Place(last.source.file, last.source.line, column)
                where = (
                    f"{budget.source.file} 第 {budget.source.line} 行"
                    if budget
                    else "预算表里没有这个科目、这种资金"
                )
                message = "要付给部门内单位的预算是预算表里这一项的其中数，不能比它大"
                yield Problem(
                    place, "internal.budget", message, plain_yuan(paid), f"不大于 {plain_yuan(most)}", where
                )
