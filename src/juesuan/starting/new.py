"""``juesuan new``: a package filled as far as a ledger and last year tell. What they don't tell stays open."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from juesuan.audit.tables import label_key
from juesuan.base.money import FEN_PER_WANYUAN, plain_yuan
from juesuan.base.problems import InputError, OutputError, Place, Problem, words_of
from juesuan.closing.funds import EXPENDITURE
from juesuan.edition import Edition, load_edition
from juesuan.editionfiles import known_edition
from juesuan.exported import Owner, read_exported
from juesuan.ledger import AccountChart, Ledger, load_codes, read_ledger
from juesuan.ledger.inspect import inspect_file
from juesuan.package import Settings
from juesuan.package.evaluation import STAGES
from juesuan.package.model import Assets, Headcount, ThreePublicCounts
from juesuan.package.settings import SETTINGS_FILE, Files
from juesuan.package.tables import (
    AWARDED_KEYS,
    BASIS,
    BUDGET,
    FUND,
    PRIOR,
    PRIOR_NAMES,
    PROCURED_KEYS,
    PROJECTS,
    RESERVED_KEYS,
    THREE_PUBLIC_KEYS,
)
from juesuan.starting.before import Before, from_archive, from_document, known_words, marked
from juesuan.starting.check import tells
from juesuan.starting.draft import Draft, Tree, write_draft
from juesuan.starting.planned import Planned, PlannedAmount, from_budget

_DOCUMENTS = (".pdf", ".docx", ".html", ".htm", ".txt", ".xlsx")
_CLASS, _ITEM = 3, 7  # digits
_UNKNOWN_UNIT = "unknown"


@dataclass(frozen=True)
class Wanted:
    """What the person who begins says. ``ledger`` are exports of vouchers and trial balances, in any order.

    ``budget`` is the budget as disclosed earlier in the year, ``tables`` are tables filled in another program.
    """

    edition: str
    ledger: tuple[Path, ...] = ()
    last_year: str = ""
    code: str = ""
    name: str = ""
    department: str = ""
    kind: str = ""
    year: int | None = None
    budget: Path | None = None
    tables: tuple[Path, ...] = ()


@dataclass
class Begun:
    """A package begun: what stands in it, which exports become which of its files, and what was not recognised."""

    draft: Draft
    exports: dict[str, Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Books:
    """What a ledger tells: functional codes with their names and funds, and projects with theirs."""

    items: tuple[tuple[str, str, str], ...] = ()  # code, name, fund as an office writes it
    projects: tuple[tuple[str, str, str], ...] = ()  # name, code, fund
    years: tuple[int, ...] = ()


def begin(wanted: Wanted) -> Begun:
    """Return a package filled as far as what is there tells.

    Raises:
        InputError: the ledger can't be read; all that is wrong with it.
        EditionError: there is no such edition, or it is wrong.
        OutputError: the archive can't be read.
        UnreadableDocument: last year's document, or the budget, can't be read.
    """
    edition = load_edition(wanted.edition)
    begun = Begun(Draft())
    vouchers, balances = sort_exports(wanted.ledger, edition.chart)
    begun.exports = {f"ledger/{path.name}": path for path in (*vouchers, *balances)}
    begun.exports |= {f"tables/{path.name}": path for path in _there(wanted.tables)}
    year = wanted.year or (edition.valid.first if edition.valid.first == edition.valid.last else None)
    books = (
        _books(vouchers, balances, edition, year)
        if vouchers
        else _Books(tuple(dict.fromkeys(_filled_items(wanted, edition, year))))
    )
    year = year or (books.years[0] if len(books.years) == 1 else None)
    before = _before(wanted, year)
    if before is not None:
        begun.notes += before.notes
        if before.year is not None and year is not None and before.year != year - 1:
            begun.notes.append(f"{before.where} 是 {before.year} 年度的，不是 {year - 1} 年度的：上年公布数没有取")
            before.prior.clear()
    planned = _planned(wanted, year, begun.notes)
    _fill(begun, wanted, edition, year, books, before or Before(""), planned, [list(vouchers), list(balances)])
    return begun


def _there(paths: Sequence[Path]) -> Sequence[Path]:
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise InputError(Problem(Place(str(path)), "file.missing", "没有这个文件") for path in missing)
    return paths


def _planned(wanted: Wanted, year: int | None, notes: list[str]) -> Planned:
    """Return what the disclosed budget tells; nothing of the budget of another year."""
    if wanted.budget is None:
        return Planned("")
    planned = from_budget(wanted.budget, known_words().budget)
    if planned.year is not None and year is not None and planned.year != year:
        notes.append(f"{planned.where} 是 {planned.year} 年度的预算，不是 {year} 年度的：年初预算没有取")
        return Planned("")
    notes += planned.notes
    return planned


def write(begun: Begun, folder: Path) -> None:
    """Write a package into a new folder.

    Raises:
        OutputError: the folder holds something already, or can't be written.
    """
    copy_exports(begun, folder)
    write_draft(begun.draft, folder)


def copy_exports(begun: Begun, folder: Path) -> None:
    """Copy the exports of a ledger to where the settings say that they are.

    Raises:
        OutputError: the folder holds something already, or can't be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} 已经存在，里面有文件；请另写一个新文件夹。")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, path in begun.exports.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
    except OSError as error:
        raise OutputError(f"{folder}：写不了（{words_of(error)}）") from None


def fund_words(edition: str, beside: Path | None = None) -> Iterable[str]:
    """Return the words of an edition for 资金性质, one for each fund; none where there is no such edition."""
    if not edition or not known_edition(edition, beside):
        return ()
    words = load_edition(edition, beside=beside).chart.words.fund
    first: dict[str, str] = {}
    for word, fund in words.items():
        first.setdefault(fund.value, word)
    return tuple(first.values())


def sort_exports(paths: Sequence[Path], chart: AccountChart) -> tuple[list[Path], list[Path]]:
    """Return which of some exports hold voucher lines and which a trial balance.

    Raises:
        InputError: one of them is neither; all of them.
    """
    vouchers: list[Path] = []
    balances: list[Path] = []
    problems: list[Problem] = []
    for path in paths:
        if not path.is_file():
            problems.append(Problem(Place(str(path)), "file.missing", "没有这个文件"))
            continue
        found = inspect_file(path, chart)
        kinds = {sheet.table.report.kind for sheet in found.sheets if sheet.table is not None}
        if not kinds:
            problems += found.problems or [Problem(Place(path.name), "ledger.header", "认不出序时账或科目余额表")]
        vouchers += [path] if "vouchers" in kinds else []
        balances += [path] if kinds - {"vouchers"} else []
    if problems:
        raise InputError(problems)
    return vouchers, balances


def _books(vouchers: list[Path], balances: list[Path], edition: Edition, year: int | None) -> _Books:
    ledger = read_ledger(
        vouchers, balances, root=vouchers[0].parent, chart=edition.chart, year=year or edition.valid.first
    )
    years = tuple(sorted({int(one) for one in ledger.lines["date"].dropna().dt.year.unique()}))
    if year is None and len(years) == 1 and years[0] != edition.valid.first:
        ledger = read_ledger(vouchers, balances, root=vouchers[0].parent, chart=edition.chart, year=years[0])
    return _Books(tuple(_items(ledger, edition)), tuple(_projects(ledger, edition)), years)


def _filled_items(wanted: Wanted, edition: Edition, year: int | None) -> Iterator[tuple[str, str, str]]:
    """Yield the items that filled tables of one fund name, as a ledger would; a check tells what is wrong."""
    owner = Owner(year or edition.valid.first, tuple(filter(None, (wanted.name, wanted.department))))
    for path in wanted.tables:
        for number, table in read_exported([path], path.parent, edition.forms, owner).tables.items():
            funds = edition.forms[number].fill.funds
            for code in sorted(table.codes) if len(funds) == 1 else ():
                if len(code) == _ITEM:
                    yield code, table.labels.get(code, ""), _word(funds[0], edition)


def _items(ledger: Ledger, edition: Edition) -> Iterator[tuple[str, str, str]]:
    names = load_codes(ledger.year).functional.names
    spent = _spent(ledger)
    seen = spent[["functional", "functional_name", "fund"]].drop_duplicates(["functional", "fund"])
    for code, name, fund in sorted(seen.itertuples(index=False)):
        yield str(code), names.get(str(code), str(name)), _word(str(fund), edition)


def _projects(ledger: Ledger, edition: Edition) -> Iterator[tuple[str, str, str]]:
    spent = _spent(ledger)
    seen = spent[spent["project"] != ""][["project", "functional", "fund"]].drop_duplicates()
    for name, code, fund in seen.itertuples(index=False):
        yield str(name), str(code), _word(str(fund), edition)


def _spent(ledger: Ledger):  # type: ignore[no-untyped-def]
    lines = ledger.lines
    booked = lines["account"].str.startswith(EXPENDITURE) & ~lines["closing"]
    return lines[booked & lines["functional"].str.fullmatch(rf"[0-9]{{{_ITEM}}}")]


def _word(fund: str, edition: Edition) -> str:
    return next((word for word, known in edition.chart.words.fund.items() if known.value == fund), "")


def _before(wanted: Wanted, year: int | None) -> Before | None:
    if not wanted.last_year:
        return None
    path = Path(wanted.last_year)
    if path.suffix.lower() in _DOCUMENTS or path.is_file():  # an archive is a folder, or a bucket
        return from_document(path)
    if not wanted.code or year is None:
        raise OutputError("从归档取上年的数，要写明 --code 单位编码和 --year 年度。")
    unit = {
        "code": wanted.code,
        "name": wanted.name or _UNKNOWN_UNIT,
        "department": wanted.department or _UNKNOWN_UNIT,
        "kind": wanted.kind or "行政单位",
        "operating_expenses": "true",
    }
    asked = {"unit": unit, "year": str(year), "edition": wanted.edition}
    return from_archive(wanted.last_year, Settings.model_validate(asked), Path())


def _fill(
    begun: Begun,
    wanted: Wanted,
    edition: Edition,
    year: int | None,
    books: _Books,
    before: Before,
    planned: Planned,
    ledgers: list[list[Path]],
) -> None:
    draft, files = begun.draft, Files.model_validate({})
    unit = {
        "code": wanted.code or before.unit.get("code", ""),
        "name": wanted.name or before.unit.get("name", ""),
        "department": wanted.department or before.unit.get("department", ""),
        "kind": wanted.kind or before.unit.get("kind", ""),
    }
    kept = {key: value for key, value in before.unit.items() if key not in unit}
    settings: dict[str, Tree] = {
        "unit": {**unit, **kept},
        "year": str(year) if year else "",
        "edition": wanted.edition,
    }
    if before.policies:
        settings["policies"] = before.policies
    named: dict[str, Tree] = {
        key: names[0] if len(names) == 1 else [*names]
        for key, paths in zip(("vouchers", "trial_balance"), ledgers, strict=True)
        if (names := [f"ledger/{path.name}" for path in paths])
    }
    if named:
        settings["files"] = named
    if wanted.tables:
        filled: list[Tree] = [f"tables/{path.name}" for path in wanted.tables]
        settings["tables"] = {"files": filled[0] if len(filled) == 1 else filled}
    draft.trees[SETTINGS_FILE] = settings
    _budget(begun, files, edition, books, planned)
    _tables(draft, files, edition, books, before)
    _counts(draft, files, edition)
    _words(draft, files, edition, books, before)


def _budget(begun: Begun, files: Files, edition: Edition, books: _Books, planned: Planned) -> None:
    """Write the lines of the budget: what was spent, and what the disclosed budget tells beside or beyond it."""
    code, name, initial, adjusted = (column.head for column in BUDGET[:4])
    words = {fund: _word(fund, edition) for fund in edition.chart.words.fund.values()}
    known = {(item, words[fund]): one for (fund, item), one in planned.items.items()}  # type: ignore[index]
    spent = {(item, fund): title for item, title, fund in books.items}
    lines = {**spent, **{key: one.name for key, one in known.items() if key not in spent and one.fen}}
    begun.draft.tables[files.budget] = [
        {code: item, name: title, initial: _yuan(one), adjusted: "", FUND: fund} | _basis(one)
        for (item, fund), title in sorted(lines.items())
        for one in [known.get((item, fund))]
    ]
    told = {words[fund] for fund in planned.funds}  # type: ignore[index]
    begun.notes += [
        f"{planned.where} 里没有 {item} {title}（{fund}）的年初预算：没有的填 0"
        for (item, fund), title in sorted(spent.items())
        if fund in told and (item, fund) not in known
    ]
    begun.draft.tables[files.three_public] = [
        {"键": one, "名称": title, initial: _yuan(amount)} | _basis(amount)
        for one, title in THREE_PUBLIC_KEYS.items()
        for amount in [planned.three_public.get(one)]
    ]


def _yuan(one: PlannedAmount | None) -> str:
    return plain_yuan(one.fen) if one is not None else ""


def _basis(one: PlannedAmount | None) -> dict[str, str]:
    return {BASIS: one.basis if one is not None else ""}


def _tables(draft: Draft, files: Files, edition: Edition, books: _Books, before: Before) -> None:
    code, _, initial, adjusted = (column.head for column in BUDGET[:4])
    if books.projects:
        key, title = (column.head for column in PROJECTS[:2])
        keys: dict[str, str] = {}
        for project, _, _ in books.projects:
            number = len(keys) + 1
            keys.setdefault(project, before.project_keys.get(project) or f"p{number}")
        draft.tables[files.projects] = [
            {key: keys[project], title: project, code: item, initial: "", adjusted: "", FUND: fund}
            for project, item, fund in books.projects
        ]
    group = RESERVED_KEYS if tells(edition, *RESERVED_KEYS) else AWARDED_KEYS
    draft.tables[files.procurement] = [
        {"键": one, "名称": words, "金额": ""} for one, words in (PROCURED_KEYS | group).items()
    ]
    amount = PRIOR[-1].head
    draft.tables[files.prior_year] = [
        {"键": one, "名称": words, amount: _published(before.prior.get(one))} for one, words in PRIOR_NAMES.items()
    ]
    if before.units:
        draft.tables[files.units] = before.units


def _published(fen: int | None) -> str:
    """Return an amount as prior-year.csv states it; empty where it is not known."""
    return "" if fen is None else f"{Decimal(fen) / FEN_PER_WANYUAN:,f}"


def _counts(draft: Draft, files: Files, edition: Edition) -> None:
    """What only the office can count: every entry is there, and open."""
    draft.trees[files.three_public_counts] = dict.fromkeys(ThreePublicCounts.model_fields, "")
    vehicles: dict[str, Tree] = dict.fromkeys(Assets.model_fields["vehicles"].annotation.model_fields, "")  # type: ignore[union-attr]
    large = (
        ("large_equipment",) if tells(edition, "large_equipment") else ("general_equipment", "special_equipment")
    )
    draft.trees[files.assets] = {"vehicles": vehicles, **dict.fromkeys(large, "")}
    if tells(edition, "headcount."):
        draft.trees[files.headcount] = {
            key: dict.fromkeys(info.annotation.model_fields, "")  # type: ignore[union-attr]
            for key, info in Headcount.model_fields.items()
        }
    if tells(edition, "evaluation."):
        stages: dict[str, Tree] = {stage: {"projects": "", "amount": ""} for stage in STAGES}
        draft.trees[files.evaluation] = stages


def _words(draft: Draft, files: Files, edition: Edition, books: _Books, before: Before) -> None:
    folder = files.texts
    draft.trees[f"{folder}/profile.yaml"] = {
        "duties": before.duties,
        "composition": before.composition,
        "staff_category": before.staff,
    }
    reasons: dict[str, Tree] = {}
    budget: dict[str, Tree] = {}
    codes = list(dict.fromkeys(code for code, _, _ in books.items))
    for written in edition.rules:
        head, _, rest = written.rule.reason.partition(".")
        if not head:
            continue
        if not rest:
            members = _members(written.rule.reason, written.rule.each, edition)
            reasons |= dict.fromkeys(members, "")
        else:
            whole = dict.fromkeys(code[:_CLASS] for code in codes) if "{class}" in rest else codes
            budget |= dict.fromkeys(whole, "")
    if budget:
        reasons["budget"] = budget
    if before.reasons:
        reasons["carried_from"] = dict(before.reasons)
    draft.trees[f"{folder}/reasons.yaml"] = reasons
    if before.tasks:
        open_entries = dict.fromkeys(("account", "matter", "goal", "completion"), "")
        draft.trees[f"{folder}/key-tasks.yaml"] = {
            "tasks": [{"title": marked(title), **open_entries} for title in before.tasks]
        }
    terms = list(_terms(books, before))
    if terms:
        draft.trees[f"{folder}/glossary.yaml"] = {"terms": terms}


def _members(reason: str, each: str | tuple[dict[str, str], ...], edition: Edition) -> Iterator[str]:
    """Yield the keys that a reason stands for, where it is repeated over a list."""
    line = edition.lists.get(each) if isinstance(each, str) else None
    members = line.members if line else () if isinstance(each, str) else each
    yield from (reason.format_map(member) for member in members) if members else (reason,)


def _terms(books: _Books, before: Before) -> Iterator[Tree]:
    """Yield the terms of last year's glossary, of subjects only those that are used this year."""
    used: Mapping[str, str] = {code: name for code, name, _ in books.items}
    for term, text in before.terms:
        if text:
            yield {"term": term, "text": text}
            continue
        notes: list[Tree] = []
        for code, name in used.items():
            meaning = before.subjects.get(code) or before.subjects.get(label_key(name)) or ""
            notes.append({"code": code, "text": meaning})
        if notes:
            yield {"term": term, "subjects": notes}
