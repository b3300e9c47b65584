"""Checks an edition without a unit: reads all of it, then closes made-up books of every kind by it."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from juesuan import closing
from juesuan.base.money import round_half_up
from juesuan.base.problems import EditionError, JuesuanError
from juesuan.editing.trial import TrialCase, Trials, load_trials, write_package, write_prior
from juesuan.edition import Edition, load_edition
from juesuan.edition.made import OPERATING
from juesuan.editionfiles import CitedRule, edition_files, edition_names, is_path
from juesuan.overlay import some
from juesuan.roles import ProgramRole

_CARRIED = "carry_over"  # what the books begin with is last year's end, whatever else last year was


@dataclass(frozen=True)
class Checked:
    """What came of a check: everything wrong with the files, or what each situation said (nothing: it closed)."""

    name: str
    faults: tuple[str, ...]
    changes: tuple[str, ...] = ()
    cases: tuple[tuple[str, str], ...] = ()

    @property
    def good(self) -> bool:
        """Whether the edition can be closed by."""
        return not self.faults and bool(self.cases) and not any(said for _, said in self.cases)

    @property
    def lines(self) -> Iterator[str]:
        """What people read."""
        if self.faults:
            yield f"✗ 版本“{self.name}”的文件有错："
            yield from (f"　　{one}" for one in self.faults)
            return
        yield f"✓ 版本“{self.name}”的文件都读得懂，所写的名称都有着落"
        yield from (f"　　{one}" for one in self.changes)
        for case, said in self.cases:
            yield f"{'✗' if said else '✓'} 试算：{case}"
            yield from (f"　　{line}" for line in said.splitlines())


def check_edition(key: str) -> Checked:
    """Check an edition by its name or the path of its folder."""
    try:
        edition = load_edition(key)
    except EditionError as error:
        return Checked(key, tuple(str(error).splitlines()))
    named = str(Path(key).resolve()) if is_path(key) else key
    trials = load_trials()
    cases = tuple((case.name, _tried(trials, case, edition, named)) for case in trials.cases)
    return Checked(edition.key, (), tuple(_changes(edition, key.partition("+")[0])), cases)


def _changes(edition: Edition, key: str) -> Iterator[str]:
    """Yield which checks an edition adds to those of the one that it extends, changes and takes away.

    A rule under a key that is taken is a change, and one that a rewritten file leaves out is gone: whoever wrote
    the edition reads here whether that was meant.
    """
    _, *extended = edition_files(key).layers
    if not extended:
        return
    name, folder = extended[0].name, extended[0].folder
    before = _rules(load_edition(name if name in edition_names() else str(folder)))
    after = _rules(edition)
    found = {
        "增加": [key for key in after if key not in before],
        "改动": [key for key in after if key in before and after[key] != before[key]],
        "去掉": [key for key in before if key not in after],
    }
    told = [f"{word} {len(keys)} 条（{some(keys)}）" for word, keys in found.items() if keys]
    yield f"与所继承的“{name}”相比，核对的规则和关系式：{'；'.join(told) or '相同'}"


def _rules(edition: Edition) -> dict[str, CitedRule]:
    files = (rule for file in edition.identities for rule in file.content.rules)
    return {one.id: one for one in (*(written.rule for written in edition.rules), *files)}


def _tried(trials: Trials, case: TrialCase, edition: Edition, key: str) -> str:
    """Return why a case can't be closed; empty where it can."""
    with tempfile.TemporaryDirectory(prefix="juesuan-") as folder:
        root = Path(folder) / "package"
        year = edition.valid.first
        write_package(trials, case, root, edition=key, year=year, words=edition.words.all_templates)
        try:
            account = _closed(root)
            if case.prior:
                write_prior(root, _last_year(account, Fraction(case.prior)))
                _closed(root)
        except JuesuanError as error:
            return str(error)
    return ""


def _last_year(account: closing.ClosingAccounts, times: Fraction) -> dict[str, tuple[str, int]]:
    """Return last year's figures, names and 分 by key: this year's times so much; carried over: as the books."""
    edition, facts = account.books.edition, account.facts
    found: dict[str, tuple[str, int]] = {}
    for one in edition.prior.figures:
        name = edition.roles.resolve(one.of)
        if one.key == _CARRIED:
            found[one.key] = (one.name, int(facts[edition.roles[ProgramRole.OPENING]].exact))
        elif name in facts:
            found[one.key] = (one.name, round_half_up(facts[name].exact * times))
        elif name != OPERATING:
            raise EditionError(f"prior.yaml：没有这个数：{one.of}")
    return found


def _closed(root: Path) -> closing.ClosingAccounts:
    """Close a package up to its page, and read the sentences back.

    Raises:
        ClosingRefused: a rule of severity error failed, or the package has problems.
        EditionError: a template or a rule is wrong.
    """
    return closing.close_checked(closing.ingest(root)).account
