"""One export with the lines of many units becomes one ledger file a unit.

Lines keep their bytes, and each part has the header of the whole. The parts must be the whole, by unit, by line,
by byte; in the canonical form by group too, as the ledger's engine adds them up. They are written beside and moved
into place when all of this holds; ``split.csv``, which lists them, is written last.
"""

import csv
import io
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

import polars as pl

from juesuan.base.files import csv_cell, remove_if_empty, sha256_of
from juesuan.base.money import plain_yuan
from juesuan.base.problems import InputError, OutputError, Place, Problem
from juesuan.city.exports import UnitsExport, open_units
from juesuan.city.parts import Parts, UnitPart
from juesuan.city.records import ExportHeader, pieces, read_header
from juesuan.city.targets import Kind, Targets, code_problems, targets_of
from juesuan.closing.lock import only_one
from juesuan.ledger.blocks import Unreadable
from juesuan.ledger.chart import latest_chart
from juesuan.ledger.engine import Encoding, LargeLedger, OutOfBalance, aggregate_csv
from juesuan.ledger.header import SEARCHED

LIST = "split.csv"
COLUMNS = ("单位编码", "文件", "行数", "借方", "贷方", "SHA-256")
_BESIDE = ".split-"
_MOST_PROBLEMS = 200


@dataclass(frozen=True)
class Written:
    """One part in its place. ``debit`` and ``credit`` are 分 (None for a trial balance: nothing is added up)."""

    unit: str
    path: Path
    lines: int
    debit: int | None
    credit: int | None
    sha256: str
    new: bool


@dataclass(frozen=True)
class Straddling:
    """A voucher that balances over several units together and in none of them: their parts of it, in 分."""

    month: int
    voucher: str
    parts: tuple[OutOfBalance, ...]


@dataclass(frozen=True)
class Split:
    """What came of a file. ``added_up`` is false where vouchers are in columns of another system.

    ``blank_lines`` went to nobody, totals and signatures among them. ``unread`` are problems of lines that went to
    their units as they are.
    """

    file: str
    sha256: str
    parts: tuple[Written, ...]
    added_up: bool
    remarks: tuple[str, ...]
    blank_lines: int
    straddling: tuple[Straddling, ...]
    unbalanced: tuple[OutOfBalance, ...]
    unread: tuple[Problem, ...]
    idle: tuple[str, ...]
    listed: Path

    @property
    def lines(self) -> int:
        """How many records there are."""
        return sum(part.lines for part in self.parts)


@dataclass(frozen=True)
class _Whole:
    """The file that is split, and what the engine says of it: None for what it does not add up.

    That is a trial balance, and an export with the columns of another system: these are proved line by line.
    """

    export: UnitsExport
    unit_column: str
    ledger: LargeLedger | None

    @classmethod
    def of(cls, export: UnitsExport, unit_column: str, kind: Kind) -> "_Whole":
        adds_up = kind == "vouchers" and export.canonical
        ledger = _added_up(export.path, export.file, unit_column, export.encoding) if adds_up else None
        return cls(export, unit_column, ledger)

    @property
    def path(self) -> Path:
        """Where its text lies."""
        return self.export.path

    def header(self, stream: BinaryIO, file: str) -> ExportHeader:
        """Read the header of it, or of a part."""
        how = self.export
        searched = 1 if self.ledger is not None else SEARCHED
        return read_header(
            stream, self.unit_column, file=file, encoding=how.encoding, delimiter=how.delimiter, searched=searched
        )


def split(
    path: Path,
    folder: Path,
    *,
    unit_column: str,
    kind: Kind = "vouchers",
    encoding: Encoding | None = None,
    as_is: bool = False,
    replace: bool = False,
) -> Split:
    """Split a file into one a unit, below a folder. Nothing is written unless all of it can be.

    Args:
        path: the export, in any format that a closing reads. Lines of text go to their units byte for byte, rows
            of anything else as CSV. In the canonical form (see :mod:`juesuan.ledger.engine`) they are added up.
        folder: that of the units' packages; units without one get a folder of their code.
        unit_column: the header of the column with the units' codes.
        kind: what the lines are. A trial balance is proved by its records and bytes; it is not added up.
        encoding: of a file of text; found out where it is not named.
        as_is: lines that the engine can't read go to their units nevertheless, whose closings will tell.
        replace: other ledgers that stand in the place of a part are replaced.

    Raises:
        InputError: with everything that is wrong with the file, the codes of its units and their places.
        OutputError: the folder can't be written, or the parts are not the whole.
    """
    before = _state(path)
    with _beside(folder) as beside:
        export = open_units(path, unit_column, kind=kind, encoding=encoding, beside=beside)
        whole = _Whole.of(export, unit_column, kind)
        _refuse(_problems(whole, as_is=as_is))
        header, parts = _write(whole, beside)
        firsts = {unit: part.line for unit, part in parts.by_unit.items()}
        _refuse(code_problems(firsts, path.name, unit_column))
        targets = targets_of(sorted(firsts), folder, kind)
        _refuse([*targets.problems, *([] if replace else _taken(parts, targets, folder))])
        _prove(whole, header, parts)
        if _state(path) != before:
            raise OutputError(f"{path} 在拆分时有改动，没有写入任何文件。请在文件不再变动后重新运行。")
        listed = folder / (LIST if kind == "vouchers" else f"{kind}-{LIST}")
        listed.unlink(missing_ok=True)  # it is there only when all of the parts that it lists are
        written = tuple(_moved(whole, parts, targets))
        digest = sha256_of(path)
        _list(listed, path.name, digest, written)
    straddling, unbalanced = _out_of_balance(whole.ledger)
    return Split(
        file=path.name,
        sha256=digest,
        parts=written,
        added_up=kind == "trial-balance" or whole.ledger is not None,
        remarks=export.remarks,
        blank_lines=parts.blank_lines,
        straddling=straddling,
        unbalanced=unbalanced,
        unread=whole.ledger.problems if whole.ledger else (),
        idle=targets.idle,
        listed=listed,
    )


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Make a folder for the parts until they are moved, and remove what a run that was killed has left."""
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"无法写入 {folder}：{error.strerror}") from error
    with ExitStack() as stack, only_one(f"split {folder.resolve()}", hint="请等它结束后再运行。"):
        for stale in folder.glob(f"{_BESIDE}*"):
            shutil.rmtree(stale, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_BESIDE, dir=folder, ignore_cleanup_errors=True) as beside:
            if made:
                stack.callback(remove_if_empty, folder)
            yield Path(beside)


def _state(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError as error:
        raise InputError([Problem(Place(str(path)), "file.missing", "文件打不开", error.strerror or "")]) from None
    return stat.st_size, stat.st_mtime_ns


def _added_up(path: Path, file: str, unit_column: str, encoding: Encoding) -> LargeLedger:
    return aggregate_csv(path, chart=latest_chart(), file=file, encoding=encoding, unit_column=unit_column)


def _problems(whole: _Whole, *, as_is: bool) -> list[Problem]:
    """Return what keeps a file from being split: with ``as_is`` only what makes it no file of lines at all."""
    if whole.ledger is None:
        return []
    return [one for one in whole.ledger.problems if not as_is or one.code.startswith("file.")]


def _refuse(problems: Sequence[Problem]) -> None:
    if len(problems) > _MOST_PROBLEMS:
        place = Place(problems[0].place.file)
        more = Problem(place, "split.more", f"另有 {len(problems) - _MOST_PROBLEMS} 处问题没有列出")
        problems = [*problems[:_MOST_PROBLEMS], more]
    if problems:
        raise InputError(problems)


def _write(whole: _Whole, beside: Path) -> tuple[ExportHeader, Parts]:
    """Write the parts beside their places."""
    try:
        with whole.path.open("rb") as stream:
            header = whole.header(stream, whole.export.file)
            parts = Parts(beside, header)
            for piece in pieces(stream, header):
                parts.add(piece)
        parts.finish()
    except Unreadable as error:
        raise InputError(error.problems) from None
    except OSError as error:
        raise OutputError(f"无法写入 {beside.parent}：{error.strerror}。没有改动任何文件。") from error
    if not parts.by_unit:
        raise InputError([Problem(Place(whole.export.file), "ledger.empty", "只有表头，没有分录")])
    return header, parts


def _taken(parts: Parts, targets: Targets, folder: Path) -> Iterator[Problem]:
    """Yield a problem for each other file that stands where a part goes."""
    for unit, path in targets.files.items():
        if path.exists() and sha256_of(path) != parts.by_unit[unit].sha256:
            name = path.relative_to(folder).as_posix()
            hint = "确认不再需要原来的，再加 --replace"
            yield Problem(Place(name), "split.taken", "这里已有另一份账簿", hint=hint)


def _prove(whole: _Whole, header: ExportHeader, parts: Parts) -> None:
    """Prove that the parts are the whole.

    Raises:
        OutputError: they aren't.
    """
    if parts.accounted != whole.path.stat().st_size:
        raise _unequal("字节数")
    ours = _by_unit(whole.ledger)
    if whole.ledger is not None and ours.keys() - parts.by_unit.keys():
        raise _unequal("单位")
    for unit, part in parts.by_unit.items():
        if part.path.stat().st_size != len(header.data) + part.size:
            raise _unequal(f"单位 {unit} 的字节数")
        if whole.ledger is None:
            _prove_records(whole, part, unit)
            continue
        again = _added_up(part.path, part.path.name, whole.unit_column, whole.export.encoding)
        same = again.groups.equals(ours[unit]) if unit in ours else not again.lines
        if not same or (not whole.ledger.problems and again.lines != part.records):
            raise _unequal(f"单位 {unit} 的行数、借方或贷方")


def _by_unit(ledger: LargeLedger | None) -> Mapping[str, pl.DataFrame]:
    """Return the groups of each unit: slices, since copies would double the memory."""
    if ledger is None:
        return {}
    sizes = ledger.groups.group_by("unit", maintain_order=True).len()  # the groups are sorted by unit
    starts = [0, *accumulate(sizes["len"].to_list())]
    return {
        str(unit): ledger.groups.slice(start, size)
        for (unit, size), start in zip(sizes.iter_rows(), starts, strict=False)
    }


def _prove_records(whole: _Whole, part: UnitPart, unit: str) -> None:
    with part.path.open("rb") as stream:
        found = [(piece.unit, piece.records) for piece in pieces(stream, whole.header(stream, unit))]
    if {unit for unit, _ in found} != {unit} or sum(records for _, records in found) != part.records:
        raise _unequal(f"单位 {unit} 的行数")


def _unequal(what: str) -> OutputError:
    return OutputError(f"拆分出来的与原文件不符：{what}。没有写入任何文件。请保留原文件并报告这个问题。")


def _moved(whole: _Whole, parts: Parts, targets: Targets) -> Iterator[Written]:
    """Move each part into its place; one that is there already stays."""
    sums = _by_unit(whole.ledger)
    for unit, target in targets.files.items():
        part = parts.by_unit[unit]
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not (target.exists() and sha256_of(target) == part.sha256):
                part.path.replace(target)
        except OSError as error:
            words = f"无法写入 {target}：{error.strerror}。前面的单位已经写好，重新运行会接着做。"
            raise OutputError(words) from error
        groups = sums.get(unit)
        yield Written(
            unit=unit,
            path=target,
            lines=part.records,
            debit=None if groups is None else int(groups["debit"].sum()),
            credit=None if groups is None else int(groups["credit"].sum()),
            sha256=part.sha256,
            new=unit in targets.new,
        )


def _out_of_balance(ledger: LargeLedger | None) -> tuple[tuple[Straddling, ...], tuple[OutOfBalance, ...]]:
    """Return the vouchers that straddle units, and the others that don't balance."""
    by_voucher: dict[tuple[int, str], list[OutOfBalance]] = defaultdict(list)
    for one in ledger.unbalanced if ledger else ():
        by_voucher[one.month, one.voucher].append(one)
    straddling = tuple(
        Straddling(month, voucher, tuple(those))
        for (month, voucher), those in sorted(by_voucher.items())
        if len(those) > 1 and not sum(one.difference for one in those)
    )
    over = {(one.month, one.voucher) for one in straddling}
    others = tuple(one for key, those in sorted(by_voucher.items()) if key not in over for one in those)
    return straddling, others


def _list(target: Path, name: str, digest: str, written: Sequence[Written]) -> None:
    """Write the list of all parts, with the whole in its last line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in written:
        where = one.path.relative_to(target.parent).as_posix()
        cells = (one.unit, where, str(one.lines), _yuan(one.debit), _yuan(one.credit), one.sha256)
        writer.writerow(map(csv_cell, cells))
    lines, debit, credit = (_sum(values) for values in _columns(written))
    writer.writerow(map(csv_cell, ("合计", name, str(lines), _yuan(debit), _yuan(credit), digest)))
    beside = target.with_name(f".{target.name}")
    beside.write_text("\ufeff" + text.getvalue(), encoding="utf-8", newline="")
    beside.replace(target)


def _columns(written: Sequence[Written]) -> tuple[list[int | None], list[int | None], list[int | None]]:
    return [one.lines for one in written], [one.debit for one in written], [one.credit for one in written]


def _sum(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _yuan(fen: int | None) -> str:
    """Return 分 as 元 with two decimals, as programs read them; nothing for None."""
    return "" if fen is None else plain_yuan(fen)
