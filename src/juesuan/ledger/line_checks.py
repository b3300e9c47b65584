"""Checks over the voucher lines. Each returns its places, with the words of those that fail."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from juesuan.identities import CheckedPlaces
from juesuan.ledger.codes import CodeList, Codes
from juesuan.ledger.model import AccountChart, Ledger, Parameters, Support
from juesuan.ledger.outcome import entry_names, line_places, outcome, together, voucher_name, where, yuan
from juesuan.ledger.values import LINE_HEADERS, name_parts

_VOUCHER = ["month", "voucher"]
_NUMBERED = re.compile(r"(.*?)([0-9]+)")


def voucher_balance(_asked: Parameters, ledger: Ledger, _chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Compare both sides of each voucher; a voucher that wasn't read as a whole is left out."""
    lines = ledger.lines
    sums = lines.groupby(_VOUCHER, sort=False)[["debit", "credit"]].sum().reset_index()
    if ledger.unread:
        keys = pd.MultiIndex.from_frame(sums[_VOUCHER])
        sums = sums[~keys.isin(list(ledger.unread))].reset_index(drop=True)
    debit, credit = sums["debit"].to_numpy(), sums["credit"].to_numpy()
    ok = debit == credit
    debit, credit, wrong = debit[~ok], credit[~ok], sums.loc[~ok, _VOUCHER]
    behind = {key: where(group) for key, group in lines.merge(wrong, on=_VOUCHER).groupby(_VOUCHER, sort=False)}
    broken = list(wrong.itertuples(index=False, name=None))
    names, rows = [voucher_name(*key) for key in broken], [behind[key] for key in broken]
    stated = [f"借方 {text}" for text in yuan(debit)]
    computed = [f"贷方 {text}" for text in yuan(credit)]
    return outcome(ok, names, stated, computed, yuan(debit - credit), rows)


def sides(_asked: Parameters, ledger: Ledger, _chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Ask each line for an amount on one side and none on the other."""
    lines = ledger.lines
    ok = (lines["debit"] != 0) ^ (lines["credit"] != 0)
    wrong = lines[~ok]
    pairs = zip(yuan(wrong["debit"]), yuan(wrong["credit"]), strict=True)
    stated = [f"借方 {debit}，贷方 {credit}" for debit, credit in pairs]
    computed = ["一方有金额，另一方为空"] * len(wrong)
    return outcome(ok, entry_names(wrong), stated, computed, rows=line_places(wrong))


def duplicate_lines(_asked: Parameters, ledger: Ledger, _chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Look for lines that are equal in every column: an export taken twice."""
    alike, told = ledger.lines[ledger.texts.alike], _all_told(ledger.lines)
    again = alike.duplicated(told, keep=False)
    return _doubled(alike[again], len(ledger.lines) - int(again.sum()), told, "完全相同")


def duplicate_entries(_asked: Parameters, ledger: Ledger, _chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Look for lines of one voucher that bear the same number and yet differ."""
    alike, columns = ledger.lines[ledger.texts.alike], [*_VOUCHER, "entry"]
    once = alike[~alike.duplicated(_all_told(alike))]
    again = once.duplicated(columns, keep=False)
    others = len(ledger.lines) - len(alike) + int((~again).sum())
    return _doubled(once[again], others, columns, "分录号相同")


def dates(asked: Parameters, ledger: Ledger, _chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Hold each date against the year, and each accounting month against the date."""
    groups = ledger.lines.drop_duplicates(["date", "month", "voucher"])
    months = groups["date"].dt.month
    extra = groups["month"].astype("str").isin(asked["extra_periods"]) & (months == 12)  # noqa: PLR2004
    ok = (groups["date"].dt.year == ledger.year) & ((groups["month"] == months) | extra)
    wrong = groups[~ok]
    day = wrong["date"].dt.strftime("%Y-%m-%d")
    stated = [f"{date}，第 {month} 期" for date, month in zip(day, wrong["month"], strict=True)]
    names = [voucher_name(month, voucher) for month, voucher in wrong[_VOUCHER].itertuples(index=False)]
    computed = [f"{ledger.year} 年第 {month} 期" for month in months[~ok]]
    return outcome(ok, names, stated, computed, rows=line_places(wrong))


def accounts(_asked: Parameters, ledger: Ledger, chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Find each account of the lines and of the trial balance in the chart, and compare its name.

    An account below a listed one is the unit's own; where its name is a full name (``行政支出-基本支出``), the
    first part is the listed one's.
    """

    def judge(code: str, name: str) -> tuple[bool, str]:
        account = chart.find(code)
        if account is None:
            return False, "预算会计科目（6、7、8 类）"
        parts = name_parts(name)
        own = code == account.code or len(parts) > 1
        return not own or parts[0] == account.name, f"{account.code} {account.name}"

    columns = ["account", "account_name"]
    held = ledger.balances[columns].itertuples(index=False, name=None)

    def both() -> pd.DataFrame:
        wanted = ["file", "line", *columns]
        return pd.concat([ledger.lines[wanted], ledger.balances[wanted]], ignore_index=True)

    return _each_distinct([*ledger.texts.pairs("account", "account_name"), *held], both, columns, "科目", judge)


def codes(asked: Parameters, ledger: Ledger, _chart: AccountChart, codes: Codes) -> CheckedPlaces:
    """Find the 类 of each code in the list of the year, and hold its name against one that is certain.

    Functional codes that stand in the trial balance alone are looked up too, and codes of the package's files.
    """
    field = asked["field"][0]
    known = codes.functional if field == "functional" else codes.economic

    def judge(code: str, name: str) -> tuple[bool, str]:
        fault = known.fault(code, name)
        return not fault, fault or f"{code} {known.names.get(code, name)}".strip()

    used = _CodesUsed(ledger, field, known)
    return _each_distinct(used.pairs(), used.lines, used.columns, known.title, judge)


def codes_listed(asked: Parameters, ledger: Ledger, _chart: AccountChart, codes: Codes) -> CheckedPlaces:
    """Ask of each code that can be taken whether it is listed for the year, and of each 款 for a name.

    A code that can't be taken is left to :func:`codes`.
    """
    field = asked["field"][0]
    known = codes.functional if field == "functional" else codes.economic
    used = _CodesUsed(ledger, field, known)
    pairs = used.pairs()

    def judge(code: str, name: str) -> tuple[bool, str]:
        doubt = "" if known.fault(code, name) else known.doubt(code, name)
        return not doubt, doubt or f"{code} {known.names.get(code, name)}".strip()

    listed = _each_distinct(pairs, used.lines, used.columns, known.title, judge)
    taken = (code for code in {code for code, _ in pairs} if not known.fault(code, ""))
    unnamed = {code: section for code in taken if (section := known.unnamed_section(code))}

    def of_sections() -> pd.DataFrame:
        lines = used.lines()
        return lines.assign(section=lines[field].map(unnamed), name="").dropna(subset="section")

    sections, columns = [(section, "") for section in unnamed.values()], ["section", "name"]
    wanted = "款的名称；没有名称，公开表只印编码。请在 codes.csv 写明"
    nameless = _each_distinct(sections, of_sections, columns, known.title, lambda _code, _name: (False, wanted))
    return together([listed, nameless])


@dataclass(frozen=True)
class _CodesUsed:
    """What names a code: lines of the ledger, of its trial balance alone, of the package's files.

    A line without a name of the code has the one that the books use elsewhere.
    """

    ledger: Ledger
    field: str
    known: CodeList

    @property
    def columns(self) -> list[str]:
        """The code, and its name."""
        return [self.field, f"{self.field}_name"]

    def pairs(self) -> list[tuple[str, str]]:
        """Return the codes with their names, some more than once."""
        booked = [(code, name) for code, name in self.ledger.texts.pairs(*self.columns) if code]
        others = self._others()[self.columns].itertuples(index=False, name=None)
        return [(code, name or self.known.found.get(code, "")) for code, name in (*booked, *others)]

    def lines(self) -> pd.DataFrame:
        """Return the file and line, code and name of each line."""
        columns = ["file", "line", *self.columns]
        lines = self.ledger.lines
        used = pd.concat([lines[lines[self.field] != ""][columns], self._others()], ignore_index=True)
        pairs = zip(used[self.field], used[columns[-1]], strict=True)
        return used.assign(**{columns[-1]: [name or self.known.found.get(code, "") for code, name in pairs]})

    def _others(self) -> pd.DataFrame:
        """Return the lines that name a code and are none of the ledger's."""
        columns = ["file", "line", *self.columns]
        rows = [(use.file, use.line, use.code, use.name) for use in self.known.uses]
        if self.field == "functional":
            held, booked = self.ledger.balances, self.ledger.texts[self.field].texts
            alone = held[(held[self.field] != "") & ~held[self.field].isin(booked)]
            rows = [*alone.assign(functional_name="")[columns].itertuples(index=False, name=None), *rows]
        return pd.DataFrame(rows, columns=columns)


def required(asked: Parameters, ledger: Ledger, _chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Ask the lines of some accounts (no closing entries) for a value, and for a code of so many digits."""
    field = asked["field"][0]
    texts = ledger.texts
    keep = ledger.moving & texts["account"].having(lambda code: code.startswith(asked["accounts"]))
    if "support" in asked:
        keep &= texts["support"].having(asked["support"].__contains__)
    computed = f"填写“{LINE_HEADERS[field]}”"
    lengths = {int(digits) for digits in asked.get("digits", ())}
    if lengths:
        computed += f"，{'或'.join(asked['digits'])} 位编码"
    ok = texts[field].having(lambda text: text and (not lengths or len(text) in lengths))
    wrong = ledger.lines[keep & ~ok]
    stated = [str(value) or "（空）" for value in wrong[field]]
    return outcome(ok[keep], entry_names(wrong), stated, [computed] * len(wrong), rows=line_places(wrong))


def support_agrees(_asked: Parameters, ledger: Ledger, chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Compare 支出类型 with what the account's name says: 行政支出-财政拨款支出-项目支出."""
    words, texts = chart.words.support, ledger.texts
    names, support = texts["account_name"], texts["support"]
    said = [_support_in(name, words) for name in names.texts]
    keep = names.having(lambda name: _support_in(name, words))
    places = {text: at for at, text in enumerate(support.texts)}
    ok = np.array([places.get(one, -1) for one in said], dtype=np.int64)[names.at] == support.at
    wrong = np.flatnonzero(keep & ~ok)
    lines = ledger.lines.iloc[wrong]
    shown = {str(meant): word for word, meant in reversed(list(words.items()))}
    computed = [f"与科目名称一致（{shown[said[at]]}）" for at in names.at[wrong]]
    stated = [shown.get(one, "（空）") for one in lines["support"]]
    return outcome(ok[keep], entry_names(lines), stated, computed, rows=line_places(lines))


def _support_in(name: str, words: Mapping[str, Support]) -> str:
    return next((str(value) for word, value in words.items() if word and word in name), "")


def voucher_numbers(_asked: Parameters, ledger: Ledger, _chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Look for gaps in the numbers of each month and type; vouchers that weren't read are not missing."""
    vouchers = ledger.lines[_VOUCHER].drop_duplicates()
    named = [*vouchers.itertuples(index=False, name=None), *ledger.unread]
    numbers: dict[tuple[int, str], set[int]] = {}
    for month, voucher in named:
        match = _NUMBERED.fullmatch(voucher)
        if match:
            numbers.setdefault((month, match[1]), set()).add(int(match[2]))
    names, ok, stated, computed = [], [], [], []
    for (month, kind), found in sorted(numbers.items()):
        gaps = _gaps(sorted(found))
        ok.append(not gaps)
        if not gaps:
            continue
        names.append(f"{month}月 {kind.rstrip('-') or '凭证'}")
        stated.append(f"{len(found)} 张，最大 {max(found)} 号；缺 {'、'.join(gaps)} 号")
        computed.append("从 1 号起连续")
    return outcome(ok, names, stated, computed)


def _gaps(found: Sequence[int]) -> list[str]:
    """Return the missing numbers below the largest, as ranges."""
    gaps = []
    for before, after in zip([0, *found], found, strict=False):
        if after - before == 2:  # noqa: PLR2004
            gaps.append(str(before + 1))
        elif after - before > 2:  # noqa: PLR2004
            gaps.append(f"{before + 1}–{after - 1}")
    return gaps


def _all_told(lines: pd.DataFrame) -> list[str]:
    """Return what a line says, wherever it stands."""
    return [name for name in lines.columns if name not in ("file", "line")]


def _doubled(lines: pd.DataFrame, others: int, columns: list[str], how: str) -> CheckedPlaces:
    """Return one place for each distinct line: those that stand more than once fail, so many others don't."""
    several = [group for _, group in lines.groupby(columns, sort=False)]
    ok = np.arange(others + len(several)) < others
    names = [entry_names(group.head(1))[0] for group in several]
    stated = [f"{len(group)} 行{how}" for group in several]
    return outcome(ok, names, stated, ["1 行"] * len(several), rows=map(where, several))


def _each_distinct(
    pairs: Iterable[tuple[str, str]],
    lines: Callable[[], pd.DataFrame],
    columns: list[str],
    title: str,
    judge: Callable[[str, str], tuple[bool, str]],
) -> CheckedPlaces:
    """Judge each distinct pair of code and name; ``lines`` are asked for those in which a wrong one stands."""
    ok, wrong = [], []
    for code, name in sorted(set(pairs)):
        good, expected = judge(code, name)
        ok.append(good)
        if not good:
            wrong.append((code, name, expected))
    frame = lines() if wrong else pd.DataFrame(columns=columns)
    groups = [frame[(frame[columns[0]] == code) & (frame[columns[1]] == name)] for code, name, _ in wrong]
    names = [f"{title} {code}" for code, _, _ in wrong]
    stated = [f"{code} {name}".strip() for code, name, _ in wrong]
    return outcome(ok, names, stated, [expected for *_, expected in wrong], rows=map(where, groups))
