"""What a package counts or states in words, as facts.

==============================================  ==============================================================
``text.<name>``, ``text.<file>.<line>.<n>``     numbers stated in free text (unit 数 or 比率)
``headcount.in_service``, ``….<kind>``          在职人员 and its kinds (``administrative``,
                                                ``civil_service_managed``, ``institution``)
``headcount.retired``, ``….<kind>``             离退休人员: ``veteran``, ``pensioner``
``assets.vehicles``, ``….<kind>``               车辆 and its kinds (see :class:`~juesuan.package.model.Vehicles`)
``assets.general_equipment|special_equipment``  设备
``three_public.count.<key>``                    see :class:`~juesuan.package.model.ThreePublicCounts`
==============================================  ==============================================================
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from juesuan.facts import Fact, Unit
from juesuan.money import print_decimal
from juesuan.package.model import ClosingPackage
from juesuan.yamlsource import Strict


def package_facts(package: ClosingPackage) -> Iterator[Fact]:
    """Yield every number of a package that is no amount of money of its books, inputs before sums."""
    files = package.settings.files
    yield from _kinds(package, "headcount", package.headcount, files.headcount, "in_service")
    yield from _kinds(package, "headcount", package.headcount, files.headcount, "retired")
    yield from _kinds(package, "assets", package.assets, files.assets, "vehicles")
    for key in ("general_equipment", "special_equipment"):
        yield _count(package, f"assets.{key}", package.assets, key, files.assets, key)
    counts = package.three_public_counts
    for key in type(counts).model_fields:
        yield _count(package, f"three_public.count.{key}", counts, key, files.three_public_counts, key)
    for mention in package.numbers.values():
        unit = Unit.RATE if mention.stated.is_rate else Unit.NUMBER
        exact = mention.value
        yield Fact(
            mention.fact, mention.label, exact, unit, exact, mention.stated.printed, sources=(mention.source,)
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


def _count(package: ClosingPackage, name: str, model: Strict, key: str, file: str, at: str) -> Fact:
    value: int = getattr(model, key)
    exact = Fraction(value)
    return Fact(
        id=name,
        label=_title(model, key),
        exact=exact,
        unit=Unit.NUMBER,
        displayed=exact,
        display=print_decimal(Decimal(value)),
        sources=(package.where(file, at),),
        year=package.settings.year,
    )


def _title(model: Strict, key: str) -> str:
    return type(model).model_fields[key].title or key
