"""LibreOffice opens what we publish: the Word file page by page, the workbook recalculated from its formulas."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pdfplumber
import pytest
from python_calamine import CalamineWorkbook

from juesuan.document import Grid
from juesuan.skins.plain import statutory_grids
from tests.conftest import Closed

pytestmark = pytest.mark.integration


def converted(path: Path, to: str, folder: Path) -> Path:
    """Convert a file with LibreOffice, in a profile of its own."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("there is no LibreOffice here")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", to, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return folder / f"{path.stem}.{to.partition(':')[0]}"


def sheets_of(path: Path) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


@pytest.fixture(scope="module")
def pages(closed: Closed, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[float, float, str]]:
    folder = tmp_path_factory.mktemp("word")
    made = converted(closed.out / "disclosure.docx", "pdf", folder)
    with pdfplumber.open(made) as file:
        return [(page.width, page.height, "".join(one["text"] for one in page.chars)) for page in file.pages]


def test_each_statutory_table_of_the_word_file_stands_on_one_page(
    closed: Closed, pages: list[tuple[float, float, str]]
) -> None:
    document = closed.disclosure.document
    names = statutory_grids(document)
    for grid in (block for block in document.blocks if isinstance(block, Grid) and block.name in names):
        title = "".join(getattr(run, "text", "") for run in grid.caption).strip()
        holding = [page for page in pages[3:] if title.replace(" ", "") in page[2].replace(" ", "")]
        last = "".join(getattr(run, "text", "") for run in grid.notes[-1])[:12].replace(" ", "")
        assert len(holding) == 1, title
        assert last in holding[0][2].replace(" ", ""), title
        assert (holding[0][0] > holding[0][1]) is grid.landscape, title


def test_the_word_file_has_about_as_many_pages_as_the_pdf(
    closed: Closed, pages: list[tuple[float, float, str]]
) -> None:
    with pdfplumber.open(BytesIO(closed.disclosure.pdf)) as file:
        assert abs(len(pages) - len(file.pages)) <= 3


def test_libreoffice_recalculates_the_workbook_to_the_same_values(closed: Closed, tmp_path: Path) -> None:
    # openpyxl writes formulas without what they came to, so that every value is LibreOffice's own.
    bare = tmp_path / "bare.xlsx"
    book = openpyxl.load_workbook(closed.out / "disclosure.xlsx")
    formulas = sum(
        isinstance(cell.value, str) and cell.value.startswith("=") and cell.data_type == "f"
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
    )
    assert formulas > 800
    book.save(bare)
    folder = tmp_path / "out"
    folder.mkdir()
    again = sheets_of(converted(bare, "xlsx", folder))
    for name, rows in sheets_of(closed.out / "disclosure.xlsx").items():
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                there = again[name][number][column] if column < len(again[name][number]) else ""
                assert there == value, f"{name} {number + 1}/{column + 1}"


def test_a_changed_amount_changes_its_total_and_fails_its_check(closed: Closed, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(closed.out / "disclosure.xlsx")
    sheet = book.worksheets[1]
    total = next(
        cell
        for row in sheet.iter_rows(max_col=6)
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith("=ROUND(SUM(")
    )
    first = sheet[total.value.partition("SUM(")[2].partition(":")[0]]
    before = first.value
    first.value = before + 1
    changed = tmp_path / "changed.xlsx"
    book.save(changed)
    folder = tmp_path / "out"
    folder.mkdir()
    again = openpyxl.load_workbook(converted(changed, "xlsx", folder), data_only=True)
    old = sheets_of(closed.out / "disclosure.xlsx")
    name = sheet.title
    assert again[name][total.coordinate].value == pytest.approx(old[name][total.row - 1][total.column - 1] + 1)
    verdicts = [row[-1].value for row in again["勾稽核对"].iter_rows()]
    assert "不符" in verdicts
