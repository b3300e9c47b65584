"""Made-up units on which an edition is tried: packages written from ``expectations/trials.yaml``."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from juesuan.base.money import WANYUAN, parse_amount, plain_yuan
from juesuan.base.problems import EditionError, InputError
from juesuan.base.resources import resource_root
from juesuan.base.yamlsource import Strict, read_yaml
from juesuan.ledger.values import DATED_HEADERS

FILE = "expectations/trials.yaml"

_BALANCES = [
    "科目编码",
    "科目名称",
    "方向",
    "资金性质",
    "功能分类编码",
    "功能分类名称",
    "年初余额",
    "本年借方",
    "本年贷方",
    "年末余额",
]
_INCOME, _SPENDING = "6", "7"  # the first digits of 预算收入 and 预算支出
_THREE_PUBLIC = {  # 经济分类的名称 of what the budget of 三公 is compared with
    "abroad": "因公出国（境）费用",
    "vehicle_purchase": "公务用车购置",
    "vehicle_running": "公务用车运行维护费",
    "reception": "公务接待费",
}


class TrialUnit(Strict):
    """A kind of unit: its account of expenditure, and how the package counts its staff."""

    spending: str
    name: str
    staff: str
    operating: bool


class Ending(Strict):
    """How the year's income and expenditure of some funds are closed."""

    funds: tuple[str, ...]
    year: str
    held: str
    cash: str


class TrialCase(Strict):
    """One situation."""

    name: str
    unit: str
    parts: tuple[str, ...]
    prior: str = ""
    whole: bool = False
    opening: tuple[tuple[str, str, str, str], ...] = ()


class Trials(Strict):
    """``expectations/trials.yaml``."""

    kinds: dict[str, TrialUnit]
    accounts: dict[str, str]
    closing: tuple[Ending, ...]
    codes: dict[str, str]
    procurement: dict[str, str]
    parts: dict[str, tuple[tuple[str, str, str, str, str, str], ...]]
    cases: tuple[TrialCase, ...] = Field(min_length=1)


def load_trials() -> Trials:
    """Return the situations.

    Raises:
        EditionError: the file is missing or wrong.
    """
    try:
        return read_yaml(resource_root() / FILE, Trials, name=FILE)
    except InputError as error:
        raise EditionError(str(error)) from None


@dataclass(frozen=True)
class _Line:
    """An entry: ``debit`` is negative where it is credited. In 分."""

    account: str
    functional: str
    economic: str
    fund: str
    project: str
    debit: int
    closing: bool = False
    voucher: int = 0


def write_package(trials: Trials, case: TrialCase, root: Path, *, edition: str, year: int, words: str) -> None:
    """Write the package of a case into a new folder, without last year's figures.

    ``words`` is all that the edition's templates say: what they never name, an office is not asked for.
    """
    kind = trials.kinds[case.unit]
    root.mkdir(parents=True)
    books = _Books(trials, case, year)
    _csv(root / "ledger" / "vouchers.csv", DATED_HEADERS, books.voucher_rows())
    _csv(root / "ledger" / "trial-balance.csv", _BALANCES, books.balance_rows())
    unit = {"code": "000000", "name": "试算单位", "department": "试算主管部门", "kind": case.unit}
    _yaml(root / "settings.yaml", {
        "unit": {**unit, "operating_expenses": kind.operating},
        "year": year,
        "edition": edition,
        "policies": {"variance_threshold": "100%"},
    })  # fmt: skip
    _csv(root / "budget.csv", ["功能分类编码", "功能分类名称", "年初预算", "调整预算", "资金性质"], books.budget())
    _csv(
        root / "projects.csv",
        ["键", "项目名称", "功能分类编码", "年初预算", "调整预算", "资金性质"],
        books.projects(),
    )
    apart = {"general_equipment": 1, "special_equipment": 0}
    equipment = {"large_equipment": 1} if "assets.large_equipment" in words else apart
    _yaml(root / "assets.yaml", {"vehicles": {"other": 2}, **equipment})
    profile = {"duties": "承担试算工作。", "composition": "由本级决算组成。"}
    if case.whole:
        profile |= _asked({"staff_category": "在编人员"}, words)
        staff = {"in_service": {kind.staff: 20}, "retired": {"veteran": 0, "pensioner": 5}}
        _yaml(root / "headcount.yaml", staff)
    _yaml(root / "texts" / "profile.yaml", profile)
    if case.whole:
        _write_whole(root, books, words)


def write_prior(root: Path, amounts: Mapping[str, tuple[str, int]]) -> None:
    """Write last year's figures, names and 分 by their keys, as they were published: in 万元, rounded."""
    rows = ([key, name, WANYUAN.print_steps(WANYUAN.nearest(amount))] for key, (name, amount) in amounts.items())
    _csv(root / "prior-year.csv", ["键", "名称", "金额（万元）"], rows)


def _asked(entries: Mapping[str, Any], words: str) -> dict[str, Any]:
    return {name: entry for name, entry in entries.items() if name in words}


def _write_whole(root: Path, books: "_Books", words: str) -> None:
    spent = {key: books.spent_on(name) for key, name in _THREE_PUBLIC.items()}
    rows = ([key, _THREE_PUBLIC[key], plain_yuan(amount)] for key, amount in spent.items())
    _csv(root / "three-public-budget.csv", ["键", "名称", "年初预算"], rows)
    _yaml(root / "three-public-counts.yaml", {
        "abroad_groups": int(spent["abroad"] > 0),
        "abroad_people": 4 * int(spent["abroad"] > 0),
        "vehicles_bought": int(spent["vehicle_purchase"] > 0),
        "vehicles_held": int(spent["vehicle_running"] > 0),
        "reception_batches": 6 * int(spent["reception"] > 0),
        "reception_people": 45 * int(spent["reception"] > 0),
        "domestic_reception": plain_yuan(spent["reception"]),
        "foreign_reception": "0.00",
    })  # fmt: skip
    bought = books.trials.procurement
    _csv(root / "procurement.csv", ["键", "名称", "金额"], ([key, key, one] for key, one in bought.items()))
    if "evaluation.targets" in words:
        stages = {key: {"projects": 2, "amount": "1000000.00"} for key in ("targets", "tracked", "evaluated")}
        outcome = {"grades": {"excellent": 1, "good": 1}, "problems": {"found": 1, "corrected": 1}}
        _yaml(root / "evaluation.yaml", {**stages, "average": "95.50", **outcome})
    reasons = ("total", "appropriations", "appropriations_expenditure", "operating", "three_public")
    _yaml(root / "texts" / "reasons.yaml", dict.fromkeys(reasons, "工作任务有变化"))
    keys = [row[0] for row in books.projects()]
    texts = {"use": "保障了工作开展", "outputs": "完成了年度任务"}
    if "texts.projects" in words:
        _yaml(root / "texts" / "projects.yaml", {"projects": {key: dict(texts) for key in keys}})
    management = {"management": "按要求开展了绩效管理。", "results_use": "用于改进管理。"}
    management |= {"systems": "预算绩效管理办法", "mechanism": "分工负责"}
    _yaml(root / "texts" / "performance.yaml", _asked(management, words))
    _yaml(root / "texts" / "glossary.yaml", {"terms": [{"term": "基本支出", "text": "指维持运转的支出。"}]})
    task = {"title": "试算", "account": "试算已完成。", "matter": "试算", "goal": "试算", "completion": "已完成。"}
    if "texts.key_tasks" in words:
        _yaml(root / "texts" / "key-tasks.yaml", {"tasks": [task]})


class _Books:
    """The year's entries of a case, with the year-end closing."""

    def __init__(self, trials: Trials, case: TrialCase, year: int) -> None:
        self.trials, self.case, self.year = trials, case, year
        self.kind = trials.kinds[case.unit]
        self.names = {self._filled(code): self._filled(name) for code, name in trials.accounts.items()}
        self.lines = [*self._of_year(), *self._closing()]

    def _filled(self, text: str) -> str:
        return text.format(spending=self.kind.spending, name=self.kind.name)

    def _ending(self, fund: str) -> Ending:
        return next(one for one in self.trials.closing if fund in one.funds)

    def _of_year(self) -> Iterator[_Line]:
        rows = [row for part in self.case.parts for row in self.trials.parts[part]]
        for number, (account, functional, economic, fund, project, amount) in enumerate(rows, start=1):
            fen = parse_amount(amount) * (-1 if account.startswith(_INCOME) else 1)
            yield _Line(self._filled(account), functional, economic, fund, project, fen, voucher=number)
            yield _Line(self._ending(fund).cash, "", "", fund, "", -fen, voucher=number)

    def _closing(self) -> Iterator[_Line]:
        own = [line for line in self._of_year() if line.account.startswith((_INCOME, _SPENDING))]
        moved: dict[tuple[str, str, str], int] = defaultdict(int)
        number = len(own)
        for line in own:
            number += 1
            year = self._ending(line.fund).year
            yield _closed(line, line.account, -line.debit, number)
            yield _closed(line, year, line.debit, number, economic="")
            moved[year, line.functional, line.fund] += line.debit
        for (year, functional, fund), debit in moved.items():
            if debit:
                number += 1
                yield _Line(year, functional, "", fund, "", -debit, closing=True, voucher=number)
                yield _Line(self._ending(fund).held, functional, "", fund, "", debit, closing=True, voucher=number)

    def voucher_rows(self) -> Iterator[list[str]]:
        """Yield the lines of the voucher export."""
        entries: dict[int, int] = defaultdict(int)
        for line in self.lines:
            entries[line.voucher] += 1
            debit, credit = (plain_yuan(line.debit), "") if line.debit > 0 else ("", plain_yuan(-line.debit))
            spending = line.account.startswith((_INCOME, _SPENDING)) or line.economic or line.project
            yield [
                f"{self.year}-12-{31 if line.closing else 20}",
                f"记-{line.voucher:04}",
                str(entries[line.voucher]),
                "年末结转" if line.closing else "收支",
                line.account,
                self.names[line.account],
                debit,
                credit,
                line.functional,
                self.trials.codes.get(line.functional, ""),
                line.economic,
                self.trials.codes.get(line.economic, ""),
                line.fund,
                ("项目支出" if line.project else "基本支出") if spending else "",
                line.project,
                "是" if line.closing else "否",
            ]

    def balance_rows(self) -> Iterator[list[str]]:
        """Yield the leaves of the trial balance."""
        moved: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        cash = {one.cash for one in self.trials.closing}
        for account, functional, fund, amount in self.case.opening:
            moved[account, functional, fund][0] -= parse_amount(amount)
            moved[self._ending(fund).cash, "", fund][0] += parse_amount(amount)
        for line in self.lines:
            moved[line.account, line.functional, line.fund][1 if line.debit > 0 else 2] += abs(line.debit)
        for (account, functional, fund), (opening, debit, credit) in sorted(moved.items()):
            sign = 1 if account in cash or account.startswith(_SPENDING) else -1
            yield [
                account,
                self.names[account],
                "借" if sign > 0 else "贷",
                fund,
                functional,
                self.trials.codes.get(functional, ""),
                *map(plain_yuan, (sign * opening, debit, credit, sign * (opening + debit - credit))),
            ]

    def budget(self) -> list[list[str]]:
        """Return the budget: what was received of appropriations."""
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for line in self._appropriated():
            sums[line.functional, line.fund] -= line.debit
        return [
            [code, self.trials.codes[code], plain_yuan(amount), plain_yuan(amount), fund]
            for (code, fund), amount in sorted(sums.items())
        ]

    def projects(self) -> list[list[str]]:
        """Return the projects that are paid from appropriations."""
        return [
            [
                f"p{number}",
                line.project,
                line.functional,
                plain_yuan(-line.debit),
                plain_yuan(-line.debit),
                line.fund,
            ]
            for number, line in enumerate((one for one in self._appropriated() if one.project), start=1)
        ]

    def spent_on(self, economic: str) -> int:
        """Return what was spent on an economic item, in 分."""
        names = self.trials.codes
        return sum(line.debit for line in self._of_year() if names.get(line.economic) == economic)

    def _appropriated(self) -> Iterable[_Line]:
        funds = self.trials.closing[0].funds
        return (one for one in self._of_year() if one.account.startswith(_INCOME) and one.fund in funds)


def _closed(line: _Line, account: str, debit: int, voucher: int, *, economic: str | None = None) -> _Line:
    own = line.economic if economic is None else economic
    return _Line(account, line.functional, own, line.fund, line.project, debit, closing=True, voucher=voucher)


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _yaml(path: Path, data: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(dict(data), allow_unicode=True, sort_keys=False, width=1000), encoding="utf-8")
