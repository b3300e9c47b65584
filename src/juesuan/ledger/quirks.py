"""How cells are really written, made plain: pure functions from a text to a text and the quirks met on the way.

A text that isn't understood comes back as it stands, so that what is reported is what the person sees.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Context, Decimal

Cell = tuple[str, tuple[str, ...]]
"""A plain text and the codes of the quirks (keys of :data:`QUIRKS`) that it had."""

QUIRKS: Mapping[str, str] = {
    "full-width": "全角数字或符号，按半角读",
    "thousands": "金额带千位分隔符",
    "currency": "金额带货币符号或“元”字",
    "red-brackets": "括号表示的红字，按负数读",
    "red-word": "写明“红字”的金额，按负数读",
    "trailing-minus": "负号写在后面",
    "dash-blank": "短横线表示没有金额，按空读",
    "bare-point": "金额省略了小数点前的 0",
    "excess-zeros": "小数多于两位，多出的都是 0",
    "apostrophe": "单元格前有撇号",
    "float-code": "编码被存成了小数，如 6001.0",
    "dotted-code": "编码带分隔符，如 7101.01",
    "padded-code": "编码各级丢了前面的 0，已按科目结构补足",
    "joined-code": "编码和名称写在一格",
    "date-serial": "日期是电子表格的序号",
    "date-compact": "日期写成 20200131",
    "date-dotted": "日期用点或汉字分隔",
    "date-time": "日期后带有时间",
    "date-parts": "年、月、日分列",
    "month-written": "会计期间写成“202001”“1月”等",
    "filled-down": "空白表示“同上”，已按上一行填",
    "numbered": "没有分录号，按凭证内的顺序编号",
    "sided-amount": "一个金额加借贷方向",
    "sided-balance": "余额按借方、贷方分列",
    "word": "取值的写法经方案换算",
    "header-spaces": "表头的列名中有空格或全角字符",
    "header-two-rows": "表头占两行",
    "periods-merged": "逐期的余额并为全年",
    "unposted": "凭证尚未记账",
    "number-joined": "凭证类型与凭证号合为凭证字号",
    "renumbered": "科目编码经方案换算",
    "formula-text": '单元格写成公式的文字（="……"），按引号里的文字读',
    "float-noise": "金额有二进制小数的尾差，按 15 位有效数字（电子表格所示）读",
    "date-zone": "日期带时区，换成北京时间是同一天",
    "year-to-date": "本期与本年（年初、累计）并列，取本年的",
    "own-currency": "原币与本币并列，取本币",
    "foreign-unsaid": "只有原币金额，没有币种一列，按人民币读",
    "header-again": "中途又有表头且列序不同，其后各行按新表头读",
    "auxiliary-functional": "核算维度（辅助核算）的编码都是功能分类，按功能分类读",
}

SPACES = " \t\r\n\u00a0\u3000"
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xFFE5: 0xA5}
_DASHES = str.maketrans(dict.fromkeys("−–—‐‑﹣─", "-"))
_PLAIN_AMOUNT = re.compile(r"[-+]?[0-9]{1,15}(\.[0-9]{1,2})?")
_GROUPED_AMOUNT = re.compile(r"[-+]?[0-9]{1,3}(,[0-9]{3}){1,4}(\.[0-9]{1,2})?")
_BRACKETS = re.compile(r"\(([^-+()]+)\)")
_EXCESS = re.compile(r"([-+]?[0-9,]+\.[0-9]{2})0+")
_FLOAT = re.compile(r"([0-9]{3,})\.0+")
_JOINED = re.compile(r"[\[(]?([0-9]+(?:[.\-][0-9]+)*)[\])]?[\s\-–—−_:|/、.]*([^\s\d\-–—−_:|/、.].*)", re.DOTALL)
_GROUPS = re.compile(r"[0-9]+(?:[.\-–—−_/\s\\][0-9]+)+")
_SPLIT_DATE = re.compile(r"([0-9]{4})\s*([-/.年])\s*([0-9]{1,2})\s*([-/.月])\s*([0-9]{1,2})\s*(日?)")
_SERIAL = re.compile(r"([2-9][0-9]{4})(\.0+)?")
_TIME = re.compile(r"(.+?)[T\s]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9:]+)?")
_ZONED = re.compile(
    r"([0-9]{4}-?[0-9]{2}-?[0-9]{2})[T\s]+([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]+)?(Z|[+-][0-9]{2}:?[0-9]{2})"
)
_NOISY = re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{3,}")
_DIGITS = 15  # that a spreadsheet shows, and that a binary float surely holds
_BEIJING = timezone(timedelta(hours=8))
_MONTH = re.compile(r"(?:[0-9]{4}[-./年]?)?第?([0-9]{1,2})(?:月份?|期)?|[0-9]{4}([0-9]{2})")
_SERIAL_ZERO = date(1899, 12, 30)
_HIGHEST_SERIAL = 73050  # 2099-12-31


def narrow(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a trimmed text with full-width ASCII narrowed."""
    trimmed = text.strip(SPACES)
    if trimmed.isascii():
        return trimmed, ()
    plain = trimmed.translate(_WIDE).strip()
    return plain, () if plain == trimmed else ("full-width",)


def amount(text: str) -> Cell:
    """Return an amount as ``-1234.50``; blank stays blank."""
    if _PLAIN_AMOUNT.fullmatch(text):
        return text, ()
    plain, quirks = narrow(text)
    met = list(quirks)
    dashed = plain.translate(_DASHES)
    if dashed != plain and "full-width" not in met:
        met.append("full-width")
    plain = dashed
    if plain and not plain.strip("-"):
        return "", ("dash-blank",)
    for pattern, replacement, code in (
        (r"^'", "", "apostrophe"),
        (r"^红字?\s*(?=[0-9.])", "-", "red-word"),
        (r"^([-+]?)\s*(?:¥|RMB|CNY)\s*", r"\1", "currency"),
        (r"\s*元$", "", "currency"),
        (_BRACKETS, r"-\1", "red-brackets"),
        (r"^-?(?:¥|RMB|CNY)\s*", "-" if plain.startswith("(") else "", "currency"),
        (r"^([0-9,.]+)-$", r"-\1", "trailing-minus"),
        (r"^([-+]?)(?=\.[0-9]{1,2}$)", r"\g<1>0", "bare-point"),
        (_EXCESS, r"\1", "excess-zeros"),
    ):
        changed = (
            re.sub(pattern, replacement, plain)
            if isinstance(pattern, str)
            else (pattern.sub(replacement, plain) if pattern.fullmatch(plain) else plain)
        )
        if changed != plain:
            met.append(code)
            plain = changed.strip()
    if _GROUPED_AMOUNT.fullmatch(plain):
        met.append("thousands")
        plain = plain.replace(",", "")
    quiet = _without_noise(plain)
    if quiet != plain:
        met.append("float-noise")
        plain = quiet
    if plain and not _PLAIN_AMOUNT.fullmatch(plain):
        return text, ()
    return plain, tuple(dict.fromkeys(met))


def _without_noise(plain: str) -> str:
    """Return an amount with more than 15 significant digits by the first 15, where these end at a 分."""
    if not _NOISY.fullmatch(plain) or len(plain.lstrip("+-0.").replace(".", "")) <= _DIGITS:
        return plain
    rounded = Context(prec=_DIGITS).create_decimal(plain).normalize()
    exponent = rounded.as_tuple().exponent
    return f"{rounded.quantize(Decimal('0.01')):f}" if isinstance(exponent, int) and exponent >= -2 else plain  # noqa: PLR2004


def other_day(text: str) -> bool:
    """Say whether a date states a time zone in which it is another day in Beijing."""
    zoned = _ZONED.fullmatch(narrow(text)[0])
    if zoned is None:
        return False
    try:
        moment = datetime.fromisoformat(f"{zoned[1]}T{zoned[2].zfill(5)}{zoned[3].replace('Z', '+00:00')}")
    except ValueError:
        return False
    return moment.astimezone(_BEIJING).date() != moment.date()


def day(text: str) -> Cell:
    """Return a date as ``2020-01-31``; one that is another day in Beijing stays as it is, to be asked."""
    plain, quirks = narrow(text)
    met = list(quirks)
    plain = plain.removeprefix("'")
    if _ZONED.fullmatch(plain):
        if other_day(plain):
            return text, ()
        met.append("date-zone")
    timed = _TIME.fullmatch(plain)
    if timed:
        met.append("date-time")
        plain = timed[1]
    if re.fullmatch(r"[0-9]{8}(\.0)?", plain):
        return _iso(text, int(plain[:4]), int(plain[4:6]), int(plain[6:8]), (*met, "date-compact"))
    split = _SPLIT_DATE.fullmatch(plain)
    if split:
        year, first, month, second, number, end = split.groups()
        if (first, second) == ("年", "月") or (first == second and first in "-/." and not end):
            more = () if first in "-/" else ("date-dotted",)
            return _iso(text, int(year), int(month), int(number), (*met, *more))
    serial = _SERIAL.fullmatch(plain)
    if serial and int(serial[1]) <= _HIGHEST_SERIAL:
        found = _SERIAL_ZERO + timedelta(int(serial[1]))
        return found.isoformat(), (*met, "date-serial")
    return text, ()


def _iso(text: str, year: int, month: int, number: int, quirks: tuple[str, ...]) -> Cell:
    try:
        return date(year, month, number).isoformat(), quirks
    except ValueError:
        return text, ()


def month(text: str) -> Cell:
    """Return an accounting month as ``1`` to ``13``."""
    plain, quirks = narrow(text)
    plain = plain.removesuffix(".0")
    match = _MONTH.fullmatch(plain) if plain else None
    if match is None:
        return text, ()
    if re.fullmatch(r"[0-9]{6}", plain):
        return str(int(plain[4:])), (*quirks, "month-written")
    if re.fullmatch(r"[0-9]{5}", plain) or not (match[1] or match[2]):
        return text, ()
    number = str(int(match[1] or match[2]))
    return number, quirks if plain.isdigit() else (*quirks, "month-written")


def whole(text: str) -> Cell:
    """Return a whole number that may have been stored as ``1.0``."""
    plain, quirks = narrow(text)
    match = re.fullmatch(r"([0-9]+)\.0+", plain)
    if match:
        return match[1], (*quirks, "float-code")
    return (plain, quirks) if plain.isascii() and plain.isdigit() else (text, ())


def trimmed(text: str) -> Cell:
    """Return a text without the spaces around it."""
    return text.strip(SPACES), ()


def coder(first: int, levels: Sequence[int] = ()) -> Callable[[str], tuple[str, str, tuple[str, ...]]]:
    """Return a reader of codes into code, name (blank unless joined) and quirks.

    ``first`` is how many digits the first level has at least; ``levels`` are the widths of all levels where the
    ledger's structure (科目结构) is known: only then are lost zeros put back.
    """

    def read(text: str) -> tuple[str, str, tuple[str, ...]]:
        plain, quirks = narrow(text)
        plain = plain.removeprefix("'")
        if plain.isdigit() or not plain:
            return plain, "", quirks
        float_code = _FLOAT.fullmatch(plain)
        if float_code:
            return float_code[1], "", (*quirks, "float-code")
        code, more = _grouped(plain, first, levels)
        if code:
            return code, "", (*quirks, *more)
        joined = _JOINED.fullmatch(plain)
        if joined:
            code, more = (joined[1], ()) if joined[1].isdigit() else _grouped(joined[1], first, levels)
            if code:
                return code, joined[2].strip(" ])"), (*quirks, *more, "joined-code")
        return text, "", ()

    return read


def _grouped(text: str, first: int, levels: Sequence[int]) -> tuple[str, tuple[str, ...]]:
    """Return the digits of ``7101.01.02``; blank where a level may have lost its zeros."""
    if not _GROUPS.fullmatch(text):
        return "", ()
    parts = re.findall(r"[0-9]+", text)
    quirks: tuple[str, ...] = ("dotted-code",)
    if levels and len(parts) <= len(levels):
        padded = [part.zfill(width) for part, width in zip(parts, levels, strict=False)]
        if all(len(part) == width for part, width in zip(padded, levels, strict=False)):
            return "".join(padded), quirks if padded == parts else (*quirks, "padded-code")
    if len(parts[0]) < first or any(len(part) < 2 for part in parts[1:]):  # noqa: PLR2004
        return "", ()
    return "".join(parts), quirks


def split_word(text: str) -> list[str]:
    """Return what a value may be looked up by: itself, and the name and code of ``111 一般公共预算``."""
    plain, _ = narrow(text)
    joined = _JOINED.fullmatch(plain)
    return [plain, joined[2].strip(" ])"), joined[1]] if joined else [plain]


def column(texts: Sequence[str], read: Callable[[str], Cell]) -> tuple[list[str], dict[str, list[int]]]:
    """Read a column, asking ``read`` once for each distinct text; return texts and where each quirk was met."""
    known: dict[str, Cell] = {}
    values: list[str] = []
    met: dict[str, list[int]] = {}
    for at, text in enumerate(texts):
        cell = known.get(text)
        if cell is None:
            cell = known[text] = read(text)
        values.append(cell[0])
        for quirk in cell[1]:
            met.setdefault(quirk, []).append(at)
    return values, met
