"""One way in for every format."""

from pathlib import Path

from juesuan.audit.catalog import Catalog
from juesuan.audit.model import Source
from juesuan.audit.read_html import read_html
from juesuan.audit.read_office import read_docx, read_xlsx
from juesuan.audit.read_pdf import UnreadableDocument, read_pdf
from juesuan.audit.read_text import read_text

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
