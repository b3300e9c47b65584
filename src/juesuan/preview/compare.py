"""Two closings of one package side by side: with its own ledger, and with an edited one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from juesuan.base.problems import InputError
from juesuan.closing import (
    Books,
    ClosingAccounts,
    Intake,
    check_account,
    check_ledger,
    check_tables,
    derive,
    fill,
    ingest,
    with_ledger,
    write_document,
)
from juesuan.document import Chart, Document, text_of
from juesuan.facts import Fact, Facts
from juesuan.identities import CheckResult
from juesuan.preview.sentences import Rewritten, rewritten
from juesuan.rounding import Policy, RoundingConflict


@dataclass(frozen=True)
class Moved:
    """A fact that differs; it may be missing on one side (a subject that only one of the ledgers uses)."""

    before: Fact | None
    after: Fact | None

    @property
    def fact(self) -> Fact:
        """The fact on the side where it is, the edited one first."""
        found = self.after or self.before
        assert found is not None, "one side has it"  # noqa: S101 - it is made from at least one
        return found

    @property
    def shows(self) -> bool:
        """Whether what is printed differs, and not only the exact value."""
        return (self.before and self.before.display) != (self.after and self.after.display)

    @property
    def score(self) -> bool:
        """Whether it belongs to a self-evaluation."""
        return self.fact.id.startswith("score.")


@dataclass(frozen=True)
class MovedChart:
    """A chart with a bar that differs: what it is called, and the facts of it that moved."""

    name: str
    caption: str
    moved: tuple[Moved, ...]


@dataclass(frozen=True)
class MovedCheck:
    """A rule whose outcome differs."""

    before: CheckResult | None
    after: CheckResult | None

    @property
    def starts(self) -> bool:
        """Whether it would start to fail, or fail elsewhere than before."""
        return self.after is not None and not self.after.success


@dataclass(frozen=True)
class Preview:
    """Everything that would differ. ``conflict`` says why the edited amounts can't be displayed together.

    ``money`` is the unit of printed amounts.
    """

    money: str
    facts: tuple[Moved, ...]
    sentences: tuple[Rewritten, ...]
    charts: tuple[MovedChart, ...]
    checks: tuple[MovedCheck, ...]
    conflict: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.facts or self.sentences or self.checks or self.conflict)


@dataclass(frozen=True)
class _Side:
    account: ClosingAccounts
    document: Document
    results: Mapping[str, CheckResult]
    conflict: str


def preview(root: Path, vouchers: Sequence[Path], trial_balance: Sequence[Path] = ()) -> Preview:
    """Compare a package with itself on an edited ledger, in one file or several. Nothing is written.

    Raises:
        InputError: the package, its own ledger or the edited one can't be read.
        EditionError: the edition's own files are wrong.
    """
    own = ingest(root)
    if own.problems:
        raise InputError(own.problems)
    edited = with_ledger(own, vouchers, trial_balance)
    before, after = _side(own), _side(edited)
    facts = tuple(_moved(before.account.facts, after.account.facts))
    return Preview(
        money=after.account.books.edition.money.name,
        facts=facts,
        sentences=tuple(rewritten((before.document, before.account.facts), (after.document, after.account.facts))),
        charts=tuple(_charts(after.document, after.account.facts, facts)),
        checks=tuple(_checks(before.results, after.results)),
        conflict=after.conflict,
    )


def _side(intake: Intake) -> _Side:
    books = fill(intake)
    account, conflict = account_of(books)
    runs = (*check_ledger(intake), *check_tables(books), *check_account(account))
    results = {result.id: result for run in runs for result in run.results}
    return _Side(account, write_document(account), results, conflict)


def account_of(books: Books) -> tuple[ClosingAccounts, str]:
    """Return the account, and why its amounts are rounded each alone where they can't be displayed together."""
    try:
        return derive(books), ""
    except RoundingConflict as conflict:
        settings = books.package.settings
        policies = settings.policies.model_copy(update={"rounding": Policy.INDEPENDENT.value})
        package = replace(books.package, settings=settings.model_copy(update={"policies": policies}))
        return derive(replace(books, package=package)), str(conflict)


def _moved(before: Facts, after: Facts) -> Iterator[Moved]:
    for name in dict.fromkeys([*before, *after]):
        old, new = _maybe(before, name), _maybe(after, name)
        if old is None or new is None or (old.exact, old.display) != (new.exact, new.display):
            yield Moved(old, new)


def _maybe(facts: Facts, name: str) -> Fact | None:
    return facts[name] if name in facts else None  # noqa: SIM401 - Facts tells of an unknown id in its own words


def _charts(document: Document, facts: Facts, moved: Sequence[Moved]) -> Iterator[MovedChart]:
    shown = {one.fact.id: one for one in moved if one.shows}
    for block in document.blocks:
        if isinstance(block, Chart):
            names = [name for bar in block.bars for name in (bar.amount, bar.share) if name]
            found = tuple(shown[name] for name in names if name in shown)
            if found:
                yield MovedChart(block.name, text_of(block.caption, facts), found)


def _checks(before: Mapping[str, CheckResult], after: Mapping[str, CheckResult]) -> Iterator[MovedCheck]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if (old.failures if old else ()) != (new.failures if new else ()):
            yield MovedCheck(old, new)
