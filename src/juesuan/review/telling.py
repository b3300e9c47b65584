"""A comparison as text for the terminal."""

from collections.abc import Iterator

from juesuan.review.differences import Cell, Differences, Piece

_MARKS = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}


def tell_differences(found: Differences) -> str:
    """Return the differences in words: changed cells, sentences with [-gone-] and {+new+}, rules, inputs."""
    return "\n".join(_lines(found))


def _lines(found: Differences) -> Iterator[str]:
    yield f"比较　{found.old}　→　{found.new}"
    if found.none:
        yield "两次决算相同。"
        return
    if found.inputs:
        yield "\n资料"
        yield from (f"  {name}：{kind}" for name, kind in found.inputs)
    for table in found.tables:
        yield f"\n{table.title}"
        yield from map(_cell, table.cells)
    if found.figures:
        yield "\n其他数"
        yield from map(_cell, found.figures)
    for one in found.redlines:
        yield f"\n{one.title}"
        yield from (f"  {''.join(map(_piece, sentence)).strip()}" for sentence in one.sentences)
    if found.rules:
        yield "\n规则"
        yield from (f"  {one.id}　{one.text}：{one.old} → {one.new}" for one in found.rules)


def _cell(cell: Cell) -> str:
    place = cell.label.partition(" · ")[2] or cell.label
    return (
        f"  {place}：{cell.old or '（无）'} → {cell.new or '（无）'}{f'（{cell.change}）' if cell.change else ''}"
    )


def _piece(piece: Piece) -> str:
    return _MARKS[piece.mark].format(piece.text)
