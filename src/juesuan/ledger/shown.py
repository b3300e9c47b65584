"""Lines of the ledger in words, by ``file:line``: what stands in the line that a finding names."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from juesuan.base.money import yuan_text
from juesuan.base.privacy import masked
from juesuan.ledger.model import Ledger

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ShownLine:
    """A voucher line, or a leaf of the trial balance (``voucher`` says so), in words; amounts in 元.

    ``summary`` is empty unless it was asked for.
    """

    date: str
    voucher: str
    account: str
    debit: str
    credit: str
    summary: str = ""


def lines_at(ledger: Ledger, places: Iterable[str], *, summaries: bool = False) -> dict[str, ShownLine]:
    """Return the lines that stand at places (``file:line``); a place that is none of the ledger's is left out.

    A summary names people: no published file holds one (ADR 0071). ``summaries`` is for who may see the ledger
    itself; personal numbers are masked all the same, here and in the names of accounts.
    """
    wanted = set(places)
    if not wanted:
        return {}
    found = {at: _voucher_line(row, summaries=summaries) for at, row in _standing(ledger.lines, wanted)}
    return found | {at: _balance(row) for at, row in _standing(ledger.balances, wanted)}


def _standing(frame: "pd.DataFrame", wanted: set[str]) -> Iterator[tuple[str, Any]]:
    """Yield the rows of a frame whose file and line are wanted, by these."""
    numbers = [int(line) for _, _, line in (one.rpartition(":") for one in wanted) if line.isdecimal()]
    near = frame[frame["line"].isin(numbers)]  # a whole ledger has no place in words made for it
    for row in near.itertuples(index=False):
        at = f"{row.file}:{row.line}"
        if at in wanted:
            yield at, row


def _amount(fen: Any) -> str:
    return yuan_text(int(fen)) if fen else ""


def _voucher_line(row: Any, *, summaries: bool) -> ShownLine:
    return ShownLine(
        str(row.date)[:10].removeprefix("NaT"),  # a day, or none
        masked(f"{row.voucher} 第 {row.entry} 行分录"),
        masked(f"{row.account} {row.account_name}"),
        _amount(row.debit),
        _amount(row.credit),
        masked(str(row.summary)) if summaries else "",
    )


def _balance(row: Any) -> ShownLine:
    opening, closing = yuan_text(int(row.opening)), yuan_text(int(row.closing))
    return ShownLine(
        "",
        f"余额表：年初 {opening}，年末 {closing}",
        masked(f"{row.account} {row.account_name}"),
        _amount(row.debit),
        _amount(row.credit),
    )
