"""Accounts of an edition, from ``expectations/accounts``."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from juesuan.base.problems import EditionError, InputError
from juesuan.base.resources import edition_folder, read_once
from juesuan.base.yamlsource import Strict, read_yaml
from juesuan.ledger.model import (
    Account,
    AccountChart,
    Adjustments,
    Cause,
    ClosingMarks,
    Fund,
    LedgerWords,
    Side,
    Support,
)

_Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,}$")]


class _Account(Strict):
    code: _Code
    name: str
    side: Side


class _Marks(Strict):
    accounts: tuple[_Code, ...] = ()
    names: tuple[str, ...] = ()


class _Words(Strict):
    fund: dict[str, Fund]
    support: dict[str, Support]
    closing: dict[str, bool]
    side: dict[str, Side]


class _Cause(Strict):
    key: str
    name: str
    words: Annotated[tuple[str, ...], Field(min_length=1)]


class _Adjustments(Strict):
    accounts: Annotated[tuple[_Code, ...], Field(min_length=1)]
    causes: Annotated[tuple[_Cause, ...], Field(min_length=1)]


class _Chart(Strict):
    edition: str
    title: str
    citation: str
    effective: date
    accounts: Annotated[tuple[_Account, ...], Field(min_length=1)]
    closing_marks: _Marks
    adjustments: _Adjustments
    operating: dict[str, tuple[Annotated[str, StringConstraints(pattern=r"^7[0-9]*$")], ...]]
    words: _Words


@read_once
def load_chart(edition: str) -> AccountChart:
    """Return the budget accounts of an edition.

    Raises:
        EditionError: the edition's file is missing or wrong.
    """
    try:
        source = read_yaml(edition_folder("accounts", edition) / "chart.yaml", _Chart)
    except InputError as error:
        raise EditionError(str(error)) from None
    accounts = {item.code: Account(item.code, item.name, item.side) for item in source.accounts}
    if len(accounts) != len(source.accounts):
        raise EditionError(f"版本“{edition}”的会计科目表把一个科目列了两次")
    words = source.words
    return AccountChart(
        edition=source.edition,
        citation=source.citation,
        accounts=accounts,
        marks=ClosingMarks(source.closing_marks.accounts, source.closing_marks.names),
        words=LedgerWords(words.fund, words.support, words.closing, words.side),
        adjustments=Adjustments(
            source.adjustments.accounts,
            tuple(Cause(one.key, one.name, one.words) for one in source.adjustments.causes),
        ),
        operating=source.operating,
    )


def latest_chart() -> AccountChart:
    """Return the chart of the latest edition, for a file of which the year is not known."""
    return load_chart(
        max(path.parent.name for path in edition_folder("accounts", "*").parent.glob("*/chart.yaml"))
    )
