"""The worked example in four formats: the same numbers in the same order, each the display of one fact."""

import hashlib
import json
import os
import subprocess
import sys
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import docx
import pytest

from juesuan.closing.rendering import imprint_of
from juesuan.document import Chart, Grid
from juesuan.readback import RenditionPart, numerals, read_docx, read_html, read_xlsx, said_by
from juesuan.readback.expected import expected_numerals
from juesuan.readback.pdf import read_pdf
from tests.conftest import EXAMPLE, ROOT, Closed

FORMATS = ("html", "pdf", "docx", "xlsx")


def texts(found: list) -> list[str]:
    return [one.text for one in found]


def test_html_word_and_pdf_say_the_same_numbers_in_the_same_order(closed: Closed) -> None:
    html, word = read_html(closed.disclosure.html), read_docx(closed.disclosure.docx)
    assert texts(html[RenditionPart.BODY]) == texts(word[RenditionPart.BODY])
    assert (
        texts(html[RenditionPart.ALTERNATIVE])
        == texts(word[RenditionPart.ALTERNATIVE])
        == texts(html[RenditionPart.KEY])
    )
    assert len(html[RenditionPart.BODY]) > 1_000
    # The PDF says as text what HTML and Word say of a picture in words.
    facts = closed.account.facts
    front = imprint_of(closed.books.package).lines
    whole = [
        one
        for one in said_by(closed.disclosure.document, front)
        if one.part not in (RenditionPart.ALTERNATIVE, RenditionPart.KEY)
    ]
    assert texts(read_pdf(closed.disclosure.pdf).said) == [
        found.text for one in whole for found in expected_numerals(one, facts)
    ]


def test_the_workbook_holds_the_same_numbers_as_the_tables(closed: Closed) -> None:
    sheets = read_xlsx(closed.disclosure.xlsx)
    grids = [block for block in closed.disclosure.document.blocks if isinstance(block, Grid)]
    facts = closed.account.facts
    for grid, rows in zip(grids, list(sheets.values())[1:-2], strict=True):
        shown = {value for row in rows for value in row[: len(grid.widths)] if isinstance(value, float)}
        for cell in (cell for row in grid.body for cell in row if cell.figure and cell.runs):
            assert float(facts[cell.figure].display.replace(",", "")) in shown


def test_every_check_of_the_workbook_agrees(closed: Closed) -> None:
    sheets = read_xlsx(closed.disclosure.xlsx)
    verdicts = [row[-1] for rows in sheets.values() for row in rows if row and row[-1] in ("相符", "不符")]
    assert len(verdicts) > 250
    assert set(verdicts) == {"相符"}


def test_every_format_is_written_and_listed_in_the_manifest(closed: Closed) -> None:
    for name in (f"disclosure.{form}" for form in FORMATS):
        assert (closed.out / name).stat().st_size > 50_000
    assert (closed.out / "disclosure.pdf").read_bytes() == closed.disclosure.pdf


def test_lost_points_are_explained_in_scores_json(closed: Closed) -> None:
    sheets = json.loads((closed.out / "scores.json").read_text(encoding="utf-8"))
    facts = closed.account.facts
    for sheet in sheets:
        lost = sum(float(one["of_total"]) for one in sheet["losses"])
        assert float(sheet["full"]) - lost == pytest.approx(float(sheet["total"]))
        assert all(one["explanation"].endswith(f"失 {one['points']} 分") for one in sheet["losses"])
        for line in (sheet["execution"], *sheet["indicators"]):
            assert facts[line["fact"]].display == line["points"]


def test_charts_are_pictures_in_word_and_vectors_elsewhere(closed: Closed) -> None:
    charts = [block for block in closed.disclosure.document.blocks if isinstance(block, Chart)]
    assert closed.disclosure.html.count('<svg xmlns="http://www.w3.org/2000/svg" class="chart"') == len(charts)
    assert b"/Subtype/Image" not in closed.disclosure.pdf


def test_printed_pages_of_the_contents_never_go_back(closed: Closed) -> None:

    word = docx.Document(BytesIO(closed.disclosure.docx))
    pages = [int(one.text.rpartition("\t")[2]) for one in word.paragraphs if one.style.name.startswith("toc ")]
    assert len(pages) > 30
    assert all(first <= second for first, second in pairwise(pages))


SCRIPT = """
import hashlib, sys
from pathlib import Path
from juesuan import closing
account = closing.derive(closing.fill(closing.ingest(Path(sys.argv[1]))))
made = closing.render(account)
for data in (made.html.encode(), made.pdf, made.docx, made.xlsx):
    print(hashlib.sha256(data).hexdigest())
"""


def test_another_process_in_another_place_at_another_time_makes_the_same_bytes(
    closed: Closed, tmp_path: Path
) -> None:
    environment = os.environ | {
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "7",
        "HOME": str(tmp_path),
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": "1",
    }
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(EXAMPLE)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=True,
    )
    made = closed.disclosure
    expected = [hashlib.sha256(one).hexdigest() for one in (made.html.encode(), made.pdf, made.docx, made.xlsx)]
    assert told.stdout.decode().split() == expected


def test_no_number_of_the_case_stands_in_the_skins(closed: Closed) -> None:
    """Long figures of the example are in no source and in no template."""
    long = {fact.display for fact in closed.account.facts.values() if len(fact.display.replace(",", "")) > 5}
    for folder in ("src/juesuan/skins", "src/juesuan/readback", "templates/pdf"):
        for path in (ROOT / folder).rglob("*.*"):
            if path.suffix in {".py", ".typ"}:
                assert not long & set(numerals(path.read_text(encoding="utf-8")))
