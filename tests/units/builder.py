"""A closing package made from a description: the folder that a finance office would hand in."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import yaml

from tests.units.books import BALANCE_HEADER, VOUCHER_HEADER, Books, books_of, yuan
from tests.units.describe import NONE, SAME, ZERO, BudgetRow, Description, DescriptionError
from tests.units.words import (
    ADMINISTRATIVE,
    APPROPRIATIONS,
    BASIC,
    FUNCTIONAL,
    FUNDS,
    GENERAL,
    INSTITUTION,
    MANAGED,
    PRIOR,
    THREE_PUBLIC,
)

_CARRIED = ("8101", "8102", "8201", "8401")
_RUNNING = ("302", "307", "310", "312", "399")  # 公用经费
_PROCUREMENT = {
    "goods": "政府采购货物支出",
    "works": "政府采购工程支出",
    "services": "政府采购服务支出",
    "sme": "授予中小企业合同金额",
    "micro": "其中：授予小微企业合同金额",
}
_STAFF = {ADMINISTRATIVE: "administrative", MANAGED: "civil_service_managed", INSTITUTION: "institution"}
_STAFF_WORDS = {ADMINISTRATIVE: "行政人员", MANAGED: "参照公务员法管理事业人员", INSTITUTION: "事业人员"}

Write = Callable[[Path, Description], None]


def build(one: Description, root: Path) -> Path:
    """Write the package of a unit into a new folder, and return it.

    Raises:
        DescriptionError: the description says what no unit's books can say.
    """
    books = books_of(one)
    root.mkdir(parents=True)
    _settings(root, one)
    _ledger(root, books)
    for file, write in _FILES.items():
        if file not in one.left_out:
            write(root, one)
    return root


def project_rows(one: Description) -> tuple[BudgetRow, ...]:
    """Return the projects of a unit: as described, or those that spent appropriations, budgeted as spent."""
    if one.projects is not None:
        return one.projects
    spent: dict[tuple[str, str, str], int] = defaultdict(int)
    for entry in one.expenditures:
        if entry.project and entry.fund in APPROPRIATIONS:
            spent[entry.project, entry.functional, entry.fund] += entry.amount
    names = list(dict.fromkeys(project for project, _, _ in spent))
    return tuple(
        BudgetRow(code, fund, amount, amount, f"p{names.index(name) + 1}", name)
        for (name, code, fund), amount in spent.items()
    )


def budget_rows(one: Description) -> tuple[BudgetRow, ...]:
    """Return the budget of a unit: as described, or as spent."""
    if one.budget is not None:
        return one.budget
    spent: dict[tuple[str, str], int] = defaultdict(int)
    for entry in one.expenditures:
        if entry.fund in APPROPRIATIONS:
            spent[entry.functional, entry.fund] += entry.amount
    return tuple(BudgetRow(code, fund, amount, amount) for (code, fund), amount in sorted(spent.items()))


def three_public_spent(one: Description) -> dict[str, int]:
    """Return what a unit spent of the general public budget on each 三公 item."""
    return {
        key: sum(e.amount for e in one.expenditures if e.fund == GENERAL and e.economic == economic)
        for key, (_, economic) in THREE_PUBLIC.items()
    }


def has_operating(one: Description) -> bool:
    """Return whether 机关运行经费 applies: as the settings say, or by kind."""
    return {"有": True, "没有": False}.get(one.operating, one.kind != INSTITUTION)


def this_year(one: Description) -> dict[str, int]:
    """Return this year's figures by the keys of prior-year.csv, added up from the description."""
    changes = sum(c.amount for c in one.changes if c.account in _CARRIED)
    carried = sum(b.amount for b in one.openings if b.account in _CARRIED) + changes
    ours = [b.amount for b in one.openings if b.account in ("8101", "8102")]
    ours += [c.amount for c in one.changes if c.account in ("8101", "8102")]
    income = sum(e.amount for e in one.incomes)
    items = three_public_spent(one)
    running = [
        e.amount
        for e in one.expenditures
        if e.fund == GENERAL and e.support == BASIC and e.economic.startswith(_RUNNING)
        if not one.operating_accounts or e.account in one.operating_accounts
    ]
    vehicles = items["vehicle_purchase"] + items["vehicle_running"]
    return {
        "total": income + carried + _used_reserves(one),
        "appropriations": sum(e.amount for e in one.incomes if e.account == "6001") + sum(ours),
        "general_expenditure": sum(e.amount for e in one.expenditures if e.fund == GENERAL),
        "carry_over": sum(b.amount for b in one.openings if b.account in _CARRIED),
        "operating": sum(running),
        "three_public.total": sum(items.values()),
        "three_public.vehicles": vehicles,
        **{f"three_public.{key}": amount for key, amount in items.items()},
    }


def _used_reserves(one: Description) -> int:
    """Return 使用非财政拨款结余: what the year's closing takes out of 8202 and 8301."""
    moved = 0
    for voucher in books_of(one).vouchers:
        if voucher.closing:
            moved += sum(li.debit - li.credit for li in voucher.lines if li.account.startswith(("8202", "8301")))
    return max(0, moved)


def _settings(root: Path, one: Description) -> None:
    unit: dict[str, Any] = {"code": one.code, "name": one.unit, "department": one.department, "kind": one.kind}
    if one.operating != "不写":
        unit["operating_expenses"] = has_operating(one)
    if one.operating_accounts:
        unit["operating_accounts"] = list(one.operating_accounts)
    _yaml(root / "settings.yaml", {
        "unit": unit,
        "year": one.year,
        "edition": one.edition,
        "prepared_on": f"{one.year + 1}-05-10",
        "policies": {"variance_threshold": "10%"},
    })  # fmt: skip


def _ledger(root: Path, books: Books) -> None:
    _csv(root / "ledger" / "vouchers.csv", VOUCHER_HEADER, books.voucher_rows)
    _csv(root / "ledger" / "trial-balance.csv", BALANCE_HEADER, books.balance_rows)


def _budget(root: Path, one: Description) -> None:
    rows = budget_rows(one)
    funds = any(row.fund != GENERAL for row in rows)
    header = ["功能分类编码", "功能分类名称", "年初预算", "调整预算"]
    _csv(root / "budget.csv", [*header, "资金性质"] if funds else header, (
        [r.functional, FUNCTIONAL.get(r.functional, r.functional), yuan(r.initial), yuan(r.adjusted)]
        + ([FUNDS[r.fund]] if funds else [])
        for r in rows
    ))  # fmt: skip


def _internal(root: Path, one: Description) -> None:
    """Write the budget of money within the department: 往来 对方（- 不写） 功能分类 资金性质 年初 调整."""
    if not one.internal:
        return
    header = ["往来", "对方单位", "功能分类编码", "资金性质", "年初预算", "调整预算"]
    _csv(root / "internal-budget.csv", header, (
        [kind, "" if other == "-" else other, code, FUNDS[fund], *(amount.replace(",", "") for amount in amounts)]
        for kind, other, code, fund, *amounts in one.internal
    ))  # fmt: skip


def _projects(root: Path, one: Description) -> None:
    rows = project_rows(one)
    funds = any(row.fund != GENERAL for row in rows)
    header = ["键", "项目名称", "功能分类编码", "年初预算", "调整预算"]
    _csv(root / "projects.csv", [*header, "资金性质"] if funds else header, (
        [r.key, r.project, r.functional, yuan(r.initial), yuan(r.adjusted)]
        + ([FUNDS[r.fund]] if funds else [])
        for r in rows
    ))  # fmt: skip


def _three_public(root: Path, one: Description) -> None:
    budget = three_public_spent(one) if one.three_public_budget is None else one.three_public_budget
    rows = ([key, title, yuan(budget.get(key, 0))] for key, (title, _) in THREE_PUBLIC.items())
    _csv(root / "three-public-budget.csv", ["键", "名称", "年初预算"], rows)


def _counts(root: Path, one: Description) -> None:
    spent = three_public_spent(one)
    counts = {
        "abroad_groups": int(spent["abroad"] > 0),
        "abroad_people": 4 * int(spent["abroad"] > 0),
        "vehicles_bought": int(spent["vehicle_purchase"] > 0),
        "vehicles_held": one.vehicles or 2 * int(spent["vehicle_running"] > 0),
        "reception_batches": 6 * int(spent["reception"] > 0),
        "reception_people": 45 * int(spent["reception"] > 0),
    }
    _yaml(root / "three-public-counts.yaml", {**counts, **(one.counts or {})})


def _prior(root: Path, one: Description) -> None:
    if one.prior == NONE:
        return
    rows = ([key, f"上年{PRIOR[key]}", amount] for key, amount in prior_figures(one).items())
    _csv(root / "prior-year.csv", ["键", "名称", "金额（万元）"], rows)


def prior_figures(one: Description) -> dict[str, str]:
    """Return last year's figures in 万元 by their keys; what was carried over is what the books begin with.

    Raises:
        DescriptionError: ``prior`` is none of the words.
    """
    now = this_year(one)
    if not has_operating(one):
        del now["operating"]
    carried = _wanyuan(now.pop("carry_over"))
    if isinstance(one.prior, Mapping):
        return {"carry_over": carried, **one.prior}
    if one.prior == ZERO:
        share = Decimal(0)
    elif one.prior == SAME:
        share = Decimal(1)
    elif one.prior.startswith("本年的") and one.prior.endswith("%"):
        share = Decimal(one.prior.removeprefix("本年的").removesuffix("%").strip()) / 100
    else:
        raise DescriptionError(f"{one.name}: 上年 {one.prior}")
    return {**{key: _wanyuan(amount, share) for key, amount in now.items()}, "carry_over": carried}


def _procurement(root: Path, one: Description) -> None:
    rows = ([key, title, yuan(one.procurement.get(key, 0))] for key, title in _PROCUREMENT.items())
    _csv(root / "procurement.csv", ["键", "名称", "金额"], rows)


def _assets(root: Path, one: Description) -> None:
    held = one.vehicles or (2 if three_public_spent(one)["vehicle_running"] else 0)
    general, special = one.equipment
    data = {"vehicles": {"other": held}, "general_equipment": general, "special_equipment": special}
    _yaml(root / "assets.yaml", data)


def _headcount(root: Path, one: Description) -> None:
    veteran, pensioner = one.retired
    data = {"in_service": {_STAFF[one.kind]: one.staff}, "retired": {"veteran": veteran, "pensioner": pensioner}}
    _yaml(root / "headcount.yaml", data)


def _codes(root: Path, one: Description) -> None:
    if one.codes:
        _csv(root / "codes.csv", ["科目编码", "科目名称", "分类", "启用年度"], one.codes)


def _sheets(root: Path, one: Description) -> None:
    (root / "performance").mkdir(exist_ok=True)
    for key in one.sheets:
        scope = {"scope": "unit"} if key == "unit" else {"scope": "project", "project": key}
        _yaml(root / "performance" / f"{key.replace('_', '-')}.yaml", {
            **scope,
            "filled_on": f"{one.year + 1}-04-20",
            "execution_weight": 20,
            "goals": [{**({"text": "完成年度目标。"} if key == "unit" else {}), "classes": [
                {"name": "产出指标", "groups": [{"name": "数量指标", "indicators": [
                    {"name": "服务人次", "weight": 50, "direction": "positive",
                     "target": "{1000} 人次", "actual": "{990} 人次"}]}]},
                {"name": "效益指标", "groups": [{"name": "社会效益指标", "indicators": [
                    {"name": "服务效果", "weight": 30, "direction": "qualitative", "target": "良好",
                     "actual": "良好", "band": "achieved", "share": "95%"}]}]},
            ]}],
            "deviation": "无明显偏差。",
            "improvements": "继续加强管理。",
        })  # fmt: skip


def _texts(root: Path, one: Description) -> None:
    folder = root / "texts"
    words = {
        "duties": "承担主管部门交办的公共服务工作。",
        "composition": f"从单位构成看，{one.unit}决算由纳入独立核算的单位本级决算组成，无二级单位。",
        "staff_category": _STAFF_WORDS[one.kind],
        "use": "保障了相关工作开展",
        "management": "我单位按照要求组织开展了绩效自评。" if one.sheets else "",
        "overall": "整体支出管理规范。" if "unit" in one.sheets else "",
        "results_use": "根据自评结果完善项目管理和预算安排。" if one.sheets else "",
        **one.texts,
    }
    _yaml(folder / "profile.yaml", {key: words[key] for key in ("duties", "composition", "staff_category")})
    budget = {key: text for key, text in one.reasons.items() if key.isdigit()}
    reasons: dict[str, Any] = {key: text for key, text in one.reasons.items() if not key.isdigit()}
    _yaml(folder / "reasons.yaml", {**reasons, **({"budget": budget} if budget else {})})
    told = {"outputs": "完成了年度任务", "problems": "执行进度前慢后快", "improvements": "加快执行进度"}
    keys = dict.fromkeys(row.key for row in project_rows(one) if row.key)
    _yaml(folder / "projects.yaml", {"projects": {key: {"use": words["use"], **told} for key in keys}})
    evaluation = {key: words[key] for key in ("management", "overall", "results_use") if words[key]}
    if "texts/performance.yaml" not in one.left_out:
        _yaml(folder / "performance.yaml", evaluation)
    tasks = [
        {"title": task, "account": f"{task}，已按期完成。", "matter": task, "goal": task, "completion": "已完成。"}
        for task in one.tasks
    ]
    _yaml(folder / "key-tasks.yaml", {"tasks": tasks})
    terms = [
        {"term": "基本支出", "text": "指为保障机构正常运转、完成日常工作任务而发生的人员支出和公用支出。"},
        {"term": "项目支出", "text": "指在基本支出之外为完成特定行政任务或事业发展目标所发生的支出。"},
    ]
    _yaml(folder / "glossary.yaml", {"terms": terms})


_FILES: Mapping[str, Write] = {
    "budget.csv": _budget,
    "internal-budget.csv": _internal,
    "projects.csv": _projects,
    "three-public-budget.csv": _three_public,
    "three-public-counts.yaml": _counts,
    "prior-year.csv": _prior,
    "procurement.csv": _procurement,
    "assets.yaml": _assets,
    "headcount.yaml": _headcount,
    "codes.csv": _codes,
    "performance": _sheets,
    "texts": _texts,
}


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _yaml(path: Path, data: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(dict(data), allow_unicode=True, sort_keys=False, width=1000)
    path.write_text(text, encoding="utf-8")


def _wanyuan(amount: int, share: Decimal = Decimal(1)) -> str:
    return str((Decimal(amount) * share / 1_000_000).quantize(Decimal("0.01"), ROUND_HALF_UP))
