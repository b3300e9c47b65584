"""Changes one figure of a rendered disclosure at a time, and asks the audit where.

``python tests/benchmarks/audit_corruption.py OUT/disclosure.html [count] [seed]`` prints the rate and every miss.
"""

import random
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import html

from juesuan.audit import Finding, audit_document
from juesuan.audit.numbers import plain

_NUMBER = re.compile(r"(?<![\d.,])\d[\d,]*(?:\.\d+)?(?![\d.]|年|月|日)")
_SKIPPED = {"script", "style", "svg", "template", "aside", "head", "nav", "button"}


@dataclass(frozen=True)
class Place:
    """One figure of the document: the node that holds it, whether as text or tail, and its span."""

    node: Any
    tail: bool
    start: int
    end: int
    text: str
    around: str
    kind: str

    def line(self) -> int:
        """The line of the element in which the figure stands."""
        element = self.node.getparent() if self.tail else self.node
        while (
            element.tag not in ("p", "tr", "li", "h1", "h2", "h3", "h4", "figcaption")
            and element.getparent() is not None
        ):
            element = element.getparent()
        return int(element.sourceline)


def figures(root: Any) -> Iterator[Place]:
    """Every figure that a reader sees, without the directory, dates, codes, 行次 and the heads of tables."""
    for node in root.find("body").iter():
        inside = [part.tag for part in node.iterancestors()]
        if isinstance(node.tag, str) and not _SKIPPED.intersection((node.tag, *inside)):
            yield from _in(node, node.text or "", tail=False)
        if node.getparent() is not None and node.tag != "body" and not _SKIPPED.intersection(inside):
            yield from _in(node, node.tail or "", tail=True)


def _in(node: Any, text: str, *, tail: bool) -> Iterator[Place]:
    element = node.getparent() if tail else node
    cell = next((part for part in (element, *element.iterancestors()) if part.tag in ("td", "th")), None)
    if element.tag == "title" or (cell is not None and cell.tag == "th" and len(cell.text_content().strip()) < 9):
        return
    for match in _NUMBER.finditer(text):
        table = next((part for part in element.iterancestors() if part.get("class", "").startswith("grid")), None)
        kind = "prose" if table is None else (table.get("id") or "grid")
        yield Place(
            node,
            tail,
            match.start(),
            match.end(),
            match[0],
            text[max(0, match.start() - 12) : match.end() + 8],
            kind,
        )


def _context(element: Any) -> str:
    """The paragraph or cell around a figure, from its beginning."""
    inside = (
        part for part in (element, *element.iterancestors()) if part.tag in ("p", "td", "th", "li", "h2", "h3")
    )
    return str(next(inside, element).text_content())[:50]


def changed(number: str, chance: random.Random) -> str:
    """Change one digit; the first never becomes zero."""
    digits = [n for n, char in enumerate(number) if char.isdigit()]
    at = chance.choice(digits)
    choices = [
        digit
        for digit in "0123456789"
        if digit != number[at] and not (at == 0 and digit == "0" and len(digits) > 1)
    ]
    return number[:at] + chance.choice(choices) + number[at + 1 :]


def key(one: Finding) -> tuple[str, str, str]:
    """What makes a finding the same one."""
    return one.rule, one.stated + one.computed + one.message, str(one.spot)


def run(document: Path, count: int, seed: int) -> tuple[int, int, list[tuple[Place, str, int]]]:
    """Corrupt ``count`` figures; return how many were found, how many at their very place, and the misses."""
    chance = random.Random(seed)  # noqa: S311 - a sample that can be drawn again
    before = {key(one) for one in audit_document(document).findings}
    root = html.parse(str(document)).getroot()
    every = list(figures(root))
    found = exact = 0
    misses = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / document.name
        for place in chance.sample(every, min(count, len(every))):
            attribute = "tail" if place.tail else "text"
            original = getattr(place.node, attribute)
            new = changed(place.text, chance)
            setattr(place.node, attribute, original[: place.start] + new + original[place.end :])
            copy.write_bytes(html.tostring(root, encoding="utf-8"))
            setattr(place.node, attribute, original)
            fresh = [one for one in audit_document(copy).findings if key(one) not in before]
            words = " ".join(f"{one.quote} {one.stated} {one.computed} {' '.join(one.evidence)}" for one in fresh)
            if fresh:
                found += 1
                exact += plain(new) in plain(words)
            else:
                misses.append((place, new, 0))
    return found, exact, misses


def main() -> None:
    """Print the rate and the misses."""
    document = Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 2020
    found, exact, misses = run(document, count, seed)
    sys.stdout.write(f"{found} of {found + len(misses)} found, {exact} with the changed figure quoted\n")
    for place, new, _ in misses:
        sys.stdout.write(f"  {place.kind}: {place.text} → {new} in …{' '.join(place.around.split())}…\n")


if __name__ == "__main__":
    main()
