"""Finds the self-evaluation sheets of a document: by cells, or by tokens where a format has lines only."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from juesuan.audit.model import Finding, ReadGrid, ReadParagraph, Spot
from juesuan.audit.numbers import NUMBER, number_of, plain, stated_money
from juesuan.audit.sheets import Indicator, Sheet, check_prose, check_sheet, is_sheet
from juesuan.audit.tables import Book

_POINTS = re.compile(r"[（(]\s*(\d+(?:\.\d+)?)\s*分\s*(?:[*×]\s*执行率)?\s*[)）]")
_EXECUTED = re.compile(
    rf"(?P<a>{NUMBER})\s+(?P<b>{NUMBER})\s+(?P<rate>{NUMBER}%)\s+(?P<score>\d+(?:\.\d+)?)(?=\s|$)"
)
_SCORE_AT_END = re.compile(r"(?:^|\s)(?P<score>\d{1,3}(?:\.\d{1,2})?)\s*$")
_TOTAL = re.compile(r"总分\s*(?P<n>\d+(?:\.\d+)?)\s*分?")
_PAIR = re.compile(
    rf"^\s*(?P<target>[≤≥]?\s*{NUMBER}\s*[^\d\s]*)\s+(?P<actual>{NUMBER}\s*[^\d\s]*(?:\s[^\d\s]{{1,2}})?)\s+(?P<score>\d+(?:\.\d+)?)\s*$"
)


def check_sheets(book: Book) -> Iterator[Finding]:
    """Check every sheet, and what the text says of them."""
    sheets = list(read_sheets(book))
    for sheet in sheets:
        yield from check_sheet(sheet)
    yield from check_prose(book, sheets)


def read_sheets(book: Book) -> Iterator[Sheet]:
    """Every sheet of the document."""
    for number, grid in book.source.grids:
        if number in book.grid_blocks or not is_sheet(grid):
            continue
        yield _lossy(book, number, grid) if grid.lossy else _celled(book, number, grid)


def _celled(book: Book, number: int, grid: ReadGrid) -> Sheet:
    """A sheet with cells."""
    sheet = Sheet(number, plain(grid.title.splitlines()[0]) if grid.title.strip() else "绩效自评表")
    columns: dict[str, int] = {}
    for mark, row in enumerate(grid.rows):
        texts = [plain(cell or "") for cell in row]
        places = {
            word: at
            for at, text in enumerate(texts)
            for word in ("预算数", "执行数", "执行率", "得分")
            if text.startswith(word)
        }
        if "项目名称" in texts:
            sheet.project = next((text for text in texts[texts.index("项目名称") + 1 :] if text), "")
        if "预算数" in places and "得分" in places:
            found = _POINTS.search(texts[places["得分"]]) or _POINTS.search("".join(texts))
            sheet.weight = Fraction(found[1]) if found else sheet.weight
            if mark + 1 < len(grid.rows):
                _execute(book, sheet, grid, mark + 1, places)
            continue
        if "得分" in places and "三级指标" in texts:
            target = next((at for at, text in enumerate(texts) if "目标值" in text or "指标值" in text), None)
            actual = next((at for at, text in enumerate(texts) if "完成值" in text or "完成情况" in text), None)
            if target is not None and actual is not None:
                columns = {
                    "name": texts.index("三级指标"),
                    "target": target,
                    "actual": actual,
                    "score": places["得分"],
                }
            continue
        if texts and any(text in ("总分", "总得分", "合计得分") for text in texts):
            total = next((text.rstrip("分") for text in texts if number_of(text.rstrip("分")) is not None), "")
            if total:
                sheet.total = (total, _spot(book, sheet, mark, "总分"))
            columns = {}
        elif columns:
            _row(book, sheet, grid, mark, columns)
    _groups(book, sheet, grid)
    return sheet


def _execute(book: Book, sheet: Sheet, grid: ReadGrid, mark: int, places: dict[str, int]) -> None:
    row = [plain(cell or "") for cell in grid.rows[mark]]
    decimals = book.decimals
    if "执行数" in places:
        budget, actual = row[places["预算数"]], row[places["执行数"]]
        sheet.budget = stated_money(budget, "万元", decimals, _spot(book, sheet, mark, "预算数"), "自评表预算数")
        sheet.actual = stated_money(actual, "万元", decimals, _spot(book, sheet, mark, "执行数"), "自评表执行数")
    if "执行率" in places and row[places["执行率"]].endswith("%"):
        sheet.rate = (row[places["执行率"]], _spot(book, sheet, mark, "执行率"))
    if number_of(row[places["得分"]]) is not None:
        sheet.score = (row[places["得分"]], _spot(book, sheet, mark, "得分"))


def _row(book: Book, sheet: Sheet, grid: ReadGrid, mark: int, columns: dict[str, int]) -> None:
    row = [plain(cell or "") for cell in grid.rows[mark]]
    weight = _POINTS.search(row[columns["name"]])
    score = row[columns["score"]]
    if weight is None or number_of(score) is None:
        return
    name = row[columns["name"]]
    sheet.indicators.append(
        Indicator(
            name,
            Fraction(weight[1]),
            row[columns["target"]],
            row[columns["actual"]],
            score,
            _spot(book, sheet, mark, f"{name} 得分"),
        )
    )


def _groups(book: Book, sheet: Sheet, grid: ReadGrid) -> None:
    """Weights of the second level against the third: a merged cell counts for the rows it covers."""
    header = next(
        (n for n, row in enumerate(grid.rows) if "三级指标" in [plain(cell or "") for cell in row]), None
    )
    if header is None:
        return
    level = [plain(cell or "") for cell in grid.rows[header]].index("三级指标")
    open_group: list[tuple[str, Fraction, int]] = []
    below = Fraction()

    def close() -> None:
        nonlocal below
        for name, weight, mark in open_group:
            sheet.groups.append((name, weight, below, _spot(book, sheet, mark, name)))
        open_group.clear()
        below = Fraction()

    for mark in range(header, len(grid.rows)):
        row = grid.rows[mark]
        third = _POINTS.search(plain(row[level] or "")) if level < len(row) else None
        second = plain(row[level - 1] or "")
        points = _POINTS.search(second)
        if second or third is None:
            close()
        if third is None:
            continue
        if points:
            open_group.append((second, Fraction(points[1]), mark))
        below += Fraction(third[1])
    close()


def _lossy(book: Book, number: int, grid: ReadGrid) -> Sheet:
    """A sheet of extracted text: weights in brackets, then target, outcome and score."""
    sheet = Sheet(number, plain(grid.title))
    lines = [row[0] or "" for row in grid.rows]
    text, starts = "", []
    for line in lines:
        starts.append(len(text))
        text += line + "\n"
    spot = _Spots(book, sheet, starts)
    named = re.search(r"项目名称\s*(\S+)", text)
    sheet.project = plain(named[1]) if named else ""
    first = _POINTS.search(text[max(0, text.find("预算执行情况")) :])
    sheet.weight = Fraction(first[1]) if first else sheet.weight
    done = _EXECUTED.search(text)
    if done is not None:
        sheet.budget = stated_money(
            done["a"], "万元", book.decimals, spot(done.start("a"), "预算数"), "自评表预算数"
        )
        sheet.actual = stated_money(
            done["b"], "万元", book.decimals, spot(done.start("b"), "执行数"), "自评表执行数"
        )
        sheet.rate = (done["rate"], spot(done.start("rate"), "执行率"))
        sheet.score = (done["score"], spot(done.start("score"), "得分"))
    total = _TOTAL.search(text)
    sheet.total = (total["n"], spot(total.start(), "总分")) if total else _total_after(book, sheet)
    after = done.end() if done else 0
    _indicators(sheet, text, after, spot)
    return sheet


def _indicators(sheet: Sheet, text: str, after: int, spot: "_Spots") -> None:
    """Between one weight and the next stand target, outcome and score, or the name of the next level."""
    points = list(_POINTS.finditer(text, after))
    for at, match in enumerate(points):
        end = points[at + 1].start() if at + 1 < len(points) else len(text)
        stretch = text[match.end() : end]
        total = _TOTAL.search(stretch)
        stretch = stretch[: total.start()] if total else stretch
        lines = stretch.split("\n")
        upto = ""
        for count, line in enumerate(lines):
            found = _SCORE_AT_END.search(line)
            if found is None or (not "".join(lines[:count]).strip() and found.start() == 0 and not line.strip()):
                continue
            upto = "\n".join(lines[: count + 1])
        found = _SCORE_AT_END.search(upto) if upto else None
        if found is None:
            continue
        pair = _PAIR.match(" ".join(upto.split()))
        name = plain(text[max(0, match.start() - 30) : match.start()].rsplit("\n", 1)[-1])
        sheet.indicators.append(
            Indicator(
                name or "指标",
                Fraction(match[1]),
                plain(pair["target"]) if pair else "",
                plain(pair["actual"]) if pair else "文字",
                found["score"],
                spot(match.end() + len(upto) - 1, "得分"),
            )
        )


def _total_after(book: Book, sheet: Sheet) -> tuple[str, Spot] | None:
    """总分 that the text flow has put after the sheet, before the next one."""
    for number in range(sheet.block + 1, len(book.source.blocks)):
        block = book.source.blocks[number]
        if isinstance(block, ReadGrid):
            return None
        match = _TOTAL.search(block.text)
        if match is not None and isinstance(block, ReadParagraph):
            mark = block.mark(match.start())
            return match["n"], Spot(number, mark.page, mark.line, sheet.title, "总分")
    return None


class _Spots:
    """Places of offsets in the joined text of a lossy grid."""

    def __init__(self, book: Book, sheet: Sheet, starts: Sequence[int]) -> None:
        self.book, self.sheet, self.starts = book, sheet, starts

    def __call__(self, offset: int, cell: str) -> Spot:
        mark = max(n for n, start in enumerate(self.starts) if start <= offset)
        return _spot(self.book, self.sheet, mark, cell)


def _spot(book: Book, sheet: Sheet, mark: int, cell: str) -> Spot:
    return book.source.spot(sheet.block, mark, table=sheet.title, cell=cell)
