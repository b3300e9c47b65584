"""The amounts of a table, however they stand in it: two columns, one with a direction, balances on two sides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from juesuan.base.money import plain_yuan
from juesuan.ledger import cells, quirks
from juesuan.ledger.profiles import Profile

Columns = Mapping[str, Sequence[str]]
DEBIT, CREDIT, EVEN = "借", "贷", "平"
_LIST_SHOWN = 6


@dataclass
class MoneyColumns:
    """Plain texts by field; the 分 on both sides of each row (0 where unreadable); quirks by position.

    ``bad_sides`` are positions whose direction is not understood; ``ambiguous`` says why no direction is.
    """

    texts: dict[str, list[str]] = field(default_factory=dict)
    debit: Sequence[int] = ()
    credit: Sequence[int] = ()
    met: dict[str, list[int]] = field(default_factory=dict)
    bad_sides: tuple[int, ...] = ()
    ambiguous: str = ""

    def meet(self, met: Mapping[str, Sequence[int]]) -> None:
        for quirk, at in met.items():
            self.met.setdefault(quirk, []).extend(at)


def voucher_money(columns: Columns, profile: Profile, entries: Sequence[bool]) -> MoneyColumns:
    """Return the debit and credit of each row. ``entries`` says which rows are entries: only they need a side."""
    money = MoneyColumns()
    if "amount" not in columns or "debit" in columns or "credit" in columns:
        _plain(money, columns, ("debit", "credit"))
    else:
        _plain(money, columns, ("amount",))
        amounts = money.texts.pop("amount")
        _turn(money, amounts, columns.get("side"), profile, entries)
    size = len(entries)
    money.debit, money.credit = (fen(money.texts.get(name, [""] * size)) for name in ("debit", "credit"))
    return money


def balance_money(columns: Columns, profile: Profile) -> MoneyColumns:
    """Return opening, debit, credit and closing; balances on two sides become one on the debit side."""
    money = MoneyColumns()
    wanted = ("opening", "debit", "credit", "closing")
    two = [one for one in ("opening", "closing") if one not in columns and f"{one}_debit" in columns]
    _plain(money, columns, (*wanted, *(f"{one}_{side}" for one in two for side in ("debit", "credit"))))
    for one in two:
        left = money.texts.pop(f"{one}_debit")
        right = money.texts.pop(f"{one}_credit", [""] * len(left))
        money.texts[one] = [_net(pair) for pair in zip(left, right, strict=True)]
        money.texts[f"{one}_side"] = [DEBIT] * len(left)
        money.meet({"sided-balance": range(len(left))})
    for name in ("side", "opening_side", "closing_side"):
        if name in columns and name not in money.texts:
            money.texts[name] = _sides(columns[name], profile)
    size = len(next(iter(columns.values()), ()))
    money.debit, money.credit = (fen(money.texts.get(name, [""] * size)) for name in ("debit", "credit"))
    return money


def fen(texts: Sequence[str]) -> list[int]:
    """Return the 分 of plain texts, 0 where there is no amount."""
    read, _ = cells.amounts(texts)
    values: list[int] = [0 if bad else value for value, bad in zip(read.values.tolist(), read.bad, strict=True)]
    return values


def _plain(money: MoneyColumns, columns: Columns, names: Sequence[str]) -> None:
    for name in names:
        if name in columns:
            money.texts[name], met = quirks.column(columns[name], quirks.amount)
            money.meet(met)


def _net(pair: tuple[str, str]) -> str:
    """Return debit less credit; a text that is no amount is kept, to be reported."""
    for text in pair:
        if text and cells.amounts([text])[0].bad[0]:
            return text
    left, right = fen(pair)
    return plain_yuan(left - right)


def _turn(
    money: MoneyColumns, amounts: list[str], sides: Sequence[str] | None, profile: Profile, entries: Sequence[bool]
) -> None:
    if sides is None:
        money.ambiguous = "只有金额，没有借贷方向"
        return
    plain = [quirks.narrow(text)[0].casefold() for text in sides]
    used = {text for text, entry in zip(plain, entries, strict=True) if entry and text}
    vocabulary, money.ambiguous = side_words(used, profile)
    if vocabulary is None:
        return
    debit, credit = vocabulary
    money.texts["debit"] = [amount if side in debit else "" for amount, side in zip(amounts, plain, strict=True)]
    money.texts["credit"] = [amount if side in credit else "" for amount, side in zip(amounts, plain, strict=True)]
    money.bad_sides = tuple(
        at
        for at, (side, entry) in enumerate(zip(plain, entries, strict=True))
        if entry and side not in debit | credit
    )
    money.meet({"sided-amount": [at for at, entry in enumerate(entries) if entry]})


def side_words(used: set[str], profile: Profile) -> tuple[tuple[frozenset[str], frozenset[str]] | None, str]:
    """Return the words of 借 and 贷 that a column uses: the vocabularies that hold the most of them must agree."""
    most = max((len(used & (debit | credit)) for debit, credit in profile.sides), default=0)
    fitting = [pair for pair in profile.sides if len(used & (pair[0] | pair[1])) == most]
    meanings = {(frozenset(used & debit), frozenset(used & credit)) for debit, credit in fitting}
    shown = "、".join(sorted(used)[:_LIST_SHOWN]).upper()
    if used and not most:
        return None, f"不认识的借贷方向：{shown}"
    if len(meanings) > 1:
        return None, f"借贷方向只有“{shown}”，分不清是借是贷"
    return (fitting[0] if fitting else (frozenset(), frozenset())), ""


def _sides(texts: Sequence[str], profile: Profile) -> list[str]:
    """Return 借 or 贷 for the directions of balances; what isn't known stays, to be reported."""
    plain = [quirks.narrow(text)[0].casefold() for text in texts]
    vocabulary, _ = side_words({text for text in plain if text not in ("", EVEN)}, profile)
    if vocabulary is None:
        return list(texts)
    debit, credit = vocabulary
    read: Callable[[str, str], str] = lambda side, text: (  # noqa: E731 - a table of three
        DEBIT if side in debit else CREDIT if side in credit else text
    )
    return [read(side, text) for side, text in zip(plain, texts, strict=True)]
