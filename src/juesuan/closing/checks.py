"""The rules of each stage, made ready to be checked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from juesuan.base.money import DisplayUnit, yuan_text
from juesuan.base.problems import Severity
from juesuan.closing.compute import Books, ClosingAccounts
from juesuan.closing.evidence import parts_of
from juesuan.closing.intake import Intake
from juesuan.closing.projects import project_checks
from juesuan.closing.proof import proof_checks
from juesuan.closing.rendering import Disclosure
from juesuan.closing.rules import account_rules, disclosure_rules
from juesuan.closing.units import share_checks, transfer_checks
from juesuan.facts import Figure
from juesuan.identities import Explanation, Identity, Instance, Item
from juesuan.ledger import Ledger, LedgerGroups, rows
from juesuan.ledger.shown import lines_at
from juesuan.rounding import Policy, Rounding
from juesuan.rules import LastYear, evaluate_ledger_rule, ledger_rules
from juesuan.rules.check import (
    ROW_SEPARATOR,
    Check,
    SuiteRun,
    check_from_identity,
    compared,
    places_of,
    run_suites,
)
from juesuan.rules.claims import claim_checks

DISPLAYED = ".displayed"
"""Suffix of the suites, and of the rules in them, that check displayed amounts."""

_MOST_ROWS = 20


def check_ledger(intake: Intake) -> tuple[SuiteRun, ...]:
    """Check every rule of the ledger; nothing where the ledger could not be read."""
    if intake.ledger is None:
        return ()
    written = intake.package.explanations if intake.package else ()
    return _run(ledger_checks(intake), written, intake.ledger)


def ledger_checks(intake: Intake) -> Iterator[Check]:
    """Yield the checks of the ledger's rules.

    Where some lines could not be read, rules that need all of them are left for the next run: what they would
    say follows from the lines that are missing.
    """
    ledger, edition, package = intake.ledger, intake.edition, intake.package
    if ledger is None or edition is None:
        return
    if intake.consolidated is not None:  # each unit's ledger was checked when it was closed
        funds: Mapping[str, str] = dict(edition.forms.terms.funds.items())
        yield from transfer_checks(intake.consolidated, package.explanations if package else (), funds)
        return
    for rule, citation in ledger_rules(edition.rules):
        if not (rule.whole and ledger.problems):
            check = evaluate_ledger_rule(rule, citation, ledger, edition.chart, intake.codes)
            yield replace(check, may_be_empty=True) if ledger.absent else check


def check_tables(books: Books) -> tuple[SuiteRun, ...]:
    """Check every identity on the exact amounts."""
    return _run(table_checks(books), books.package.explanations, books.ledger)


def table_checks(books: Books) -> Iterator[Check]:
    """Yield the checks of every identity on the exact amounts, and of each cell against the ledger.

    Where it ties an amount to one that was printed before, they agree within what printing can hide: less than one
    step, or half of one for each of several. That they agree as printed, :func:`check_account` checks.
    """
    step, figures = books.edition.money.step, books.figures

    def hidden(one: Instance) -> int:
        printed = sum(figures[name].fixed for name in (one.target, *(term.figure for term in one.terms)))
        return max(step - 1, printed * step // 2) if printed else 0

    yield from (
        check_from_identity(
            one,
            books.values,
            describe=_describe(books.figures),
            show=lambda fen: f"{yuan_text(fen)} 元",
            rows=_rows_behind(books),
            slack=hidden,
        )
        for one in books.identities
    )
    yield _ties(books)
    if not books.ledger.absent:
        yield from project_checks(books.package, books.ledger)
    yield from share_checks(books.shares, books.figures, LedgerGroups(books.ledger))


def _ties(books: Books) -> Check:
    """Return the check that each cell holds what the ledger rows behind it add up to.

    Where a table was filled elsewhere and its amounts rounded, they must agree within what that can hide.
    """
    aggregates = LedgerGroups(books.ledger)

    def item(name: str, figure: Figure) -> Item:
        computed = books.tables.from_ledger(name, aggregates.amount)
        off = figure.value - computed
        if figure.fixed and abs(off) < books.edition.money.step:
            off = 0
        behind = (*map(str, figure.sources), *islice(_ledger_lines(books, name), _MOST_ROWS)) if off else ()
        return compared(figure.label, figure.value, computed, off=off, rows=ROW_SEPARATOR.join(behind))

    cells = [
        item(name, figure) for name, figure in books.figures.items() if figure.table and books.tables.parts(name)
    ]
    return Check(
        "ties.cells",
        "ties",
        "取自账簿的每一格＝账簿相应各行之和",
        "《会计基础工作规范》关于会计报表数字与账簿记录一致的规定（条文未在此核对）",
        places_of(cells),
        may_be_empty=books.ledger.absent,
    )


def check_account(account: ClosingAccounts, last_year: LastYear | None = None) -> tuple[SuiteRun, ...]:
    """Check every identity again on the displayed amounts, their certificate, the claims, and the rules."""
    checks = [*account_checks(account), *account_rules(account, last_year)]
    return _run(checks, account.books.package.explanations, account.books.ledger)


def account_checks(account: ClosingAccounts) -> Iterator[Check]:
    """Yield the checks of displayed amounts, of their certificate, and of the claims of the texts.

    Amounts that are rounded each alone need not add up: what is left over (尾差) is listed as a warning, as long
    as rounding can have made it.
    """
    books, money = account.books, account.books.edition.money
    yield from (
        check_from_identity(
            _displayed(one, account.rounding),
            account.rounding.steps,
            describe=_describe(books.figures),
            show=_show_steps(money),
            rows=_rows_behind(books),
        )
        for one in books.binding
    )
    yield from proof_checks(account)
    yield from claim_checks(books.package)


def check_disclosure(
    account: ClosingAccounts, disclosure: Disclosure, before: Sequence[SuiteRun] = ()
) -> tuple[SuiteRun, ...]:
    """Check the document as it was written and the page as it was rendered; and, last of all, the explanations.

    ``before`` are the runs of all stages before: an explanation must be about a warning of one of them.
    """
    written = account.books.package.explanations
    runs = _run(disclosure_rules(account, disclosure), written, account.books.ledger)
    return (*runs, *run_suites([explanations_used(written, (*before, *runs))]))


def _run(checks: Iterable[Check], written: Sequence[Explanation], ledger: Ledger) -> tuple[SuiteRun, ...]:
    """Check rules, and look up the lines of the ledger that their findings name."""
    runs = run_suites(list(checks), written)
    return tuple(replace(run, lines=lines_at(ledger, run.places_behind)) for run in runs)


def explanations_used(written: Sequence[Explanation], runs: Sequence[SuiteRun]) -> Check:
    """Return the check that every explanation is about a warning that there is."""
    used = {
        one.explanation
        for run in runs
        for result in run.results
        for one in result.failures
        if one.explanation is not None
    }
    items = [
        Item(
            f"规则 {one.rule}{'，' + one.place if one.place else ''}",
            f"“{one.text}”" if one in used else "没有这样的提示，或已由另一条说明",
            "对应一处提示",
            int(one not in used),
            rows=one.source,
        )
        for one in written
    ]
    citation = "审核说明须与提示一一对应（explanations.yaml）"
    text = "每条审核说明都对应一处提示"
    return Check(
        "explanations.used", "explanations", text, citation, places_of(items), Severity.WARNING, may_be_empty=True
    )


def _displayed(identity: Identity, rounding: Rounding) -> Identity:
    left_over = rounding.policy is Policy.INDEPENDENT and _rounding_made(identity, rounding.steps)
    return Identity(
        id=f"{identity.id}{DISPLAYED}",
        suite="displayed",
        text=identity.text,
        citation=f"{identity.citation}；公布数各自四舍五入，差额为尾差" if left_over else identity.citation,
        instances=identity.instances,
        severity=Severity.WARNING if left_over else identity.severity,
        relation=identity.relation,
    )


def _rounding_made(identity: Identity, steps: Mapping[str, int]) -> bool:
    """Whether every difference of an identity is one that rounding makes: half a step for each amount at most."""
    return all(
        abs(steps[one.target] - one.computed(steps)) <= (len(one.terms) + 1) // 2
        or (identity.relation.bounded and one.computed(steps) >= steps[one.target])
        for one in identity.instances
    )


def _describe(figures: Mapping[str, Figure]) -> Callable[[str], str]:
    return lambda name: figures[name].label


def _show_steps(money: DisplayUnit) -> Callable[[int], str]:
    return lambda steps: f"{money.print_steps(steps)} {money.name}"


def _rows_behind(books: Books) -> Callable[[Instance], Iterable[str]]:
    """Return how to name the lines behind an instance: of the package first, then of the ledger."""

    def behind(instance: Instance) -> Iterator[str]:
        names = (instance.target, *(term.figure for term in instance.terms))
        for name in names:
            yield from map(str, books.figures[name].sources)
        for name in names:
            yield from islice(_ledger_lines(books, name), _MOST_ROWS)

    return lambda instance: dict.fromkeys(behind(instance))


def _ledger_lines(books: Books, name: str) -> Iterator[str]:
    figure = books.figures[name]
    for selection in [part.selection for part in parts_of(books, figure)]:
        lines = rows(books.ledger, selection)
        if selection.measure in lines:  # leaves of the trial balance: those that hold something
            lines = lines[lines[selection.measure] != 0]
        yield from (f"{file}:{line}" for file, line in zip(lines["file"], lines["line"], strict=True))
