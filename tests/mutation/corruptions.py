"""Ways to corrupt a correct closing, each in one place, chosen without chance.

A corruption is made where it would arise: in the ledger as it was read, in the package, in the filled tables,
among the facts, in the document or on the page. The stages after it run again on what is corrupted.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import itemgetter
from typing import Any, TypeVar

import pandas as pd

from juesuan import closing
from juesuan.document import Document, Number, Paragraph, Text
from juesuan.facts import Fact, Facts, Figure, Unit
from juesuan.ledger import Ledger
from juesuan.package import ClosingPackage
from tests.conftest import Closed
from tests.mutation.drawn import drawn
from tests.mutation.made import Corruption, spread

Item = TypeVar("Item")


def other_digit(amount: int, place: int) -> int:
    """Return an amount (分) with one digit of it changed; ``place`` counts from the right."""
    sign, digits = (-1, str(-amount)) if amount < 0 else (1, str(amount))
    at = len(digits) - 1 - place % len(digits)
    digit = str((int(digits[at]) + 3) % 10)
    return sign * int(digits[:at] + digit + digits[at + 1 :])


def _each(
    kind: str,
    stage: str,
    items: Sequence[Item],
    make: Callable[[Closed, Any, int], Any],
    place: Callable[[Item], str] | None = None,
) -> Iterator[Corruption]:
    """Yield a corruption for every item; ``make`` gets it and its number, ``place`` says where it is."""
    for number, item in enumerate(items):
        where = place(item) if place else "、".join(map(str, item if isinstance(item, tuple) else (item,)))
        yield Corruption(kind, where, stage, lambda closed, i=item, n=number: make(closed, i, n))


def corruptions(closed: Closed) -> Iterator[Corruption]:
    """Yield every corruption, in a fixed order."""
    yield from _vouchers(closed)
    yield from _balances(closed)
    yield from _package(closed)
    yield from _cells(closed)
    yield from _displays(closed)
    yield from _narrative(closed)
    yield from drawn(closed)
    yield from _page(closed)


def _vouchers(closed: Closed) -> Iterator[Corruption]:
    assert closed.intake.ledger is not None
    frame = closed.intake.ledger.lines
    rows = list(range(len(frame)))
    coded = [n for n in rows if frame["functional"].iloc[n] and frame["account"].iloc[n][0] in "67"]
    spent = [n for n in rows if frame["economic"].iloc[n]]
    funded = [n for n in rows if frame["fund"].iloc[n]]
    supported = [n for n in rows if frame["support"].iloc[n]]
    vouchers = list(dict.fromkeys(zip(frame["month"], frame["voucher"], strict=True)))
    late = pd.Timestamp("2021-01-05")

    def each(
        kind: str,
        items: Sequence[Item],
        make: Callable[[Closed, Any, int], Any],
        place: Callable[[Any], str] | None = None,
    ) -> Iterator[Corruption]:
        return _each(kind, "ledger", items, make, place)

    def line(row: int) -> str:
        return f"{frame['file'].iloc[row]}:{frame['line'].iloc[row]}"

    yield from each("凭证金额错一位数字", spread(rows, 40), _amount, line)
    yield from each("凭证功能分类写成另一科目", spread(coded, 15), lambda c, r, _: _code(c, r, "functional"), line)
    yield from each(
        "凭证功能分类不存在", spread(coded, 10), lambda c, r, _: _cell(c, r, functional="2999999"), line
    )
    yield from each("凭证经济分类不存在", spread(spent, 10), lambda c, r, _: _cell(c, r, economic="38899"), line)
    yield from each("凭证经济分类写成另一科目", spread(spent, 5), lambda c, r, _: _code(c, r, "economic"), line)
    yield from each(
        "漏记一行分录", spread(rows, 15), lambda c, r, _: _lines(c, lambda f: f.drop(f.index[r])), line
    )
    yield from each("漏记一张凭证", spread(vouchers, 15), lambda c, k, _: _lines(c, lambda f: _without(f, k)))
    yield from each("重复一行分录", spread(rows, 15), lambda c, r, _: _lines(c, lambda f: _twice(f, r)), line)
    yield from each("凭证日期在下一年", spread(rows, 10), lambda c, r, _: _cell(c, r, date=late), line)
    yield from each(
        "凭证资金性质写错", spread(funded, 10), lambda c, r, _: _cell(c, r, fund="government_fund"), line
    )
    yield from each("基本支出、项目支出写反", spread(supported, 10), lambda c, r, _: _support(c, r), line)


def _balances(closed: Closed) -> Iterator[Corruption]:
    assert closed.intake.ledger is not None
    frame = closed.intake.ledger.balances
    columns = ("opening", "debit", "credit", "closing")
    cells = [(row, name) for row in range(len(frame)) for name in columns if frame[name].iloc[row]]
    yield from _each("科目余额表金额错一位数字", "ledger", spread(cells, 30), lambda c, at, n: _balance(c, *at, n))


def _package(closed: Closed) -> Iterator[Corruption]:
    package = closed.books.package
    prior = [line.key for line in package.prior]
    yield from _each("上年数错一位数字（有上年归档）", "archived", prior, _prior)
    yield from _each("上年数错一位数字（没有上年归档）", "tables", prior, _prior)
    for phase, word in (("initial", "年初预算"), ("adjusted", "调整预算")):
        codes = [(line.code, phase) for line in package.budget]
        yield from _each(f"{word}错一位数字", "tables", codes, lambda c, at, n: _budget(c, *at, n), itemgetter(0))
        keys = [(project.key, phase) for project in package.projects]
        yield from _each(
            f"项目{word}错一位数字", "tables", keys, lambda c, at, n: _project(c, *at, n), itemgetter(0)
        )


def _cells(closed: Closed) -> Iterator[Corruption]:
    figures = closed.books.figures
    cells = [name for name, one in figures.items() if one.table and one.value]
    blank = [name for name, one in figures.items() if one.table and not one.value]
    pairs = [(one, other) for one, other in pairwise(cells) if figures[one].value != figures[other].value]
    yield from _each(
        "报表单元格错一位数字",
        "books",
        spread(cells, 60),
        lambda c, k, n: _figure(c, k, lambda v: other_digit(v, n + 2)),
    )
    yield from _each(
        "空白单元格填了数", "books", spread(blank, 15), lambda c, k, _: _figure(c, k, lambda _: 1_230_000)
    )
    yield from _each("相邻两格对调", "books", spread(pairs, 15), lambda c, pair, _: _swapped(c, *pair))


def _displays(closed: Closed) -> Iterator[Corruption]:
    facts = closed.account.facts
    own = [one.id for one in facts.values() if one.unit is Unit.FEN and one.table and one.displayed]
    yield from _each("公布数差一个末位", "account", spread(own, 30), lambda c, k, _: _steps(c, k))
    kinds = {"比率": Unit.RATE, "得分": Unit.SCORE, "实物量和文中的数": Unit.NUMBER, "金额": Unit.FEN}
    for kind, unit in kinds.items():
        some = [one.id for one in facts.values() if one.unit is unit]
        yield from _each(f"印出的{kind}错一位数字", "facts", spread(some, 25), _fact)


def _narrative(closed: Closed) -> Iterator[Corruption]:
    runs = [
        (b, r, run, block.runs[r + 1] if r + 1 < len(block.runs) else None)
        for b, block in enumerate(closed.disclosure.document.blocks)
        if isinstance(block, Paragraph)
        for r, run in enumerate(block.runs)
    ]
    numbers = [(b, r) for b, r, run, _ in runs if isinstance(run, Number)]
    yield from _each(
        "正文的数换成另一个数", "document", spread(numbers, 60), lambda c, at, _: _run(c, *at, _neighbour)
    )
    yield from _each("正文的数改为手打", "document", spread(numbers, 20), lambda c, at, _: _run(c, *at, _typed))
    yield from _each(
        "正文漏了一个数", "document", spread(numbers, 40), lambda c, at, _: _run(c, *at, lambda *_: Text(""))
    )
    words = [
        (b, r, old, new)
        for b, r, run, after in runs
        if isinstance(run, Text) and isinstance(after, Number)
        for old, new in (("增加", "减少"), ("增长", "下降"), ("减少", "增加"), ("下降", "增长"))
        if run.text.strip().endswith(old)
    ]
    yield from _each("增减写反", "document", words, lambda c, at, _: _words(c, *at))


def _page(closed: Closed) -> Iterator[Corruption]:
    facts, html = closed.account.facts, closed.disclosure.html
    names = [name for name in facts if re.search(_printed(name, facts[name]), html)]
    yield from _each("网页上的数错一位数字", "page", spread(names, 25), lambda c, k, _: _on_page(c, k))


# -- how each is made --------------------------------------------------------------------------------


def _intake(closed: Closed, **changes: Any) -> closing.Intake:
    return replace(closed.intake, **changes)


def _lines(closed: Closed, change: Callable[[pd.DataFrame], pd.DataFrame]) -> closing.Intake:
    ledger = closed.intake.ledger
    assert ledger is not None
    return _intake(closed, ledger=_ledger(ledger, lines=change(ledger.lines.copy()).reset_index(drop=True)))


def _ledger(ledger: Ledger, **changes: Any) -> Ledger:
    return replace(ledger, **changes)


def _cell(closed: Closed, row: int, **values: Any) -> closing.Intake:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        for name, value in values.items():
            frame.loc[frame.index[row], name] = value
        return frame

    return _lines(closed, change)


def _amount(closed: Closed, row: int, place: int) -> closing.Intake:
    assert closed.intake.ledger is not None
    line = closed.intake.ledger.lines.iloc[row]
    side = "debit" if line["debit"] else "credit"
    return _cell(closed, row, **{side: other_digit(int(line[side]), place)})


def _code(closed: Closed, row: int, field: str) -> closing.Intake:
    assert closed.intake.ledger is not None
    lines = closed.intake.ledger.lines
    mine = lines[field].iloc[row]
    codes = sorted({code for code in lines[field] if code and code != mine})
    other = codes[row % len(codes)]
    name = lines.loc[lines[field] == other, f"{field}_name"].iloc[0]
    return _cell(closed, row, **{field: other, f"{field}_name": name})


def _support(closed: Closed, row: int) -> closing.Intake:
    assert closed.intake.ledger is not None
    basic = closed.intake.ledger.lines["support"].iloc[row] == "basic"
    return _cell(closed, row, support="project" if basic else "basic")


def _twice(frame: pd.DataFrame, row: int) -> pd.DataFrame:
    return pd.concat([frame, frame.iloc[[row]]], ignore_index=True)


def _without(frame: pd.DataFrame, key: tuple[int, str]) -> pd.DataFrame:
    return frame[~((frame["month"] == key[0]) & (frame["voucher"] == key[1]))]


def _balance(closed: Closed, row: int, column: str, place: int) -> closing.Intake:
    ledger = closed.intake.ledger
    assert ledger is not None
    frame = ledger.balances.copy()
    frame.loc[frame.index[row], column] = other_digit(int(frame[column].iloc[row]), place)
    return _intake(closed, ledger=_ledger(ledger, balances=frame))


def _with_package(closed: Closed, package: ClosingPackage) -> closing.Books:
    return closing.fill(_intake(closed, package=package))


def _prior(closed: Closed, key: str, place: int) -> closing.Books:
    package, step = closed.books.package, closed.books.edition.money.step
    lines = tuple(
        replace(one, amount=other_digit(one.amount // step, place) * step) if one.key == key else one
        for one in package.prior
    )
    return _with_package(closed, replace(package, prior=lines))


def _budget(closed: Closed, code: str, phase: str, place: int) -> closing.Books:
    package = closed.books.package
    lines = tuple(
        replace(one, **{phase: other_digit(getattr(one, phase), place + 2)}) if one.code == code else one
        for one in package.budget
    )
    return _with_package(closed, replace(package, budget=lines))


def _project(closed: Closed, key: str, phase: str, place: int) -> closing.Books:
    package = closed.books.package
    projects = tuple(
        replace(
            one,
            lines=tuple(
                replace(line, **{phase: other_digit(getattr(line, phase), place + 4)}) for line in one.lines
            ),
        )
        if one.key == key
        else one
        for one in package.projects
    )
    return _with_package(closed, replace(package, projects=projects))


def _figure(closed: Closed, name: str, change: Callable[[int], int]) -> closing.Books:
    figures: dict[str, Figure] = dict(closed.books.figures)
    figures[name] = replace(figures[name], value=change(figures[name].value))
    return replace(closed.books, figures=figures)


def _swapped(closed: Closed, one: str, other: str) -> closing.Books:
    figures: dict[str, Figure] = dict(closed.books.figures)
    first, second = figures[one].value, figures[other].value
    figures[one], figures[other] = replace(figures[one], value=second), replace(figures[other], value=first)
    return replace(closed.books, figures=figures)


def _steps(closed: Closed, name: str) -> closing.ClosingAccounts:
    account, step = closed.account, closed.books.edition.money.step
    steps = {**account.rounding.steps, name: account.rounding.steps[name] + 1}
    fact = account.facts[name]
    shown = fact.displayed + step
    changed = replace(fact, displayed=shown, display=account.books.edition.money.print_steps(steps[name]))
    return replace(account, rounding=replace(account.rounding, steps=steps), facts=_facts(account.facts, changed))


def _fact(closed: Closed, name: str, place: int) -> closing.ClosingAccounts:
    fact = closed.account.facts[name]
    digits = [at for at, one in enumerate(fact.display) if one.isdigit()]
    at = digits[place % len(digits)]
    display = fact.display[:at] + str((int(fact.display[at]) + 3) % 10) + fact.display[at + 1 :]
    return replace(closed.account, facts=_facts(closed.account.facts, replace(fact, display=display)))


def _facts(facts: Facts, changed: Fact) -> Facts:
    return Facts(changed if one.id == changed.id else one for one in facts.values())


def _document(closed: Closed, block: int, change: Callable[[Paragraph], Paragraph]) -> closing.Disclosure:
    document = closed.disclosure.document
    found = document.blocks[block]
    assert isinstance(found, Paragraph)
    blocks = (*document.blocks[:block], change(found), *document.blocks[block + 1 :])
    return replace(closed.disclosure, document=Document(document.title, blocks))


def _run(
    closed: Closed, block: int, run: int, change: Callable[[Closed, Fact], Number | Text]
) -> closing.Disclosure:
    def changed(paragraph: Paragraph) -> Paragraph:
        old = paragraph.runs[run]
        assert isinstance(old, Number)
        new = change(closed, closed.account.facts[old.fact])
        return replace(paragraph, runs=(*paragraph.runs[:run], new, *paragraph.runs[run + 1 :]))

    return _document(closed, block, changed)


def _neighbour(closed: Closed, fact: Fact) -> Number:
    """Return another fact of the same unit that prints something else."""
    names = [
        one.id for one in closed.account.facts.values() if one.unit is fact.unit and one.display != fact.display
    ]
    return Number(names[(len(fact.id) * 7) % len(names)])


def _typed(_: Closed, fact: Fact) -> Text:
    return Text(fact.display[:-1] + "7")


def _words(closed: Closed, block: int, run: int, old: str, new: str) -> closing.Disclosure:
    def changed(paragraph: Paragraph) -> Paragraph:
        text = paragraph.runs[run]
        assert isinstance(text, Text)
        at = text.text.rindex(old)
        words = replace(text, text=text.text[:at] + new + text.text[at + len(old) :])
        return replace(paragraph, runs=(*paragraph.runs[:run], words, *paragraph.runs[run + 1 :]))

    return _document(closed, block, changed)


def _printed(name: str, fact: Fact) -> str:
    return rf'data-fact="{re.escape(name)}"[^<>]*>(?={re.escape(fact.display)}<)'


def _on_page(closed: Closed, name: str) -> closing.Disclosure:
    html = closed.disclosure.html
    found = re.search(_printed(name, closed.account.facts[name]), html)
    assert found
    return replace(closed.disclosure, html=html[: found.end()] + "9" + html[found.end() :])
