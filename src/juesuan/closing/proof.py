"""The certificate of the rounding and its proof as checks of the closing; what is said where there is none."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from juesuan.closing.compute import ClosingAccounts
from juesuan.closing.refusal import ClosingRefused
from juesuan.identities import Item, identity_data
from juesuan.rounding import ADVICE, RULES, RoundingConflict, Tested, certificate, prove
from juesuan.rules.check import Check, SuiteRun, places_of, run_suites

_CITATION = "公布数证书（rounding.json），由独立的检查程序重新证明"


def certificate_of(account: ClosingAccounts) -> dict[str, Any]:
    """Return ``rounding.json``."""
    books = account.books
    return certificate(account.rounding, books.figures, books.binding, books.edition.money)


def proof_checks(account: ClosingAccounts) -> list[Check]:
    """Return one check for each rule of the proof."""
    books = account.books
    identities = [identity_data(one) for one in books.binding]
    tested = prove(certificate_of(account), books.values, identities)
    return [
        _check(account, key, words, [one for one in tested if one.rule == key]) for key, words in RULES.items()
    ]


def _check(account: ClosingAccounts, key: str, words: str, tested: list[Tested]) -> Check:
    def place(name: str) -> str:
        return account.books.figures[name].label if name in account.books.figures else name

    items = [Item(place(one.place), one.stated, one.found, 0 if one.ok else 1) for one in tested]
    return Check(key, "rounding", words, _CITATION, places_of(items), may_be_empty=True)


@contextmanager
def conflicts_refused(runs: Sequence[SuiteRun]) -> Iterator[None]:
    """Within this, displayed amounts that can't add up refuse the closing, beside what was checked before.

    Raises:
        ClosingRefused: with a smallest set of places that contradict each other.
    """
    try:
        yield
    except RoundingConflict as conflict:
        refuse_conflict(conflict, runs)


def refuse_conflict(conflict: RoundingConflict, runs: Sequence[SuiteRun]) -> NoReturn:
    """Refuse a closing whose displayed amounts can't add up.

    Raises:
        ClosingRefused: always.
    """
    items = [
        Item(f"{one.label}（{one.identity.text}）", one.stated, f"{one.identity.relation.value} {one.computed}", 1)
        for one in conflict.places
    ]
    words = "公布数能同时满足全部勾稽关系（每个数只可向上或向下取一个最小单位）"
    check = Check(
        "rounding.possible", "rounding", words, f"下列各处互相矛盾，去掉任何一处即可。{ADVICE}", places_of(items)
    )
    raise ClosingRefused((), (*runs, *run_suites([check]))) from conflict
