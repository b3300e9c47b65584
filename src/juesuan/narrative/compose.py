"""Rendering the document's templates over facts."""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, TemplateError, nodes
from jinja2.bccache import Bucket
from jinja2.sandbox import ImmutableSandboxedEnvironment

from juesuan.base.problems import EditionError
from juesuan.document import Block, Document, Text, runs_of
from juesuan.editionfiles import EditionFiles
from juesuan.facts import Fact, Facts, Phase, Unit
from juesuan.narrative.markup import MarkupError, blocks_of, declared_mark, fact_mark, marks_of, runs_of_line
from juesuan.package import ClosingPackage, Prose
from juesuan.roles import Roles
from juesuan.statistics import Lists, Member, Undefined


@dataclass(frozen=True)
class Composition:
    """What a document is composed from.

    ``lists`` are those of the statistics, and more that only sentences need; ``named`` the tables, sheets and
    charts that a template places with ``@name``. ``money`` is the unit of amounts, ``subject_names`` the names
    of functional codes.
    """

    words: EditionFiles
    package: ClosingPackage
    facts: Facts
    undefined: Mapping[str, Undefined]
    lists: Lists
    named: Mapping[str, Block | None]
    money: str
    subject_names: Mapping[str, str]
    roles: Roles


class _Confined(ImmutableSandboxedEnvironment):
    """Templates of an edition are data, also from outside the program: they reach no file and run no code."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may read an attribute: nothing private, and nothing of a path or a class."""
        return not isinstance(obj, PurePath | type) and super().is_safe_attribute(obj, attr, value)


class _Compiled(BytecodeCache):
    """Templates that this process compiled, by where they stand and what is in them: many units share them."""

    _MOST = 1000

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if len(self._kept) >= self._MOST:
            self._kept.clear()
        self._kept[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


@lru_cache(maxsize=256)
def tree_of(source: str) -> nodes.Template:
    """Return what a template of an edition's sentences is made of; nobody may change it."""
    return _environment().parse(source)


def environment_of(words: EditionFiles) -> Environment:
    """Return where the templates of an edition's sentences are found, and how they are written."""
    environment = _environment()
    environment.loader = FileSystemLoader(words.template_folders)
    environment.filters["ordinal"] = ordinal
    return environment


def _environment() -> Environment:
    return _Confined(
        undefined=StrictUndefined,
        autoescape=False,  # renders marked text, which a skin escapes
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
    )


def compose(composition: Composition) -> Document:
    """Render ``document.j2`` of an edition's sentences into a document.

    Raises:
        EditionError: a template is wrong, asks for a fact that does not exist, or prints a digit that is none.
    """
    environment = environment_of(composition.words)
    environment.globals.update(_Words(composition).names())
    try:
        title = environment.get_template("title.j2").render().strip()
        text = environment.get_template("document.j2").render()
    except TemplateError as error:
        raise EditionError(f"{_where(error, composition.words)}模板不能用：{error}") from error
    except EditionError as error:
        raise EditionError(f"{_where(error, composition.words)}{error}") from error
    document = Document(runs_of_line(title), tuple(blocks_of(text, composition.named)))
    _check_digits(document)
    return document


def _where(error: Exception, words: EditionFiles) -> str:
    """Return which line of which template an error came from: the last that was being written."""
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if path.suffix == ".j2":
            found = f"{words.template_label(path.name)} 第 {line} 行："
    return found or f"{words.name} 的文字："


def _check_digits(document: Document) -> None:
    """Make sure that no part of the document, however made, has a digit that is no fact and not declared."""
    for block in document.blocks:
        for runs in runs_of(block):
            for run in runs:
                if isinstance(run, Text) and not run.declared and any(map(str.isdigit, run.text)):
                    where = getattr(block, "name", "") or type(block).__name__.lower()
                    raise MarkupError(f"{where} of the document has a digit that is no fact: {run.text!r}")


def _given(words: str) -> str:
    """Return words that a package gives (the name of a unit or a project); digits in them are no quantities."""
    return declared_mark(words) if any(map(str.isdigit, words)) else words


_DIGITS = "零一二三四五六七八九"


def ordinal(number: int) -> str:
    """Return a number from 1 to 99 as Chinese headings count: 一, 十, 十一, 二十."""
    tens, ones = divmod(number, 10)
    if not 0 < number < 100:  # noqa: PLR2004 - no document has a hundred sections
        raise ValueError(f"no ordinal for {number}")
    return ("" if tens < 2 else _DIGITS[tens]) + ("十" if tens else "") + (_DIGITS[ones] if ones else "")  # noqa: PLR2004


def _unfit(call: str, fact: Fact) -> EditionError:
    return EditionError(f"{call}(…) 不能填 {fact.id}（{fact.label}）：它的单位是“{fact.unit}”")


class _Words:
    """What a template may call. Every number comes back as the mark of a fact."""

    def __init__(self, composition: Composition) -> None:
        self._composition = composition
        self._facts = composition.facts
        self._id = composition.roles.resolve

    def names(self) -> Mapping[str, Any]:
        """Return the globals of the templates."""
        package = self._composition.package
        return {
            "amount": self.amount,
            "count": self.number,
            "rate": self.rate,
            "points": self.number,
            "sign": self.sign,
            "occurs": self.occurs,
            "moved": lambda name: self._id(name) in self._facts and bool(self.sign(name)),
            "defined": lambda name: self._id(name) in self._facts,
            "undefined_words": self.undefined_words,
            "inline": self.inline,
            "paragraphs": self.paragraphs,
            "declared": declared_mark,
            "lists": {
                name: [self._member(member) for member in members]
                for name, members in self._composition.lists.items()
            },
            "package": package,
            "unit": {**dict(package.settings.unit), "name": _given(package.settings.unit.name)},
            "money": self._composition.money,
            "subject_name": self.subject_name,
            "year": fact_mark("year"),
            "prior_year": fact_mark("year.prior"),
        }

    def _member(self, member: Member) -> Member:
        """Return a member of a list with its name as words; the name of a table or chart stays as it is."""
        name = member.get("name", "")
        return member if not name or name in self._composition.named else {**member, "name": _given(name)}

    def amount(self, fact_id: str, phase: str = Phase.FINAL) -> str:
        """Print an amount, named by its role or its id; the slot names its phase (决算 by default)."""
        fact_id = self._id(fact_id)
        fact = self._facts[fact_id]
        if fact.unit is not Unit.FEN:
            raise _unfit("amount", fact)
        if fact.phase != phase:
            words = f"写“{phase}”的位置不能填 {fact_id}（{fact.label}）：它是{fact.phase or '不分阶段的数'}"
            raise EditionError(words)
        return fact_mark(fact_id)

    def number(self, fact_id: str) -> str:
        """Print a count or points."""
        fact = self._facts[fact_id]
        if fact.unit not in (Unit.NUMBER, Unit.SCORE):
            raise _unfit("count", fact)
        return fact_mark(fact_id)

    def rate(self, fact_id: str) -> str:
        """Print a rate; where it has no value, the words that take its place (check ``defined`` first)."""
        if fact_id in self._composition.undefined:
            return self.undefined_words(fact_id)
        if self._facts[fact_id].unit is not Unit.RATE:
            raise _unfit("rate", self._facts[fact_id])
        return fact_mark(fact_id)

    def undefined_words(self, fact_id: str) -> str:
        """Return the words for a rate that has no value."""
        return self._composition.undefined[fact_id].words

    def subject_name(self, code: str) -> str:
        """Return the name of a functional code; the code itself where nobody names it (a check asks for one)."""
        return _given(self._composition.subject_names.get(code, code))

    def sign(self, fact_id: str) -> int:
        """Return −1, 0 or 1: the sign of the displayed value."""
        displayed = self._facts[self._id(fact_id)].displayed
        return (displayed > 0) - (displayed < 0)

    def occurs(self, *fact_ids: str) -> bool:
        """Return whether any of the amounts is not nought, also where it prints as nought (0.01 元 in 万元)."""
        return any(self._facts[self._id(fact_id)].exact for fact_id in fact_ids)

    def inline(self, prose: Prose) -> str:
        """Print a text of the package within a sentence."""
        return marks_of(prose.runs)

    def paragraphs(self, prose: Prose) -> Sequence[str]:
        """Print a text of the package, paragraph by paragraph."""
        return [marks_of(runs) for runs in prose.paragraphs]
