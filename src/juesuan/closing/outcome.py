"""What a finished closing tells people: in one line, and as a page in the orchestrator."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from juesuan.base.problems import InputError
from juesuan.base.yamlsource import read_yaml
from juesuan.closing.compute import ClosingAccounts
from juesuan.closing.contents import notes_of
from juesuan.closing.refusal import failed_of, lines_of, table_of
from juesuan.closing.results import closing_title
from juesuan.identities import Verdict
from juesuan.package import Settings
from juesuan.package.settings import SETTINGS_FILE
from juesuan.results import State
from juesuan.results.names import CHECKS_PAGE, PAGE, REVIEW_PAGE
from juesuan.rules.check import SuiteRun

RESULTS_ROOT, RESULTS_URL = "JUESUAN_RESULTS_ROOT", "JUESUAN_RESULTS_URL"
"""Environment variables: a folder of results, and the address at which a web server shows it."""


def name_of(package: Path) -> str:
    """Return what a closing is called before anything is read: unit and year, else the folder's name."""
    try:
        settings = read_yaml(package / SETTINGS_FILE, Settings)
    except InputError:
        return f"{package.name} 决算"
    return f"{settings.unit.name} {settings.year} 年度决算"


def unit_of(package: Path) -> str | None:
    """Return the code of the unit whose package lies in a folder; None where it can't be told."""
    try:
        return read_yaml(package / SETTINGS_FILE, Settings).unit.code
    except InputError:
        return None


def address_of(page: Path) -> str | None:
    """Return where a web server shows a page of the results; None where none does."""
    root, url = os.environ.get(RESULTS_ROOT), os.environ.get(RESULTS_URL)
    if not root or not url or not page.is_relative_to(root):
        return None
    return f"{url}/{quote(page.relative_to(root).as_posix())}"


@dataclass(frozen=True)
class Outcome:
    """A closing that went through. ``rules`` were checked somewhere; ``idle`` ones had nothing to check."""

    title: str
    out: Path
    archived: str
    rules: int
    idle: int
    places: int
    warnings: tuple[str, ...]
    adjusted: int
    figures: int
    money: str
    key_figures: tuple[dict[str, str], ...] = ()
    table: tuple[dict[str, str], ...] = ()
    state: State = State.DRAFT

    @classmethod
    def of(
        cls,
        account: ClosingAccounts,
        runs: Sequence[SuiteRun],
        out: Path,
        archived: str,
        state: State = State.DRAFT,
        notes: Sequence[str] = (),
    ) -> "Outcome":
        """Return the outcome of a closing whose checks passed; ``notes`` are what its archiving has to tell."""
        results = [result for run in runs for result in run.results]
        return cls(
            title=closing_title(account),
            out=out,
            archived=archived,
            rules=sum(one.verdict is not Verdict.NOT_APPLICABLE for one in results),
            idle=sum(one.verdict is Verdict.NOT_APPLICABLE for one in results),
            places=sum(result.instances for result in results),
            warnings=(*lines_of(failed_of(runs)), *notes_of(account), *notes),
            adjusted=len(account.rounding.adjustments),
            figures=len(account.facts),
            money=account.books.edition.money.name,
            key_figures=tuple(_key_figures(account)),
            table=tuple(table_of((), failed_of(runs))),
            state=state,
        )

    @property
    def summary(self) -> str:
        """One line."""
        return (
            f"{self.title}：{self.rules} 条规则、{self.places} 处核对，无错误；不适用的规则 {self.idle} 条；"
            f"{self.figures} 个数，其中 {self.adjusted} 个为平衡尾差取邻近值。（{self.state.word}）"
        )

    @property
    def markdown(self) -> str:
        """The artifact in the Prefect UI."""
        warnings = "\n".join(f"- {line.strip()}" for line in self.warnings) or "无"
        return (
            f"# {self.title}\n\n{self.summary}\n\n"
            f"| 结果 | 位置 |\n|---|---|\n"
            f"| {_linked('公开文本', self.out / PAGE)}\n"
            f"| {_linked('审核页', self.out / REVIEW_PAGE)}\n"
            f"| {_linked('校验文档', self.out / CHECKS_PAGE)}\n"
            f"| 归档 | `{self.archived}` |\n\n"
            f"| 主要的数（{self.money}） | 本年 | 上年 |\n|---|---:|---:|\n"
            + "".join(f"| {' | '.join(one.values())} |\n" for one in self.key_figures)
            + f"\n## 提示\n\n{warnings}\n"
        )


def _key_figures(account: ClosingAccounts) -> Iterator[dict[str, str]]:
    """Yield what somebody wants to see first, as rows: this year's and last year's, as printed."""
    facts = account.facts
    for one in account.books.edition.headline:
        if one.of in facts:
            before = facts[one.prior].display if one.prior in facts else ""
            yield {"指标": one.label, "本年": facts[one.of].display, "上年": before}


def _linked(words: str, page: Path) -> str:
    """Return two cells of a table in Markdown: a page, as a link where it is served, and where it lies."""
    address = address_of(page)
    return f"{f'[{words}]({address})' if address else words} | `{page}` |"
