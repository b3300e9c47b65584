"""What a package counts or states in words, as facts.

==============================================  ==============================================================
``text.<name>``, ``text.<file>.<line>.<n>``     numbers stated in free text (unit 数 or 比率)
``headcount.in_service``, ``….<kind>``          在职人员 and its kinds (``administrative``,
                                                ``civil_service_managed``, ``institution``)
``headcount.retired``, ``….<kind>``             离退休人员: ``veteran``, ``pensioner``
``assets.vehicles``, ``….<kind>``               车辆 and its kinds (see :class:`~juesuan.package.model.Vehicles`)
``assets.general_equipment|special_equipment``  设备 above the values that a form names; or ``large_equipment``
``evaluation.<stage>.projects``                 projects with targets, tracked, evaluated
``evaluation.grades|problems.<key>``            evaluated projects by grade; problems found
``evaluation.average``                          the average of their points
``three_public.count.<key>``                    see :class:`~juesuan.package.model.ThreePublicCounts`
==============================================  ==============================================================
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from juesuan.base.money import parse_number, print_decimal
from juesuan.base.yamlsource import Strict
from juesuan.facts import Fact, Unit
from juesuan.package.evaluation import STAGES
from juesuan.package.model import ClosingPackage, ThreePublicCounts

EQUIPMENT = ("general_equipment", "special_equipment", "large_equipment")


def package_facts(package: ClosingPackage) -> Iterator[Fact]:
    """Yield every number of a package that is no amount of money of its books, inputs before sums."""
    files = package.settings.files
    if package.headcount is not None:
        yield from _kinds(package, "headcount", package.headcount, files.headcount, "in_service")
        yield from _kinds(package, "headcount", package.headcount, files.headcount, "retired")
    yield from _kinds(package, "assets", package.assets, files.assets, "vehicles")
    for key in (name for name in EQUIPMENT if getattr(package.assets, name) is not None):
        yield _count(package, f"assets.{key}", package.assets, key, files.assets, key)
    counts = package.three_public_counts
    for key in ThreePublicCounts.model_fields:
        yield _count(package, f"three_public.count.{key}", counts, key, files.three_public_counts, key)
    yield from _evaluation(package)
    for mention in package.numbers.values():
        unit = Unit.RATE if mention.stated.is_rate else Unit.NUMBER
        exact = mention.value
        yield Fact(
            mention.fact, mention.label, exact, unit, exact, mention.stated.printed, sources=(mention.source,)
        )


def _evaluation(package: ClosingPackage) -> Iterator[Fact]:
    evaluation, file = package.evaluation, package.settings.files.evaluation
    if evaluation is None:
        return
    for name in STAGES:
        title = f"{type(evaluation).model_fields[name].title}的项目数"
        stage = getattr(evaluation, name)
        yield _count(package, f"evaluation.{name}.projects", stage, "projects", file, f"{name}.projects", title)
    for room in ("grades", "problems"):
        model: Strict = getattr(evaluation, room)
        for key in type(model).model_fields:
            yield _count(package, f"evaluation.{room}.{key}", model, key, file, f"{room}.{key}")
    if evaluation.average:
        exact = parse_number(evaluation.average)
        yield Fact(
            "evaluation.average",
            "绩效自评平均得分",
            exact,
            Unit.SCORE,
            exact,
            evaluation.average,
            sources=(package.where(file, "average"),),
            year=package.settings.year,
        )


def _kinds(package: ClosingPackage, room: str, model: Strict, file: str, key: str) -> Iterator[Fact]:
    """Yield the count of each kind and their sum."""
    kinds: Strict = getattr(model, key)
    name = f"{room}.{key}"
    parts = [
        _count(package, f"{name}.{kind}", kinds, kind, file, f"{key}.{kind}") for kind in type(kinds).model_fields
    ]
    yield from parts
    exact = sum((part.exact for part in parts), Fraction(0))
    inputs = tuple(part.id for part in parts)
    yield Fact(
        id=name,
        label=_title(model, key),
        exact=exact,
        unit=Unit.NUMBER,
        displayed=exact,
        display=print_decimal(Decimal(int(exact))),
        formula="＋".join(part.label for part in parts),
        inputs=inputs,
        year=package.settings.year,
    )


def _count(
    package: ClosingPackage, name: str, model: Strict, key: str, file: str, at: str, title: str = ""
) -> Fact:
    value: int = getattr(model, key)
    exact = Fraction(value)
    return Fact(
        id=name,
        label=title or _title(model, key),
        exact=exact,
        unit=Unit.NUMBER,
        displayed=exact,
        display=print_decimal(Decimal(value)),
        sources=(package.where(file, at),),
        year=package.settings.year,
    )


def _title(model: Strict, key: str) -> str:
    return type(model).model_fields[key].title or key
