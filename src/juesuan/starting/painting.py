"""A package written as a workbook, with XlsxWriter: first a sheet that says how it is filled, then its inputs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from juesuan.base.problems import InputError, OutputError, Place, Problem
from juesuan.package.inputs import INPUTS, SHEETS, Input
from juesuan.starting.draft import Draft
from juesuan.starting.finding import find
from juesuan.starting.sheets import CONTENT, PATH, WORDS, Laid, SheetCell, Value, lay, plain

GUIDE = "填报说明"
SCRATCH = "草稿"
"""What the name of a sheet begins with that is no part of a package."""

_LONGEST = 32_000  # characters of a cell; the format allows a few more
_NAME_LENGTH = 31
_FUNDS = ("fund",)
_AMOUNTS = {"amount": "#,##0.00", "published": "#,##0.00", "number": "0"}
_HOW = (
    "每张表是一份资料。黄色的格子必须填；白色的没有就不填，不要填零、不要编数。灰色的不用改。",
    "每个格子的批注写明填什么；有下拉箭头的从中选。金额以元为单位（上年公布数除外）。",
    "文字里的每个数要声明：{54.17}；不是数量的（电话、条款）写 {=12333}。",
    "可以插入行；不要合并单元格、不要用公式、不要贴图片、不要删工作表。名称以“草稿”开头的工作表不读。",
    "随时可以查还缺什么：juesuan check 工作簿.xlsx；标出有错的格子：juesuan check 工作簿.xlsx --mark 标注.xlsx",
)


def write_workbook(draft: Draft, path: Path, todo: Sequence[str] = (), funds: Iterable[str] = ()) -> None:
    """Write a package as a workbook; ``todo`` are lines for the first sheet, ``funds`` the words for 资金性质.

    Raises:
        InputError: something of the package can't be held by a sheet; all of it.
        OutputError: the file can't be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    sheets = list(_laid(draft))
    plainly = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(str(path), plainly)
    painter = _Painter(book, tuple(funds))
    painter.guide(todo, [one for _, one in sheets])
    for one, laid in sheets:
        painter.sheet(one, laid)
    try:
        book.close()
    except (FileCreateError, OSError) as error:
        raise OutputError(f"{path}：写不了（{error}）") from None


def _laid(draft: Draft) -> Iterator[tuple[Input, Laid]]:
    """Yield the sheet of each input, and hold what is read back from it against what was to be written."""
    problems: list[Problem] = []
    laid: list[tuple[Input, Laid]] = []
    taken: set[str] = set()
    for one, name in files_of(draft):
        data = draft.trees.get(name, draft.tables.get(name, []))
        title = _sheet_name(one, name, taken)
        sheet = lay(one, title, data)
        back = find(one, [[_typed(spot) for spot in row] for row in sheet.rows])
        if plain(one, back.data) != plain(one, data) or back.problems:
            problems.append(Problem(Place(name), "workbook.shape", "有工作簿放不下的内容", hint="请先改正或删去"))
        if any(len(spot.text) > _LONGEST for row in sheet.rows for spot in row):
            problems.append(Problem(Place(name), "workbook.long", f"有一段文字超过 {_LONGEST} 字，一个格子放不下"))
        laid.append((one, sheet))
    if problems:
        raise InputError(problems)
    yield from laid


def files_of(draft: Draft) -> Iterator[tuple[Input, str]]:
    """Yield each input with its file; an empty self-evaluation sheet where there is none."""
    named = list(draft.named())
    yield from named
    if not any(one.room == SHEETS for one, _ in named):
        one = next(each for each in INPUTS if each.room == SHEETS)
        yield one, f"{one.file(draft.files)}/overall.yaml"


def _sheet_name(one: Input, name: str, taken: set[str]) -> str:
    title = one.title
    if one.room == SHEETS:
        title = f"{one.title} {Path(name).stem}"[:_NAME_LENGTH]
        while title in taken:
            title = f"{title[: _NAME_LENGTH - 2]}~{len(taken) % 10}"
    taken.add(title)
    return title


def _typed(spot: SheetCell) -> Value:
    return float(spot.number) if spot.number is not None else spot.text or None


@dataclass
class _Painter:
    """Writes sheets with XlsxWriter."""

    book: Any
    funds: tuple[str, ...]
    formats: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def guide(self, todo: Sequence[str], sheets: Sequence[Laid]) -> None:
        """Write the first sheet."""
        sheet = self.book.add_worksheet(GUIDE)
        sheet.set_column(0, 0, 110)
        row = 0
        lines = [("决算资料", "title"), *((line, "text") for line in _HOW), ("", "text"), ("各张表", "title")]
        for text, look in lines:
            sheet.write_string(row, 0, text, self.format(look))
            row += 1
        for laid in sheets:
            words, _, rest = laid.rows[0][0].text.partition("：")
            shown = laid.title if laid.title == words else f"{laid.title}（{words}）"
            target = f"internal:'{laid.title}'!A1"
            sheet.write_url(row, 0, target, self.format("link"), f"{shown}　{rest}"[:250])
            row += 1
        if todo:
            sheet.write_string(row + 1, 0, "还要填什么", self.format("title"))
            for number, line in enumerate(todo, start=row + 2):
                sheet.write_string(number, 0, line, self.format("text"))

    def sheet(self, one: Input, laid: Laid) -> None:
        """Write the sheet of an input."""
        sheet = self.book.add_worksheet(laid.title)
        sheet.freeze_panes(laid.frozen, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        widths: dict[int, int] = {}
        for number, row in enumerate(laid.rows):
            for column, spot in enumerate(row):
                self.spot(sheet, number, column, spot)
                if spot.look != "note":
                    wide = max((len(line) for line in spot.text.split("\n")), default=0) * 2
                    widths[column] = max(widths.get(column, 12), min(wide + 2, 60))
        for column, width in widths.items():
            sheet.set_column(column, column, width)
        heads = [spot.text for spot in laid.rows[1]] if len(laid.rows) > 1 else []
        if one.model is not None and PATH in heads and WORDS in heads:
            sheet.set_column(heads.index(CONTENT), heads.index(CONTENT), 60)
            if not any(spot.look == "head" for row in laid.rows[2:] for spot in row):
                sheet.set_column(heads.index(PATH), heads.index(PATH), 3, None, {"hidden": True})

    def spot(self, sheet: Any, row: int, column: int, spot: SheetCell) -> None:
        """Write one cell with its format, choices and comment."""
        asked = spot.look == "value" and spot.path is not None
        required = asked and spot.entry is not None and spot.entry.required
        kind = spot.kind if spot.look == "value" else ""
        style = self.format(spot.look, kind if kind in _AMOUNTS else "", "required" if required else "")
        if spot.number is not None:
            sheet.write_number(row, column, float(spot.number), style)
        elif spot.text:
            sheet.write_string(row, column, spot.text, style)
        else:
            sheet.write_blank(row, column, None, style)
        entry = spot.entry
        if entry is None or spot.look not in ("value", "head"):
            return
        if entry.told and spot.look == "head":
            sheet.write_comment(row, column, entry.told, {"x_scale": 2, "y_scale": 0.8})
        choices = ("是", "否") if spot.kind == "bool" else self.funds if kind in _FUNDS else entry.choices
        if spot.look == "value" and choices and len(",".join(choices)) < 250:  # noqa: PLR2004 - Excel's limit
            options: dict[str, Any] = {"validate": "list", "source": list(choices), "error_type": "warning"}
            sheet.data_validation(row, column, row, column, options)
        elif spot.look == "value" and kind in ("amount", "published"):
            title, words = "应为金额", "这里应为数字（元，最多到分）" if kind == "amount" else "这里应为数字"
            options = {"validate": "decimal", "criteria": "between", "minimum": -1e13, "maximum": 1e13}
            options |= {"error_type": "warning", "error_title": title, "error_message": words}
            sheet.data_validation(row, column, row, column, options)

    def format(self, *looks: str) -> Any:
        """Return the format of a cell that looks so; each is made once."""
        if looks not in self.formats:
            made: dict[str, Any] = {"font_name": "宋体", "font_size": 11, "valign": "top", "text_wrap": True}
            for look in looks:
                made |= _LOOKS.get(look, {})
                if look in _AMOUNTS:
                    made["num_format"] = _AMOUNTS[look]
            self.formats[looks] = self.book.add_format(made)
        return self.formats[looks]


_LOOKS: Mapping[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "link": {"font_color": "#1F4E9E", "underline": 1},
    "note": {"italic": True, "font_color": "#555555", "text_wrap": False},
    "head": {"bold": True, "bg_color": "#DCE6F1", "border": 1},
    "label": {"bg_color": "#F2F2F2", "font_color": "#444444"},
    "given": {"bg_color": "#F2F2F2", "border": 1, "num_format": "@"},
    "value": {"border": 1, "num_format": "@", "locked": False},
    "path": {"font_color": "#BBBBBB", "num_format": "@"},
    "required": {"bg_color": "#FFF2CC"},
}
