"""What the document templates render to: one block a line, with marks where facts stand.

=============  ====================================================
``# …``        a part; ``## …`` a section; ``### …`` a subsection
``+ …``        a numbered paragraph (``1.``; ``+、 …`` is ``1、``); ``++ …`` one below it (``(1)``)
``@name``      a table, sheet or chart of the document
anything else  a paragraph
=============  ====================================================

Numbered paragraphs are counted from heading to heading.

Inside a line a fact is ``U+E000 id U+E001``, declared digits are ``U+E002 text U+E003``: private-use characters
that no text contains. Any other digit is an error: a sentence cannot contain a number that is no fact.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from juesuan.base.problems import EditionError
from juesuan.document import Block, Heading, Number, Paragraph, Run, Runs, Text

_FACT, _FACT_END, _DECLARED, _DECLARED_END = "\ue000", "\ue001", "\ue002", "\ue003"
_MARK = re.compile(f"{_FACT}([^{_FACT_END}]*){_FACT_END}|{_DECLARED}([^{_DECLARED_END}]*){_DECLARED_END}")
_PREFIX = re.compile(r"(#{1,3}|\+、?|\+\+)\s+")
_ITEMS = {"+": ".", "+、": "、"}
_HAN_SPACE = re.compile(r"(?<=[^\x00-\x7f]) +(?=[^\x00-\x7f])")


class MarkupError(EditionError):
    """A document template renders to something that is no document."""


def fact_mark(fact_id: str) -> str:
    """Return the mark that stands for a fact."""
    return f"{_FACT}{fact_id}{_FACT_END}"


def declared_mark(text: str) -> str:
    """Return the mark of digits that are no quantity."""
    return f"{_DECLARED}{text}{_DECLARED_END}"


def marks_of(runs: Runs) -> str:
    """Return runs as marked text, to stand inside a template's output."""
    return "".join(
        fact_mark(run.fact) if isinstance(run, Number) else declared_mark(run.text) if run.declared else run.text
        for run in runs
    )


@dataclass
class _Counters:
    part: int = 0
    section: int = 0
    subsection: int = 0
    item: int = 0
    subitem: int = 0

    def heading(self, level: int) -> str:
        """Count a heading and return its anchor."""
        if level == 1:
            self.part, self.section, self.subsection = self.part + 1, 0, 0
            anchor = f"part-{self.part}"
        elif level == 2:  # noqa: PLR2004 - levels of headings
            self.section, self.subsection = self.section + 1, 0
            anchor = f"part-{self.part}-{self.section}"
        else:
            self.subsection += 1
            anchor = f"part-{self.part}-{self.section}-{self.subsection}"
        self.item = self.subitem = 0
        return anchor


def blocks_of(text: str, named: Mapping[str, Block | None]) -> Iterator[Block]:
    """Yield the blocks of a rendered template; ``named`` are the tables, sheets and charts; None is one
    that has nothing to show.

    Raises:
        MarkupError: a digit that is no fact and not declared, an unknown block, or an empty heading.
    """
    counters = _Counters()
    for number, written in enumerate(text.splitlines(), start=1):
        line = written.strip()
        if not line:
            continue
        if line.startswith("@"):
            if line[1:] not in named:
                raise MarkupError(f"line {number} of the rendered document: there is no block {line!r}")
            block = named[line[1:]]
            if block is not None:
                yield block
            continue
        match = _PREFIX.match(line)
        runs = runs_of_line(line[match.end() :] if match else line, number)
        if match is None:
            yield Paragraph(runs)
        elif line.startswith("#"):
            level = len(match[1])
            yield Heading(level, runs, counters.heading(level))
        elif match[1] in _ITEMS:
            counters.item, counters.subitem = counters.item + 1, 0
            yield Paragraph(runs, marker=f"{counters.item}{_ITEMS[match[1]]}")
        else:
            counters.subitem += 1
            yield Paragraph(runs, marker=f"({counters.subitem})")


def runs_of_line(line: str, number: int = 1) -> Runs:
    """Return the runs of one line of marked text.

    Raises:
        MarkupError: the text outside the marks holds a digit.
    """
    runs: list[Run] = []
    at = 0
    for match in _MARK.finditer(line):
        _add_words(runs, line[at : match.start()], line, number)
        runs.append(Number(match[1]) if match[1] is not None else Text(match[2], declared=True))
        at = match.end()
    _add_words(runs, line[at:], line, number)
    return tuple(runs)


def _add_words(runs: list[Run], words: str, line: str, number: int) -> None:
    if any(character.isdigit() for character in words):
        shown = _MARK.sub(lambda match: match[1] or match[2], line)
        raise MarkupError(f"line {number} of the rendered document has a digit that is no fact: {shown!r}")
    if words:
        runs.append(Text(_HAN_SPACE.sub("", words)))
