"""The printed notes as identities: one for each printed formula, applied to every column or row it is about."""

from collections.abc import Iterator

from juesuan.forms.model import Form, NoteText
from juesuan.forms.notes import Axis, Formula
from juesuan.identities import Identity, Instance, Term
from juesuan.tables.fill import figure_id
from juesuan.tables.model import FilledTable, Tables


def note_identities(tables: Tables) -> tuple[Identity, ...]:
    """Return one identity for each printed formula; ids count them within a table: ``table-1.note-1``.

    A row formula holds in every column in which its target has a cell, a column formula in every printed row.
    """
    return tuple(identity for table in tables.values() for identity in _of_table(table))


def _of_table(table: FilledTable) -> Iterator[Identity]:
    form = table.form
    printed = ((note, formula) for note in form.notes for formula in note.parsed.formulae)
    for number, (note, formula) in enumerate(printed, start=1):
        yield Identity(
            id=f"{form.name}.note-{number}",
            suite=form.name,
            text=formula.text,
            citation=_citation(form, note, formula),
            instances=tuple(_instances(table, formula)),
        )


def _citation(form: Form, note: NoteText, formula: Formula) -> str:
    place = f"表 {form.table} 附注"
    if note.erratum is not None and formula.text in note.erratum.corrected:
        return f"{place}（勘误：原印“{note.erratum.printed}”）"
    return place


def _instances(table: FilledTable, formula: Formula) -> Iterator[Instance]:
    number, target = table.form.table, str(formula.target)
    if formula.axis is Axis.ROW:
        for column in table.rows[target].cells:
            terms = (Term(term.sign, figure_id(number, str(term.number), column)) for term in formula.terms)
            yield Instance(figure_id(number, target, column), tuple(terms))
        return
    for row in table.rows.values():
        if target in row.cells:
            terms = (Term(term.sign, figure_id(number, row.id, str(term.number))) for term in formula.terms)
            yield Instance(figure_id(number, row.id, target), tuple(terms))
