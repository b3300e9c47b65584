"""The certificate of the rounding, and its proof as checks of the closing."""

from typing import Any

from juesuan.closing.compute import Account
from juesuan.identities import identity_data
from juesuan.rounding import RULES, Tested, certificate, prove
from juesuan.suites import Check, Item, places_of

_CITATION = "公布数证书（rounding.json），由独立的检查程序重新证明"


def certificate_of(account: Account) -> dict[str, Any]:
    """Return ``rounding.json``."""
    books = account.books
    return certificate(account.rounding, books.figures, books.identities, books.edition.money)


def proof_checks(account: Account) -> list[Check]:
    """Return one check for each rule of the proof."""
    books = account.books
    identities = [identity_data(one) for one in books.identities]
    tested = prove(certificate_of(account), books.values, identities)
    return [
        _check(account, key, words, [one for one in tested if one.rule == key]) for key, words in RULES.items()
    ]


def _check(account: Account, key: str, words: str, tested: list[Tested]) -> Check:
    def place(name: str) -> str:
        return account.books.figures[name].label if name in account.books.figures else name

    items = [Item(place(one.place), one.stated, one.found, 0 if one.ok else 1) for one in tested]
    return Check(key, "rounding", words, _CITATION, places_of(items), may_be_empty=True)
