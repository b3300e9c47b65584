"""The codes of a closing: the lists of its year, with what the office adds to them and what its books say."""

from collections.abc import Iterable, Iterator

from juesuan.ledger import CodeList, Codes, CodeUse, Ledger, load_codes, names_of
from juesuan.package import ClosingPackage, OwnCode, names_since
from juesuan.tables import GivenTable


def codes_of(
    year: int,
    package: ClosingPackage | None,
    ledger: Ledger | None,
    filled: Iterable[GivenTable] = (),
) -> Codes:
    """Return the two classifications in a year.

    The office's own codes (``codes.csv``) extend the lists. A code that nobody lists bears the name that the
    ledger gives it, a table filled elsewhere, or the budget; rules of the ledger check ledger and budget. Either
    part may be missing.
    """
    lists = load_codes(year)
    own = package.codes if package is not None else ()
    functional = _extended(lists.functional, names_since(own, "functional", year), ledger)
    economic = _extended(lists.economic, names_since(own, "economic", year), ledger)
    labels = ((code, label, 1) for table in filled for code, label in sorted(table.labels.items()))
    functional = functional.naming(names_of(one for one in labels if one[0].isdigit()))
    if package is not None:
        uses = tuple(_uses(package))
        functional = functional.using(uses).naming(names_of((use.code, use.name, 1) for use in uses))
    return Codes(functional, economic)


def _extended(known: CodeList, own: tuple[OwnCode, ...], ledger: Ledger | None) -> CodeList:
    """Return a list with the office's codes, and with the names that the ledger gives to others."""
    extended = known.extended({one.code: one.name for one in own}).using(
        CodeUse(one.code, one.name, one.source.file, one.source.line or 0) for one in own
    )
    if ledger is None:
        return extended
    columns = [known.kind, f"{known.kind}_name"]
    groups = ledger.texts.by(*columns)
    counted = ledger.lines.iloc[groups.first][columns].assign(times=groups.size).sort_values(columns)
    return extended.naming(names_of(counted.itertuples(index=False, name=None)))


def _uses(package: ClosingPackage) -> Iterator[CodeUse]:
    """Yield every functional code of the budget, of the projects and of the glossary."""
    for line in package.budget:
        yield CodeUse(line.code, line.name, line.source.file, line.source.line or 0)
    for project in package.projects:
        for part in project.lines:
            yield CodeUse(part.code, "", part.source.file, part.source.line or 0)
    glossary = f"{package.settings.files.texts}/glossary.yaml"
    for number, term in enumerate(package.texts.glossary.terms):
        for at, subject in enumerate(term.subjects):
            place = package.where(glossary, f"terms.{number}.subjects.{at}.code")
            yield CodeUse(subject.code, "", place.file, place.line or 0)
