"""A sheet and its layout into the columns of the canonical ledger, quirks made plain and lines set aside.

Nothing is judged here: a cell that is not understood stays as it is, and :mod:`juesuan.ledger.canonical` says so.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from juesuan.base.problems import Place, Problem
from juesuan.ledger import quirks
from juesuan.ledger.entries import classify, compose_dates, compose_vouchers, fill_down, number_entries
from juesuan.ledger.header import MONEY, HeaderLayout, marks
from juesuan.ledger.meanings import currency_problem, rival_problems, status_problems, straightened
from juesuan.ledger.model import AccountChart
from juesuan.ledger.money_columns import MoneyColumns, balance_money, voucher_money
from juesuan.ledger.profiles import FIELDS, Profile
from juesuan.ledger.raw import RawTable
from juesuan.ledger.report import Aside, Count, Reason
from juesuan.ledger.sources.model import Row, SourceSheet

Vocabulary = Mapping[str, frozenset[str]]
"""The words that an edition knows for a field as they stand."""

READERS: Mapping[str, Callable[[str], quirks.Cell]] = {
    "date": quirks.day,
    "month": quirks.month,
    "entry": quirks.whole,
    "year": quirks.whole,
    **dict.fromkeys(
        ("account_name", "functional_name", "economic_name", "project", "book", "unit"), quirks.trimmed
    ),
}
CODES: Mapping[str, tuple[int, str]] = {  # the least width of the first level, and the column of the names
    "account": (4, "account_name"),
    "functional": (3, "functional_name"),
    "economic": (3, "economic_name"),
}
_WORDS = ("fund", "support", "closing", "system", "void", "posted", "status")
_CARRIED = {
    "vouchers": (
        "date", "month", "voucher", "entry", "summary", "account", "account_name", "debit", "credit", "functional",
        "functional_name", "economic", "economic_name", "fund", "support", "project", "closing",
    ),
    "balances": (
        "month", "account", "account_name", "side", "opening_side", "closing_side", "fund", "functional",
        "opening", "debit", "credit", "closing", "auxiliary", "auxiliary_name",
    ),
}  # fmt: skip
WHOSE = {"book": "账套", "unit": "单位", "year": "会计年度"}
VOID, UNPOSTED = "1", ("1", "2")
STATUS = {"valid": "", "unposted": "1", "void": VOID}
"""What a status can mean (the values of ``words: status``), as the marks of posted and void would say it."""

KNOWN_MARKS: Mapping[str, frozenset[str]] = {
    "void": frozenset({"", "0", "1"}),
    "posted": frozenset({"", "0", "1", "2", "3"}),
    "status": frozenset({"", *STATUS}),
}
_SHOWN = 80  # characters of a line that was set aside
_VALUES_SHOWN = 5


@dataclass(frozen=True)
class Understood:
    """A table as understood: the canonical columns of its entries, and what became of the other lines.

    ``debit`` and ``credit`` are the 分 of each entry (0 where unreadable); ``systems`` says whether the export
    calls it FIN or BUD. ``met`` are the lines of each quirk.
    """

    raw: RawTable
    aside: tuple[Aside, ...]
    met: Mapping[str, Sequence[int]]
    debit: Sequence[int]
    credit: Sequence[int]
    systems: Sequence[str] = ()

    @property
    def stands(self) -> Count:
        """The 分 on both sides of all lines, whatever became of them."""
        entries = Count(0, sum(self.debit), sum(self.credit))
        return entries + sum((Count(0, one.debit, one.credit) for one in self.aside), Count())


@dataclass
class _Work:
    """Entries while their columns are made plain."""

    layout: HeaderLayout
    file: str
    lines: list[int]
    columns: dict[str, list[str]]
    met: dict[str, list[int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unreadable: bool = False  # the table as a whole: nothing can be said of a line

    def meet(self, met: Mapping[str, Sequence[int]]) -> None:
        for quirk, at in met.items():
            self.met.setdefault(quirk, []).extend(self.lines[each] for each in at)

    def read(self, name: str, reader: Callable[[str], quirks.Cell]) -> None:
        self.columns[name], met = quirks.column(self.columns[name], reader)
        self.meet(met)


def vocabulary(chart: AccountChart) -> Vocabulary:
    """Return the words that the edition knows as they stand."""
    words = chart.words
    return {
        "fund": frozenset(words.fund),
        "support": frozenset(words.support),
        "closing": frozenset(words.closing),
    }


def understand(
    sheet: SourceSheet, layout: HeaderLayout, *, file: str, vocabulary: Vocabulary | None = None
) -> Understood:
    """Understand a sheet by its layout; ``file`` is how problems call it."""
    first = layout.at + layout.height
    sheet, turned, unclear = straightened(sheet, layout, file)
    rows, lines = sheet.rows[first:], list(sheet.lines[first:])
    columns = {name: _cells(rows, at) for name, at in layout.columns.items()}
    reasons = _reasons(rows, columns, layout)
    profile = layout.profile
    for row in _voided(columns, profile):
        reasons[row] = reasons[row] or Reason.VOID
    entries = [reason is None for reason in reasons]
    vouchers = layout.kind == "vouchers"
    money = voucher_money(columns, profile, entries) if vouchers else balance_money(columns, profile)
    kept = [at for at, entry in enumerate(entries) if entry]
    work = _Work(layout, file, [lines[at] for at in kept], {}, problems=unclear)
    if turned:
        work.met["header-again"] = turned
    work.columns = {name: [texts[at] for at in kept] for name, texts in {**columns, **money.texts}.items()}
    _note_header(work, sheet)
    _note_meanings(work, columns, rows, kept)
    _note_money(work, money, columns, lines, entries)
    _make_plain(work, profile, vocabulary or {})
    _one_ledger(work)
    aside = [
        *titles(sheet, layout),
        *(
            Aside(lines[at], reason, _text(rows[at]), money.debit[at], money.credit[at])
            for at, reason in enumerate(reasons)
            if reason is not None
        ),
    ]
    return Understood(
        raw=_raw(work, sheet, [rows[at] for at in kept]),
        aside=tuple(aside),
        met=work.met,
        debit=[money.debit[at] for at in kept],
        credit=[money.credit[at] for at in kept],
        systems=work.columns.get("system", ()),
    )


def _cells(rows: Sequence[Row], at: int) -> list[str]:
    return [row[at] if at < len(row) else "" for row in rows]


def _reasons(
    rows: Sequence[Row], columns: Mapping[str, Sequence[str]], layout: HeaderLayout
) -> list[Reason | None]:
    account = columns.get("account", ())
    other = columns.get("voucher" if layout.kind == "vouchers" else "account_name", ())
    found: list[Reason | None] = []
    for at, row in enumerate(rows):
        code = account[at].strip() if account else ""
        if code[:1].isdigit() and (layout.kind == "balances" or (other and other[at].strip())):
            found.append(None)  # most rows: an account, and a voucher
            continue
        cells = {name: texts[at] for name, texts in columns.items()}
        found.append(classify(row, cells, layout.names))
    return found


def _voided(columns: Mapping[str, Sequence[str]], profile: Profile) -> list[int]:
    found = []
    for name, mark in (("void", VOID), ("status", "void")):
        reader = worded({}, profile.words.get(name, {}))
        texts = quirks.column(columns.get(name, ()), reader)[0]
        found += [at for at, text in enumerate(texts) if text == mark]
    return found


def worded(known: frozenset[str] | Mapping[str, str], words: Mapping[str, str]) -> Callable[[str], quirks.Cell]:
    """Return a reader of values: as the edition knows them, else as the profile translates them."""

    def read(text: str) -> quirks.Cell:
        folded = {key.casefold(): value for key, value in words.items()}
        parts = quirks.split_word(text)
        for at, part in enumerate(parts):
            if part in known:
                return part, ("joined-code",) if at else ()
            if part.casefold() in folded:
                return folded[part.casefold()], ("word",)
        return text.strip(quirks.SPACES), ()

    return read


def _make_plain(work: _Work, profile: Profile, vocabulary: Vocabulary) -> None:
    if work.layout.kind == "vouchers":
        work.meet(fill_down(work.columns))
        work.meet(compose_dates(work.columns))
    for name, reader in READERS.items():
        if name in work.columns:
            work.read(name, reader)
    for name, (first, names) in CODES.items():
        if name in work.columns:
            _codes(work, name, names, quirks.coder(first, profile.account_levels if name == "account" else ()))
    for name in _WORDS:
        if name in work.columns:
            work.read(name, worded(vocabulary.get(name, frozenset()), profile.words.get(name, {})))
    if profile.accounts and "account" in work.columns:
        work.read("account", _renumbered(profile.accounts))
    if work.layout.kind == "vouchers":
        work.meet(compose_vouchers(work.columns))
        work.meet(number_entries(work.columns, len(work.lines)))
        _note_marks(work)


def _note_marks(work: _Work) -> None:
    """Note lines that are not posted, and ask what a mark means that no profile knows."""
    status = [STATUS.get(text, "") for text in work.columns.get("status", ())]
    posted = work.columns.get("posted", [""] * len(status))
    both = zip(posted, status or [""] * len(posted), strict=True)
    work.meet({"unposted": [at for at, pair in enumerate(both) if set(pair) & set(UNPOSTED)]})
    for name, known in KNOWN_MARKS.items():
        unknown = [at for at, text in enumerate(work.columns.get(name, ())) if text not in known]
        if not unknown:
            continue
        texts = Counter(work.columns[name][at] for at in unknown).most_common(_VALUES_SHOWN)
        place = Place(work.file, work.lines[unknown[0]], work.layout.names[work.layout.columns[name]])
        words = work.layout.profile.words.get(name, {})
        work.problems.append(
            Problem(
                place,
                "ledger.status",
                "凭证状态的写法不认识，不知是有效、未记账还是作废",
                "、".join(f"{text}（{count} 行）" for text, count in texts),
                "、".join(dict.fromkeys(words)),
                f"请在方案的 words.{name} 中写明（docs/ledger-formats.md），或改正后再导出",
            )
        )


def _note_meanings(
    work: _Work, columns: Mapping[str, Sequence[str]], rows: Sequence[Row], kept: Sequence[int]
) -> None:
    layout = work.layout
    mine = {name: [columns[name][at] for at in kept] for name in layout.rivals}
    problems, met = rival_problems(layout, mine, [rows[at] for at in kept], work.lines, work.file)
    work.problems += problems
    for quirk, lines in met.items():
        work.met.setdefault(quirk, []).extend(lines)
    unsaid = [columns["currency"][at] for at in kept] if "currency" in columns else []
    if foreign := currency_problem(layout, unsaid, work.lines, work.file):
        work.problems.append(foreign)
    if "currency" not in columns and any(marks(layout.names[at])[1] == "foreign" for at in _money(layout)):
        work.met["foreign-unsaid"] = work.lines[:1]
    work.problems += status_problems(layout, [rows[at] for at in kept], work.lines, work.file)


def _money(layout: HeaderLayout) -> list[int]:
    return [layout.columns[name] for name in MONEY if name in layout.columns]


def _codes(work: _Work, name: str, names: str, read: Callable[[str], tuple[str, str, tuple[str, ...]]]) -> None:
    """Read a column of codes; where the name stands in the same cell, it fills the column of names."""
    found: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    texts = work.columns[name]
    for text in texts:
        if text not in found:
            found[text] = read(text)
    work.read(name, lambda text: (found[text][0], found[text][2]))
    if any(title for _, title, _ in found.values()):
        held = work.columns.get(names, [""] * len(texts))
        work.columns[names] = [one or found[text][1] for one, text in zip(held, texts, strict=True)]


def _renumbered(accounts: Mapping[str, str]) -> Callable[[str], quirks.Cell]:
    def read(text: str) -> quirks.Cell:
        for length in range(len(text), 0, -1):
            listed = accounts.get(text[:length])
            if listed is not None:
                return listed + text[length:], ("renumbered",)
        return text, ()

    return read


def _note_header(work: _Work, sheet: SourceSheet) -> None:
    layout = work.layout
    line = sheet.lines[layout.at]
    if any(name != "".join(quirks.narrow(name)[0].split()) for name in layout.names):
        work.met["header-spaces"] = [line]
    if layout.height > 1:
        work.met["header-two-rows"] = [line]
    for name in layout.doubled:
        work.unreadable = True
        work.problems.append(
            Problem(Place(work.file, line, name), "ledger.column.doubled", "表头中有重名的列", found=name)
        )


def _note_money(
    work: _Work,
    money: MoneyColumns,
    columns: Mapping[str, Sequence[str]],
    lines: Sequence[int],
    entries: Sequence[bool],
) -> None:
    for quirk, at in money.met.items():
        work.met.setdefault(quirk, []).extend(lines[each] for each in at if entries[each])
    if money.ambiguous:
        work.unreadable = True
        hint = "请换用有“借方金额”“贷方金额”两列的导出，或在方案的 sides 中写明"
        place = Place(work.file, None, work.layout.names[work.layout.columns["amount"]])
        work.problems.append(Problem(place, "ledger.side", money.ambiguous, hint=hint))
    for row in money.bad_sides:
        place = Place(work.file, lines[row], work.layout.names[work.layout.columns["side"]])
        work.problems.append(Problem(place, "ledger.side", "不认识的借贷方向", columns["side"][row], "借或贷"))


def _one_ledger(work: _Work) -> None:
    """Report a table that holds two ledgers, units or years: they must not be added together."""
    for name, title in WHOSE.items():
        counts: dict[str, int] = {}
        for text in work.columns.get(name, ()):
            if text:
                counts[text] = counts.get(text, 0) + 1
        if len(counts) > 1:
            shown = sorted(counts.items(), key=lambda pair: -pair[1])[:_VALUES_SHOWN]
            found = "、".join(f"{value}（{count} 行）" for value, count in shown)
            place = Place(work.file, None, work.layout.names[work.layout.columns[name]])
            message = f"一个文件里有 {len(counts)} 个{title}的账"
            hint = "请分开导出，每个账套一个文件"
            work.problems.append(Problem(place, "ledger.several", message, found, f"只有一个{title}", hint))


def titles(sheet: SourceSheet, layout: HeaderLayout) -> list[Aside]:
    found = []
    for at, row in enumerate(sheet.rows[: layout.at + layout.height]):
        reason = Reason.HEADER if at >= layout.at else Reason.TITLE if any(map(str.strip, row)) else Reason.BLANK
        found.append(Aside(sheet.lines[at], reason, _text(row)))
    return found


def _text(row: Row) -> str:
    text = " | ".join(cell.strip(quirks.SPACES) for cell in row if cell.strip(quirks.SPACES))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _raw(work: _Work, sheet: SourceSheet, rows: Sequence[Row]) -> RawTable:
    layout, kind = work.layout, work.layout.kind
    titles = FIELDS[kind]
    ragged = _ragged(work, rows)
    carried = [name for name in _CARRIED[kind] if name in work.columns]
    shown = {titles[name]: _shown(layout, name) for name in carried}
    return RawTable(
        file=work.file,
        columns={} if work.unreadable else {titles[name]: work.columns[name] for name in carried},
        lines=work.lines,
        header_line=sheet.lines[layout.at + layout.height - 1],
        ragged=ragged,
        problems=tuple(work.problems),
        shown={title: name for title, name in shown.items() if name != title},
        header=tuple(name for name in layout.names if name),
        letters={titles[name]: letters(layout.columns[name]) for name in carried if name in layout.columns}
        if sheet.letters
        else {},
    )


def _shown(layout: HeaderLayout, name: str) -> str:
    """Return the name under which people know a column."""
    for each in (name, "amount" if name in ("debit", "credit") else name, f"{name}_debit"):
        if each in layout.columns:
            return layout.names[layout.columns[each]]
    return FIELDS[layout.kind][name]


def _ragged(work: _Work, rows: Sequence[Row]) -> frozenset[int]:
    """Note rows that have more or fewer cells than the header; empty ones at the end are no matter."""
    width = len(work.layout.names)
    found = []
    for at, row in enumerate(rows):
        if len(row) == width or (len(row) > width and not any(cell.strip() for cell in row[width:])):
            continue
        found.append(at)
        place = Place(work.file, work.lines[at])
        work.problems.append(
            Problem(
                place,
                "ledger.row.ragged",
                "这一行的列数与表头不同",
                f"{len(row)} 列",
                f"{width} 列",
                "请检查多余或缺少的分隔符",
            )
        )
    return frozenset(found)


def letters(column: int) -> str:
    """Return a spreadsheet's letters of a column (from 0): ``A``, ``AA``."""
    text = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text
