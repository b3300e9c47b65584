"""Audits a published disclosure, made by anybody: the document against itself and against its form.

A way of its own, beside the closing: a document is read (``read_*``) into a :class:`~juesuan.audit.model.Source`,
its statutory tables are recognised and every amount is put at its canonical address (``recognise``, ``fill_*``,
``resolve``), and the checks compare what is printed with what is printed elsewhere. A relation between printed
numbers is judged by the intervals that rounding leaves open (``numbers``). What isn't understood is never wrong.
"""

from juesuan.audit.command import AuditExit, audit_document, tell_audit
from juesuan.audit.model import Finding, Spot, Weight
from juesuan.audit.read_pdf import UnreadableDocument
from juesuan.audit.report import Report

__all__ = [
    "AuditExit",
    "Finding",
    "Report",
    "Spot",
    "UnreadableDocument",
    "Weight",
    "audit_document",
    "tell_audit",
]
