"""How exported tables are known (``expectations/exported-tables.yaml``): titles, heads, labels, units of money."""

import re
from collections.abc import Mapping
from functools import cache, cached_property

from juesuan.audit.numbers import plain
from juesuan.audit.tables import label_key
from juesuan.base.resources import resource_root
from juesuan.base.yamlsource import Strict, read_yaml
from juesuan.forms import Form

_QUOTES = re.compile(r"[“”\"'‘’「」]")
_NAME_LENGTH = 31  # of a sheet, beyond which spreadsheets cut it


class ExportedKind(Strict):
    """The tables that fill a kind of form: their titles, beside its own, and the numbers of the program."""

    titles: tuple[str, ...]
    numbers: tuple[str, ...] = ()


class ExportWords(Strict):
    """``expectations/exported-tables.yaml``."""

    units: Mapping[str, int]
    unit: str
    year: str
    owner: str
    nothing: tuple[str, ...]
    title: str
    number: str
    same: Mapping[str, str]
    words: Mapping[str, str]
    labels: tuple[str, ...]
    counted: tuple[str, ...]
    final: tuple[str, ...]
    beneath: tuple[str, ...]
    details: str
    kinds: Mapping[str, ExportedKind]

    @cached_property
    def blanks(self) -> frozenset[str]:
        """What stands in a cell that has no amount, as :func:`juesuan.audit.numbers.plain` has it."""
        return frozenset(map(plain, self.nothing))

    def said(self, text: str) -> str:
        """Return a head or a title as it is compared."""
        text = _QUOTES.sub("", plain(text))
        for written, meant in self.same.items():
            text = text.replace(plain(written), plain(meant))
        return text

    def label(self, text: str) -> str:
        """Return the label of a row as it is compared; of one that has none, nothing."""
        key = label_key(self.said(text))
        return self.words.get(key, key)

    def title_of(self, text: str) -> str:
        """Return what is left of a title without year, office, number and brackets."""
        match = re.match(self.title, self.said(text))
        return match[1] if match else ""

    def kind(self, form: Form, name: str, lines: tuple[str, ...]) -> bool:
        """Return whether a sheet of this name, with these lines at its top, is a form: by number or title."""
        known = self.kinds.get(form.kind)
        number = re.match(self.number, plain(name))
        if number is not None:
            return known is not None and number[1] in known.numbers
        titles = {self.title_of(one) for one in (form.title, *(known.titles if known else ()))}
        cut = self.title_of(name) if len(name) >= _NAME_LENGTH else ""
        if cut and any(title.startswith(cut) for title in titles):
            return True
        said = [found for line in (*lines, name) if (found := self.title_of(line))]
        return any(one in titles for one in said)


@cache
def export_words() -> ExportWords:
    """Return how exported tables are known."""
    return read_yaml(resource_root() / "expectations" / "exported-tables.yaml", ExportWords)
