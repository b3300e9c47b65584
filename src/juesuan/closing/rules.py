"""The edition's rules about a closing (``juesuan.rules``), made ready to be checked.

With them what is published beside the document: each text that people or their systems wrote, and where it stands.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from juesuan.closing.compute import Books, ClosingAccounts
from juesuan.closing.funds import unstated_lines
from juesuan.closing.intake import input_files
from juesuan.closing.rendering import Disclosure
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


_LINES = {
    "voucher": "凭证字号",
    "account": "科目编码",
    "functional_name": "功能分类名称",
    "economic_name": "部门经济分类名称",
}
_NAMES = {"account_name": "科目名称", "project": "项目名称"}
_CJK = re.compile(r"[\u4e00-\u9fff]+")

Texts = Mapping[str, str]
"""Each text once, and where it stands first."""


def published_texts(account: ClosingAccounts) -> dict[str, Texts]:
    """Return the texts of ``facts``, of the published columns of the ledger, of explanations and file names.

    A voucher's summary is not among them: it is not published (docs/adr/0071-personal-data.md).
    """
    books = account.books
    return {
        "公布数（facts.csv）": _first(_facts(account)),
        "审核说明（explanations.yaml）": _first(_explanations(books)),
        "资料的文件名": _first((path.name, "") for path in sorted(input_files(books.package.root))),
        "账簿读入报告（reading.json）": _first(_reading(books)),
        **{f"账簿的{title}": _column(books, name) for name, title in _LINES.items()},
    }


def ledger_names(books: Books) -> dict[str, Texts]:
    """Return the names of accounts and projects in the ledger, which are published with it."""
    return {f"账簿的{title}": _column(books, name) for name, title in _NAMES.items()}


def known_words(books: Books) -> frozenset[str]:
    """Return the words that the chart of accounts and the lists of codes use: none of them names a person."""
    names = [one.name for one in books.edition.chart.accounts.values()]
    for known in (books.codes.functional, books.codes.economic):
        names += [line.name for lines in known.lines.values() for line in lines]
    return frozenset(word for name in names for word in _CJK.findall(name))


def _column(books: Books, name: str) -> Texts:
    """Return the different texts of a column of both frames of the ledger, with file and line."""
    found: dict[str, str] = {}
    for frame in (books.ledger.lines, books.ledger.balances):
        if name in frame:
            first = frame.drop_duplicates(name)
            rows = zip(first[name], first["file"], first["line"], strict=True)
            found = {str(text): f"{file}:{line}" for text, file, line in rows if text} | found
    return found


def _facts(account: ClosingAccounts) -> Iterator[tuple[str, str]]:
    for fact in account.facts.values():
        yield from ((text, fact.id) for text in (fact.label, fact.row, fact.column, fact.formula))


def _explanations(books: Books) -> Iterator[tuple[str, str]]:
    for one in books.package.explanations:
        yield from ((text, one.source) for text in (one.place, one.text, one.by))


def _reading(books: Books) -> Iterator[tuple[str, str]]:
    for table in books.ledger.report.tables:
        words = (table.file, *table.details.values(), *table.columns.values(), *table.unused)
        yield from ((word, table.file) for word in words)


def _first(texts: Iterable[tuple[str, str]]) -> Texts:
    found: dict[str, str] = {}
    for text, where in texts:
        if text:
            found.setdefault(text, where)
    return found
