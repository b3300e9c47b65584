"""The proof of a closing's renditions: each is read again, and every numeral in it must be the document's."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from juesuan.base.problems import EditionError
from juesuan.document import Document
from juesuan.facts import Facts
from juesuan.readback.docx import read_docx
from juesuan.readback.expected import RenditionPart, Said, expected_numerals, head_numerals, said_by, unexplained
from juesuan.readback.html import read_html
from juesuan.readback.numerals import Fault, FoundNumeral, differences
from juesuan.readback.pdf import read_pdf
from juesuan.readback.xlsx import read_xlsx, sheet_faults

_SHOWN = 20


@dataclass(frozen=True)
class Renditions:
    """The document as files that people read.

    ``uneven`` are the texts of the rules that the displayed amounts do not satisfy (尾差, where each is rounded
    alone): there the workbook's own check must say so, and nowhere else.
    """

    html: str
    pdf: bytes
    docx: bytes
    xlsx: bytes
    uneven: Mapping[str, int] = field(default_factory=dict)


def faults_of(
    document: Document, facts: Facts, renditions: Renditions, *, front: Sequence[str] = ()
) -> list[Fault]:
    """Return every numeral of the renditions that does not resolve; ``front`` are the lines of the imprint."""
    said = list(said_by(document, tuple(front)))
    faults = [fault for one in said for fault in unexplained(one, facts)]
    faults += _html_faults(said, facts, renditions.html)
    faults += _docx_faults(said, facts, renditions.docx)
    faults += _pdf_faults(document, said, facts, renditions.pdf)
    faults += sheet_faults(read_xlsx(renditions.xlsx), document, facts, renditions.uneven)
    return faults


def prove(document: Document, facts: Facts, renditions: Renditions, *, front: Sequence[str] = ()) -> None:
    """Make sure that every numeral of every rendition is the document's.

    Raises:
        EditionError: a template or a skin printed something else; the message names format and place.
    """
    faults = faults_of(document, facts, renditions, front=front)
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults[:_SHOWN])
        more = f"\n  另有 {len(faults) - _SHOWN} 处" if len(faults) > _SHOWN else ""
        raise EditionError(f"公开文本重新读出后与公布的数不符，未作公布：\n{listed}{more}")


def _wanted(said: Iterable[Said], facts: Facts, belongs: Callable[[Said], bool]) -> list[FoundNumeral]:
    return [found for one in said if belongs(one) for found in expected_numerals(one, facts)]


def _pdf_faults(document: Document, said: Sequence[Said], facts: Facts, data: bytes) -> list[Fault]:
    read = read_pdf(data)
    wanted = _wanted(said, facts, lambda one: one.part not in (RenditionPart.ALTERNATIVE, RenditionPart.KEY))
    # What is no part of the text may show the number of a page, or repeat the head of a table.
    allowed = {str(number) for number in range(1, read.pages + 1)} | head_numerals(document, facts)
    loose = [Fault("PDF", one.place, one.text, "") for one in read.decoration if one.text not in allowed]
    return differences("PDF", wanted, read.said) + loose


def _html_faults(said: Sequence[Said], facts: Facts, page: str) -> list[Fault]:
    read = read_html(page)
    return [
        fault
        for part in RenditionPart
        for fault in differences("HTML", _part(said, facts, part, _in_html), read[part])
    ]


def _in_html(one: Said) -> bool:
    match one.part:
        case RenditionPart.FRONT:
            return one.kind == "title"
        case RenditionPart.CONTENTS:
            return one.kind != "table"
        case RenditionPart.PICTURE:
            # The parts of a whole are listed beneath the picture, which shows no words of its own.
            return one.kind == "bars"
    return True


def _docx_faults(said: Sequence[Said], facts: Facts, data: bytes) -> list[Fault]:
    read = read_docx(data)
    parts = (RenditionPart.FRONT, RenditionPart.CONTENTS, RenditionPart.BODY, RenditionPart.ALTERNATIVE)
    return [
        fault
        for part in parts
        for fault in differences("DOCX", _part(said, facts, part, lambda _: True), read[part])
    ]


def _part(
    said: Sequence[Said], facts: Facts, part: RenditionPart, belongs: Callable[[Said], bool]
) -> list[FoundNumeral]:
    return _wanted([one for one in said if one.part is part], facts, belongs)
