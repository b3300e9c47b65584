"""Everything that one edition decides, loaded at once: forms, accounts, rules, statistics, scores."""

from dataclasses import dataclass
from fractions import Fraction

from juesuan.facts import Fact, Source, Unit
from juesuan.forms import Forms, load_forms
from juesuan.ledger import AccountChart, LedgerRule, ledger_rules, load_chart
from juesuan.money import FEN_PER_WANYUAN, FEN_PER_YUAN, DisplayUnit, parse_amount
from juesuan.performance_rules import ScoreRules, load_rules
from juesuan.problems import EditionError, InputError
from juesuan.resources import edition_folder
from juesuan.statistics import Definitions, load_definitions
from juesuan.yamlsource import Strict, entry_lines, read_yaml

_FEN_PER_UNIT = {"元": FEN_PER_YUAN, "万元": FEN_PER_WANYUAN}


class Money(Strict):
    """How money is printed."""

    unit: str
    decimals: int


class Threshold(Strict):
    """An amount that a regulation names, in the edition's unit."""

    id: str
    label: str
    amount: str


class Headline(Strict):
    """A figure that somebody who signs wants to see first; ``of`` and ``prior`` are ids of facts."""

    label: str
    of: str
    prior: str


class EditionFile(Strict):
    """``expectations/editions/<edition>.yaml``."""

    name: str
    effective: str
    citation: str
    money: Money
    thresholds: tuple[Threshold, ...]
    headline: tuple[Headline, ...]
    score_scheme: str


@dataclass(frozen=True)
class Edition:
    """One edition, complete."""

    key: str
    name: str
    citation: str
    money: DisplayUnit
    thresholds: tuple[Fact, ...]
    headline: tuple[Headline, ...]
    forms: Forms
    chart: AccountChart
    ledger_rules: tuple[LedgerRule, ...]
    definitions: Definitions
    score_rules: ScoreRules


def load_edition(key: str) -> Edition:
    """Load an edition.

    Raises:
        EditionError: a file of it is missing or wrong.
    """
    file = f"{key}.yaml"
    path = edition_folder("editions", file)
    try:
        head = read_yaml(path, EditionFile)
    except InputError as error:
        raise EditionError(str(error)) from None
    if head.money.unit not in _FEN_PER_UNIT:
        raise EditionError(f"{file}: money is printed in 元 or 万元, not in {head.money.unit!r}")
    money = DisplayUnit(head.money.unit, _FEN_PER_UNIT[head.money.unit], head.money.decimals)
    lines = entry_lines(path)
    return Edition(
        key=key,
        name=head.name,
        citation=head.citation,
        money=money,
        thresholds=tuple(
            _threshold(one, money, Source(f"expectations/editions/{file}", lines[f"thresholds.{number}.amount"]))
            for number, one in enumerate(head.thresholds)
        ),
        headline=head.headline,
        forms=load_forms(key),
        chart=load_chart(key),
        ledger_rules=ledger_rules(key),
        definitions=load_definitions(key),
        score_rules=load_rules(key, head.score_scheme),
    )


def _threshold(threshold: Threshold, money: DisplayUnit, source: Source) -> Fact:
    value = parse_amount(threshold.amount, fen_per_unit=money.fen_per_unit)
    printed = money.print_steps(value // money.step)
    exact = Fraction(value)
    return Fact(threshold.id, threshold.label, exact, Unit.FEN, exact, printed, sources=(source,))
