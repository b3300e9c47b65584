"""What last year tells: a published document of anybody's make, read as the audit reads it, or an archive.

Nothing is guessed: what isn't recognised is told in ``notes`` and stays open.
"""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path

from juesuan.archive.lastyear import inputs_of_last_year
from juesuan.audit.catalog import load_catalog
from juesuan.audit.mentions import directory_blocks
from juesuan.audit.model import ReadGrid
from juesuan.audit.numbers import YUAN_PER, plain
from juesuan.audit.read import read_document
from juesuan.audit.recognise import recognise
from juesuan.audit.subjects import Subjects
from juesuan.audit.tables import Book, label_key
from juesuan.base.money import FEN_PER_YUAN
from juesuan.base.problems import InputError, OutputError
from juesuan.base.resources import resource_root
from juesuan.base.yamlsource import Strict, read_yaml
from juesuan.closing import ClosingArchive
from juesuan.edition import roles_and_prior
from juesuan.package import Settings
from juesuan.package.markup import Reference, StatedNumber, parse
from juesuan.package.tables import UNITS
from juesuan.starting.draft import Draft, Tree, read_draft
from juesuan.starting.planned import BudgetWords

_ORDINAL = re.compile(r"^(?:[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）|\d+[.、．])")
_MEANING = re.compile(r"^(?P<term>.{1,40}?)：(?P<text>.+)$", re.DOTALL)
_ENDS = ("。", "；", "：", "！")
_NAMED = re.compile(r"\{([a-z][a-z0-9_]*)\s*[:：]\s*([-+]?[0-9][0-9,.]*%?)\}")
_SUBJECT = re.compile(r"[（(][类款项][)）]")


class Words(Strict):
    """``expectations/starting.yaml``: by which words a published document's parts are known."""

    duties: str
    composition: str
    tasks: str
    glossary: str
    subjects: str
    sentences: Mapping[str, str]
    budget: BudgetWords


@dataclass
class Before:
    """What is known of last year. Amounts of ``prior`` are 分; ``terms`` and ``subjects`` are the glossary's."""

    where: str
    unit: dict[str, str] = field(default_factory=dict)
    year: int | None = None
    prior: dict[str, int] = field(default_factory=dict)
    duties: str = ""
    composition: str = ""
    staff: str = ""
    tasks: list[str] = field(default_factory=list)
    terms: list[tuple[str, str]] = field(default_factory=list)
    subjects: dict[str, str] = field(default_factory=dict)  # by name
    subjects_term: str = ""
    reasons: dict[str, str] = field(default_factory=dict)
    units: list[dict[str, str]] = field(default_factory=list)
    project_keys: dict[str, str] = field(default_factory=dict)  # by name
    policies: dict[str, Tree] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@cache
def known_words() -> Words:
    """Return by which words the parts of a published document are known."""
    return read_yaml(resource_root() / "expectations" / "starting.yaml", Words)


def from_document(path: Path) -> Before:
    """Read a published disclosure.

    Raises:
        UnreadableDocument: it can't be read.
    """
    catalog = load_catalog()
    source = read_document(path, catalog)
    book, _ = recognise(source, catalog)
    found = Before(path.name, year=book.year)
    names = Subjects(book).unit_names
    if names:
        found.unit["name"] = names[0]
    found.prior |= _prior(book, found.notes)
    parts = _parts(book)
    words = known_words()
    found.duties = "\n\n".join(_texts(book, parts, words.duties))
    found.composition = "\n\n".join(_texts(book, parts, words.composition))
    found.units = list(_units(book, parts, words.composition))
    found.tasks = [_stripped(one.title) for one in parts if one.level > 1 and re.search(words.tasks, one.part)]
    _glossary(book, found, words)
    for title, there in (
        ("主要职能", found.duties),
        ("单位构成", found.composition),
        ("名词解释", found.terms),
        ("重点工作", found.tasks),
    ):
        if not there:
            found.notes.append(f"{path.name} 里没有认出“{title}”")
    return found


def from_archive(archive: str, settings: Settings, root: Path) -> Before:
    """Read what was published for the year before, and the texts of its package.

    Raises:
        OutputError: the archive can't be read, or holds no closing of the year before.
        EditionError: the edition of that closing is not known.
    """
    with ClosingArchive(archive) as held, tempfile.TemporaryDirectory(prefix="juesuan-") as folder:
        published = held.published_before(root, settings)
        if published is None:
            raise OutputError(f"归档 {archive} 里没有单位 {settings.unit.code} {settings.year - 1} 年度的决算。")
        found = Before(published.where, year=settings.year - 1)
        found.prior = {line.key: line.amount for line in published.lines}
        inputs_of_last_year(held.store, settings.unit.code, settings.year, Path(folder))
        try:
            _from_package(found, read_draft(Path(folder)))
        except InputError as error:
            found.notes.append(f"上年资料读不了：{error}")
    return found


def marked(text: str) -> str:
    """Return a text with its undeclared numbers declared as literals; they are last year's, and no quantity."""
    _, faults = parse(text)
    for fault in sorted(faults, key=lambda one: one.offset, reverse=True):
        if fault.code == "text.undeclared":
            end = fault.offset + len(fault.found)
            text = f"{text[: fault.offset]}{{={fault.found}}}{text[end:]}"
    return text


def as_literals(text: str, numbers: Mapping[str, str]) -> str:
    """Return a marked-up text with last year's numbers as literals; ``numbers`` are those stated under a name."""
    segments, _ = parse(text)
    parts = []
    for segment in segments:
        if isinstance(segment, StatedNumber):
            parts.append(f"{{={segment.printed}}}")
        elif isinstance(segment, Reference) and segment.name in numbers:
            parts.append(f"{{={numbers[segment.name]}}}")
        else:
            parts.append(segment.source)
    return "".join(parts)


def _from_package(found: Before, draft: Draft) -> None:
    _take_package(found, draft)
    numbers = dict(_NAMED.findall(json.dumps(draft.trees, ensure_ascii=False)))
    found.duties, found.composition = (as_literals(one, numbers) for one in (found.duties, found.composition))
    found.tasks = [as_literals(one, numbers) for one in found.tasks]
    found.terms = [(term, as_literals(text, numbers)) for term, text in found.terms]
    found.subjects = {code: as_literals(text, numbers) for code, text in found.subjects.items()}


def _take_package(found: Before, draft: Draft) -> None:
    files = draft.files
    settings = _mapping(draft.trees.get("settings.yaml"))
    found.unit = {key: value for key, value in _mapping(settings.get("unit")).items() if isinstance(value, str)}
    found.policies = _mapping(settings.get("policies"))
    profile = _mapping(draft.trees.get(f"{files.texts}/profile.yaml"))
    found.duties, found.composition = str(profile.get("duties", "")), str(profile.get("composition", ""))
    found.staff = str(profile.get("staff_category", ""))
    tasks = _mapping(draft.trees.get(f"{files.texts}/key-tasks.yaml")).get("tasks", [])
    found.tasks = [str(_mapping(one).get("title", "")) for one in tasks]
    for term in _mapping(draft.trees.get(f"{files.texts}/glossary.yaml")).get("terms", []):
        one = _mapping(term)
        if one.get("subjects"):
            found.subjects_term = str(one.get("term", ""))
            found.terms.append((found.subjects_term, ""))
            found.subjects |= {
                str(_mapping(each).get("code", "")): str(_mapping(each).get("text", ""))
                for each in one["subjects"]
            }
        else:
            found.terms.append((str(one.get("term", "")), str(one.get("text", ""))))
    reasons = _mapping(draft.trees.get(f"{files.texts}/reasons.yaml"))
    for key, value in reasons.items():
        if key in ("claims", "carried_from"):
            continue
        if isinstance(value, str):
            found.reasons[key] = value
        else:
            found.reasons |= {f"{key}.{code}": str(text) for code, text in _mapping(value).items()}
    found.units = draft.tables.get(files.units, [])
    found.project_keys = {
        row.get("项目名称", ""): row.get("键", "") for row in draft.tables.get(files.projects, [])
    }


def _mapping(tree: Tree | None) -> dict[str, Tree]:
    return tree if isinstance(tree, dict) else {}


def _prior(book: Book, notes: list[str]) -> Iterator[tuple[str, int]]:
    """Yield the figures that the next year asks for, from the cells of the tables, else from a known sentence."""
    roles, prior = roles_and_prior(book.edition.canonical)
    for one in prior.figures:
        names = [roles.resolve(one.of)]
        cells = [book.cell(name) for name in names if re.fullmatch(r"t\d+\.[^.]+\.[^.]+", name)]
        stated = next((cell for cell in cells if cell is not None), None)
        if stated is not None:
            yield one.key, _fen(stated.value)
            continue
        amounts = set(_sentence(book, known_words().sentences.get(one.key, "")))
        if len(amounts) == 1:
            yield one.key, amounts.pop()
        else:
            notes.append(f"没有认出{one.name}")


def _fen(yuan: Fraction) -> int:
    return round(yuan * FEN_PER_YUAN)


def _sentence(book: Book, words: str) -> Iterator[int]:
    if words:
        for _, block in book.source.paragraphs:
            for match in re.finditer(words, block.text):
                yield _fen(Fraction(match["amount"].replace(",", "")) * YUAN_PER[match["unit"]])


@dataclass
class _Part:
    """A heading with the blocks beneath it; ``part`` is the heading of the first level above."""

    title: str
    level: int
    part: str
    blocks: list[int] = field(default_factory=list)


def _parts(book: Book) -> list[_Part]:
    directory = directory_blocks(book.source)
    parts: list[_Part] = []
    above = ""
    for number, block in enumerate(book.source.blocks):
        if number in directory:
            continue
        if not isinstance(block, ReadGrid) and block.level:
            above = block.text if block.level == 1 else above
            parts.append(_Part(block.text, block.level, above))
        elif parts:
            parts[-1].blocks.append(number)
    filled = {(one.title, one.level) for one in parts if one.blocks}
    return [one for one in parts if one.blocks or (one.title, one.level) not in filled]  # else: a second directory


def _texts(book: Book, parts: list[_Part], words: str) -> Iterator[str]:
    """Yield the paragraphs beneath the first heading that holds these words."""
    one = _first(parts, words)
    for number in one.blocks if one else ():
        block = book.source.blocks[number]
        if number in book.grid_blocks or (not isinstance(block, ReadGrid) and book.catalog.caption(block.text)):
            return  # the tables begin, under a heading that was not recognised
        if not isinstance(block, ReadGrid) and block.text.endswith(_ENDS):
            yield marked(block.text)


def _first(parts: list[_Part], words: str) -> _Part | None:
    return next((one for one in parts if one.level > 1 and re.search(words, one.title)), None)


def _units(book: Book, parts: list[_Part], words: str) -> Iterator[dict[str, str]]:
    """Yield the rows of the table of units, where one stands beneath the heading."""
    name, remark = (column.head for column in UNITS)
    one = _first(parts, words)
    for number in one.blocks if one else ():
        grid = book.source.blocks[number]
        if not isinstance(grid, ReadGrid) or not grid.rows:
            continue
        head = [str(cell or "").strip() for cell in grid.rows[0]]
        at = next((n for n, cell in enumerate(head) if name in cell), None)
        if at is None:
            continue
        told = next((n for n, cell in enumerate(head) if remark in cell), None)
        for row in grid.rows[1:]:
            text = plain(str(row[at] or "")) if at < len(row) else ""
            if text:
                yield {name: text, remark: plain(str(row[told] or "")) if told is not None else ""}


def _glossary(book: Book, found: Before, words: Words) -> None:
    """Read the terms of the glossary, and the subjects that one of them lists."""
    directory = directory_blocks(book.source)
    inside = False
    for number, block in book.source.paragraphs:
        if number in directory:
            continue
        if block.level == 1:
            inside = re.search(words.glossary, block.text) is not None
        elif inside:
            text = _ORDINAL.sub("", block.text)
            match = _MEANING.match(text)
            if match is None and re.search(words.subjects, text):
                found.subjects_term = text
                found.terms.append((text, ""))
            elif match is not None and _SUBJECT.search(match["term"]):
                item = _SUBJECT.split(match["term"])
                names = [part for part in item if part]
                found.subjects[label_key(names[-1])] = marked(match["text"])
            elif match is not None:
                found.terms.append((match["term"], marked(match["text"])))


def _stripped(text: str) -> str:
    return _ORDINAL.sub("", text).rstrip("。；")
