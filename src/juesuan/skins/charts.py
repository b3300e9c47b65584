"""Charts as SVG: pure functions of a chart and its facts, drawn from what is displayed.

Every coordinate is a fraction until it is printed with at most two decimals, so the bytes never depend on a float.
Parts differ by hatching, so that a black-and-white print can be read. The pictures hold no axis numbers: each
printed number is the display of a fact (its id in ``data-fact``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from html import escape

from juesuan.base.money import round_half_up
from juesuan.document import Bar, Chart, text_of
from juesuan.facts import Fact, Facts

_WIDTH = 720
_EM = 15  # font size; a Chinese character is one em wide, a digit about half of one
_LINE = 20
_BAR = 28
_GAP = 18
_TOP = 34  # the unit stands above the drawing
_STRIP = 44
_LABEL_EMS = 12
_INK = "#1f3d5c"
_ASCII = 128

# Each pattern: background, and the marks on an 8×8 tile. The order keeps neighbours apart without colour.
_PATTERNS: tuple[tuple[str, str], ...] = (
    (_INK, ""),
    ("#fff", '<path d="M-2 2L2-2M0 8L8 0M6 10L10 6" stroke-width="1.6"/>'),
    ("#fff", f'<g fill="{_INK}" stroke="none"><circle cx="2" cy="2" r="1.3"/><circle cx="6" cy="6" r="1.3"/></g>'),
    ("#fff", '<path d="M0 4H8" stroke-width="1.6"/>'),
    ("#fff", '<path d="M0 4H8M4 0V8" stroke-width="1.2"/>'),
    ("#fff", '<path d="M-2 6L2 10M0 0L8 8M6-2L10 2" stroke-width="1.6"/>'),
    ("#fff", '<path d="M4 0V8" stroke-width="1.6"/>'),
    ("#fff", ""),
)


def chart_svg(chart: Chart, facts: Facts, *, legend: bool = True, font: str = "") -> str:
    """Return a chart as an SVG element with alternative text.

    ``legend`` lists the parts of a structure inside the picture; a skin that lists them beside it says False.
    ``font`` is the typeface where the picture stands alone; on a page the style sheet says it.

    Raises:
        EditionError: a fact of the chart is missing.
    """
    if chart.kind == "bars":
        height, drawing = _bars(chart, facts)
    else:
        height, drawing = _structure(chart, facts, legend=legend)
    name = escape(chart.name)
    face = f' font-family="{escape(font)}"' if font else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'font-size="{_EM}"{face}>'
        f'<title id="{name}-title">{escape(text_of(chart.caption, facts))}</title>'
        f'<desc id="{name}-desc">{escape(alternative_text(chart, facts))}</desc>'
        f"<defs>{''.join(_defs(chart))}</defs>"
        f'<text x="{_WIDTH}" y="{_EM}" text-anchor="end">单位：{escape(chart.unit)}</text>'
        f"{drawing}</svg>"
    )


def swatch_svg(chart: Chart, index: int) -> str:
    """Return the hatching of one part as a small picture for a legend outside the chart; decoration only."""
    fill = _fill(chart, index)
    return (
        '<svg class="swatch" width="28" height="16" aria-hidden="true" focusable="false">'
        f'<rect x="0.5" y="0.5" width="27" height="15" fill="{fill}" stroke="{_INK}"/></svg>'
    )


def alternative_text(chart: Chart, facts: Facts) -> str:
    """Return what the chart says, in words: each label with its amount and share as they are printed."""
    parts = []
    for bar in chart.bars:
        text = f"{text_of(bar.label, facts)} {facts[bar.amount].display} {chart.unit}"
        parts.append(f"{text}，占 {facts[bar.share].display}" if bar.share else text)
    return "；".join(parts) + "。"


@dataclass(frozen=True)
class _Row:
    """One bar or part, looked up: its fact, and its label broken into lines."""

    bar: Bar
    fact: Fact
    label: tuple[str, ...]


def _rows(chart: Chart, facts: Facts) -> list[_Row]:
    return [_Row(bar, facts[bar.amount], _broken(text_of(bar.label, facts))) for bar in chart.bars]


def _bars(chart: Chart, facts: Facts) -> tuple[int, str]:
    """Draw horizontal bars from a common zero line; the value stands at the end of its bar."""
    rows = _rows(chart, facts)
    left = max((_width(line) for row in rows for line in row.label), default=0) + 12
    room_for_value = max((_width(row.fact.display) for row in rows), default=0) + 16
    low = min((row.fact.displayed for row in rows), default=Fraction())
    low, high = min(low, Fraction()), max([Fraction(), *(row.fact.displayed for row in rows)])
    room = _WIDTH - left - room_for_value - (room_for_value if low < 0 else 0)
    scale = room / (high - low) if high > low else Fraction()
    zero = left + (room_for_value if low < 0 else 0) - low * scale
    drawn: list[str] = []
    y = _TOP
    for index, row in enumerate(rows):
        height = max(_BAR, _LINE * len(row.label))
        length = abs(row.fact.displayed) * scale
        negative = row.fact.displayed < 0
        x = zero - length if negative else zero
        top = y + Fraction(height - _BAR, 2)
        drawn.append(_label(row.label, left - 12, y, height))
        if length:
            drawn.append(_rect(x, top, length, _BAR, _fill(chart, index)))
        end, anchor = (x - 8, "end") if negative else (x + length + 8, "start")
        drawn.append(_value(row.fact, end, y + Fraction(height, 2), anchor))
        y += height + _GAP
    bottom = max(y - _GAP, _TOP) + 8
    axis = f'<path d="M{_px(zero)} {_TOP - 8}V{bottom}" stroke="{_INK}" stroke-width="1.2"/>'
    return bottom + 4, axis + "".join(drawn)


def _structure(chart: Chart, facts: Facts, *, legend: bool) -> tuple[int, str]:
    """Draw one strip divided by the parts' displayed amounts; a part that is not positive takes no room."""
    rows = _rows(chart, facts)
    whole = sum((max(Fraction(), row.fact.displayed) for row in rows), Fraction())
    drawn: list[str] = []
    x = Fraction(1)
    for index, row in enumerate(rows):
        if row.fact.displayed > 0:
            width = row.fact.displayed / whole * (_WIDTH - 2)
            drawn.append(_rect(x, Fraction(_TOP), width, _STRIP, _fill(chart, index)))
            x += width
    if not whole:
        drawn.append(_rect(Fraction(1), Fraction(_TOP), Fraction(_WIDTH - 2), _STRIP, "none"))
    y = _TOP + _STRIP
    if legend:
        drawn.extend(_legend(chart, rows, facts))
        y += 12 + sum(_legend_height(row) for row in rows)
    return y + 4, "".join(drawn)


def _legend(chart: Chart, rows: Sequence[_Row], facts: Facts) -> Iterator[str]:
    y = _TOP + _STRIP + 12
    for index, row in enumerate(rows):
        height = _legend_height(row)
        middle = y + Fraction(height, 2)
        yield _rect(Fraction(1), middle - 8, Fraction(28), 16, _fill(chart, index))
        yield _label(row.label, 40, y, height, anchor="start")
        yield _value(row.fact, Fraction(_WIDTH - 120), middle, "end")
        if row.bar.share:
            yield _value(facts[row.bar.share], Fraction(_WIDTH), middle, "end")
        y += height


def _legend_height(row: _Row) -> int:
    return _LINE * len(row.label) + 8


def _label(lines: Sequence[str], x: int, y: int, height: int, *, anchor: str = "end") -> str:
    first = y + Fraction(height - _LINE * len(lines), 2) + _EM
    spans = "".join(
        f'<tspan x="{x}" y="{_px(first + number * _LINE)}">{escape(line)}</tspan>'
        for number, line in enumerate(lines)
    )
    return f'<text text-anchor="{anchor}">{spans}</text>'


def _value(fact: Fact, x: Fraction, middle: Fraction, anchor: str) -> str:
    y = _px(middle + Fraction(_EM, 3))
    place = f'x="{_px(x)}" y="{y}" text-anchor="{anchor}"'
    return f'<text {place} class="value" data-fact="{escape(fact.id)}">{escape(fact.display)}</text>'


def _rect(x: Fraction, y: Fraction, width: Fraction, height: int, fill: str) -> str:
    place = f'x="{_px(x)}" y="{_px(y)}" width="{_px(width)}" height="{height}"'
    return f'<rect {place} fill="{fill}" stroke="{_INK}"/>'


def _defs(chart: Chart) -> Iterator[str]:
    for index in range(min(len(chart.bars), len(_PATTERNS))):
        background, marks = _PATTERNS[index]
        yield (
            f'<pattern id="{escape(chart.name)}-fill-{index}" width="8" height="8" patternUnits="userSpaceOnUse">'
            f'<rect width="8" height="8" fill="{background}"/>'
            f'<g stroke="{_INK}" fill="none">{marks}</g></pattern>'
        )


def _fill(chart: Chart, index: int) -> str:
    background, marks = _PATTERNS[index % len(_PATTERNS)]
    if not marks:
        return background  # a pattern of nothing shows the seams of its tiles in print
    return f"url(#{escape(chart.name)}-fill-{index % len(_PATTERNS)})"


def _broken(text: str) -> tuple[str, ...]:
    """Break a label into lines of at most twelve ems; latin words and numbers stay whole where they can."""
    lines: list[str] = []
    line = ""
    for word in _words(text):
        if line and _width(line + word) > _LABEL_EMS * _EM:
            lines.append(line.strip())
            line = ""
        if line or word != " ":
            line += word
    return (*lines, line.strip())


def _words(text: str) -> Iterator[str]:
    word = ""
    for character in text:
        if ord(character) < _ASCII and character != " ":
            word += character
            continue
        if word:
            yield word
        yield character
        word = ""
    if word:
        yield word


def _width(text: str) -> int:
    """Estimate the width of a text in pixels, generously: the browser's font decides."""
    return sum(_EM * 3 // 5 if ord(character) < _ASCII else _EM for character in text)


def _px(value: Fraction | int) -> str:
    """Print a coordinate with at most two decimals."""
    cents = Decimal(round_half_up(Fraction(value) * 100)).scaleb(-2)
    text = f"{cents:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
