"""What is printed outside of sentences: cells in their rows, bars with their labels, figures on the page."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence

from juesuan.document import CellKind, Chart, Grid, Number, text_of
from juesuan.facts import Fact
from juesuan.forms.checks import stands_under
from juesuan.identities import Item
from juesuan.rules.model import Rule, RuleSubject
from juesuan.rules.sections import spaceless
from juesuan.skins.plain import Placed, placed_rows

_STATUTORY = re.compile(r"table-([0-9]+)")
_ON_PAGE = re.compile(r"<[a-z]+ [^<>]*data-fact=\"([^\"]+)\"[^<>]*>([^<]*)<")


def cells_in_place(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001 - all checks are called alike
    """Each row of a statutory table prints its own facts, each once, under the number of its column (栏次)."""
    for section in subject.sections:
        match = _STATUTORY.fullmatch(section.anchor)
        for grid in section.blocks:
            if match and isinstance(grid, Grid):
                seen: set[str] = set()
                head = [one for row in placed_rows(grid.head, subject.facts) for one in row]
                columns = {one.column: one.text for one in head if one.text.isdecimal()}
                above: dict[int, str] = {}
                for one in head:
                    for column in range(one.column, one.column + one.cell.colspan):
                        above[column] = above.get(column, "") + ("" if one.text.isdecimal() else one.text)
                for number, row in enumerate(placed_rows(grid.body, subject.facts), start=1):
                    wrong = list(_misplaced(row, match[1], (columns, above), subject, seen))
                    label = next((one.text for one in row if one.cell.runs), "")
                    place = f"表 {match[1]} 第 {number} 行 {label}"
                    yield Item(place, "、".join(wrong) or "各格相符", "各格相符", int(bool(wrong)))
                yield _all_there(match[1], subject, seen)


def chart_bars(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001
    """Each bar of a chart shows the amount that its label names, and the share that belongs to it."""
    for section in subject.sections:
        for chart in section.blocks:
            if not isinstance(chart, Chart):
                continue
            for bar in chart.bars:
                label = spaceless(text_of(bar.label, subject.facts))
                amount = subject.facts[bar.amount]
                year = f"{amount.year}年" in label
                named = label in spaceless(amount.label) or any(
                    label in spaceless(fact.label) for fact in _made_from(amount, subject)
                )
                share = not bar.share or bar.amount in subject.facts[bar.share].inputs
                yield Item(
                    f"{text_of(chart.caption, subject.facts)}：{text_of(bar.label, subject.facts)}",
                    amount.label,
                    "与标签一致，占比由它算出",
                    int(not ((year or named) and share)),
                )


def page_figures(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001
    """Every figure on the page shows what its fact prints; facts that the document prints are all on the page."""
    shown: dict[str, set[str]] = {}
    for name, words in _ON_PAGE.findall(subject.page):
        shown.setdefault(html.unescape(name), set()).add(html.unescape(words).strip())
    for name in dict.fromkeys(name for section in subject.sections for name in section.numbers):
        wanted = subject.facts[name].display.strip() if name in subject.facts else ""
        found = shown.get(name, set())
        yield Item(subject.label(name), "、".join(sorted(found)) or "没有印出", wanted, int(found != {wanted}))


def _misplaced(
    row: Sequence[Placed],
    table: str,
    heads: tuple[Mapping[int, str], Mapping[int, str]],
    subject: RuleSubject,
    seen: set[str],
) -> Iterator[str]:
    """Yield what stands in a wrong cell; ``heads`` are the numbers above each column, if any, and the words."""
    columns, above = heads
    before = -1
    beside: set[str] = set()  # the labels left of the amounts; labels after amounts begin another group
    amounts = False
    for one in row:
        if one.cell.kind is not CellKind.AMOUNT:
            beside = {spaceless(one.text)} if amounts else {*beside, spaceless(one.text)}
            amounts = False
        else:
            amounts = True
        for run in one.cell.runs:
            if not isinstance(run, Number):
                continue
            fact = subject.facts.get(run.fact)
            if fact is None or not fact.table:
                yield subject.label(run.fact)
                continue
            named = spaceless(fact.row) in beside if fact.row else not beside  # a form of one row labels none
            number = columns.get(one.column)
            here = named and (
                number == fact.column if number else stands_under(fact.column, above.get(one.column, ""))
            )
            column = int(fact.column) if fact.column.isdecimal() else before + 1
            if fact.table != table or run.fact in seen or not here or column <= before:
                yield fact.label
            before = column
            seen.add(run.fact)


def _all_there(table: str, subject: RuleSubject, seen: set[str]) -> Item:
    lost = [
        fact.label
        for name, fact in subject.facts.items()
        if fact.table == table and fact.exact and name not in seen
    ]
    return Item(
        f"表 {table}", "缺 " + "、".join(lost[:5]) if lost else "各数都已印出", "各数都已印出", int(bool(lost))
    )


def _made_from(fact: Fact, subject: RuleSubject) -> Iterator[Fact]:
    return (one for one in subject.facts.values() if fact.id in one.inputs)
