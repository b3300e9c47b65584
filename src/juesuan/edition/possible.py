"""What can exist in a closing under an edition: facts, members of lists, sections, blocks.

An edition names facts by patterns over lists whose members only a closing brings. Here each list has members as
they would be (all that the forms give; one code, one project where only books can tell), so that every name in the
edition's data becomes a plain id that is possible or is not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from juesuan.edition.made import ADJUSTMENT, OPERATING, PROJECTS_OF, item_member, unspent_id
from juesuan.edition.model import OWN_LISTS, Edition
from juesuan.facts import Unit
from juesuan.forms.checks import cells_by_row
from juesuan.forms.model import Form, Layout
from juesuan.ledger import Fund, load_codes
from juesuan.package.names import EVALUATION_AVERAGE, possible_counts, possible_facts
from juesuan.roles import Cell, ListLine, class_rows, column_members, completed, rows_under
from juesuan.tables.fill import LEVELS

Members = Sequence[Mapping[str, str]]

PROJECT = "somewhat"
"""The key of a project as it might be."""

_WORDS = {"project": PROJECT, "name": "", "sheet": "yes", "use": "yes"}
"""What the words of a project say, of which each list has its own."""


@dataclass(frozen=True)
class Possible:
    """What a closing under an edition can hold."""

    edition: Edition

    @cached_property
    def codes(self) -> Mapping[int, tuple[str, ...]]:
        """Functional codes by level: every class that the forms or the list have, one section, one item."""
        names = load_codes(self.edition.valid.first).functional.names
        classes = {code for code in names if LEVELS.get(len(code)) == 1}
        for form in self.edition.forms.values():
            classes |= class_rows(form).keys()
        item = next((code for code in sorted(names) if LEVELS.get(len(code)) == 3), "")  # noqa: PLR2004 - 项
        return {1: tuple(sorted(classes)), 2: (item[:5],), 3: (item,)}

    @cached_property
    def cells(self) -> frozenset[str]:
        """Every cell that a form can have."""
        return frozenset(one for form in self.edition.forms.values() for one in self._cells(form))

    @cached_property
    def package(self) -> frozenset[str]:
        """Every fact that a package can hold."""
        return frozenset(possible_facts(self.codes[1], self.codes[3], (PROJECT,), tuple(Fund)))

    @cached_property
    def given(self) -> frozenset[str]:
        """Every fact that is there before statistics are made."""
        return frozenset(
            (
                *self.cells,
                *self.package,
                *self._spending(),
                *(one.id for one in self.edition.thresholds),
                "year",
                "year.prior",
            )
        )

    @cached_property
    def counts(self) -> frozenset[str]:
        """Those of them that count people, things or projects."""
        made = (one for one in self._spending() if one.endswith(".count"))
        return frozenset((*possible_counts(), *made, "year", "year.prior"))

    def unit_of(self, name: str) -> Unit | None:
        """Return what a fact is in that is there before sentences are written; None where that is not known."""
        if name in self.statistics:
            return self.edition.definitions.statistics[self.statistics[name]].kind.unit
        if name not in self.given:
            return None
        if name == EVALUATION_AVERAGE:
            return Unit.SCORE
        return Unit.NUMBER if name in self.counts else Unit.FEN

    @cached_property
    def statistics(self) -> Mapping[str, int]:
        """The statistics that can be made, each with the number of its definition."""
        made: dict[str, int] = {}
        for number, one in enumerate(self.edition.definitions.statistics):
            members = self.members(one.each)
            for member in members or ():
                name = filled(one.id, member)
                if name is not None:
                    made.setdefault(name, number)
        return made

    @cached_property
    def facts(self) -> frozenset[str]:
        """Every fact that can be there when sentences are written."""
        return frozenset((*self.given, *self.statistics, *self._scores()))

    @cached_property
    def lists(self) -> Mapping[str, Members]:
        """Every list with members as they might be; a list that is written wrongly has none."""
        found: dict[str, Members] = {
            "tables": [{"name": form.name} for form in self.edition.forms.values()],
            **{name: [_made_up(name)] for name in OWN_LISTS if name not in ("tables", "evaluated_funds")},
        }
        lines = self.edition.lists
        found.update({name: self._members(line) for name, line in lines.items() if not line.occurring})
        for name, line in lines.items():
            if line.occurring:
                found[name] = [completed(line, one, self.edition.roles) for one in found.get(line.occurring, ())]
        found["evaluated_funds"] = [{**one, "all": "yes"} for one in found.get("evaluation_funds", ())]
        return found

    def members(self, each: str | Sequence[Mapping[str, str]]) -> Members | None:
        """Return the members of a list that is named or written out, one without words for none; None: no list."""
        if not isinstance(each, str):
            return each or ({},)
        return self.lists.get(each)

    def matches(self, pattern: str, names: frozenset[str]) -> bool:
        """Return whether any of these names is as a pattern has it, in which ``*`` stands for anything."""
        if "*" not in pattern:
            return pattern in names
        wanted = re.compile(".*".join(map(re.escape, pattern.split("*"))))
        return any(wanted.fullmatch(name) for name in names)

    def _cells(self, form: Form) -> Iterator[str]:
        for row, columns in cells_by_row(form).items():
            yield from (Cell(form.table, row, column).id for column in columns)
        if form.layout is Layout.SUBJECTS:
            for code in (code for codes in self.codes.values() for code in codes):
                yield from (Cell(form.table, code, column.key).id for column in form.all_columns)

    def _spending(self) -> Iterator[str]:
        """Yield what :mod:`juesuan.closing.spending` and :mod:`juesuan.closing.carryover` make."""
        yield from (
            OPERATING,
            ADJUSTMENT,
            "execution.budget",
            "execution.actual",
            "project.count",
            "evaluated.count",
            *(unspent_id(fund, self.codes[3][0]) for fund in Fund),
        )
        for name in (PROJECT, "total"):
            yield f"project.{name}.actual"
            yield from (f"project.{name}.{fund}.actual" for fund in Fund)
        yield from (f"evaluated.{fund}.{what}" for fund in Fund for what in ("actual", "count"))
        yield from (f"{ADJUSTMENT}.{cause.key}" for cause in self.edition.chart.adjustments.causes)

    def _scores(self) -> Iterator[str]:
        for key in ("unit", PROJECT):
            yield from (f"score.{key}.{name}" for name in ("rate", "execution", "execution.weight", "total"))

    def _members(self, line: ListLine) -> Members:
        edition = self.edition
        if line.members:
            return [completed(line, one, edition.roles) for one in line.members]
        if line.columns_beside:
            return list(column_members(line, edition.forms, edition.roles))
        whole = edition.roles.cell(line.whole)
        if line.items_told:
            (code,) = self.codes[3]
            item = item_member(code, line.fund, Cell(whole.table, code, whole.column).id, {})
            return [completed(line, item, edition.roles)]
        if line.classes_beside:
            rows = class_rows(edition.forms[whole.table])
            found = [
                {"class": code, "name": "", "row": row, "amount": Cell(whole.table, row, whole.column).id}
                for code, row in rows.items()
            ]
        else:
            codes = (
                self.codes[line.depth.level]
                if line.subjects_under
                else tuple(row.id for row in rows_under(edition.forms[whole.table], whole.row))
            )
            found = [
                {line.word: code, "name": "", "amount": Cell(whole.table, code, whole.column).id} for code in codes
            ]
        return [completed(line, one, edition.roles) for one in found]


def _made_up(name: str) -> dict[str, str]:
    """Return a member of a list of the program's own, with the words that its members have and no others."""
    words = {**_WORDS, "amount": f"project.{PROJECT}.{PROJECTS_OF.get(name, 'total')}.actual"}
    return {word: words[word] for word in sorted(OWN_LISTS[name])}


def filled(pattern: str, member: Mapping[str, str]) -> str | None:
    """Return a name with the words of a member in it; None where the member lacks one."""
    try:
        return pattern.format_map(member)
    except (KeyError, ValueError, IndexError):
        return None
