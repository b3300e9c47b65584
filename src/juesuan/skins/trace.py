"""What the trace panel of the HTML document knows of the ledger behind a figure."""

from dataclasses import dataclass

from juesuan.facts import Source


@dataclass(frozen=True)
class AccountTrace:
    """What one account contributes to a figure; ``debit`` and ``credit`` in 分."""

    account: str
    name: str
    rows: int
    debit: int
    credit: int


@dataclass(frozen=True)
class TraceEntry:
    """The ledger rows behind one fact: how many, their sums in 分, the accounts, and where some of them stand.

    ``accounts`` and ``sources`` may be a selection, in a fixed order; the panel says how many rows there are.
    """

    rows: int
    debit: int
    credit: int
    accounts: tuple[AccountTrace, ...] = ()
    sources: tuple[Source, ...] = ()
