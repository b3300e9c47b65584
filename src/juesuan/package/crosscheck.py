"""What must agree between the files of a package before it is one."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from juesuan.base.money import FEN_PER_WANYUAN, print_decimal
from juesuan.base.problems import Place, Problem
from juesuan.editionfiles import edition_names, known_edition
from juesuan.package.claims import ClaimError, parse_claim
from juesuan.package.model import ClaimLine, PriorLine, Project, PublishedBefore, measured, source_of
from juesuan.package.performance import Direction, EvaluationSheet, WrittenIndicator
from juesuan.package.prose import Prose, ProseNumber, named_fact
from juesuan.package.settings import SETTINGS_FILE, Settings, UnitKind
from juesuan.package.texts import ProjectTexts
from juesuan.package.yamlfile import YamlFile

Lines = Mapping[str, int]


def settings(read: Settings, lines: Lines, root: Path) -> Iterator[Problem]:
    """Check that the editions exist and that the unit is one that 机关运行经费 can apply to."""
    for key, edition in (("edition", read.edition), ("document", read.document)):
        if edition and not known_edition(edition, root):
            place = _place(SETTINGS_FILE, lines, key)
            names = "、".join(edition_names()) or "（没有任何版本）"
            yield Problem(place, "settings.edition", "没有这个版本", edition, names)
    if read.unit.operating_expenses and read.unit.kind is UnitKind.PUBLIC_INSTITUTION:
        place = _place(SETTINGS_FILE, lines, "unit.operating_expenses")
        kinds = f"{UnitKind.ADMINISTRATIVE}或{UnitKind.CIVIL_SERVICE_MANAGED}"
        yield Problem(place, "settings.operating", "机关运行经费只适用于行政单位和参公单位", read.unit.kind, kinds)


def prior(lines: Sequence[PriorLine], published: PublishedBefore) -> Iterator[Problem]:
    """Check that last year's figures are those that the archive says were published."""
    archived = {line.key: line.amount for line in published.lines}
    for line in lines:
        if line.key in archived and line.amount != archived[line.key]:
            place = Place(line.source.file, line.source.line, "金额（万元）")
            found, expected = (
                print_decimal(Decimal(one) / FEN_PER_WANYUAN) for one in (line.amount, archived[line.key])
            )
            yield Problem(place, "prior.archived", "与归档的上年公布数不一致", found, expected, published.where)


def projects_in_budget(projects: Sequence[Project], items: AbstractSet[str] | None) -> Iterator[Problem]:
    """Check that each project's functional items have a budget (``items`` None: the budget was not read)."""
    for project in projects:
        for line in project.lines:
            if items is not None and line.code not in items:
                place = Place(line.source.file, line.source.line, "功能分类编码")
                yield Problem(place, "projects.code", "预算表里没有这个功能分类", line.code)


def sheets(read: Sequence[YamlFile[EvaluationSheet]], projects: AbstractSet[str] | None) -> Iterator[Problem]:
    """Check that each sheet is the only one of its scope, and that projects exist (None: not all are known)."""
    first: dict[str, str] = {}
    for sheet in read:
        key = sheet.model.key
        place = _place(sheet.file, sheet.lines, "project" if sheet.model.project else "scope")
        if sheet.model.project and projects is not None and key not in projects:
            expected = "、".join(sorted(projects))
            yield Problem(place, "performance.project", "项目表里没有这个项目", key, expected)
        if key in first:
            yield Problem(place, "performance.doubled", f"同一自评表已在 {first[key]} 填写", key)
        first.setdefault(key, sheet.file)


def project_texts(texts: ProjectTexts, projects: AbstractSet[str] | None, file: str) -> Iterator[Problem]:
    """Check that only projects that there are are told about."""
    if projects is None:
        return
    for key in sorted(texts.projects.keys() - projects):
        expected = "、".join(sorted(projects))
        yield Problem(Place(file), "texts.project-unknown", "项目表里没有这个项目", key, expected)


def indicators(
    sheet: YamlFile[EvaluationSheet], numbers: Mapping[str, ProseNumber], *, names: bool
) -> Iterator[Problem]:
    """Check that every quantitative indicator has one target and one actual number, of the same kind.

    ``names`` says whether an unknown name is a problem of its own.
    """
    for where, indicator in _indicators(sheet.model):
        if indicator.direction is Direction.QUALITATIVE:
            continue
        found: list[ProseNumber] = []
        sides = (
            ("target", indicator.target, indicator.target_number),
            ("actual", indicator.actual, indicator.actual_number),
        )
        for side, text, name in sides:
            place = _place(sheet.file, sheet.lines, f"{where}.{side}")
            problem, mention = _number(text, name, side, place, numbers)
            if problem and (names or problem.code != "performance.unknown"):
                yield problem
            found += [mention] if mention else []
        if len(found) == len(sides):
            place = _place(sheet.file, sheet.lines, f"{where}.actual")
            yield from _comparable(indicator, found[0], found[1], place)


def claims(lines: Sequence[ClaimLine], numbers: Mapping[str, ProseNumber] | None) -> Iterator[Problem]:
    """Check that claims can be read and that their names are those of numbers (None: not all are known)."""
    for line in lines:
        place = Place(line.source.file, line.source.line)
        try:
            claim = parse_claim(line.written)
        except ClaimError as error:
            expected = "如“a = b + c - d”“a = (b + c) / d”或“a ≈ b + c”"
            yield Problem(place, "claim.syntax", f"看不懂的勾稽式：{error}", line.written, expected)
            continue
        for name in dict.fromkeys(claim.names):
            if numbers is not None and named_fact(name) not in numbers:
                expected = f"某段文字里写明的“{{{name}: 数字}}”"
                yield Problem(place, "claim.unknown", "勾稽式里的名称没有在任何地方写明", name, expected)


def _indicators(sheet: EvaluationSheet) -> Iterator[tuple[str, WrittenIndicator]]:
    for g, goal in enumerate(sheet.goals):
        for c, class_ in enumerate(goal.classes):
            for n, group in enumerate(class_.groups):
                for i, indicator in enumerate(group.indicators):
                    yield f"goals.{g}.classes.{c}.groups.{n}.indicators.{i}", indicator


def _number(
    text: Prose, name: str | None, side: str, place: Place, numbers: Mapping[str, ProseNumber]
) -> tuple[Problem | None, ProseNumber | None]:
    ids = measured(text, name)
    if len(ids) != 1:
        expected = f"一个数字；有几个或没有时用 {side}_number 写明是哪一个"
        found = f"{len(ids)} 个数字"
        return Problem(place, "performance.number", "定量指标的文字里应恰有一个数字", found, expected), None
    mention = numbers.get(ids[0])
    if mention is None and name:
        expected = f"某段文字里写明的“{{{name}: 数字}}”"
        return Problem(
            place, "performance.unknown", f"{side}_number 的名称没有在任何地方写明", name, expected
        ), None
    return None, mention


def _comparable(
    indicator: WrittenIndicator, target: ProseNumber, actual: ProseNumber, place: Place
) -> Iterator[Problem]:
    if target.stated.is_rate != actual.stated.is_rate:
        found = f"{target.stated.printed} 与 {actual.stated.printed}"
        expected = "两个百分数，或两个数"
        yield Problem(place, "performance.unit", "目标值和完成值不能相比", found, expected)
    divisor = target if indicator.direction is Direction.POSITIVE else actual
    if divisor.value <= Fraction(0):
        yield Problem(place, "performance.zero", "计分要除以的数应大于 0", divisor.stated.printed)


def _place(file: str, lines: Lines, key: str) -> Place:
    return Place(file, source_of(file, lines, key).line, key)
