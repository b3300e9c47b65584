"""An edition from outside the program is data: its sentences reach no file and run no code."""

from pathlib import Path

import pytest

from juesuan.base.problems import EditionError
from juesuan.document import Document, text_of
from juesuan.edition import load_edition
from juesuan.editionfiles import edition_files
from juesuan.facts import Facts
from juesuan.narrative import Composition, compose
from juesuan.package import load_package
from tests.conftest import EXAMPLE


def composed(folder: Path, title: str) -> Document:
    """Compose a document that is nothing but a title, from an edition's templates that nobody checked."""
    (folder / "document" / "title.j2").write_text(title, encoding="utf-8")
    (folder / "document" / "document.j2").write_text("{{ unit.name }}", encoding="utf-8")
    words, roles = edition_files(str(folder), folder.parent), load_edition("wuhan-2020").roles
    return compose(Composition(words, load_package(EXAMPLE), Facts(), {}, {}, {}, "万元", {}, roles))


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ amount.__globals__ }}",
        "{{ (amount | attr('__self__')) }}",
        "{{ package.root.write_text('x') }}",
        "{{ package.root.parent }}",
        "{{ package.sheets.append(1) }}",
        "{{ '{0.__class__}'.format(package) }}",
        "{{ lists.clear() }}",
    ],
)
def test_a_template_reaches_no_file_and_no_code(edition_copy: Path, attack: str) -> None:
    with pytest.raises(EditionError, match=r"unsafe|has no attribute|undefined"):
        composed(edition_copy, attack)


def test_a_template_reads_what_the_unit_wrote(edition_copy: Path) -> None:
    name = load_package(EXAMPLE).settings.unit.name
    assert text_of(composed(edition_copy, "{{ unit.name }}").title, Facts()) == name
