"""What each format of the worked example costs, and what it costs to read it back. `make bench` runs it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from juesuan import closing
from juesuan.closing.rendering import imprint_of, write_document
from juesuan.readback import read_docx, read_html, read_xlsx
from juesuan.readback.pdf import read_pdf
from juesuan.skins.docx import render_docx
from juesuan.skins.html import render_html
from juesuan.skins.pdf import print_pdf
from juesuan.skins.xlsx import render_xlsx
from tests.conftest import EXAMPLE


class Case:
    """The example, closed once, and its four files."""

    def __init__(self, package: Path) -> None:
        self.account = closing.derive(closing.fill(closing.ingest(package)))
        self.facts = self.account.facts
        self.document = write_document(self.account)
        self.imprint = imprint_of(self.account.books.package)
        self.made = closing.render(self.account)
        self.pages = print_pdf(self.document, self.facts, self.imprint).pages

    def html(self) -> str:
        return render_html(self.document, self.facts)

    def pdf_of_changed(self) -> bytes:
        """Set a document that was never set before: the engine remembers what it has laid out."""
        self.count = getattr(self, "count", 0) + 1
        imprint = type(self.imprint)(f"{self.imprint.author}{'甲' * self.count}", self.imprint.day)
        return print_pdf(self.document, self.facts, imprint).data

    def docx(self) -> bytes:
        return render_docx(self.document, self.facts, self.imprint, self.pages)

    def xlsx(self) -> bytes:
        books = self.account.books
        return render_xlsx(
            self.document, self.facts, self.imprint, identities=books.identities, money=books.edition.money
        )


@pytest.fixture(scope="module")
def case() -> Case:
    return Case(EXAMPLE)


@pytest.mark.benchmark(group="write a format")
@pytest.mark.parametrize("name", ["html", "pdf_of_changed", "docx", "xlsx"])
def test_writing(benchmark: Any, case: Case, name: str) -> None:
    write: Callable[[], Any] = getattr(case, name)
    assert benchmark.pedantic(write, rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="read a format back")
@pytest.mark.parametrize("name", ["html", "pdf", "docx", "xlsx"])
def test_reading_back(benchmark: Any, case: Case, name: str) -> None:
    readers: dict[str, Callable[[Any], Any]] = {
        "html": read_html,
        "pdf": read_pdf,
        "docx": read_docx,
        "xlsx": read_xlsx,
    }
    assert benchmark.pedantic(readers[name], args=(getattr(case.made, name),), rounds=3)


@pytest.mark.benchmark(group="the whole rendering, seconds of one processor", timer=time.process_time)
def test_everything_together(benchmark: Any, case: Case) -> None:
    benchmark.pedantic(closing.render, args=(case.account,), rounds=3)
