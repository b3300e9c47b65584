"""The charts of a document, as data beside its templates (``charts.yaml``)."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import model_validator

from juesuan.base.problems import EditionError, InputError
from juesuan.base.yamlsource import Strict
from juesuan.document import Bar, Chart, Text
from juesuan.editionfiles import EditionFiles
from juesuan.facts import Facts, Phase
from juesuan.narrative.markup import fact_mark, runs_of_line
from juesuan.roles import Roles
from juesuan.statistics import PRIOR, Lists

FILE = "charts.yaml"


class BarLine(Strict):
    """One bar: a label (``{year}`` and ``{prior_year}`` are the years), an amount and, in a structure, a share.

    The amount is a role or the id of a fact.
    """

    label: str
    amount: str
    share: str = ""


class ChartLine(Strict):
    """One chart: its bars written out, or one for each member of a list (``name``, ``amount``, ``share``)."""

    name: str
    kind: Literal["bars", "structure"]
    caption: str
    bars: tuple[BarLine, ...] = ()
    each: str = ""

    @model_validator(mode="after")
    def _drawn_from_one(self) -> "ChartLine":
        if bool(self.bars) == bool(self.each):
            raise ValueError("图的各条写在 bars 里，或者由 each 所指的名单给出，二者必居其一")
        return self


_COMPARED = 2  # bars without which a comparison compares nothing


class Charts(Strict):
    """``charts.yaml``."""

    charts: tuple[ChartLine, ...]


def load_charts(words: EditionFiles) -> Charts:
    """Read the charts beside an edition's sentences.

    Raises:
        EditionError: the file is missing or wrong.
    """
    try:
        return words.words_entry(FILE).into(Charts)
    except InputError as error:
        raise EditionError(str(error)) from None


def charts_of(lines: Charts, facts: Facts, unit: str, lists: Lists, roles: Roles) -> Mapping[str, Chart | None]:
    """Return the charts over these facts, by name, numbered in order (图 1 …).

    A chart that has nothing to show is None and has no number: nothing to compare with where last year's figure is
    not known, no part where there is no whole.

    Raises:
        EditionError: a chart asks for a list or a fact that does not exist.
    """
    charts: dict[str, Chart | None] = {}
    for line in lines.charts:
        known = tuple(
            one
            for one in _bar_lines(line, lists, roles)
            if one.amount in facts or not one.amount.startswith(PRIOR)
        )
        number = 1 + sum(chart is not None for chart in charts.values())
        shown = len(known) >= _COMPARED if line.kind == "bars" else any(facts[one.amount].exact for one in known)
        charts[line.name] = _chart(number, line, known, facts, unit) if shown else None
    return charts


def _bar_lines(line: ChartLine, lists: Lists, roles: Roles) -> tuple[BarLine, ...]:
    if not line.each:
        return tuple(one.model_copy(update={"amount": roles.resolve(one.amount)}) for one in line.bars)
    if line.each not in lists:
        raise EditionError(f"图“{line.name}”：没有名单“{line.each}”")
    return tuple(
        BarLine(label=one["name"], amount=one["amount"], share=one.get("share", "")) for one in lists[line.each]
    )


def _chart(number: int, line: ChartLine, bars: tuple[BarLine, ...], facts: Facts, unit: str) -> Chart:
    years = {"year": fact_mark("year"), "prior_year": fact_mark("year.prior")}
    return Chart(
        name=line.name,
        kind=line.kind,
        caption=(Text(f"图 {number}：", declared=True), *runs_of_line(line.caption.format_map(years))),
        unit=unit,
        bars=tuple(_bars(line.name, bars, facts, years)),
    )


def _bars(chart: str, bars: tuple[BarLine, ...], facts: Facts, years: Mapping[str, str]) -> Iterator[Bar]:
    for bar in bars:
        share = bar.share if bar.share in facts else ""  # no share where the whole is zero
        if facts[bar.amount].phase not in (Phase.FINAL, Phase.NONE):
            raise EditionError(f"图“{chart}”：{bar.amount} 不是决算数的金额")
        yield Bar(runs_of_line(bar.label.format_map(years)), bar.amount, share)
