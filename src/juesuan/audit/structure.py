"""The document as a whole: headings, directory, years, names, what a template left, what is missing."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator

from juesuan.audit.mentions import Part, Statement, directory_blocks, load_sentences, missing_sections
from juesuan.audit.model import QUESTION, Finding, Weight
from juesuan.audit.numbers import plain
from juesuan.audit.subjects import Subjects
from juesuan.audit.tables import Book
from juesuan.audit.texts import texts

_YEAR = re.compile(r"(\d{4})年")
_OWN_YEAR = re.compile(r"^(?:[^，。；：\d]{0,30})(\d{4})年度?(?!相比)")
_PRIOR_YEAR = re.compile(r"[与比](\d{4})年(?![^，。；]{0,10}(?<!公共)(?<!基金)(?<!经营)预算)")
"""A year to compare with; the budget of the year itself is none."""

_HEADING_YEAR = re.compile(r"^[^，。与比较]{0,30}?(\d{4})年度")
_AS_OF = re.compile(r"截[至止](\d{4})年12月31日")
_ORDINAL = re.compile(r"^(?:第?[一二三四五六七八九十]+(?:部分|、)|（[一二三四五六七八九十]+）)")
_PAGE = re.compile(r"[.…·]*\d*$")
_ALIKE = 0.75
_OF_BODY = re.compile(r"年度?(部门|单位)决算")
_BOTH = re.compile(r"部门（单位）|单位（部门）|部门、单位|部门单位")
_SELF = re.compile(r"[本我](部门|单位)")
_GLOSSARY = re.compile(r"名词解释|概况|附件")
_LONGEST_TITLE = 40


def check_structure(book: Book, parts: tuple[Part, ...], subjects: Subjects) -> Iterator[Finding]:
    """Run every check of the document as a whole."""
    yield from _years(book, parts)
    yield from _directory(book)
    yield from _sections(book)
    yield from _leftovers(book)
    yield from _statements(book)
    yield from _names(book, subjects)
    yield from _body(book, parts)
    yield from _projects(book)


def _years(book: Book, parts: tuple[Part, ...]) -> Iterator[Finding]:
    """Headings and captions name the document's year; sentences compare with the year before."""
    if book.year is None:
        return
    for number, block in book.source.paragraphs:
        if block.level == 1 or (block.level == 0 and book.catalog.caption(block.text)):
            yield from _wrong_year(book, number, block.text, _YEAR.search(block.text), book.year)
    for table in book.tables.values():
        title = plain(getattr(book.source.blocks[table.block], "title", ""))
        yield from _wrong_year(book, table.block, title, re.search(r"(\d{4})年度", title), book.year)
    for part in parts:
        for number, paragraph in part.paragraphs if part.section is not None else ():
            if paragraph.level:
                match = _HEADING_YEAR.match(paragraph.text)
                yield from _wrong_year(book, number, paragraph.text, match, book.year)
                continue
            yield from _wrong_year(book, number, paragraph.text, _OWN_YEAR.match(paragraph.text), book.year)
            yield from _wrong_year(book, number, paragraph.text, _AS_OF.match(paragraph.text), book.year)
            for match in _PRIOR_YEAR.finditer(paragraph.text):
                yield from _wrong_year(book, number, paragraph.text, match, book.year - 1)


def _wrong_year(book: Book, block: int, text: str, match: re.Match[str] | None, year: int) -> Iterator[Finding]:
    if match is None or int(match[1]) == year:
        return
    offset = match.start() if not hasattr(book.source.blocks[block], "rows") else 0
    yield Finding(
        "structure.year",
        Weight.ERROR,
        book.source.spot(block, offset),
        f"年份不对：这是 {book.year} 年度的决算。",
        quote=text[:60],
        stated=match[1],
        computed=str(year),
    )


def _directory(book: Book) -> Iterator[Finding]:
    """Every line of the directory stands in the document as a heading or a caption."""
    inside = directory_blocks(book.source)
    real = [_bare(block.text) for n, block in book.source.paragraphs if n not in inside]
    real += [_bare(plain(grid.title.splitlines()[0])) for _, grid in book.source.grids if grid.title.strip()]
    known = set(real)
    for number, block in book.source.paragraphs:
        entry = _bare(_PAGE.sub("", block.text))
        if number not in inside or not block.level or entry in known:
            continue
        near = difflib.get_close_matches(entry, [text for text in known if len(text) < 2 * len(entry)], 1, _ALIKE)
        if any(text.startswith(entry) for text in known):
            continue
        yield Finding(
            "structure.directory",
            Weight.WARNING,
            book.source.spot(number),
            "目录与正文的标题不一致。" if near else "目录里的这一项，正文没有。",
            quote=block.text,
            stated=block.text,
            computed=near[0] if near else "",
        )


def _bare(text: str) -> str:
    return _ORDINAL.sub("", text).rstrip("。：")


def _sections(book: Book) -> Iterator[Finding]:
    """Sections that the rules require."""
    for words in missing_sections(book.source) or ():
        name = words.split("|")[0].lstrip("、")
        yield Finding("structure.section", Weight.WARNING, book.source.spot(0), f"没有找到关于“{name}”的说明。")


def _leftovers(book: Book) -> Iterator[Finding]:
    """What the template left behind."""
    for text in texts(book):
        for leftover in load_sentences().leftovers:
            for match in re.finditer(leftover.words, text.text):
                yield Finding(
                    "structure.leftover",
                    Weight.ERROR,
                    text.spot(match.start()),
                    leftover.message + "。",
                    quote=text.text[max(0, match.start() - 20) : match.end() + 10],
                    stated=match[0],
                )


def _statements(book: Book) -> Iterator[Finding]:
    """无……, where the table isn't empty, and the other way round."""
    known = load_sentences()
    for text in texts(book, cells=False):
        for statement in known.statements + known.contrary:
            table = book.tables.get(statement.table)
            match = re.search(statement.words, text.text) if table is not None else None
            if match is None or table is None or _empty(book, statement) == (statement in known.statements):
                continue
            yield Finding(
                "narrative.statement",
                Weight.ERROR,
                text.spot(match.start()),
                f"与{table.name}不符：{'表中没有数' if table.empty else '表中有数'}。",
                quote=text.text[max(0, match.start() - 20) : match.end() + 20],
                stated=match[0],
                evidence=(table.name,),
            )


def _empty(book: Book, statement: Statement) -> bool:
    """Whether there is nothing where the words say so."""
    if not statement.cell:
        return book.tables[statement.table].empty
    cell = book.cell(statement.cell)
    return cell is None or cell.value == 0


def _names(book: Book, subjects: Subjects) -> Iterator[Finding]:
    """The unit's name, nearly: a slip, or another unit's name in a heading."""
    if not subjects.unit_names:
        return
    name = subjects.unit_names[0]
    pattern = re.compile(rf"{re.escape(name[:2])}[\u4e00-\u9fff]{{2,{len(name) + 2}}}?{re.escape(name[-1])}")
    for number, block in book.source.paragraphs:
        for match in pattern.finditer(block.text):
            found = match[0]
            ratio = difflib.SequenceMatcher(None, found, name).ratio()
            heading = re.match(r"20\d{2}年度.{0,6}决算", block.text[match.end() :]) and match.start() == 0
            if (
                found == name
                or found in subjects.unit_names
                or ratio < (_ALIKE if heading else 1 - 1.2 / len(name))
            ):
                continue
            yield Finding(
                "structure.unit-name",
                Weight.WARNING,
                book.source.spot(number, match.start()),
                "单位名称与封面、标题不一致。",
                quote=block.text[match.start() : match.end() + 16],
                stated=found,
                computed=name,
            )


def _body(book: Book, parts: tuple[Part, ...]) -> Iterator[Finding]:
    """部门 or 单位: whose accounts they are is said alike in every title, and by what a sentence calls itself."""
    inside = directory_blocks(book.source)
    titles = [
        (number, block.text)
        for number, block in book.source.paragraphs
        if number not in inside
        and len(block.text) <= _LONGEST_TITLE
        and (_OF_BODY.search(block.text) or (block.level == 1 and _BOTH.search(block.text)))
    ]
    said = [(number, text, match[1]) for number, text in titles for match in _OF_BODY.finditer(text)]
    for number, text in titles:
        if match := _BOTH.search(text):
            yield _of_body(
                book, number, match.start(), "标题里部门、单位两样都写。", (text, match[0], "部门或单位")
            )
    if not said:
        return
    body = Counter(one for *_, one in said).most_common(1)[0][0]  # of as many the first, which is on the cover
    for number, text, other in said:
        if other != body:
            yield _of_body(book, number, 0, "标题里部门、单位的写法不一。", (text, f"{other}决算", f"{body}决算"))
    calls = [
        (number, paragraph.text, match)
        for part in parts
        if not _GLOSSARY.search(part.title)
        for number, paragraph in part.paragraphs
        if not paragraph.level
        for match in _SELF.finditer(paragraph.text)
    ]
    own, others = ([one for one in calls if (one[2][1] == body) is same] for same in (True, False))
    if others and len(others) <= len(own):
        number, text, match = others[0]
        quote = text[max(0, match.start() - 12) : match.end() + 12]
        message = "句中自称与标题不一。"
        yield _of_body(book, number, match.start(), message, (quote, match[0], body), (f" {len(others)} ",))


def _of_body(
    book: Book, block: int, offset: int, message: str, words: tuple[str, str, str], evidence: tuple[str, ...] = ()
) -> Finding:
    quote, stated, computed = words
    spot = book.source.spot(block, offset)
    return Finding(
        "structure.body", Weight.WARNING, spot, QUESTION + message, quote, stated, computed, "", evidence
    )


def _projects(book: Book) -> Iterator[Finding]:
    """共涉及 N 个项目, against the projects that are described one by one."""
    described = [
        (number, block)
        for number, block in book.source.paragraphs
        if re.search(r"^\d+[.、．].{2,40}项目绩效自评综述", block.text)
    ]
    if not described:
        return
    for number, block in book.source.paragraphs:
        match = re.search(r"共涉及(?:项目)?(?P<count>\d+)个", block.text)
        if match is not None and int(match["count"]) != len(described):
            yield Finding(
                "narrative.count",
                Weight.ERROR,
                book.source.spot(number, match.start()),
                "项目个数与逐个说明的项目数不符。",
                quote=match[0],
                stated=match["count"],
                computed=str(len(described)),
                evidence=tuple(one.text[:40] for _, one in described),
            )
