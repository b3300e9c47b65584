"""The quantities of a paragraph, each with the words that lead to it, and the sections of a document."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from juesuan.audit.model import ReadParagraph, Source
from juesuan.audit.numbers import NUMBER, YUAN_PER
from juesuan.base.problems import EditionError, InputError
from juesuan.base.resources import edition_folder
from juesuan.base.yamlsource import Strict, read_yaml

_UNITS = (
    "万元|亿元|元|%|个百分点|(?:万|亿)?(?:人次|批次|平方米|公里|人|户|名|个|辆|台|项|家|件|份|册|卷|页|条|处|座|套|所|场|期|篇|亩|吨|天|次|本)"
    "|分|万|亿"
)
_QUANTITY = re.compile(rf"(?P<number>{NUMBER})(?P<unit>{_UNITS})?")
_NO_QUANTITY = re.compile(
    r"^(?:\d{1,2}[.、．](?!\d)|\d{1,2}[.](?=20\d{2}年)|（\d{1,2}）)|[12]\d{3}年(?:度|底|初|末)?|\d{1,2}月(?:\d{1,2}日|底|初|至)?|第\d+|（\d+）"
    r"|(?<=[。；：])\d{1,2}[.、．](?!\d)|\d+-\d+%?"
)
_CLAUSE = re.compile(r"[，。；：！？]")
_SENTENCE = re.compile(r"[^。；！？]*[。；！？]?")


class Subject(Strict):
    """Words before an amount, and the cells they mean."""

    words: str
    cell: str = ""
    budget: str = ""


class Section(Strict):
    """A section of the narrative."""

    id: str
    heading: str
    base: str = ""
    classes: str = ""
    subjects: tuple[Subject, ...]


class Leftover(Strict):
    """Words that a template leaves behind."""

    words: str
    message: str


class Statement(Strict):
    """Words that say that a table is empty, or that it isn't; only one amount of it, where a cell is named."""

    words: str
    table: int
    cell: str = ""


class CeilingWords(Strict):
    """An amount of a sentence (groups ``number``, ``unit``) that is no more than a cell."""

    cell: str
    name: str
    words: str


class Within(Strict):
    """Words before an amount, and before another that is a part of it."""

    whole: str
    part: str


class Sentences(Strict):
    """``expectations/audit/sentences.yaml``."""

    sections: tuple[Section, ...]
    bases: tuple[Subject, ...]
    leftovers: tuple[Leftover, ...]
    required: tuple[str, ...]
    statements: tuple[Statement, ...]
    contrary: tuple[Statement, ...]
    ceilings: tuple[CeilingWords, ...]
    within: tuple[Within, ...]
    topics: tuple[str, ...]


@dataclass(frozen=True)
class Mention:
    """A number in running text. ``lead`` is everything since the number before (or the sentence's beginning)."""

    number: str
    unit: str
    start: int
    end: int
    lead: str

    @property
    def clause(self) -> str:
        """The words since the last punctuation mark."""
        return _CLAUSE.split(self.lead)[-1].lstrip("、")

    @property
    def is_money(self) -> bool:
        """Whether the number is an amount."""
        return self.unit in YUAN_PER and self.unit != "万"

    @property
    def is_rate(self) -> bool:
        """Whether the number is a percentage."""
        return self.unit == "%"

    @property
    def text(self) -> str:
        """The number with its unit."""
        return self.number + self.unit


@dataclass(frozen=True)
class Part:
    """A stretch of the document under one heading of the second level; its paragraphs by block."""

    title: str
    heading: str
    section: Section | None
    paragraphs: tuple[tuple[int, ReadParagraph], ...]


@cache
def load_sentences() -> Sentences:
    """Read the patterns.

    Raises:
        EditionError: the file is wrong.
    """
    try:
        return read_yaml(edition_folder("audit", "sentences.yaml"), Sentences)
    except InputError as error:
        raise EditionError(str(error)) from None


def mentions(text: str) -> Iterator[Mention]:
    """Every number of a text in order, without dates, item numbers and ordinals."""
    done = 0
    skipped = {at for match in _NO_QUANTITY.finditer(text) for at in range(*match.span())}
    for match in _QUANTITY.finditer(text):
        if match.start() in skipped:
            continue
        number = match["number"].rstrip(",")
        lead = text[done : match.start()]
        yield Mention(number, match["unit"] or "", match.start(), match.end(), lead)
        done = match.end()


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Every sentence with its offset."""
    for match in _SENTENCE.finditer(text):
        if match[0]:
            yield match.start(), match[0]


def parts(source: Source) -> Iterator[Part]:
    """The document by its headings of the first two levels; a directory is left out."""
    known = load_sentences().sections
    title, heading, held = "", "", list[tuple[int, ReadParagraph]]()
    directory = directory_blocks(source)
    for number, block in source.paragraphs:
        if number in directory:
            continue
        if block.level in (1, 2):
            yield Part(title, heading, _section(known, heading), tuple(held))
            title, heading, held = (block.text, "", []) if block.level == 1 else (title, block.text, [])
        held.append((number, block))
    yield Part(title, heading, _section(known, heading), tuple(held))


def parts_of(parts: Sequence[Part], section: str) -> Iterator[Part]:
    """Yield the parts of a section, else what stands under headings of a lower level that name it.

    （二）政府采购支出情况 is a section of its own in forms that gather several under one heading.
    """
    found = [part for part in parts if part.section is not None and part.section.id == section]
    if found:
        yield from found
        return
    known = next(one for one in load_sentences().sections if one.id == section)
    for part in parts:
        for at, (_, block) in enumerate(part.paragraphs):
            if block.level and re.search(known.heading, block.text):
                after = part.paragraphs[at + 1 :]
                end = next((n for n, (_, one) in enumerate(after) if one.level), len(after))
                yield Part(part.title, block.text, known, (part.paragraphs[at], *after[:end]))


def directory_blocks(source: Source) -> frozenset[int]:
    """The blocks of the directory: from 目录 to where the first heading stands again."""
    found = [number for number, block in source.paragraphs if re.search(r"(?:^|决算|公开)目录[.…]*$", block.text)]
    if not found:
        return frozenset()
    start = found[0]
    headings = [(number, block.text) for number, block in source.paragraphs if number > start and block.level == 1]
    first = headings[0][1] if headings else ""
    again = next((number for number, text in headings[1:] if text[:8] == first[:8]), start + 1)
    return frozenset(range(start, again))


def missing_sections(source: Source) -> tuple[str, ...] | None:
    """Return the words of required sections that aren't there; None for a piece of a document."""
    inside = directory_blocks(source)
    headings = [block.text for n, block in source.paragraphs if block.level and n not in inside]
    required = load_sentences().required
    missing = tuple(words for words in required if not any(re.search(words, text) for text in headings))
    return missing if 2 * len(missing) <= len(required) else None


def _section(known: tuple[Section, ...], heading: str) -> Section | None:
    """Return the section whose pattern covers most of the heading."""
    fitting = [(len(match[0]), -n) for n, one in enumerate(known) if (match := re.search(one.heading, heading))]
    return known[-max(fitting)[1]] if fitting else None
