"""Characters that no font holds, traced back to the package: which file, which line, and what to do."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from juesuan.base.problems import InputError, Place, Problem
from juesuan.base.resources import resource_root
from juesuan.closing.compute import ClosingAccounts
from juesuan.closing.filled import has_ledger
from juesuan.closing.intake import input_files
from juesuan.document import Document
from juesuan.edition import Edition
from juesuan.package import ClosingPackage, package_files
from juesuan.skins.fonts import Unprintable, unprintable
from juesuan.skins.plain import Imprint

_PRINTED = ("functional_name", "economic_name", "project", "account_name")  # the ledger's words in the document
_TEXTS = frozenset({".yaml", ".yml", ".csv", ".txt", ".tsv"})
_ADVICE = (
    "请先核对是否录入有误；确是此字的，换用规范字（公开文本能印 GB 18030—2022 实现级别 2 的全部汉字），"
    "或请维护人员按 templates/fonts/README.md 补字"
)


def refuse_unprintable(document: Document, account: ClosingAccounts, imprint: Imprint) -> None:
    """Make sure that whatever the package says can be printed.

    A character that stands in a template and in no file of the package is left to the skins: the fault is not in
    the unit's data.

    Raises:
        InputError: with every character of the package that no font holds, in each file that it stands in.
    """
    missing = unprintable(document, account.facts, imprint)
    if not missing:
        return
    problems = list(_of_package(missing, account))
    told = {problem.found for problem in problems}
    problems += [
        _problem(one, Place("决算资料"))
        for one in missing
        if _found(one) not in told and not _in_data(one.character, account.books.edition)
    ]
    if problems:
        raise InputError(problems)


def _of_package(missing: Iterable[Unprintable], account: ClosingAccounts) -> Iterator[Problem]:
    wanted = tuple(missing)
    package = account.books.package
    for path in _text_files(package):
        yield from _of_file(wanted, path, path.relative_to(package.root).as_posix())
    yield from _of_ledger(wanted, account)


def _of_file(missing: Iterable[Unprintable], path: Path, file: str) -> Iterator[Problem]:
    """Yield each character that a file holds, with the first line of it."""
    text = _text(path.read_bytes())
    for one in missing:
        at = text.find(one.character)
        if at >= 0:
            yield _problem(one, Place(file, text.count("\n", 0, at) + 1))


def _of_ledger(missing: Iterable[Unprintable], account: ClosingAccounts) -> Iterator[Problem]:
    """Yield each character that a name in the ledger holds, with the first line of it in each file."""
    lines = account.books.ledger.lines
    for one in missing:
        told: set[str] = set()
        for column in _PRINTED:
            holding = [name for name in lines[column].unique() if one.character in str(name)]
            found = lines[lines[column].isin(holding)].drop_duplicates("file")
            for file, line in zip(found["file"].astype(str), found["line"], strict=True):
                if file not in told:
                    told.add(file)
                    yield _problem(one, Place(file, int(line)))


def _text_files(package: ClosingPackage) -> list[Path]:
    """Return the package's files of text that a document is made from, but the ledger: that was read already."""
    settings = package.settings
    apart = {package.root / settings.files.explanations}
    if settings.ledger.database is None and has_ledger(package.root, settings):
        apart.update(package_files(package.root, settings.files.vouchers))
        apart.update(package_files(package.root, settings.files.trial_balance))
    return sorted(path for path in input_files(package.root) if path.suffix in _TEXTS and path not in apart)


def _in_data(character: str, edition: Edition) -> bool:
    """Say whether the edition's data and sentences, or the code lists, hold a character."""
    own = (path for files in (edition.files, edition.words) for layer in files.layers for _, path in layer.files())
    return any(
        character in _text(path.read_bytes())
        for path in chain(own, (resource_root() / "expectations" / "codes").glob("*"))
    )


def _text(data: bytes) -> str:
    """Return the words of a file in either encoding that a package may have."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")


def _problem(one: Unprintable, place: Place) -> Problem:
    message = f"公开文本所用的字体没有这个字，用在{one.where}"
    return Problem(place, "text.glyph", message, _found(one), hint=_ADVICE)


def _found(one: Unprintable) -> str:
    return f"{one.character}（{one.code}）"
