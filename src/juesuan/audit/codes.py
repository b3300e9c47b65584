"""Codes and 行次 against the labels beside them: a slip of one digit moves an amount to another row."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise

from juesuan.audit.model import Finding, Weight
from juesuan.audit.tables import Book, StatedTable, label_key, row_names
from juesuan.forms import Layout


def check_codes(book: Book) -> Iterator[Finding]:
    """Check every table's codes and row numbers."""
    for table in book.tables.values():
        yield from _doubled(book, table)
        if table.form.layout is Layout.SIDES:
            yield from _row_numbers(book, table)
        elif table.form.layout is Layout.BLOCKS:
            yield from _economic(book, table)
        elif table.form.layout is Layout.SUBJECTS:
            yield from _orphans(book, table)
    yield from _across(book)
    yield from _renumbered(book)


def _row_numbers(book: Book, table: StatedTable) -> Iterator[Finding]:
    """A label's 行次 is the form's, where the document numbers its rows as the form does."""
    meant: dict[str, set[str]] = defaultdict(set)
    for name, row in row_names(table.form, table.printed):
        meant[name].add(row)
    labelled = [one for one in table.numbered if meant.get(one[1])]
    off = [(mark, label, row) for mark, label, row in labelled if row not in meant[label]]
    if 2 * len(off) > len(labelled):
        return  # an edition that numbers its rows otherwise
    for mark, label, row in off:
        yield _finding(book, table, mark, "行次与项目不符。", label, row, "、".join(sorted(meant[label])))
    count = Counter(row for _, _, row in table.numbered)
    for mark, label, row in table.numbered:
        if count[row] > 1 and not label:
            yield _finding(book, table, mark, "行次重复。", row, row, "")
    for (_, _, before), (mark, label, row) in pairwise(table.numbered):
        following = next((later for at, _, later in table.numbered if at == mark + 1), "")
        if int(row) not in (int(before) + 1, 1) and following == str(int(before) + 2):
            yield _finding(book, table, mark, "行次不连续。", label or row, row, str(int(before) + 1))


def _economic(book: Book, table: StatedTable) -> Iterator[Finding]:
    """Table 6: a name of the form stands beside its code."""
    codes = {name: row for name, row in row_names(table.form, table.printed) if row.isdigit()}
    for row, label in table.labels.items():
        right = codes.get(label_key(label))
        if row.isdigit() and right is not None and right != row:
            yield _finding(book, table, 0, "科目编码与名称不符。", label, row, right)


def _doubled(book: Book, table: StatedTable) -> Iterator[Finding]:
    """One code stands for one name within a table."""
    for mark, row, label in table.doubled:
        yield _finding(book, table, mark, "同一编码在这张表里印了两次，名称不同。", f"{row} {label}", row, "")


def _orphans(book: Book, table: StatedTable) -> Iterator[Finding]:
    """A 款 stands under its 类, a 项 under its 款."""
    for row, label in table.labels.items():
        if row.isdigit() and len(row) > 3 and row[:-2] not in table.labels:  # noqa: PLR2004 - 类 has three digits
            yield _finding(book, table, 0, "上一级科目不在表中。", f"{row} {label}", row, row[:-2])


def _across(book: Book) -> Iterator[Finding]:
    """One name has one code in all tables of subjects, and one code one name."""
    names: dict[str, tuple[str, StatedTable]] = {}
    for table in (one for one in book.tables.values() if one.form.layout is Layout.SUBJECTS):
        for row, label in table.labels.items():
            if not row.isdigit() or not label:
                continue
            known = names.setdefault(row, (label, table))
            if label_key(known[0]) != label_key(label):
                message = f"同一编码在{known[1].name}中是另一个名称。"
                yield _finding(book, table, 0, message, f"{row} {label}", label, known[0])


def _renumbered(book: Book) -> Iterator[Finding]:
    """A name that has no code in common between two tables has a wrong one in one of them."""
    subjects = [one for one in book.tables.values() if one.form.layout is Layout.SUBJECTS]
    for first, second in combinations(subjects, 2):
        codes = [_codes(first), _codes(second)]
        for key in codes[0].keys() & codes[1].keys():
            if not set(codes[0][key]) & set(codes[1][key]):
                row = codes[1][key][0]
                message = f"同一科目在{first.name}中是另一个编码。"
                yield _finding(book, second, 0, message, f"{row} {second.labels[row]}", row, codes[0][key][0])


def _codes(table: StatedTable) -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    for row, label in table.labels.items():
        if row.isdigit():
            found[label_key(label), len(row)].append(row)
    return found


def _finding(
    book: Book, table: StatedTable, mark: int, message: str, quote: str, stated: str, computed: str
) -> Finding:
    beside = next((one.spot.row for (row, _), one in table.cells.items() if row == stated), None)
    spot = book.source.spot(table.block, mark or beside or 0, table=table.name, cell=quote)
    return Finding("names.code", Weight.ERROR, spot, message, quote, stated, computed)
