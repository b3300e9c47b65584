"""Last stage but one: the document and its pages."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from juesuan.closing.compute import ClosingAccounts
from juesuan.closing.evidence import trace_entries
from juesuan.closing.glyphs import refuse_unprintable
from juesuan.closing.grids import share_grid, task_grid, unit_grid
from juesuan.document import Block, Document
from juesuan.edition.made import UNIT_COLUMNS
from juesuan.narrative import Composition, compose
from juesuan.narrative.charts import charts_of
from juesuan.package import ClosingPackage
from juesuan.readback import Renditions, prove
from juesuan.scores.layout import score_grid
from juesuan.skins.docx import render_docx
from juesuan.skins.html import render_html
from juesuan.skins.pdf import print_pdf
from juesuan.skins.plain import Imprint
from juesuan.skins.xlsx import render_xlsx
from juesuan.tables import Names, grid


@dataclass(frozen=True)
class Disclosure:
    """The document as a value, and as the four files that people read; all say the same."""

    document: Document
    html: str
    pdf: bytes
    docx: bytes
    xlsx: bytes
    draft: bool


def render(account: ClosingAccounts, *, draft: bool = True) -> Disclosure:
    """Write the document over the facts, and render it in every format. ``draft`` marks each page.

    Raises:
        InputError: the package's words hold characters that can't be printed; all of them, with their places.
        EditionError: a template is wrong, or a rendition does not say what the document says.
    """
    return _rendered(write_document(account), account, draft=draft)


def page_alone(account: ClosingAccounts) -> Disclosure:
    """Write the document and its page, marked as a draft: the rules on the document read no other format.

    Raises:
        EditionError: a template is wrong.
    """
    document = write_document(account)
    return Disclosure(document, render_html(document, account.facts), b"", b"", b"", draft=True)


def write_document(account: ClosingAccounts) -> Document:
    """Write the document over the facts, before any format.

    Raises:
        EditionError: a template is wrong.
    """
    books = account.books
    package, edition = books.package, books.edition
    unit, money = package.settings.unit, edition.money.name
    named: dict[str, Block | None] = {
        table.form.name: grid(
            table, Names(unit.name, edition.publisher or unit.publishes_as, money), edition.zeros
        )
        for table in books.tables.values()
    }
    named.update(charts_of(edition.charts, account.facts, money, account.lists, edition.roles))
    named.update(
        {f"score-{one.given.key}": score_grid(one, package, edition.roles, money) for one in account.sheets}
    )
    named["key-tasks"] = task_grid(package.texts.key_tasks)
    named["units"] = unit_grid(package.units)
    columns = account.lists.get(UNIT_COLUMNS, [])
    named["unit-figures"] = share_grid(books.shares.names, columns, books.shares.of, money)
    return compose(
        Composition(
            words=edition.words,
            package=package,
            facts=account.facts,
            undefined=account.undefined,
            lists=account.lists,
            roles=edition.roles,
            named=named,
            money=money,
            subject_names=books.codes.functional.names,
        )
    )


def _rendered(document: Document, account: ClosingAccounts, *, draft: bool) -> Disclosure:
    """Set a document in every format, and read each back.

    Raises:
        InputError: the package's words hold characters that can't be printed.
        EditionError: a template's do, or a rendition does not say what the document says.
    """
    books, facts = account.books, account.facts
    imprint = imprint_of(books.package, draft=draft)
    refuse_unprintable(document, account, imprint)
    html = render_html(document, facts, trace=trace_entries(books), draft=draft)
    printed = print_pdf(document, facts, imprint)
    docx = render_docx(document, facts, imprint, printed.pages)
    xlsx = render_xlsx(document, facts, imprint, identities=books.binding, money=books.edition.money)
    texts = {one.id: one.text for one in books.identities}
    uneven = Counter(texts[one.identity] for one in account.rounding.residues)
    prove(document, facts, Renditions(html, printed.data, docx, xlsx, uneven), front=imprint.lines)
    return Disclosure(document, html, printed.data, docx, xlsx, draft)


def imprint_of(package: ClosingPackage, *, draft: bool = False) -> Imprint:
    """Return what the printed document says of itself; no clock is asked."""
    settings = package.settings
    day = settings.prepared_on or date(settings.year, 12, 31)
    return Imprint(settings.unit.name, day, dated=settings.prepared_on is not None, draft=draft)
