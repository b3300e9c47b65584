"""What ``juesuan new`` prints."""

from pathlib import Path

from juesuan.starting.check import standing_of, told
from juesuan.starting.new import Wanted, begin, write


def tell_new(folder: Path, wanted: Wanted) -> str:
    """Begin a package, write it, and return what is in it and what is still to be done.

    Raises:
        JuesuanError: what was given can't be read, or the folder can't be written.
    """
    begun = begin(wanted)
    write(begun, folder)
    filled = sum(_filled(tree) for tree in begun.draft.trees.values())
    filled += sum(bool(cell) for rows in begun.draft.tables.values() for row in rows for cell in row.values())
    lines = [f"已写入 {folder}：填好 {filled} 处。"]
    if begun.notes:
        lines += ["没有认出的：", *(f"  - {note}" for note in begun.notes)]
    return "\n".join([*lines, told(standing_of(folder)), f"随时可以再看：juesuan check {folder}"])


def _filled(tree: object) -> int:
    if isinstance(tree, dict):
        return sum(map(_filled, tree.values()))
    if isinstance(tree, list):
        return sum(map(_filled, tree))
    return bool(tree)
