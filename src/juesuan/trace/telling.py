"""A trace in words for people, and as JSON for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from juesuan.base.money import yuan_text
from juesuan.facts import Fact, Unit, number_text
from juesuan.trace.tree import AccountRows, Evidence, LedgerRow, Node

_SUFFIX = {Unit.RATE: "", Unit.SCORE: " 分", Unit.NUMBER: ""}


@dataclass(frozen=True)
class _Nothing:
    """Cells that are nought because the ledger has no row for them; a person reads them in one line."""

    nodes: tuple[Node, ...]


def lines_of(node: Node, money: str, *, rows: int) -> Iterator[str]:
    """Yield the lines of a tree; ``rows`` limits the rows that are listed of each account."""
    yield from _drawn("", "", node, money, rows)


def listing(wanted: str, facts: Sequence[Fact], money: str) -> Iterator[str]:
    """Yield the lines that tell which facts are printed alike."""
    yield f"“{wanted}”在结果中有 {len(facts)} 个数，请按编号追溯其中一个："
    for fact in facts:
        yield f"  {fact.id}　{fact.label}：{printed(fact, money)}{_scope(fact)}"


def printed(fact: Fact, money: str) -> str:
    """Return a fact as printed, with its unit."""
    return fact.display + (f" {money}" if fact.unit is Unit.FEN else _SUFFIX[fact.unit])


def exact(fact: Fact) -> str:
    """Return a fact's exact value: 元 for money, a plain number or fraction otherwise."""
    if fact.unit is Unit.FEN and fact.exact.denominator == 1:
        return f"{yuan_text(int(fact.exact))} 元"
    return number_text(fact.exact)


def node_data(node: Node) -> dict[str, Any]:
    """Return a tree as plain data; money in 分."""
    fact = node.fact
    data: dict[str, Any] = {
        "id": fact.id,
        "label": fact.label,
        "display": fact.display,
        "unit": fact.unit.value,
        "exact": number_text(fact.exact),
        "displayed": number_text(fact.displayed),
        "adjustment": number_text(node.adjustment),
        "year": fact.year,
        "phase": fact.phase.value,
        "formula": fact.formula,
    }
    if node.nearest:
        data |= {"nearest": node.nearest, "forced_by": list(node.forced_by)}
    if node.repeated:
        return data | {"repeated": True}
    return data | {
        "inputs": [node_data(one) for one in node.inputs],
        "sources": [{"file": source.file, "line": source.line} for source in fact.sources],
        "ledger": [_evidence_data(one) for one in node.evidence],
    }


def fact_data(fact: Fact) -> dict[str, Any]:
    """Return what a listing tells of a fact."""
    return {"id": fact.id, "label": fact.label, "display": fact.display, "unit": fact.unit.value}


def _drawn(first: str, rest: str, node: Node, money: str, rows: int) -> Iterator[str]:
    fact = node.fact
    yield f"{first}{fact.label}　{printed(fact, money)}　[{fact.id}]{'（见上）' if node.repeated else ''}"
    if node.repeated:
        return
    nothing = [one for one in node.inputs if _is_nothing(one)]
    alone = len(nothing) == 1
    branches = [
        *(one for one in node.inputs if alone or not _is_nothing(one)),
        *([] if alone or not nothing else [_Nothing(tuple(nothing))]),
        *node.evidence,
        *fact.sources,
    ]
    bar = rest + ("│ " if branches else "  ")
    for text in _about(node):
        yield bar + text
    for number, branch in enumerate(branches, start=1):
        last = number == len(branches)
        heads = (rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))
        match branch:
            case Node():
                yield from _drawn(*heads, branch, money, rows)
            case Evidence():
                yield from _told(*heads, branch, rows)
            case _Nothing(nodes=nodes):
                names = "、".join(one.fact.id for one in nodes)
                yield f"{heads[0]}另有 {len(nodes)} 项为零，账簿中没有符合条件的行：{names}"
            case _:
                yield f"{heads[0]}资料　{branch}"


def _is_nothing(node: Node) -> bool:
    return bool(node.fact.table) and not (
        node.fact.exact
        or node.repeated
        or node.inputs
        or node.fact.sources
        or any(one.rows for one in node.evidence)
    )


def _about(node: Node) -> Iterator[str]:
    fact = node.fact
    words = f"准确值 {exact(fact)}"
    if node.adjustment:
        words += f"，取整调整 {_adjustment(node)}"
    yield words + _scope(fact)
    if node.nearest:
        yield f"最近值为 {node.nearest}，为满足勾稽取 {fact.display}：{'；'.join(node.forced_by)}"
    if fact.formula and [one.words for one in node.evidence] != [fact.formula]:
        yield f"算法：{fact.formula}"


def _adjustment(node: Node) -> str:
    change = node.adjustment
    sign = "＋" if change > 0 else "－"
    if node.fact.unit is Unit.FEN and change.denominator == 1:
        return f"{sign}{yuan_text(abs(int(change)))} 元"
    return f"{sign}{number_text(abs(change))}"


def _scope(fact: Fact) -> str:
    parts = [f"{fact.year} 年" if fact.year else "", fact.phase.value]
    words = " · ".join(part for part in parts if part)
    return f"（{words}）" if words else ""


def _told(first: str, rest: str, one: Evidence, rows: int) -> Iterator[str]:
    sign = "减：" if one.sign < 0 else ""
    yield f"{first}账簿　{sign}{one.words}　合计 {yuan_text(one.amount)} 元，{one.rows:,} 行"
    if not one.accounts:
        yield f"{rest}└─ {'、'.join(one.searched) or '账簿'} 中没有符合条件的行"
    for number, account in enumerate(one.accounts, start=1):
        last = number == len(one.accounts)
        yield f"{rest}{'└─' if last else '├─'} {_account(account)}"
        inner = rest + ("   " if last else "│  ")
        for row in account.rows[:rows]:
            yield f"{inner}{_row(row)}"
        if len(account.rows) > rows:
            yield f"{inner}…… 另有 {len(account.rows) - rows:,} 行（--rows 可多列，--json 列出全部）"


def _account(account: AccountRows) -> str:
    return f"{account.code} {account.name}　{yuan_text(account.amount)} 元，{len(account.rows):,} 行"


def _row(row: LedgerRow) -> str:
    if row.balance is not None:
        return f"{row.source}　余额 {yuan_text(row.balance)}"
    amounts = [("借", row.debit), ("贷", row.credit)]
    text = " ".join(f"{side} {yuan_text(amount)}" for side, amount in amounts if amount)
    return f"{row.source}　{row.date} {row.voucher}　{text}"


def _evidence_data(one: Evidence) -> dict[str, Any]:
    return {
        "words": one.words,
        "sign": one.sign,
        "amount_fen": one.amount,
        "searched": list(one.searched),
        "accounts": [
            {
                "account": account.code,
                "name": account.name,
                "amount_fen": account.amount,
                "rows": [_row_data(row) for row in account.rows],
            }
            for account in one.accounts
        ],
    }


def _row_data(row: LedgerRow) -> dict[str, Any]:
    data: dict[str, Any] = {"file": row.source.file, "line": row.source.line}
    if row.balance is not None:
        return data | {"balance_fen": row.balance}
    return data | {"date": row.date, "voucher": row.voucher, "debit_fen": row.debit, "credit_fen": row.credit}
