"""One way in for every format."""

import re
from pathlib import Path

from juesuan.audit.catalog import Catalog
from juesuan.audit.model import ReadGrid, ReadParagraph, Source
from juesuan.audit.numbers import plain
from juesuan.audit.read_html import read_html
from juesuan.audit.read_office import read_docx, read_xlsx
from juesuan.audit.read_pdf import UnreadableDocument, read_pdf
from juesuan.audit.read_text import read_text

_ACCOUNTS_TABLE = re.compile(r"决算(?:总|明细)?表$|决算表")
_BUDGET_TABLE = re.compile(r"预算(?:支出|收支|收入|拨款)?(?:预算)?(?:总|明细|汇总)?表$")
_BUDGET_TITLE = re.compile(r"(?:20\d{2}|2\dXX)年?度?.{0,30}预算(?!执行|绩效)")
_PLACEHOLDER = re.compile(r"[XxＸ×*＊○]{2,}|20[XxＸ×]{2}年?|_{3,}|（(?:单位|部门)名称）")
_MONEY = re.compile(r"\d[\d,]*\.\d+")
_TOP = 15
_FEW, _MANY = 3, 8
_LONGEST = 60

FORMATS = (".txt", ".pdf", ".docx", ".html", ".htm", ".xlsx")


def read_document(path: Path, catalog: Catalog) -> Source:
    """Read a document.

    Raises:
        UnreadableDocument: there is no such file, its format is not known, or it is damaged.
    """
    kind = path.suffix.lower()
    if not path.is_file():
        raise UnreadableDocument(path, "没有这个文件")
    if kind not in FORMATS:
        raise UnreadableDocument(path, f"不认识的格式“{kind}”", f"支持 {'、'.join(FORMATS)}。")
    try:
        if kind == ".pdf":
            source = read_pdf(path, catalog)
        elif kind == ".docx":
            source = read_docx(path)
        elif kind == ".xlsx":
            source = read_xlsx(path)
        elif kind == ".txt":
            source = read_text(path, catalog)
        else:
            source = read_html(path)
    except UnreadableDocument:
        raise
    except Exception as error:  # what a damaged file raises is the parser's own affair
        raise UnreadableDocument(path, f"打不开，文件可能已损坏（{type(error).__name__}）") from error
    if not source.blocks:
        raise UnreadableDocument(path, "文件里没有文字")
    return source


def no_accounts(source: Source) -> str:
    """Say what a document is that is no 决算 (a budget, a blank template, a report), with its name; else blank."""
    paragraphs = [block.text for block in source.blocks if isinstance(block, ReadParagraph)]
    titles = [
        plain(line) for block in source.blocks if isinstance(block, ReadGrid) for line in block.title.splitlines()
    ]
    short = [text for text in (*paragraphs, *titles) if 0 < len(text) <= _LONGEST]
    top = [text for text in (*paragraphs[:_TOP], *titles[:1]) if 0 < len(text) <= _LONGEST]
    name = next((text for text in top if len(text) > _FEW), short[0] if short else source.name)
    accounts = sum(bool(_ACCOUNTS_TABLE.search(text)) for text in short)
    budgets = [text for text in short if _BUDGET_TABLE.search(text) and "决算" not in text]
    headed = next((text for text in top if _BUDGET_TITLE.search(text) and "决算" not in text), "")
    if not any("决算" in text for text in top) and (
        (headed and accounts <= len(budgets)) or (len(budgets) >= _FEW and not accounts)
    ):
        return f"这是预算，不是决算：“{headed or budgets[0]}”，没有审核。"
    text = "".join((*paragraphs, *titles))
    cells = "".join(
        cell
        for block in source.blocks
        if isinstance(block, ReadGrid)
        for row in block.rows
        for cell in row
        if cell
    )
    if "决算" not in text + plain(cells):
        return f"这不是决算：“{name}”，通篇没有“决算”二字，没有审核。"
    if len(_PLACEHOLDER.findall(text)) >= _MANY and len(_MONEY.findall(text + cells)) < _FEW:
        return f"这是空白模板，不是决算：“{name}”，没有填数，没有审核。"
    return ""
