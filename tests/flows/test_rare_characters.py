"""Names with rare characters close; a character that no font has is the package's problem, with file and line."""

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows import procedure
from juesuan import closing
from juesuan.base.problems import EditionError, ExitCode, InputError, Place
from juesuan.closing.rendering import imprint_of
from juesuan.document import Document, Paragraph, Text
from tests.conftest import Closed, close_directly, with_words

glyphs = importlib.import_module("juesuan.closing.glyphs")
UNIT = "name: 武汉市社会保险中心"
PROJECT = "合同人员经费"


def renamed(package: Path, old: str, new: str) -> None:
    """Give a project another name wherever the package names it."""
    for path in package.rglob("*"):
        if path.suffix in {".yaml", ".csv"}:
            path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_a_unit_and_a_project_with_rare_characters_in_their_names_close(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    package = edited({"settings.yaml": (UNIT, "name: 宜昌市猇亭区埇桥浉河社会保险中心")})
    renamed(package, PROJECT, "堃喆珺璟𬭎龑工作室经费")
    made = close_directly(package, tmp_path / "out")  # every rendition is read back on the way
    assert "堃喆珺璟𬭎龑工作室经费" in made.disclosure.html


def test_characters_that_no_font_has_are_told_at_once_with_file_and_line(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    package = edited(
        {
            "settings.yaml": (UNIT, "name: 武汉市𠮷田中心"),
            "texts/profile.yaml": ("duties: |-\n  贯彻", "duties: |-\n  𰻞贯彻"),
        }
    )
    renamed(package, PROJECT, "𪚥人员经费")
    out = tmp_path / "out"
    request = procedure.Request(package=package, out=out, archive=str(tmp_path / "archive"))
    with pytest.raises(closing.ClosingRefused) as caught:
        procedure.close_unit(request)
    refusal = caught.value
    assert refusal.exit_code is ExitCode.INPUT
    told = {(str(one.place), one.found) for one in refusal.problems}
    assert told >= {
        ("settings.yaml 第 4 行", "𠮷（U+20BB7）"),
        ("texts/profile.yaml 第 3 行", "𰻞（U+30EDE）"),
        ("projects.csv 第 3 行", "𪚥（U+2A6A5）"),
    }
    assert any(one.place.file.endswith("vouchers.csv") and "𪚥" in one.found for one in refusal.problems)
    assert {one.code for one in refusal.problems} == {"text.glyph"}
    assert all("换用" in one.hint and "字体" in one.message for one in refusal.problems)
    assert refusal.runs  # what was checked before is told beside them
    assert not out.exists()
    assert (tmp_path / "out.refused" / "problems.json").is_file()


def test_a_character_of_the_ledger_alone_is_found_there(closed: Closed) -> None:
    assert closed.account.books.ledger.lines["summary"].str.contains("额度").any()
    lines = closed.account.books.ledger.lines.copy()
    at = lines.index[lines["functional_name"] == "行政运行"][3]
    lines["functional_name"] = lines["functional_name"].astype(object)
    lines.loc[at, "functional_name"] = "行政𠮷运行"
    found = list(glyphs_of(closed, lines))
    assert found == [Place(str(lines.loc[at, "file"]), int(lines.loc[at, "line"]))]


def glyphs_of(closed: Closed, lines: Any) -> list[Place]:
    """Return where a document that says 𠮷 is told to have it from, with these lines in the ledger."""
    ledger = replace(closed.account.books.ledger, lines=lines)
    account = replace(closed.account, books=replace(closed.account.books, ledger=ledger))
    document = Document((Text("决算"),), (Paragraph((Text("行政𠮷运行"),), ""),))
    with pytest.raises(InputError) as caught:
        glyphs.refuse_unprintable(document, account, imprint_of(closed.books.package))
    return [one.place for one in caught.value.problems]


def test_a_character_that_is_nowhere_to_be_found_is_told_by_its_place_in_the_document(closed: Closed) -> None:
    (place,) = glyphs_of(closed, closed.account.books.ledger.lines)
    assert str(place) == "决算资料"


def test_a_character_of_a_template_is_the_templates_fault(closed: Closed, edition_copy: Path) -> None:
    template = edition_copy / "document" / "part3.j2"
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace("## 二、收入", "## 二、𠮷收入", 1), encoding="utf-8")
    with pytest.raises(EditionError, match=r"“𠮷”（U\+20BB7）"):
        closing.render(with_words(closed.account, edition_copy))
