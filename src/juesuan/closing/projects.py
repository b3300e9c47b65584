"""Projects that the ledger names and the package does not list: each told by name, with its lines."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import pandas as pd

from juesuan.base.money import yuan_text
from juesuan.base.problems import Severity
from juesuan.closing.funds import EXPENDITURE, USES
from juesuan.identities import Item
from juesuan.ledger import Fund, Ledger
from juesuan.package import ClosingPackage
from juesuan.rules.check import ROW_SEPARATOR, Check, places_of

_CITATION = "项目清单（projects.csv）与账簿项目名称"
_BETWEEN = re.compile(r"[\W_]+")
_MOST_ROWS = 20
_TOLD = ["file", "line", "project", "debit", "credit"]


def project_checks(package: ClosingPackage, ledger: Ledger) -> Iterator[Check]:
    """Yield that projects of 一般公共预算 are listed (else an error), and those of all other lines (a warning).

    A project on a line of 基本支出 is told even where it is listed: its amount counts for no project. Where every
    line of 基本支出 names one, these are items of a budget system (人员类, 运转类), which no list has: then only
    names like a listed one are told.
    """
    names = tuple(project.name for project in package.projects)
    texts, lines = ledger.texts, ledger.lines
    projects = texts["project"]
    used = ledger.moving & texts["account"].having(lambda code: code.startswith(USES))
    expenditure = used & texts["account"].having(lambda code: code.startswith(EXPENDITURE))
    basic = expenditure & texts["support"].having("basic".__eq__)
    named = used & projects.having(bool)
    strict = named & expenditure & texts["support"].having("project".__eq__)
    strict &= texts["fund"].having(Fund.GENERAL_PUBLIC_BUDGET.value.__eq__)
    told = named & ~strict & (basic | ~projects.having(names.__contains__))
    if not (basic & ~named).any():
        plain = {_plain(name) for name in names}
        told &= ~basic | projects.having(lambda name: name and _plain(name) in plain)
    yield Check(
        "package.projects-listed",
        "package",
        "一般公共预算的项目支出，项目都在项目清单中",
        _CITATION,
        places_of(_items(lines.loc[strict, _TOLD], names)),
        may_be_empty=True,
    )
    yield Check(
        "package.projects-elsewhere",
        "package",
        "其他各行写的项目也在项目清单中；写了项目的支出记为项目支出",
        _CITATION,
        places_of(_items(lines.loc[told, _TOLD], names, wrong=True)),
        Severity.WARNING,
        may_be_empty=True,
    )


def _items(lines: pd.DataFrame, names: Sequence[str], *, wrong: bool = False) -> Iterator[Item]:
    """Yield each project of the lines: it is right where it is listed, unless all of these lines are ``wrong``."""
    for project, own in lines.groupby("project", sort=True):
        off = wrong or project not in names
        first = own.head(_MOST_ROWS) if off else own.head(0)
        behind = [f"{file}:{line}" for file, line in zip(first["file"], first["line"], strict=True)]
        amount = yuan_text(abs(int(own["debit"].sum()) - int(own["credit"].sum())))
        yield Item(
            f"项目“{project}”",
            f"{len(own)} 行，{amount} 元",
            _expected(str(project), names),
            int(off),
            rows=ROW_SEPARATOR.join(behind),
        )


def _expected(project: str, names: Sequence[str]) -> str:
    if project in names:
        return "项目支出，或不写项目"
    if not names:
        return "项目清单里的项目（资料里没有项目清单）"
    same = [name for name in names if _plain(name) == _plain(project)]
    if same:
        return f"项目清单里的“{same[0]}”（只差空格、括号或全角半角）"
    near = get_close_matches(project, names, 1)
    return f"项目清单里的项目（最接近的是“{near[0]}”）" if near else "项目清单里的项目"


def _plain(name: str) -> str:
    """Return a name without what two systems write differently: spaces, brackets, marks, width and case."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", name)).casefold()
