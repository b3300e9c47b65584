"""The note that a document prints under a table, against the structure of the form."""

import re
from collections.abc import Iterator

from juesuan.audit.model import Finding, ReadGrid, ReadParagraph, Spot, Weight
from juesuan.audit.tables import Book, StatedTable, label_key
from juesuan.forms import Axis, Formula, NoteError, parse_note

_FORMULA = re.compile(r"\d\s*[行栏].{0,2}=|=.*[行栏]")
_AGREEING = 0.9


def check_notes(book: Book) -> Iterator[Finding]:
    """Check every formula that is printed under a table."""
    for table in book.tables.values():
        for block, paragraph in _under(book, table):
            if _FORMULA.search(paragraph.text):
                yield from _note(book, table, block, paragraph)


def _under(book: Book, table: StatedTable) -> Iterator[tuple[int, ReadParagraph]]:
    """The paragraphs between a table and the next table or heading."""
    for number in range(table.block + 1, len(book.source.blocks)):
        block = book.source.blocks[number]
        if isinstance(block, ReadGrid) or block.level:
            return
        yield number, block


def _note(book: Book, table: StatedTable, block: int, paragraph: ReadParagraph) -> Iterator[Finding]:
    try:
        note = parse_note(paragraph.text)
    except NoteError as error:
        spot = _spot(book, table, block, error.position)
        yield Finding(
            "note.unreadable", Weight.WARNING, spot, f"附注中的公式读不懂：{error.chinese}", paragraph.text
        )
        return
    numbered = _numbered_alike(table)
    for formula in note.formulae:
        inside = any(term.number == formula.target for term in formula.terms)
        right = _meant(table, formula) if numbered else None
        if not inside and (not numbered or right is None or _same(right, formula)):
            continue
        axis = formula.axis.value
        message = f"附注的公式与表式不符：{formula.target} {axis}"
        if inside:
            message += "在它自己的各项之内"
        if formula.axis is Axis.ROW and str(formula.target) in table.labels:
            message += f"（{formula.target} 行是“{table.labels[str(formula.target)]}”）"
        yield Finding(
            "note.formula",
            Weight.ERROR,
            _spot(book, table, block, formula.start),
            message + "。",
            quote=formula.text,
            stated=formula.text,
            computed="" if right is None else right.text,
            evidence=(book.edition.citation,),
        )


def _numbered_alike(table: StatedTable) -> bool:
    """Whether the document numbers its rows as the form does: the labels beside the numbers agree."""
    if not table.by_row_number:
        return all(column.isdigit() for column in table.columns)
    form = {row.id: label_key(row.label) for row in table.form.all_rows if row.label}
    known = [row for row in table.labels if form.get(row)]
    alike = sum(label_key(table.labels[row]) == form[row] for row in known)
    return bool(known) and alike >= _AGREEING * len(known)


def _meant(table: StatedTable, formula: Formula) -> Formula | None:
    """The form's formula for the same target, or else the one with the same terms."""
    same = [one for one in table.form.formulae if one.axis is formula.axis]
    by_terms = next((one for one in same if _terms(one) == _terms(formula)), None)
    return by_terms or next((one for one in same if one.target == formula.target), None)


def _terms(formula: Formula) -> frozenset[tuple[int, int]]:
    return frozenset((term.sign, term.number) for term in formula.terms)


def _same(one: Formula, other: Formula) -> bool:
    return one.target == other.target and _terms(one) == _terms(other)


def _spot(book: Book, table: StatedTable, block: int, offset: int) -> Spot:
    return book.source.spot(block, offset, table=table.name, cell="附注")
