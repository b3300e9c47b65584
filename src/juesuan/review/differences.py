"""Two closings compared: cells, other figures, sentences as a redline, rules and their outcomes, inputs."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from juesuan.identities import Verdict
from juesuan.results import Results, change_of, verdict_of

Mark = Literal["same", "gone", "new"]

_MARKS = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
_SENTENCE = re.compile(r"[^。；！？\n]*[。；！？\n]?")
_ORDINAL = re.compile(r"^（?[一二三四五六七八九十]+[、）]\s*")


@dataclass(frozen=True)
class ChangedCell:
    """A figure that is printed otherwise; ``old`` or ``new`` is empty where it is not printed at all."""

    id: str
    label: str
    row: str
    column: str
    old: str
    new: str
    change: str


@dataclass(frozen=True)
class TableChange:
    """The changed cells of one table."""

    table: str
    title: str
    cells: tuple[ChangedCell, ...]


@dataclass(frozen=True)
class RedlinePiece:
    """A stretch of text that both have, that is gone, or that is new."""

    text: str
    mark: Mark


@dataclass(frozen=True)
class Redline:
    """One section whose sentences changed, sentence by sentence; unchanged sentences are left out."""

    anchor: str
    title: str
    sentences: tuple[tuple[RedlinePiece, ...], ...]


@dataclass(frozen=True)
class RuleChange:
    """A rule with another outcome or another text."""

    id: str
    text: str
    old: str
    new: str


@dataclass(frozen=True)
class Differences:
    """Everything in which two closings differ."""

    old: str
    new: str
    tables: tuple[TableChange, ...]
    figures: tuple[ChangedCell, ...]
    redlines: tuple[Redline, ...]
    rules: tuple[RuleChange, ...]
    inputs: tuple[tuple[str, str], ...]

    @property
    def none(self) -> bool:
        """Whether the two closings say the same."""
        return not (self.tables or self.figures or self.redlines or self.rules or self.inputs)


def compare(old: Results, new: Results) -> Differences:
    """Compare two closings: two runs of one year, or last year's with this."""
    cells = tuple(_cells(old.facts, new.facts))
    titles = {str(one["anchor"]).removeprefix("table-"): str(one["title"]) for one in new.sections}
    tables: dict[str, list[ChangedCell]] = {}
    for table, cell in cells:
        if table:
            tables.setdefault(table, []).append(cell)
    return Differences(
        old=_name(old),
        new=_name(new),
        tables=tuple(
            TableChange(table, titles.get(table, f"表 {table}"), tuple(found)) for table, found in tables.items()
        ),
        figures=tuple(cell for table, cell in cells if not table),
        redlines=tuple(_redlines(old.sections, new.sections)),
        rules=tuple(_rules(old.checks, new.checks)),
        inputs=tuple(_inputs(old.run, new.run)),
    )


def redline(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[RedlinePiece, ...]]:
    """Yield the sentences that changed, with what is gone and what is new in each."""
    before, after = _sentences(old), _sentences(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        gone, come = before[a:b], after[c:d]
        for number in range(max(len(gone), len(come))):
            first = gone[number] if number < len(gone) else ""
            second = come[number] if number < len(come) else ""
            yield tuple(_pieces(first, second))


def _pieces(old: str, new: str) -> Iterator[RedlinePiece]:
    if not old or not new or difflib.SequenceMatcher(None, old, new, autojunk=False).ratio() < 0.5:  # noqa: PLR2004
        yield from (RedlinePiece(text, mark) for text, mark in ((old, "gone"), (new, "new")) if text)  # type: ignore[arg-type]
        return
    words_old, words_new = _words(old), _words(new)
    matcher = difflib.SequenceMatcher(None, words_old, words_new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield RedlinePiece("".join(words_old[a:b]), "same")
            continue
        if b > a:
            yield RedlinePiece("".join(words_old[a:b]), "gone")
        if d > c:
            yield RedlinePiece("".join(words_new[c:d]), "new")


def _words(text: str) -> list[str]:
    """Split a sentence so that a number is one word and every Chinese character another."""
    return re.findall(r"[-0-9.,%]+|[A-Za-z]+|.", text, re.DOTALL)


def _sentences(paragraphs: Sequence[str]) -> list[str]:
    return [found for text in paragraphs for found in _SENTENCE.findall(text) if found.strip()]


def _name(results: Results) -> str:
    run = results.run
    return f"{run['name']} {run['year']} 年度（{results.manifest.hash[:8]}）"


def _cells(
    old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, ChangedCell]]:
    for name in [*new, *(name for name in old if name not in new)]:
        before, after = old.get(name), new.get(name)
        if before is not None and after is not None and before["display"] == after["display"]:
            continue
        fact = after or before
        if fact is None or name.startswith(("text.", "year")):
            continue
        first, second = (one["display"] if one else "" for one in (before, after))
        if not fact["table"] and not _matters(first, second):
            continue
        if first in ("", "0") and second in ("", "0"):
            continue  # a row that is printed or not, with nothing in it
        yield (
            fact["table"],
            ChangedCell(name, fact["label"], fact["row"], fact["column"], first, second, change_of(first, second)),
        )


def _matters(old: str, new: str) -> bool:
    return old != new


def _redlines(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[Redline]:
    before = {_key(one): one for one in old}
    after = {_key(one): one for one in new}
    for key in [*after, *(key for key in before if key not in after)]:
        first, second = before.get(key), after.get(key)
        one = second or first
        if one is None or str(one["anchor"]).startswith("table-"):
            continue  # the cells of statutory tables are compared as figures
        changed = tuple(redline(_text(first), _text(second)))
        if changed:
            yield Redline(str(one["anchor"]), str(one["title"]), changed)


def _key(section: Mapping[str, Any]) -> str:
    """Match sections by what they are called, the year and the number apart."""
    title = _ORDINAL.sub("", str(section["title"]))
    return re.sub(r"\s*(19|20)[0-9]{2}\s*年度?", "", title) + f"/{section['level']}"


def _text(section: Mapping[str, Any] | None) -> list[str]:
    if section is None:
        return []
    return [*section["paragraphs"], *("　".join(cell for cell in row if cell) for row in section["rows"])]


def _rules(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[RuleChange]:
    before, after = ({one["id"]: one for one in checks} for checks in (old, new))
    for name in [*after, *(name for name in before if name not in after)]:
        first, second = (_outcome(one) for one in (before.get(name), after.get(name)))
        one = after.get(name) or before[name]
        if first != second:
            yield RuleChange(name, str(one["text"]), first, second)
        elif before[name]["text"] != after[name]["text"]:
            yield RuleChange(name, str(one["text"]), str(before[name]["text"]), str(after[name]["text"]))


def _outcome(rule: Mapping[str, Any] | None) -> str:
    if rule is None:
        return "没有这条规则"
    verdict = verdict_of(rule)
    if verdict is not Verdict.FAILED:
        return verdict.word
    words = "错误" if rule["severity"] == "error" else "提示"
    if all(one["explanation"] for one in rule["failures"]):
        words = "已说明"
    return f"{words} {len(rule['failures'])} 处"


def _inputs(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    before, after = old["inputs"], new["inputs"]
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            kind = "新增" if name not in before else "删去" if name not in after else "改动"
            yield name, kind
    for key, title in (("edition", "报表版本"), ("juesuan", "juesuan 版本")):
        if old[key] != new[key]:
            yield title, f"{old[key]} → {new[key]}"


def tell_differences(found: Differences) -> str:
    """Return the differences in words: changed cells, sentences with [-gone-] and {+new+}, rules, inputs."""
    return "\n".join(_lines(found))


def _lines(found: Differences) -> Iterator[str]:
    yield f"比较　{found.old}　→　{found.new}"
    if found.none:
        yield "两次决算相同。"
        return
    if found.inputs:
        yield "\n资料"
        yield from (f"  {name}：{kind}" for name, kind in found.inputs)
    for table in found.tables:
        yield f"\n{table.title}"
        yield from map(_cell_told, table.cells)
    if found.figures:
        yield "\n其他数"
        yield from map(_cell_told, found.figures)
    for one in found.redlines:
        yield f"\n{one.title}"
        yield from (f"  {''.join(map(_piece_told, sentence)).strip()}" for sentence in one.sentences)
    if found.rules:
        yield "\n规则"
        yield from (f"  {one.id}　{one.text}：{one.old} → {one.new}" for one in found.rules)


def _cell_told(cell: ChangedCell) -> str:
    place = cell.label.partition(" · ")[2] or cell.label
    return (
        f"  {place}：{cell.old or '（无）'} → {cell.new or '（无）'}{f'（{cell.change}）' if cell.change else ''}"
    )


def _piece_told(piece: RedlinePiece) -> str:
    return _MARKS[piece.mark].format(piece.text)
