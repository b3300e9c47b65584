"""The edition's rules about a closing (``juesuan.rules``), made ready to be checked."""

from collections.abc import Iterator, Mapping

from juesuan.closing.compute import ClosingAccounts
from juesuan.closing.funds import unstated_lines
from juesuan.closing.published import known_words, ledger_names, published_texts
from juesuan.closing.render import Disclosure
from juesuan.edition.made import SWITCHES
from juesuan.rules import LastYear, RuleSubject, Unstated, closing_rules, evaluate_rule, of_document
from juesuan.rules.check import Check


def account_rules(account: ClosingAccounts, last_year: LastYear | None = None) -> Iterator[Check]:
    """Return the checks of budget, reasons, composition, scores, time limits, and of last year's closing."""
    return _checks(account, subject_of(account, last_year=last_year), document=False)


def disclosure_rules(account: ClosingAccounts, disclosure: Disclosure) -> Iterator[Check]:
    """Return the checks of the document as it was written and of the page as it was rendered."""
    return _checks(account, subject_of(account, disclosure), document=True)


def subject_of(
    account: ClosingAccounts, disclosure: Disclosure | None = None, *, last_year: LastYear | None = None
) -> RuleSubject:
    """Return a closing as the rules look at it."""
    books = account.books
    balances = books.ledger.balances
    leaves = zip(balances["account"], balances["fund"], balances["functional"], balances["opening"], strict=True)
    opening: dict[tuple[str, str, str], int] = {}
    for number, fund, functional, amount in leaves:
        leaf = (str(number), str(fund), str(functional))
        opening[leaf] = opening.get(leaf, 0) + int(amount)
    funds: Mapping[str, str] = dict(books.edition.forms.terms.funds.items())
    return RuleSubject(
        package=books.package,
        facts=account.facts,
        undefined=account.undefined,
        lists=account.lists,
        money=books.edition.money,
        definitions=books.edition.definitions,
        score_rules=books.edition.score_rules,
        words=books.edition.words,
        roles=books.edition.roles,
        switches=frozenset(SWITCHES),
        document=disclosure.document if disclosure else None,
        page=disclosure.html if disclosure else "",
        last_year=last_year,
        opening=opening,
        published=published_texts(account) if disclosure else {},
        ledger_names=ledger_names(books) if disclosure else {},
        known_words=known_words(books) if disclosure else frozenset(),
        unstated=tuple(
            Unstated(name, line.source, funds[line.fund], certain)
            for name, line, certain in unstated_lines(books.package, books.ledger, books.codes.functional)
        ),
    )


def _checks(account: ClosingAccounts, subject: RuleSubject, *, document: bool) -> Iterator[Check]:
    edition = account.books.edition
    rules = closing_rules(edition.rules, edition.roles)
    return (evaluate_rule(rule, source, subject) for rule, source in rules if of_document(rule) is document)
