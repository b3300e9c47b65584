"""The statutory forms of an edition: rows, columns, printed notes and what fills each cell, as data."""

from juesuan.forms.checks import load_forms
from juesuan.forms.model import (
    Citation,
    Column,
    Erratum,
    Fill,
    Form,
    FormBlock,
    FormRow,
    Forms,
    Layout,
    ListedErratum,
    Measure,
    NoteText,
    Zeros,
)
from juesuan.forms.notes import Axis, Formula, Note, NoteError, NoteProse, NoteTerm, parse_note

__all__ = [
    "Axis",
    "Citation",
    "Column",
    "Erratum",
    "Fill",
    "Form",
    "FormBlock",
    "FormRow",
    "Forms",
    "Formula",
    "Layout",
    "ListedErratum",
    "Measure",
    "Note",
    "NoteError",
    "NoteProse",
    "NoteTerm",
    "NoteText",
    "Zeros",
    "load_forms",
    "parse_note",
]
