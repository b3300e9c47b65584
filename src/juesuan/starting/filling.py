"""The disclosed budget laid into a package that is there: what is open is filled, what stands there stays."""

from collections.abc import Iterator

from juesuan.base.money import parse_amount, plain_yuan
from juesuan.edition import load_edition
from juesuan.package.tables import BASIS, BUDGET, FUND, THREE_PUBLIC
from juesuan.starting.draft import Draft
from juesuan.starting.planned import Planned, PlannedAmount

_Row = dict[str, str]


def fill_budget(draft: Draft, planned: Planned) -> Iterator[str]:
    """Fill the open initial amounts of a package; yield what stands there otherwise, with both amounts.

    An item that the package lacks gets a line whose adjusted amount is open.

    Raises:
        EditionError: the package names no edition, or a wrong one.
    """
    written = load_edition(draft.edition).chart.words.fund
    code, name, initial, adjusted = (column.head for column in BUDGET[:4])
    rows = draft.tables.setdefault(draft.files.budget, [])
    for (fund, item), amount in sorted(planned.items.items()):
        own = [row for row in rows if row.get(code) == item]
        same = [row for row in own if written.get(row.get(FUND, "")) == fund]
        if len(own) == 1 and not own[0].get(FUND):  # as an item of one fund may be written
            same = own
        if same:
            yield from _fill(same[0], initial, amount, f"{item} {same[0].get(name, '')}")
        elif amount.fen:
            word = next(word for word, known in written.items() if known == fund)
            line = {code: item, name: amount.name, initial: plain_yuan(amount.fen), adjusted: "", FUND: word}
            rows.append({**line, BASIS: amount.basis})
    key, title = (column.head for column in THREE_PUBLIC[:2])
    for row in draft.tables.get(draft.files.three_public, []):
        found = planned.three_public.get(row.get(key, ""))
        if found is not None:
            yield from _fill(row, initial, found, row.get(title, ""))


def _fill(row: _Row, head: str, amount: PlannedAmount, what: str) -> Iterator[str]:
    stated = row.get(head, "").strip()
    if not stated:
        row |= {head: plain_yuan(amount.fen), BASIS: amount.basis}
    elif _fen(stated) != amount.fen:
        shown = plain_yuan(amount.fen)
        yield f"{what}：资料里的{head}是 {stated}，{amount.basis} 是 {shown}；没有改，请看哪个对"


def _fen(text: str) -> int | None:
    try:
        return parse_amount(text)
    except ValueError:
        return None
