"""Reads each rendition again with a reader that shares nothing with the skins, and proves its numbers.

    expected = body_of(document, facts)          # every numeral that the document says, and whose it is
    found = read_html(page)                      # every numeral that a reader of the file meets
    faults = differences("HTML", expected, found)

A numeral of the document is the display of one fact, or digits that are declared to be no figure; anything else
is a fault before any file is read.
"""

from juesuan.readback.docx import read_docx
from juesuan.readback.expected import RenditionPart, Said, said_by, unexplained
from juesuan.readback.html import read_html
from juesuan.readback.numerals import Fault, FoundNumeral, differences, numerals
from juesuan.readback.pdf import read_pdf
from juesuan.readback.proof import Renditions, prove
from juesuan.readback.xlsx import read_xlsx

__all__ = [
    "Fault",
    "FoundNumeral",
    "RenditionPart",
    "Renditions",
    "Said",
    "differences",
    "numerals",
    "prove",
    "read_docx",
    "read_html",
    "read_pdf",
    "read_xlsx",
    "said_by",
    "unexplained",
]
