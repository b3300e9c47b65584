"""The amounts of a package as figures, and what must hold among them.

==========================================  ==================================================================
``budget.<item>.initial|adjusted``          年初预算, 调整预算 of a functional item
``budget.class.<class>.initial|adjusted``   the sum of a class (类)
``budget.total.initial|adjusted``           the sum of all
``three_public.<key>.initial``              三公 budget: ``abroad``, ``vehicle_purchase``, ``vehicle_running``,
                                            ``reception``; sums ``vehicles`` and ``total``
``project.<key>.initial|adjusted``          a project's budget; sum ``project.total``; sums by functional item
                                            ``project.item.<item>``
``prior.<key>``                             last year's, as published (fixed)
``procurement.<key>``                       ``goods``, ``works``, ``services``; sum ``total``; ``sme``, ``micro``
==========================================  ==================================================================
"""

from collections.abc import Iterable, Iterator, Sequence

from juesuan.facts import Phase, Source
from juesuan.figures import Figure
from juesuan.identities import Identity, Instance, Relation, Term
from juesuan.package.model import BudgetLine, ClosingPackage, Project

_STAGES = (("initial", Phase.INITIAL), ("adjusted", Phase.ADJUSTED))
_CLASS_DIGITS = 3
_OWN_RULE = "本单位预算与采购台账"
_SME_RULE = "《政府采购促进中小企业发展管理办法》（财库〔2020〕46号）"


def package_figures(package: ClosingPackage) -> Iterator[Figure]:
    """Yield every amount of a package, inputs before the sums made of them. Values are 分."""
    year = package.settings.year
    for stage, phase in _STAGES:
        yield from _budget(package.budget, stage, phase, year)
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
    parts = [
        figure for figure in bought if figure.id.removeprefix("procurement.") in ("goods", "works", "services")
    ]
    yield _sum("procurement.total", "政府采购支出总额", parts)


def package_identities(package: ClosingPackage) -> tuple[Identity, ...]:
    """Return what must hold among :func:`package_figures`: sums, and parts that can't exceed their whole."""
    figures = tuple(package_figures(package))
    sums = {figure.id: figure for figure in figures if figure.inputs}

    def equal(name: str, text: str, prefix: str) -> Identity:
        made = [figure for key, figure in sums.items() if key.startswith(prefix)]
        instances = (Instance(figure.id, tuple(Term(1, part) for part in figure.inputs)) for figure in made)
        return Identity(name, "package", text, _OWN_RULE, tuple(instances))

    def at_most(name: str, text: str, citation: str, pairs: Iterable[tuple[str, str]]) -> Identity:
        instances = tuple(Instance(part, (Term(1, whole),)) for part, whole in pairs)
        return Identity(name, "package", text, citation, instances, relation=Relation.AT_MOST)

    within = [
        (f"project.item.{code}.{stage}", f"budget.{code}.{stage}")
        for stage, _ in _STAGES
        for code in dict.fromkeys(project.code for project in package.projects)
    ]
    contracts = [("procurement.sme", "procurement.total"), ("procurement.micro", "procurement.sme")]
    identities = (
        equal("package.budget", "预算：类＝Σ项，合计＝Σ类", "budget."),
        equal("package.three-public", "“三公”经费预算：合计＝Σ各项", "three_public."),
        equal("package.projects", "项目预算：合计＝Σ各项目", "project."),
        equal("package.procurement", "政府采购支出总额＝货物＋工程＋服务", "procurement."),
        at_most("package.projects-within", "同一功能分类项下各项目预算之和≤该项预算", _OWN_RULE, within),
        at_most("package.contracts", "小微企业合同≤中小企业合同≤政府采购支出总额", _SME_RULE, contracts),
    )
    return tuple(identity for identity in identities if identity.instances)


def _budget(lines: Sequence[BudgetLine], stage: str, phase: Phase, year: int) -> Iterator[Figure]:
    classes: dict[str, list[Figure]] = {}
    for line in lines:
        item = _stage_figure(f"budget.{line.code}.{stage}", line.name, line, phase, year)
        classes.setdefault(line.code[:_CLASS_DIGITS], []).append(item)
        yield item
    sums = [
        _sum(f"budget.class.{code}.{stage}", f"{code} 类{phase}", items) for code, items in sorted(classes.items())
    ]
    yield from sums
    yield _sum(f"budget.total.{stage}", f"{phase}合计", sums)


def _three_public(package: ClosingPackage) -> Iterator[Figure]:
    year = package.settings.year
    items = {
        line.key: Figure(
            f"three_public.{line.key}.initial",
            f"{line.name}年初预算",
            line.initial,
            year,
            Phase.INITIAL,
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
        return
    by_item: dict[str, list[Figure]] = {}
    every: list[Figure] = []
    for project in projects:
        figure = _stage_figure(f"project.{project.key}.{stage}", project.name, project, phase, year)
        every.append(figure)
        by_item.setdefault(project.code, []).append(figure)
    yield from every
    for code, figures in sorted(by_item.items()):
        yield _sum(f"project.item.{code}.{stage}", f"{code} 项目{phase}", figures)
    yield _sum(f"project.total.{stage}", f"项目{phase}合计", every)


def _stage_figure(name: str, label: str, line: BudgetLine | Project, phase: Phase, year: int) -> Figure:
    value = line.initial if phase is Phase.INITIAL else line.adjusted
    return Figure(name, f"{label}{phase}", value, year, phase, sources=(line.source,))


def _sum(name: str, label: str, parts: Sequence[Figure]) -> Figure:
    first = parts[0]
    inputs = tuple(part.id for part in parts)
    sources: tuple[Source, ...] = ()
    value = sum(part.value for part in parts)
    formula = "＋".join(part.label for part in parts)
    return Figure(name, label, value, first.year, first.phase, formula, inputs, sources)
