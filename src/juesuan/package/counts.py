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

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from juesuan.facts import Fact, Source, Unit
from juesuan.money import print_decimal
from juesuan.package.model import ClosingPackage, source_of
from juesuan.yamlsource import Strict

# What a count is called in the list of facts; printed words are the document's own.
_LABELS = {
    "headcount.in_service": "在职人员",
    "headcount.in_service.administrative": "行政人员",
    "headcount.in_service.civil_service_managed": "参照公务员法管理事业人员",
    "headcount.in_service.institution": "其他事业人员",
    "headcount.retired": "离退休人员",
    "headcount.retired.veteran": "离休人员",
    "headcount.retired.pensioner": "退休人员",
    "assets.vehicles": "车辆",
    "assets.vehicles.ministerial": "副部（省）级及以上领导用车",
    "assets.vehicles.leading_officials": "主要领导干部用车",
    "assets.vehicles.confidential": "机要通信用车",
    "assets.vehicles.emergency": "应急保障用车",
    "assets.vehicles.enforcement": "执法执勤用车",
    "assets.vehicles.special": "特种专业技术用车",
    "assets.vehicles.retired_cadres": "离退休干部用车",
    "assets.vehicles.other": "其他用车",
    "assets.general_equipment": "大额通用设备",
    "assets.special_equipment": "大额专用设备",
    "three_public.count.abroad_groups": "因公出国（境）团组数",
    "three_public.count.abroad_people": "因公出国（境）人次",
    "three_public.count.vehicles_bought": "公务用车购置数",
    "three_public.count.vehicles_held": "公务用车保有量",
    "three_public.count.reception_batches": "国内公务接待批次",
    "three_public.count.reception_people": "国内公务接待人次",
    "three_public.count.foreign_reception_batches": "外事接待批次",
    "three_public.count.foreign_reception_people": "外事接待人次",
}


def package_facts(package: ClosingPackage) -> Iterator[Fact]:
    """Yield every number of a package that is no amount of money of its books, inputs before sums."""
    files = package.settings.files
    headcount = package.headcount
    yield from _kinds(package, "headcount.in_service", headcount.in_service, files.headcount, "in_service")
    yield from _kinds(package, "headcount.retired", headcount.retired, files.headcount, "retired")
    yield from _kinds(package, "assets.vehicles", package.assets.vehicles, files.assets, "vehicles")
    for key in ("general_equipment", "special_equipment"):
        source = _source(package, files.assets, key)
        yield _count(f"assets.{key}", getattr(package.assets, key), package.settings.year, source)
    for key, value in _values(package.three_public_counts).items():
        source = _source(package, files.three_public_counts, key)
        yield _count(f"three_public.count.{key}", value, package.settings.year, source)
    for mention in package.numbers.values():
        unit = Unit.RATE if mention.stated.is_rate else Unit.NUMBER
        exact = mention.value
        yield Fact(
            mention.fact, mention.label, exact, unit, exact, mention.stated.printed, sources=(mention.source,)
        )


def _kinds(package: ClosingPackage, name: str, model: Strict, file: str, key: str) -> Iterator[Fact]:
    """Yield the count of each kind and their sum."""
    year = package.settings.year
    parts = [
        _count(f"{name}.{kind}", value, year, _source(package, file, f"{key}.{kind}"))
        for kind, value in _values(model).items()
    ]
    yield from parts
    inputs = tuple(part.id for part in parts)
    total = sum(part.exact for part in parts)
    text = print_decimal(Decimal(int(total)))
    exact = Fraction(total)
    yield Fact(name, _LABELS[name], exact, Unit.NUMBER, exact, text, "＋".join(inputs), inputs, year=year)


def _count(name: str, value: int, year: int, source: Source) -> Fact:
    exact = Fraction(value)
    text = print_decimal(Decimal(value))
    return Fact(name, _LABELS[name], exact, Unit.NUMBER, exact, text, sources=(source,), year=year)


def _values(model: Strict) -> Mapping[str, int]:
    return {key: getattr(model, key) for key in type(model).model_fields}


def _source(package: ClosingPackage, file: str, key: str) -> Source:
    return source_of(file, package.lines[file], key)
