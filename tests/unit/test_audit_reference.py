"""The audit on two published documents: one is in tests/golden, the other is kept beside the checkout.

The lists below were made by hand first (examples/wuhan-2020/README.md; the second document figure by figure).
"""

from collections import Counter
from pathlib import Path

import pytest

from juesuan.audit import Report, Weight, audit_document
from tests.conftest import ROOT, Closed

PUBLISHED = ROOT / "tests" / "golden" / "wuhan-2020" / "disclosure.txt"
BESIDE = ROOT.parent / "shared" / "reference" / "putuo-planning-2024.pdf"


def _found(report: Report, *weights: Weight) -> Counter[tuple[str, str]]:
    return Counter((one.rule, one.stated) for one in report.findings if one.weight in weights)


def test_every_strict_contradiction_of_the_worked_example_is_found_and_nothing_else() -> None:
    report = audit_document(PUBLISHED)
    assert len(report.tables) == 9
    by_rule = Counter(one.rule for one in report.findings)
    assert by_rule == {
        "narrative.amount": 1,  # 1: personnel spending
        "note.formula": 1,  # 2: the row of table 4's note
        "sheet.total-in-text": 1,  # 3: the final score
        "narrative.completion": 1,  # 4: a rate that the printed figures don't give
        "sheet.scope": 1,  # 5: another budget than the sheet's
        "narrative.statement": 1,  # 6: units with a budget that is nought
        "narrative.zero-base": 17,  # 7 and 8: six completions, seven differences and four growths of nothing
        "names.path": 1,  # 9: a subject under another class
        "names.subject": 4,  # 10: two names, twice each
        "text.heading": 1,  # 340.8 where the parts below make 340.88
        "rounding.truncated": 1,  # 180.56 where the printed figures make 180.57 (a note: they are coarse)
    }


@pytest.mark.reference
@pytest.mark.skipif(not BESIDE.is_file(), reason="that document is read, and never shipped with the project")
def test_every_table_of_the_other_edition_is_recognised_and_what_is_right_passes() -> None:
    report = audit_document(BESIDE)
    assert (len(report.tables), report.edition, report.year) == (9, "2024", 2024)
    rules = Counter((one.rule, one.weight.value) for one in report.findings)
    assert rules == {
        ("across-tables.expenditure-by-class", "error"): 2,
        ("across-tables.general-public-budget-expenditure-by-class", "error"): 1,
        ("narrative.amount", "error"): 3,
        ("names.path", "error"): 2,
        ("names.listed-zero", "error"): 4,
        ("structure.leftover", "error"): 2,
        ("names.path", "warning"): 2,
        ("narrative.zero-base", "warning"): 2,
        ("structure.directory", "warning"): 2,
        ("structure.unit-name", "warning"): 4,
        ("rounding.difference", "note"): 9,
        ("rounding.truncated", "note"): 2,
    }


@pytest.mark.parametrize("name", ["disclosure.html", "disclosure.pdf", "disclosure.docx"])
def test_what_juesuan_itself_publishes_has_no_finding_but_what_the_office_wrote(name: str, closed: Closed) -> None:
    report = audit_document(Path(closed.out) / name)
    assert {one.stated for one in report.findings} <= {"340.8亿元", "180.56%"}  # declared in its key work
    assert not any(one.weight is Weight.ERROR for one in report.findings)
