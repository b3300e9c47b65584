"""Last stage but one: the document and its pages."""

from dataclasses import dataclass

from juesuan.closing.compute import Account
from juesuan.closing.evidence import trace_entries
from juesuan.closing.score_grid import score_grid
from juesuan.closing.task_grid import task_grid
from juesuan.document import Block, Document
from juesuan.narrative import Composition, compose
from juesuan.narrative.charts import charts_of, load_charts
from juesuan.skins.html import render_html
from juesuan.tables import grid


@dataclass(frozen=True)
class Disclosure:
    """The document as a value, and as a page."""

    document: Document
    html: str


def render(account: Account) -> Disclosure:
    """Write the document over the facts, and render it.

    Raises:
        EditionError: a template is wrong.
    """
    books = account.books
    package, edition = books.package, books.edition
    unit, money = package.settings.unit, edition.money.name
    document_edition = package.settings.document_edition
    named: dict[str, Block] = {
        table.form.name: grid(table, unit=unit.name, money=money) for table in books.tables.values()
    }
    named.update(charts_of(load_charts(document_edition), account.facts, money))
    named.update({f"score-{one.given.key}": score_grid(one, package) for one in account.sheets})
    named["key-tasks"] = task_grid(package.texts.key_tasks)
    document = compose(
        Composition(
            edition=document_edition,
            package=package,
            facts=account.facts,
            undefined=account.undefined,
            lists=account.lists,
            named=named,
            money=money,
            subject_names=edition.codes.functional.names,
        )
    )
    return Disclosure(document, render_html(document, account.facts, trace=trace_entries(books)))
