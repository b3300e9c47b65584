"""The amounts of a package as figures, and what must hold among them.

==============================================  ==============================================================
``budget.<item>.initial|adjusted``              年初预算, 调整预算 of a functional item, from 一般公共预算
``budget.class.<class>.initial|adjusted``       the sum of a class (类)
``budget.total.initial|adjusted``               the sum of all of 一般公共预算
``budget.<fund>.<item>.initial|adjusted``       the same of any other fund, with its sum ``budget.<fund>.total``
``budget.every.initial|adjusted``               the sum over all funds
``three_public.<key>.initial``                  三公 budget: ``abroad``, ``vehicle_purchase``, ``vehicle_running``,
                                                ``reception``; sums ``vehicles`` and ``total``
``project.<key>.initial|adjusted``              a project's budget, and where it has several lines also each as
                                                ``project.<key>.<fund>.<item>``; sum ``project.total``; sums by
                                                fund and item ``project.item.<fund>.<item>``
``three_public.<key>``                          what 公务接待 cost: ``domestic_reception``, ``foreign_reception``
``prior.<key>``                                 last year's, as published (fixed)
``statement.<fund>``                            what the finance office says it paid (财政部门对账数)
``procurement.<key>``                           ``goods``, ``works``, ``services``; sum ``total``;
                                                ``sme``, ``micro``; ``reserved_sme``, ``won_sme``, …
``evaluation.<stage>.amount``                   the budget of projects with targets, tracked, evaluated
==============================================  ==============================================================

Funds are known by then: :mod:`juesuan.closing.funds` has said which fund each line is of.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from juesuan.facts import FactSource, Figure, Phase
from juesuan.identities import Identity, Instance, Relation, SignedFigure
from juesuan.package.evaluation import STAGES
from juesuan.package.model import RECEPTION, BudgetLine, ClosingPackage, Project, ProjectLine, ThreePublicUse
from juesuan.package.settings import SETTINGS_FILE
from juesuan.package.tables import PROCURED_KEYS

GENERAL = "general_public_budget"
"""The fund that the sentences on 一般公共预算 are about: its figures are named without it."""

_STAGES = (("initial", Phase.INITIAL), ("adjusted", Phase.ADJUSTED))
_CLASS_DIGITS = 3
_OWN_RULE = "本单位预算与采购台账"
_CONTRACTS = (("procurement.sme", "procurement.total"), ("procurement.micro", "procurement.sme"))
_SME_RULE = "《政府采购促进中小企业发展管理办法》（财库〔2020〕46号）"


def package_figures(package: ClosingPackage) -> Iterator[Figure]:
    """Yield every amount of a package, inputs before the sums made of them. Values are 分."""
    year = package.settings.year
    for stage, phase in _STAGES:
        yield from _budget(package, stage, phase)
    yield from _three_public(package)
    for stage, phase in _STAGES:
        yield from _projects(package.projects, stage, phase, year)
    for line in package.prior:
        yield Figure(f"prior.{line.key}", line.name, line.amount, year - 1, sources=(line.source,), fixed=True)
    bought = [
        Figure(f"procurement.{line.key}", line.name, line.amount, year, sources=(line.source,))
        for line in package.procurement
    ]
    yield from bought
    parts = [figure for figure in bought if figure.id.removeprefix("procurement.") in PROCURED_KEYS]
    yield _sum("procurement.total", "政府采购支出总额", parts)
    for paid in package.statement:
        yield Figure(
            f"statement.{paid.key}", f"财政部门对账数：{paid.name}", paid.amount, year, sources=(paid.source,)
        )
    for key in RECEPTION:
        amount, file = getattr(package.three_public_counts, key), package.settings.files.three_public_counts
        if amount is not None:
            title = str(ThreePublicUse.model_fields[key].title)
            yield Figure(f"three_public.{key}", title, amount, year, sources=(package.where(file, key),))
    yield from _evaluation(package)


def _evaluation(package: ClosingPackage) -> Iterator[Figure]:
    evaluation, file = package.evaluation, package.settings.files.evaluation
    if evaluation is None:
        return
    for name in STAGES:
        label = f"{type(evaluation).model_fields[name].title}的项目预算金额"
        source = package.where(file, f"{name}.amount")
        amount = getattr(evaluation, name).amount
        yield Figure(f"evaluation.{name}.amount", label, amount, package.settings.year, sources=(source,))


def package_identities(package: ClosingPackage) -> tuple[Identity, ...]:
    """Return what must hold among :func:`package_figures`: sums, and parts that can't exceed their whole."""
    figures = tuple(package_figures(package))
    sums = {figure.id: figure for figure in figures if figure.inputs}
    known = {figure.id for figure in figures}

    def equal(name: str, text: str, prefix: str) -> Identity:
        made = [figure for key, figure in sums.items() if key.startswith(prefix)]
        instances = (
            Instance(figure.id, tuple(SignedFigure(1, part) for part in figure.inputs)) for figure in made
        )
        return Identity(name, "package", text, _OWN_RULE, tuple(instances))

    def at_most(name: str, text: str, citation: str, pairs: Iterable[tuple[str, str]]) -> Identity:
        instances = tuple(Instance(part, (SignedFigure(1, whole),)) for part, whole in pairs)
        return Identity(name, "package", text, citation, instances, relation=Relation.AT_MOST)

    budgeted = {
        (stage, *key): budget_id(*key, stage)
        for stage, _ in _STAGES
        for key in dict.fromkeys((line.fund, line.code) for project in package.projects for line in project.lines)
    }
    within = [
        (f"project.item.{fund}.{code}.{stage}", whole)
        for (stage, fund, code), whole in budgeted.items()
        if whole in known
    ]
    contracts = [pair for pair in _CONTRACTS if pair[0] in known]
    identities = (
        equal("package.budget", "预算：类＝Σ项，合计＝Σ类", "budget."),
        equal("package.three-public", "“三公”经费预算：合计＝Σ各项", "three_public."),
        equal("package.projects", "项目预算：合计＝Σ各项目", "project."),
        equal("package.procurement", "政府采购支出总额＝货物＋工程＋服务", "procurement."),
        at_most("package.projects-within", "同一功能分类项下各项目预算之和≤该项预算", _OWN_RULE, within),
        at_most("package.contracts", "小微企业合同≤中小企业合同≤政府采购支出总额", _SME_RULE, contracts),
    )
    return tuple(identity for identity in identities if identity.instances)


def budget_id(fund: str, item: str, stage: str) -> str:
    """Return the id of the budget of a functional item, or of a fund's ``total``."""
    return f"budget.{item}.{stage}" if fund == GENERAL else f"budget.{fund}.{item}.{stage}"


def _budget(package: ClosingPackage, stage: str, phase: Phase) -> Iterator[Figure]:
    year = package.settings.year
    by_fund: dict[str, list[BudgetLine]] = {GENERAL: []}
    for line in package.budget:
        by_fund.setdefault(line.fund, []).append(line)
    general = by_fund.pop(GENERAL)
    classes: dict[str, list[Figure]] = {}
    for line in general:
        item = _item_figure(budget_id(GENERAL, line.code, stage), line, phase, year)
        classes.setdefault(line.code[:_CLASS_DIGITS], []).append(item)
        yield item
    sums = [
        _sum(f"budget.class.{code}.{stage}", f"{code} 类{phase}", items) for code, items in sorted(classes.items())
    ]
    yield from sums
    name, label = budget_id(GENERAL, "total", stage), f"{phase}合计"
    if sums:
        totals = [_sum(name, label, sums)]
    else:
        sources = tuple(line.source for line in package.budget) or (FactSource(package.settings.files.budget),)
        totals = [Figure(name, label, 0, year, phase, "没有一般公共预算的预算", sources=sources)]
    yield from totals
    for fund, lines in sorted(by_fund.items()):
        items = [_item_figure(budget_id(fund, line.code, stage), line, phase, year) for line in lines]
        yield from items
        total = _sum(budget_id(fund, "total", stage), f"{lines[0].stated or '其他资金'}{phase}合计", items)
        yield total
        totals.append(total)
    yield _sum(f"budget.every.{stage}", f"全部资金{phase}合计", totals)


def _three_public(package: ClosingPackage) -> Iterator[Figure]:
    year = package.settings.year
    items = {
        line.key: Figure(
            f"three_public.{line.key}.initial",
            f"{line.name}年初预算",
            line.initial,
            year,
            Phase.INITIAL,
            _taken_from(line.basis),
            sources=(line.source,),
        )
        for line in package.three_public
    }
    yield from items.values()
    vehicles = _sum(
        "three_public.vehicles.initial",
        "公务用车购置及运行费年初预算",
        [items["vehicle_purchase"], items["vehicle_running"]],
    )
    yield vehicles
    yield _sum(
        "three_public.total.initial", "“三公”经费年初预算合计", [items["abroad"], vehicles, items["reception"]]
    )


def _projects(projects: Sequence[Project], stage: str, phase: Phase, year: int) -> Iterator[Figure]:
    if not projects:
        nothing = (FactSource(SETTINGS_FILE, 1),)
        yield Figure(f"project.total.{stage}", f"项目{phase}合计", 0, year, phase, "没有项目", sources=nothing)
        return
    by_item: dict[tuple[str, str], list[Figure]] = {}
    every: list[Figure] = []
    for project in projects:
        whole = f"project.{project.key}.{stage}"
        several = len(project.lines) > 1
        lines = {
            line: _stage_figure(
                f"project.{project.key}.{line.fund}.{line.code}.{stage}" if several else whole,
                project.name,
                line,
                phase,
                year,
            )
            for line in project.lines
        }
        yield from lines.values()
        for line, figure in lines.items():
            by_item.setdefault((line.fund, line.code), []).append(figure)
        if several:
            made = _sum(whole, f"{project.name}{phase}", list(lines.values()))
            yield made
        else:
            (made,) = lines.values()
        every.append(made)
    for (fund, code), figures in sorted(by_item.items()):
        yield _sum(f"project.item.{fund}.{code}.{stage}", f"{code} 项目{phase}", figures)
    yield _sum(f"project.total.{stage}", f"项目{phase}合计", every)


def _item_figure(name: str, line: BudgetLine, phase: Phase, year: int) -> Figure:
    basis = line.basis if phase is Phase.INITIAL else ""
    return replace(_stage_figure(name, line.name, line, phase, year), formula=_taken_from(basis))


def _taken_from(basis: str) -> str:
    return f"取自{basis}" if basis else ""


def _stage_figure(name: str, label: str, line: BudgetLine | ProjectLine, phase: Phase, year: int) -> Figure:
    value = line.initial if phase is Phase.INITIAL else line.adjusted
    return Figure(name, f"{label}{phase}", value, year, phase, sources=(line.source,))


def _sum(name: str, label: str, parts: Sequence[Figure]) -> Figure:
    first = parts[0]
    inputs = tuple(part.id for part in parts)
    value = sum(part.value for part in parts)
    formula = "＋".join(part.label for part in parts)
    return Figure(name, label, value, first.year, first.phase, formula, inputs)
