"""Free text of a package: where it stands, its segments, and its runs for the document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from juesuan.document import Number, Run, Runs, Text
from juesuan.facts import FactSource
from juesuan.package.markup import Break, Declared, PlainWords, Reference, Segment, StatedNumber


@dataclass(frozen=True)
class ProseNumber:
    """A number that a text states, with the id of its fact and its place."""

    fact: str
    label: str
    stated: StatedNumber
    source: FactSource

    @property
    def value(self) -> Fraction:
        """The exact value stated."""
        return self.stated.value


@dataclass(frozen=True)
class Prose:
    """A text as written, and what its mark-up says (see :mod:`juesuan.package.markup`).

    A model reads it from a plain YAML string; the loader then puts in ``segments`` and ``mentions`` (one for
    each :class:`StatedNumber` segment, in order). A text that has not been placed yet has neither.
    """

    written: str
    segments: tuple[Segment, ...] = ()
    mentions: tuple[ProseNumber, ...] = field(default=(), compare=False)

    @property
    def paragraphs(self) -> tuple[Runs, ...]:
        """The runs of each paragraph, for the document; none of an empty text."""
        paragraphs: list[Runs] = []
        runs: list[Run] = []
        mentions = iter(self.mentions)
        for segment in self.segments:
            match segment:
                case Break():
                    paragraphs.append(tuple(runs))
                    runs = []
                case PlainWords():
                    runs.append(Text(segment.text))
                case Declared():
                    runs.append(Text(segment.text, declared=True))
                case StatedNumber():
                    runs.append(Number(next(mentions).fact))
                case Reference(name=name):
                    runs.append(Number(named_fact(name)))
        return tuple(filter(None, (*paragraphs, tuple(runs))))

    @property
    def runs(self) -> Runs:
        """The runs of a text of one paragraph (several are joined)."""
        return tuple(run for paragraph in self.paragraphs for run in paragraph)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The ids of the facts printed in it, in order."""
        return tuple(run.fact for run in self.runs if isinstance(run, Number))

    def plain(self, numbers: Mapping[str, ProseNumber]) -> str:
        """The text as printed; ``numbers`` are the package's, by fact id."""
        return "".join(
            numbers[run.fact].stated.printed if isinstance(run, Number) else run.text for run in self.runs
        )

    def __bool__(self) -> bool:
        return bool(self.written.strip())

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # Spaces are kept: offsets into the text as written tell line and column.
        text = core_schema.str_schema(strip_whitespace=False)
        return core_schema.no_info_after_validator_function(cls, text)


def named_fact(name: str) -> str:
    """The id of the fact of a named number."""
    return f"text.{name}"


def unnamed_fact(file: str, line: int, ordinal: int) -> str:
    """The id of the fact of an unnamed number: ``text.key-tasks.31.2``, ``text.performance.overall.20.1``."""
    stem = file.removesuffix(".yaml").removeprefix("texts/").replace("/", ".")
    return f"text.{stem}.{line}.{ordinal}"
