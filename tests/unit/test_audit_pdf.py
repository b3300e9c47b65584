"""PDFs as they are drawn: what PDFium tells becomes the lines and cells that a person sees."""

import io
from pathlib import Path

import pdfplumber
import pikepdf
import pytest

from juesuan.audit.catalog import load_catalog
from juesuan.audit.model import ReadGrid, ReadParagraph, Source
from juesuan.audit.read_page import drawn
from juesuan.audit.read_pdf import UnreadableDocument, read_pdf
from juesuan.audit.read_ruled import ruled_tables
from juesuan.base.pdfium import opened_page, opened_pdf
from tests.unit.audit_demo import demo, write_pdf

GRID = """
10 100 m 10 160 l S  110 100 m 110 160 l S  210 100 m 210 160 l S
10 100 m 210 100 l S  10 130 m 210 130 l S  10 160 m 210 160 l S
"""
WORDS = """
BT /F 10 Tf 20 140 Td (Name) Tj ET  BT /F 10 Tf 120 140 Td (Sum) Tj ET
BT /F 10 Tf 20 110 Td (All) Tj ET  BT /F 10 Tf 120 110 Td [(12) -600 (.50)] TJ ET
"""
FILLED = """
10 100 .5 60 re 110 100 .5 60 re 210 100 .5 60 re f
10 100 200 .5 re 10 130 200 .5 re f 10 160 200 .5 re f
"""
UPPER = "10 130 100 30 re S 110 130 100 30 re S"
FRAMES = f"10 100 100 30 re S 110 100 100 30 re S {UPPER}"
CLOSED = f"10 100 m 110 100 l 110 130 l 10 130 l h S 110 100 m 210 100 l 210 130 l 110 130 l s {UPPER}"
UNEVEN = GRID.replace("210 130 l", "210 130.05 l").replace("110 160 l", "110.05 160 l")
SLANTED = f"{GRID} 10 160 m 110 130 l S 150 100 m 160 110 170 120 150 160 c S"
READ = (("Name", "Sum"), ("All", "12 .50"))


def pdf(content: str, form: str = "", page: str = "") -> bytes:
    """A PDF of one page, 220 by 200 points, with a form that its content may draw; PDFium needs no index."""
    font = "/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 220 200] /Contents 4 0 R {page}"
        f" {font} /XObject << /X 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        f"<< /Type /XObject /Subtype /Form /BBox [0 0 999 999] /Matrix [1 0 0 1 5 5] {font} >>"
        f" /Length {len(form)} >>\nstream\n{form}\nendstream",
    ]
    body = "".join(f"{number} 0 obj\n{one}\nendobj\n" for number, one in enumerate(objects, start=1))
    return f"%PDF-1.7\n{body}trailer << /Root 1 0 R /Size 6 >>\n%%EOF".encode()


def read(data: bytes, folder: Path) -> Source:
    (folder / "a.pdf").write_bytes(data)
    return read_pdf(folder / "a.pdf", load_catalog())


def rows(source: Source) -> list[tuple[tuple[str | None, ...], ...]]:
    return [block.rows for block in source.blocks if isinstance(block, ReadGrid)]


def words(source: Source) -> list[str]:
    return [block.text for block in source.blocks if isinstance(block, ReadParagraph)]


@pytest.mark.parametrize("lines", [GRID, FILLED, FRAMES, CLOSED, UNEVEN, SLANTED])
def test_a_table_is_read_however_its_lines_are_drawn(lines: str, tmp_path: Path) -> None:
    assert rows(read(pdf(lines + WORDS), tmp_path)) == [READ]


def test_a_table_drawn_by_a_form_within_a_form_lies_where_the_forms_put_it(tmp_path: Path) -> None:
    data = pdf(f"q 1 0 0 1 -5 -5 cm /X Do Q {WORDS}", GRID)
    assert rows(read(data, tmp_path)) == [READ]
    assert rows(read(pdf(f"q .5 0 0 .5 7.5 52.5 cm /X Do Q {WORDS}", GRID), tmp_path)) != [READ]


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_page_is_turned_until_its_text_runs_to_the_right(angle: int, tmp_path: Path) -> None:
    turned = {90: "0 1 -1 0 200 0", 180: "-1 0 0 -1 220 200", 270: "0 -1 1 0 0 220"}[angle]
    assert rows(read(pdf(f"{turned} cm {GRID}{WORDS}"), tmp_path)) == [READ]
    assert rows(read(pdf(f"{turned} cm {GRID}{WORDS}", page=f"/Rotate {angle}"), tmp_path)) == [READ]


def test_an_empty_table_on_a_turned_page_stands_as_the_page_is_shown(tmp_path: Path) -> None:
    tall = "10 10 m 10 190 l S 60 10 m 60 190 l S 10 10 m 60 10 l S 10 100 m 60 100 l S 10 190 m 60 190 l S"
    assert rows(read(pdf(tall), tmp_path)) == [(("",), ("",))]
    assert rows(read(pdf(tall, page="/Rotate 90"), tmp_path)) == [(("", ""),)]


def test_what_stands_askew_or_towers_over_the_text_is_no_part_of_it(tmp_path: Path) -> None:
    mark = "BT /F 20 Tf .7 .7 -.7 .7 20 20 Tm (Draft) Tj ET BT /F 90 Tf 20 20 Td (Big) Tj ET"
    source = read(pdf(f"{mark} BT /F 10 Tf 20 180 Td (Title) Tj ET {GRID}{WORDS}"), tmp_path)
    assert (words(source), rows(source)) == (["Title"], [READ])


def test_a_word_printed_twice_to_look_bold_is_one_word(tmp_path: Path) -> None:
    twice = "BT /F 10 Tf 20 180 Td (Title) Tj ET BT /F 10 Tf 20.2 180 Td (Title) Tj ET"
    assert words(read(pdf(twice), tmp_path)) == ["Title"]


def test_text_that_runs_upwards_in_a_cell_does_not_mix_with_its_neighbours(tmp_path: Path) -> None:
    up = "BT /F 8 Tf 0 1 -1 0 100 105 Tm (Up) Tj ET"
    found = rows(read(pdf(GRID + WORDS + up), tmp_path))[0]
    assert (found[0], found[1][1]) == (READ[0], READ[1][1])
    assert "Up" in (found[1][0] or "").replace(" ", "").replace("pU", "Up")


def test_a_hyphen_at_the_end_of_a_line_is_read_as_it_is_printed(tmp_path: Path) -> None:
    assert words(read(pdf("BT /F 10 Tf 20 180 Td (Hy-) Tj 0 -12 Td (phen.) Tj ET"), tmp_path)) == ["Hy-phen."]


def test_a_frame_is_no_table_and_lines_that_do_not_meet_make_none(tmp_path: Path) -> None:
    assert rows(read(pdf(f"10 90 200 80 re S {WORDS}"), tmp_path)) == []
    assert (
        rows(read(pdf(f"10 100 m 210 100 l S 10 130 m 210 130 l S 10 160 m 210 160 l S {WORDS}"), tmp_path)) == []
    )


def test_another_reader_finds_the_same_characters_and_cells_on_every_page(tmp_path: Path) -> None:
    write_pdf(demo(), tmp_path / "demo.pdf")
    data = (tmp_path / "demo.pdf").read_bytes()
    cells = 0
    with opened_pdf(data) as file, pdfplumber.open(io.BytesIO(data)) as other:
        for number, shown in enumerate(other.pages):
            with opened_page(file, number) as page:
                found = drawn(page)
            top = float(shown.height)
            chars = [char for char in found.chars if char.text.strip()]
            theirs = [char for char in shown.chars if char["text"].strip()]
            assert [char.text for char in chars] == [char["text"] for char in theirs]
            assert [(char.x0, char.top + top, char.x1) for char in chars] == [
                pytest.approx((char["x0"], char["top"], char["x1"]), abs=0.5) for char in theirs
            ]
            tables = [[cell for row in one.rows for cell in row if cell] for one in ruled_tables(found.rulings)]
            others = [[cell for row in one.rows for cell in row.cells if cell] for one in shown.find_tables()]
            assert list(map(len, tables)) == list(map(len, others))
            assert [(x0, y0 + top, x1, y1 + top) for table in tables for x0, y0, x1, y1 in table] == [
                pytest.approx(cell, abs=0.5) for table in others for cell in table
            ]
            cells += sum(map(len, tables))
    assert cells > 500


def test_what_can_not_be_opened_is_told_by_its_cause(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="已损坏，或者不是 PDF"):
        read(b"no PDF at all", tmp_path)
    with pytest.raises(UnreadableDocument, match="没有文字层"):
        read(pdf(""), tmp_path)
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(WORDS))) as file:
        file.save(locked, encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(UnreadableDocument, match="加了密码"):
        read(locked.getvalue(), tmp_path)
    with pytest.raises(UnreadableDocument, match="已损坏"):
        read(pdf("").replace(b"/Type /Page /Parent", b"/Type /Font /Parent"), tmp_path)


def test_characters_without_a_code_and_beyond_two_bytes_shift_no_others(tmp_path: Path) -> None:
    uncoded = "BT /F 10 Tf 20 180 Td (A\\000B\\001C) Tj ET"
    found = words(read(pdf(uncoded), tmp_path))
    assert [[char for char in text if char.isalpha()] for text in found] == [["A", "B", "C"]]
