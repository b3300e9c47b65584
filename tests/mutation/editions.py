"""Editions on trial: the data of 2020 with changes, and what a closing on them says."""

import csv
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import yaml

from juesuan import closing
from juesuan.base.problems import EditionError
from juesuan.base.resources import resources_at
from juesuan.document import Chart
from juesuan.edition import load_edition
from juesuan.rules.sections import sections_of
from tests.conftest import EXAMPLE, ROOT

SHARED = ("audit", "codes", "accounts", "profiles", "trials.yaml", "starting.yaml", "exported-tables.yaml")
"""Rooms of expectations that no mutation changes."""

NAMES = re.compile(r"(?<![\w.{}-])[a-z_]+(?:\.(?:[a-z_0-9]+|\{[a-z]+\}))+(?![\w}-])")
"""Names of facts and roles as data writes them."""


class Trial:
    """A copy of an edition's data that may be changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "expectations").mkdir(parents=True)
        (root / "templates").mkdir()
        (root / "flows").symlink_to(ROOT / "flows")
        for entry in (ROOT / "templates").iterdir():
            if entry.name == "document":
                shutil.copytree(entry, root / "templates" / entry.name)
            else:
                (root / "templates" / entry.name).symlink_to(entry)
        for entry in (ROOT / "expectations").iterdir():
            if entry.name in SHARED:
                (root / "expectations" / entry.name).symlink_to(entry)
            else:
                shutil.copytree(entry, root / "expectations" / entry.name)

    def text(self, file: str) -> str:
        return (self.root / file).read_text(encoding="utf-8")

    def change(self, file: str, *changes: tuple[str, str]) -> "Trial":
        text = self.text(file)
        for old, new in changes:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
            text = text.replace(old, new)
        return self.write(file, text)

    def write(self, file: str, text: str) -> "Trial":
        (self.root / file).write_text(text, encoding="utf-8")
        return self

    def remove(self, file: str) -> "Trial":
        (self.root / file).unlink()
        return self

    def refusal(self) -> str:
        """Return why the edition is refused when it is loaded; empty where it isn't."""
        try:
            with resources_at(self.root):
                load_edition("wuhan-2020")
        except EditionError as error:
            return str(error)
        return ""


@dataclass(frozen=True)
class Told:
    """What a closing says: sections by title, charts by label with amount and share, tables and sheets."""

    sections: dict[str, str]
    charts: dict[str, dict[str, tuple[str, str]]]
    grids: dict[str, str]
    account: closing.ClosingAccounts


def told(trial: Trial, package: Path = EXAMPLE) -> Told:
    """Close a package on an edition on trial, up to the document and the checks of it.

    Raises:
        ClosingRefused: a rule of it failed.
        EditionError: the edition is refused.
    """
    with resources_at(trial.root):
        intake = closing.ingest(package)
        closing.refuse_problems(intake.problems, ())
        books = closing.fill(intake)
        closing.refuse_failures(closing.check_tables(books))
        account = closing.derive(books)
        closing.refuse_failures(closing.check_account(account))
        document = closing.write_document(account)
    facts = account.facts
    found = sections_of(document, facts)
    charts: dict[str, dict[str, tuple[str, str]]] = {}
    for block in document.blocks:
        if isinstance(block, Chart):
            charts[block.name] = {
                "".join(getattr(run, "text", "") for run in bar.label): (
                    facts[bar.amount].display,
                    facts[bar.share].display if bar.share else "",
                )
                for bar in block.bars
            }
    grids = {one.anchor: "\n".join(one.texts) for one in found if one.level == 9}
    return Told({one.name: one.words for one in found}, charts, grids, account)


def names_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the names of facts and roles in data, with where they begin and end; comments are left out."""
    at = 0
    for line in text.splitlines(keepends=True):
        if not line.lstrip().startswith("#"):
            for match in NAMES.finditer(line.split("  #")[0]):
                yield at + match.start(), at + match.end(), match[0]
        at += len(line)


def columns_by_hand(trial: Trial, table: int, package: Path = EXAMPLE) -> dict[str, Fraction]:
    """Add the columns of a table of expenditure up from the ledger's own lines, in 元, by the label of each.

    It shares nothing with the program: the form as plain YAML, the ledger as plain CSV.
    """
    form = yaml.safe_load(trial.text(f"expectations/editions/wuhan-2020/forms/table-{table}.yaml"))
    terms = yaml.safe_load(trial.text("expectations/editions/wuhan-2020/forms/terms.yaml"))
    sums: dict[str, Fraction] = defaultdict(Fraction)
    with (package / "ledger" / "vouchers.csv").open(encoding="utf-8-sig", newline="") as stream:
        for line in csv.DictReader(stream):
            if line["是否结转"] != "否":
                continue
            amount = Fraction(line["借方金额"] or "0") - Fraction(line["贷方金额"] or "0")
            for column in form["columns"]:
                fill = {**form.get("fill", {}), **column.get("fill", {})}
                support = {terms["support"][one] for one in fill.get("support", ())}
                funds = {terms["funds"][one] for one in fill.get("funds", ())}
                if (
                    line["科目编码"].startswith(tuple(fill["accounts"]))
                    and (not support or line["支出类型"] in support)
                    and (not funds or line["资金性质"] in funds)
                    and line["部门经济分类编码"].startswith(tuple(fill.get("economic", [""])))
                ):
                    sums[column["label"]] += amount
    return dict(sums)
