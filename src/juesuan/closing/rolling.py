"""First stage of a department: the closings of its units, each proved, put together as one intake.

A unit is a package, which is closed here up to its document and must pass every check (an earlier run did that, if
nothing of it has changed since); or a version in an archive, of which every byte is proved and whose tables must
be what its package still gives. A package may be a department's again. All that is wrong with all units is told at
once.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from juesuan.archive import ArchivedVersion, archived_version, open_store
from juesuan.base.problems import EditionError, InputError, OutputError, Place, Problem
from juesuan.closing.archiving import ClosingArchive
from juesuan.closing.checked import close_checked
from juesuan.closing.compute import Books, fill
from juesuan.closing.intake import Intake, Overrides, edition_of, hashed_inputs, ingest_unit, inputs_of
from juesuan.closing.kept import UNIT, KeptStages, hash_of, hash_of_files, hash_of_known
from juesuan.closing.refusal import ClosingRefused
from juesuan.closing.units import BUDGETS, TRANSFERS, pair_items
from juesuan.department import (
    Consolidated,
    Described,
    Member,
    MemberLine,
    TransferPair,
    internal_budgets,
    joined,
    merged_package,
    moved_ledger,
    moved_problem,
    read_description,
    superiors_of,
    transfers_of,
)
from juesuan.edition import Edition
from juesuan.facts import FactSource, Figure
from juesuan.package import ClosingPackage, Settings, check_package, package_facts
from juesuan.package.files import department_file
from juesuan.package.places import as_known
from juesuan.roles import InternalRole, cell_of
from juesuan.rules.check import ROW_SEPARATOR
from juesuan.tables import Tables

_MOST = 20  # findings of one unit that are told


def ingest(
    root: Path,
    overrides: Overrides | None = None,
    kept: KeptStages | None = None,
    archive: ClosingArchive | None = None,
    *,
    home: str = "",
) -> Intake:
    """Read a package, of a unit or (with a ``department.yaml``) of a department; see :func:`ingest_unit`.

    With ``kept``, a department's unit is not closed again that an earlier run closed from the same inputs.

    ``home`` is the archive that the package was taken from: an archive that a restored department names by a
    relative path is this one.

    Raises:
        EditionError: the edition's own files are wrong.
        OutputError: an archive can't be read, or what it holds is damaged.
    """
    if department_file(root) is None:
        return ingest_unit(root, overrides, kept, archive)
    return _Rolling(root, overrides, archive, home, kept).intake()


@dataclass
class _Rolling:
    """One department on its way to an intake."""

    root: Path
    overrides: Overrides | None
    archive: ClosingArchive | None
    home: str
    kept: KeptStages | None

    def intake(self) -> Intake:
        inputs = hashed_inputs(self.root)
        problems: list[Problem] = []
        described = read_description(self.root, problems)
        before = partial(self.archive.published_before, self.root) if self.archive is not None else None
        reading = check_package(self.root, before, consolidated=True)
        problems += reading.problems
        settings, package, edition = edition_of(reading, self.overrides, self.root, problems)
        nothing = Intake(self.root, edition, settings, package, None, as_known(self.root, problems), inputs)
        if described is None or settings is None or edition is None:
            return nothing
        members = tuple(self._members(described, settings, edition, problems))
        problems += _relations([one.member for one in members], described, settings)
        plain = list({one.member.code: one.member for one in reversed(members)}.values())[::-1]
        lacking = [role for role in InternalRole if role not in edition.roles]
        cells = {role.value: edition.roles[role] for role in InternalRole if not lacking}
        parts = {role: members[0].tables.parts(cell) for role, cell in cells.items() if members}
        if problems or package is None:
            if parts:
                found = transfers_of(plain, described, parts, settings.unit.code, [], complete=False)
                budgets = internal_budgets(plain, [], complete=False)
                problems += _differing(found.pairs, plain, described, package, TRANSFERS)
                problems += _differing(budgets.pairs, plain, described, package, BUDGETS)
            return replace(nothing, problems=as_known(self.root, dict.fromkeys(problems)))
        if lacking:
            place = described.place("units")
            words = f"版本“{edition.key}”没有内部往来的角色，不能汇总部门决算"
            return replace(nothing, problems=(Problem(place, "department.roles", words, "、".join(lacking)),))
        transfers = transfers_of(plain, described, parts, settings.unit.code, problems)
        budgets = internal_budgets(plain, problems)
        named = {fund.value: word for word, fund in reversed(list(edition.chart.words.fund.items()))}
        merged = merged_package(package, plain, described, named, problems, budgets)
        fingerprint = hash_of(*(part for one in members for part in (one.member.code, one.fingerprint)))
        whole = Consolidated(settings.unit.code, tuple(plain), transfers, budgets, merged.keys, fingerprint)
        told = (transfers.report(described.file.file),)
        ledger = joined((one.ledger for one in plain), settings.year, transfers.lines, told)
        settings = merged.package.settings
        return Intake(
            self.root,
            edition,
            settings,
            merged.package,
            ledger,
            as_known(self.root, dict.fromkeys(problems)),
            inputs,
            consolidated=whole,
        )

    def _members(
        self, described: Described, settings: Settings, edition: Edition, problems: list[Problem]
    ) -> Iterator["_Closed"]:
        first: dict[tuple[str, ...], Place] = {}
        for number, line in enumerate(described.units):
            place = described.place(f"units.{number}")
            listed = first.setdefault(self._origin(line), place)
            if listed is not place:
                message = f"这个单位已经列过了（第 {listed.line} 行）"
                problems.append(Problem(place, "department.doubled", message, line.package or line.unit))
                continue
            try:
                if line.archive:
                    closed = self._archived(line, settings, edition, place, described.source(f"units.{number}"))
                else:
                    closed = self._packaged(line, settings, edition, place, described.source(f"units.{number}"))
            except InputError as error:
                problems.extend(error.problems)
            except EditionError as error:
                message = f"这个单位的版本有错误，不能汇总：{error}"
                problems.append(Problem(place, "department.edition", message, line.package or line.unit))
            else:
                yield closed

    def _origin(self, line: MemberLine) -> tuple[str, ...]:
        """Return what a unit is taken from, however it is written."""
        return (line.archive, line.unit) if line.archive else (str((self.root / line.package).resolve()),)

    def _packaged(
        self, line: MemberLine, settings: Settings, edition: Edition, place: Place, source: FactSource
    ) -> "_Closed":
        """Return a unit whose package was closed and passed every check.

        Raises:
            InputError: with all that is wrong with it.
        """
        folder, root = (self.root / line.package).resolve(), self.root.resolve()
        if folder == root:
            raise InputError([Problem(place, "department.itself", "部门不能是自己的所属单位", line.package)])
        if not folder.is_relative_to(root):
            message = "单位的资料须在部门资料的文件夹之内（随部门决算一起归档），或者从归档中取"
            raise InputError([Problem(place, "department.outside", message, line.package)])
        if not folder.is_dir():
            hint = "工作簿请先用 juesuan workbook 拆成文件夹" if folder.is_file() else ""
            raise InputError([Problem(place, "department.missing", "没有这个资料文件夹", line.package, hint=hint)])
        prefix = folder.relative_to(root).as_posix()
        between = [one for one in folder.parents if one.is_relative_to(root) and one != root]
        other = next(filter(None, map(department_file, between)), None)
        if other is not None:
            message = "这个单位的资料在另一个部门的资料里：请列那个部门（它已包括这个单位），或把资料移出来"
            where = other.relative_to(root).as_posix()
            raise InputError([Problem(place, "department.within", message, line.package, hint=f"见 {where}")])
        intake = ingest(folder, kept=self.kept, archive=self.archive, home=self.home)
        _same_kind(intake, settings, edition, place)
        name = intake.settings.unit.name if intake.settings else ""
        try:
            figures, tables = self._closed(intake)
        except ClosingRefused as refusal:
            told = [moved_problem(one, prefix, name) for one in refusal.problems]
            told += _findings(refusal, place, prefix, name)
            raise InputError(told) from refusal
        return _Closed(_member(intake, figures, line, prefix, source), tables, hash_of_known(intake.inputs))

    def _closed(self, intake: Intake) -> "tuple[Mapping[str, Figure], Tables]":
        """Return the amounts of a unit's closing, and its tables.

        Raises:
            ClosingRefused: it does not pass.
        """

        def close() -> tuple[Mapping[str, Figure], Tables]:
            books = close_checked(intake, archive=self.archive).books
            return books.figures, books.tables

        if self.kept is None or intake.problems or intake.settings is None:
            return close()
        explained = intake.inputs.get(intake.settings.files.explanations, "")
        before = self.archive.before(intake.settings) if self.archive is not None else None
        folder = before.folder if before is not None else None
        last_year = hash_of_files((one for one in folder.rglob("*") if one.is_file()), folder) if folder else ""
        label = before.version if before is not None else ""
        return self.kept.result(UNIT, hash_of(inputs_of(intake), explained, label, last_year), close)

    def _archived(
        self, line: MemberLine, settings: Settings, edition: Edition, place: Place, source: FactSource
    ) -> "_Closed":
        """Return a unit of an archive: every byte of the version proved, its package read and filled again.

        Raises:
            InputError: with all that is wrong with it.
        """
        address = line.archive
        if not urlsplit(address).scheme and not Path(address).is_absolute():
            address = self.home or str((self.root / address).resolve())
        with tempfile.TemporaryDirectory(prefix="juesuan-") as temporary:
            folder = Path(temporary)
            try:
                found = archived_version(open_store(address), line.unit, settings.year, line.version, folder)
            except OutputError as error:
                raise InputError([Problem(place, "department.archive", str(error), line.unit)]) from error
            if found is None:
                version = f" {line.version} 版" if line.version else "决算"
                message = f"归档中没有这个单位 {settings.year} 年度的{version}"
                raise InputError([Problem(place, "department.archive", message, line.unit, hint=address)])
            prefix = f"归档/{found.label}"
            intake = ingest(found.inputs, home=address)
            _same_kind(intake, settings, edition, place)
            if intake.problems:
                raise InputError(moved_problem(one, prefix, line.unit) for one in intake.problems)
            books = fill(intake)
            _as_archived(books, found, place)
        return _Closed(_member(intake, books.figures, line, prefix, source), books.tables, found.fingerprint)


@dataclass(frozen=True)
class _Closed:
    """A unit with the tables of its closing, and the hash of what these were made from."""

    member: Member
    tables: Tables
    fingerprint: str


def _member(
    intake: Intake, figures: Mapping[str, Figure], line: MemberLine, prefix: str, source: FactSource
) -> Member:
    package, ledger, whole = intake.package, intake.ledger, intake.consolidated
    assert package is not None and ledger is not None, "an intake without problems has both"  # noqa: S101
    code = package.settings.unit.code
    return Member(
        package,
        moved_ledger(ledger, prefix, code),
        figures,
        {fact.id: fact for fact in package_facts(package)},
        prefix,
        source,
        whole.units if whole else (code,),
        line.own,
        line.superior,
        line.remark,
        whole.members if whole else (),
    )


def _same_kind(intake: Intake, settings: Settings, edition: Edition, place: Place) -> None:
    """Refuse a unit of another year, or of an edition with other forms: its cells mean something else.

    Raises:
        InputError: with its name.
    """
    unit = intake.settings
    if unit is None:
        return  # what is wrong with its settings is told
    who = f"{unit.unit.name}（{unit.unit.code}）"
    problems = []
    if unit.year != settings.year:
        message = "这个单位的年度与部门的不同，不能汇总"
        problems.append(
            Problem(place, "department.year", message, f"{who}：{unit.year} 年度", f"{settings.year} 年度")
        )
    if intake.edition is not None:
        theirs, ours = intake.edition, edition
        if dict(theirs.forms) != dict(ours.forms) or theirs.money != ours.money or theirs.chart != ours.chart:
            message = "这个单位的版本与部门的表样、单位或科目不同，不能汇总"
            problems.append(Problem(place, "department.edition", message, f"{who}：{theirs.key}", ours.key))
    if intake.ledger is not None and intake.ledger.absent:
        message = "这个单位没有交账簿，不能汇总：内部往来按凭证抵销，部门的数要追溯到凭证"
        problems.append(Problem(place, "department.ledger", message, who, "序时账和科目余额表"))
    if problems:
        raise InputError(problems)


def _findings(refusal: ClosingRefused, place: Place, prefix: str, name: str) -> Iterator[Problem]:
    """Yield what the checks of a unit found, each as a problem of the department."""
    found = [
        Problem(
            Place(place.file, place.line, one.place),
            f"department.{result.id}",
            f"{name}的决算没有通过：{result.text}",
            one.stated,
            one.computed.removeprefix("应为"),
            "、".join(f"{prefix}/{row}" for row in one.rows[:3]),
        )
        for result in refusal.failed
        for one in result.unexplained
        if result.severity.value == "error"
    ]
    yield from found[:_MOST]
    if len(found) > _MOST:
        message = f"{name}的决算没有通过：另有 {len(found) - _MOST} 处，请单独编制这个单位查看"
        yield Problem(place, "department.more", message, prefix)


def _as_archived(books: Books, found: ArchivedVersion, place: Place) -> None:
    """Refuse a version whose tables are not what its package gives now.

    Raises:
        InputError: with the first cells that differ.
    """
    now = {name: one.value for name, one in books.figures.items() if cell_of(name) and one.value}
    then = {name: value for name, value in found.exact.items() if cell_of(name) and value}
    differ = sorted({name for name in now.keys() | then.keys() if now.get(name, 0) != then.get(name, 0)})
    if differ:
        expected = f"归档的结果（{'、'.join(differ[:3])} 等 {len(differ)} 格不同）"
        message = "按归档的资料重新填表，与归档的结果不同：程序或版本已改变，请重新编制并归档这个单位"
        raise InputError([Problem(place, "department.archive", message, found.label, expected)])


def _differing(
    pairs: Sequence[TransferPair],
    members: Sequence[Member],
    described: Described,
    package: ClosingPackage | None,
    rule: str,
) -> Iterator[Problem]:
    """Yield the transfers that differ among units that closed, where others did not: what both sides booked."""
    names = {one.code: one.name for one in members}
    explained = package.explanations if package is not None else ()
    known = [one for one in pairs if all(one.sums)]
    for item in pair_items(known, names, {}, planned=rule == BUDGETS):
        if item.excess and not any(one.rule == rule for one in explained):
            message = "部门内部往来的预算两边不同" if rule == BUDGETS else "部门内部往来两边不同"
            rows = item.rows.replace(ROW_SEPARATOR, "、")
            yield Problem(described.place("units"), rule, message, item.stated, item.computed, rows)


def _relations(units: Sequence[Member], described: Described, settings: Settings) -> Iterator[Problem]:
    """Yield what is wrong among units: a code that is not one unit's, a superior that is none of them."""
    first = {settings.unit.code: f"{settings.unit.name}（部门，settings.yaml）"}
    for one in units:
        line = f"第 {one.source.line} 行"
        for each in one.everyone:
            who = f"{each.name}（{line if each is one else f'{one.name}的所属单位，{line}'}）"
            before = first.setdefault(each.code, who)
            if before is not who:
                place = Place(one.source.file, one.source.line, "units")
                found, expected = f"{each.code}：{before}、{who}", "部门和各单位各用一个编码，一个单位只列一次"
                yield Problem(place, "department.code", "同一个单位编码用了两次", found, expected)
    if len(units) < len(described.units):
        return  # a superior may be one of those that were refused
    superiors = superiors_of(units)
    codes = superiors.keys()
    for one in units:
        where = Place(one.source.file, one.source.line, "superior")
        above, seen = one.code, list[str]()
        while above and above in codes and above not in seen:
            seen.append(above)
            above = superiors[above]
        if above in seen:
            ring = " → ".join((*seen, above))
            yield Problem(where, "department.superior", "上级单位绕成了一圈", ring)
        elif above:
            yield Problem(
                where, "department.superior", "上级单位不是这个部门的单位", above, "、".join(sorted(codes))
            )
