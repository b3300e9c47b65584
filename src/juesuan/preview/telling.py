"""A preview in words for people, and as JSON for programs."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from juesuan.base.problems import Severity
from juesuan.facts import Fact, Unit, number_text
from juesuan.identities import CheckResult
from juesuan.preview.compare import Moved, MovedCheck, Preview, preview

_ABSENT = "（无）"
_MOST_PLACES = 5


def tell_preview(
    package: Path, vouchers: Sequence[Path], trial_balance: Sequence[Path] = (), *, as_json: bool = False
) -> str:
    """Return what is to be said about an edited ledger.

    Raises:
        InputError: the package, its own ledger or the edited one can't be read.
    """
    found = preview(package, vouchers, trial_balance)
    if as_json:
        return json.dumps(preview_data(found), ensure_ascii=False, indent=1)
    return "\n".join(preview_lines(found))


def preview_lines(found: Preview) -> Iterator[str]:
    """Yield what a preview says to people."""
    money = found.money
    if found.empty:
        yield "列示的数、文字、图、得分和核对结果都不会变动。"
        return
    if found.conflict:
        yield f"改动后的金额无法列示，以下按各自四舍五入比较。{found.conflict}"
    shown = [one for one in found.facts if one.shows]
    cells = [one for one in shown if one.fact.table]
    scores = [one for one in shown if one.score]
    others = [one for one in shown if not one.fact.table and not one.score]
    yield from _section("报表单元格", [_moved(one, money) for one in cells])
    yield from _section("其他数", [_moved(one, money) for one in others])
    yield from _section("绩效得分", [_moved(one, money) for one in scores])
    sentences = [
        f"〔{one.heading}〕\n    － {one.before or _ABSENT}\n    ＋ {one.after or _ABSENT}"
        for one in found.sentences
    ]
    yield from _section("文字", sentences)
    charts = [f"{chart.caption}：{'；'.join(_moved(one, money) for one in chart.moved)}" for chart in found.charts]
    yield from _section("图", charts)
    yield from _section("核对", ["\n  ".join(_check(one)) for one in found.checks])
    hidden = len(found.facts) - len(shown)
    if hidden:
        yield f"另有 {hidden} 个数的准确值变动，列示不变（--json 列出全部）。"
    yield "以上只是预览，没有写入任何文件。"


def preview_data(found: Preview) -> dict[str, Any]:
    """Return a preview as plain data."""
    return {
        "facts": [_fact_data(one) for one in found.facts],
        "sentences": [
            {"heading": one.heading, "before": one.before, "after": one.after} for one in found.sentences
        ],
        "charts": [
            {"name": one.name, "caption": one.caption, "facts": [each.fact.id for each in one.moved]}
            for one in found.charts
        ],
        "checks": [
            {
                "id": (one.after or one.before or _NO_RESULT).id,
                "text": (one.after or one.before or _NO_RESULT).text,
                "severity": (one.after or one.before or _NO_RESULT).severity.value,
                "before": _failures(one.before),
                "after": _failures(one.after),
            }
            for one in found.checks
        ],
        "conflict": found.conflict,
    }


_NO_RESULT = CheckResult("", "", "", "", Severity.ERROR, success=True, instances=0)


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"{title}（{len(lines)} 处）"
        yield from (f"  {line}" for line in lines)


def _moved(one: Moved, money: str) -> str:
    return f"{one.fact.label}：{_printed(one.before, money)} → {_printed(one.after, money)}　[{one.fact.id}]"


def _printed(fact: Fact | None, money: str) -> str:
    if fact is None:
        return _ABSENT
    return fact.display + {Unit.FEN: f" {money}", Unit.SCORE: " 分"}.get(fact.unit, "")


def _check(one: MovedCheck) -> Iterator[str]:
    result = one.after if one.starts else one.before
    if result is None:
        return
    kind = "错误" if result.severity is Severity.ERROR else "提示"
    if not one.starts:
        yield f"将恢复相符：{result.text}（{result.citation}）"
        return
    again = one.before is not None and not one.before.success
    yield f"{'仍不符，但位置或金额不同' if again else '将开始不符'}【{kind}】：{result.text}（{result.citation}）"
    for failure in result.failures[:_MOST_PLACES]:
        difference = f"，差额 {failure.difference}" if failure.difference else ""
        yield f"    {failure.place}：实际 {failure.stated}，应为 {failure.computed}{difference}"
    if len(result.failures) > _MOST_PLACES:
        yield f"    …… 另有 {len(result.failures) - _MOST_PLACES} 处"


def _fact_data(one: Moved) -> dict[str, Any]:
    return {
        "id": one.fact.id,
        "label": one.fact.label,
        "kind": "cell" if one.fact.table else "score" if one.score else "other",
        "unit": one.fact.unit.value,
        "shows": one.shows,
        "before": _side_data(one.before),
        "after": _side_data(one.after),
    }


def _side_data(fact: Fact | None) -> dict[str, str] | None:
    return None if fact is None else {"display": fact.display, "exact": number_text(fact.exact)}


def _failures(result: CheckResult | None) -> list[dict[str, Any]] | None:
    if result is None:
        return None
    return [
        {
            "place": one.place,
            "stated": one.stated,
            "computed": one.computed,
            "difference": one.difference,
            "rows": list(one.rows),
        }
        for one in result.failures
    ]
