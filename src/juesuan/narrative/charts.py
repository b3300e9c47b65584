"""The charts of a document, as data beside its templates (``charts.yaml``)."""

from collections.abc import Iterator, Mapping
from typing import Literal

from juesuan.document import Bar, Chart, Text
from juesuan.facts import Facts, Phase
from juesuan.narrative.markup import fact_mark, runs_of_line
from juesuan.problems import EditionError, InputError
from juesuan.resources import resource_root
from juesuan.yamlsource import Strict, read_yaml


class BarLine(Strict):
    """One bar: a label (``{year}`` and ``{prior_year}`` are the years), an amount and, in a structure, a share."""

    label: str
    amount: str
    share: str = ""


class ChartLine(Strict):
    """One chart."""

    name: str
    kind: Literal["bars", "structure"]
    caption: str
    bars: tuple[BarLine, ...]


class Charts(Strict):
    """``charts.yaml``."""

    charts: tuple[ChartLine, ...]


def load_charts(edition: str) -> Charts:
    """Read the charts of a document edition.

    Raises:
        EditionError: the file is missing or wrong.
    """
    path = resource_root() / "templates" / "document" / edition / "charts.yaml"
    try:
        return read_yaml(path, Charts)
    except InputError as error:
        raise EditionError(str(error)) from None


def charts_of(lines: Charts, facts: Facts, unit: str) -> Mapping[str, Chart]:
    """Return the charts over these facts, by name, numbered in order (图 1 …)."""
    return {line.name: _chart(number, line, facts, unit) for number, line in enumerate(lines.charts, start=1)}


def _chart(number: int, line: ChartLine, facts: Facts, unit: str) -> Chart:
    years = {"year": fact_mark("year"), "prior_year": fact_mark("year.prior")}
    return Chart(
        name=line.name,
        kind=line.kind,
        caption=(Text(f"图 {number}：", declared=True), *runs_of_line(line.caption.format_map(years))),
        unit=unit,
        bars=tuple(_bars(line, facts, years)),
    )


def _bars(line: ChartLine, facts: Facts, years: Mapping[str, str]) -> Iterator[Bar]:
    for bar in line.bars:
        share = bar.share if bar.share in facts else ""  # no share where the whole is zero
        if facts[bar.amount].phase not in (Phase.FINAL, Phase.NONE):
            raise EditionError(f"chart {line.name!r}: {bar.amount} is no amount of the final accounts")
        yield Bar(runs_of_line(bar.label.format_map(years)), bar.amount, share)
