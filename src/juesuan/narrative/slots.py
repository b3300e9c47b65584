"""Which numbers the sentences of each section can print, in which order: read from the trees of the templates.

Nothing is rendered. The trees are followed through includes, macros, loops and conditions with the lists and facts
of one closing; a list gives its members, a condition stays a choice. What a section of a finished document prints
is held against it by :func:`juesuan.rules.narrative.sequence`, which decides by the facts alone what may be left
out: a condition that hides a number where there is one is found, and so is whatever befell a number between the
template and the document.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from jinja2 import Environment, nodes

from juesuan.editionfiles import EditionFiles
from juesuan.facts import Fact
from juesuan.narrative.compose import environment_of, tree_of
from juesuan.statistics import Lists

UNKNOWN = "\ufffc"
"""Stands in a title for words that only a closing has; in no title and no name of a fact."""

YEARS = {"year": "year", "prior_year": "year.prior"}
"""The names that print a year, and the facts that they print."""

LIST = "list"
_ONE = frozenset({"amount", "count", "rate", "points"})
_ASKING = frozenset({"sign", "moved", "defined", "occurs"})
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": eq,
    "ne": ne,
    "lt": lt,
    "lteq": le,
    "gt": gt,
    "gteq": ge,
}
_HEADING = re.compile(r"(?m)^[ \t]*#{1,3}[ \t]")


@dataclass(frozen=True)
class Slot:
    """A place for one number; ``fact`` is empty where only rendering can tell which."""

    fact: str


@dataclass(frozen=True)
class Choice:
    """One of two tellings. ``holds``: which of them the facts and lists choose, None where they can't tell.

    ``asks`` are the facts and lists that the condition asks for, each with how: ``("sign", "total.change")``.
    """

    holds: bool | None
    asks: frozenset[tuple[str, str]]
    first: "Pieces"
    other: "Pieces"


@dataclass(frozen=True)
class Repeated:
    """A telling that is repeated for what only the package holds, perhaps never."""

    body: "Pieces"


Piece = str | Slot | Choice | Repeated
Pieces = tuple[Piece, ...]


@dataclass(frozen=True)
class Telling:
    """The numbers that one section can print; ``title`` as its heading has it."""

    title: str
    pieces: Pieces


def facts_in(pieces: Iterable[Piece]) -> Iterator[str]:
    """Yield the fact of every place for a number, of all choices."""
    for piece in pieces:
        match piece:
            case Slot():
                yield piece.fact
            case Choice():
                yield from facts_in((*piece.first, *piece.other))
            case Repeated():
                yield from facts_in(piece.body)


def tellings_of(
    words: EditionFiles, lists: Lists, facts: Mapping[str, Fact], resolve: Callable[[str], str]
) -> tuple[Telling, ...]:
    """Return what each section of an edition's document can print, in order; ``resolve`` knows the roles.

    The templates are known to be sound: :mod:`juesuan.edition.template_names` has read them.
    """
    return tuple(_sections(_Trees(environment_of(words), lists, facts, resolve).document()))


@dataclass(frozen=True)
class _Bound:
    """An expression or a block that a name stands for, with the names that it was written among."""

    nodes: tuple[nodes.Node, ...]
    scope: "_Scope"


_Scope = Mapping[str, Any]


@dataclass
class _Trees:
    environment: Environment
    lists: Lists
    facts: Mapping[str, Fact]
    resolve: Callable[[str], str]
    macros: dict[str, nodes.Macro] = field(default_factory=dict)

    def document(self) -> Pieces:
        """Return all that the document prints."""
        assert self.environment.loader is not None  # noqa: S101 - it was made with one
        for name in self.environment.loader.list_templates():
            if name.endswith(".j2"):
                self.macros.update({one.name: one for one in self._tree(name).find_all(nodes.Macro)})
        return tuple(self._told(self._tree("document.j2"), {}))

    def _tree(self, name: str) -> nodes.Template:
        assert self.environment.loader is not None  # noqa: S101 - it was made with one
        return tree_of(self.environment.loader.get_source(self.environment, name)[0])

    # -- what is printed -------------------------------------------------------------------------------

    def _all(self, found: Iterable[nodes.Node], scope: dict[str, Any]) -> Pieces:
        return tuple(piece for node in found for piece in self._told(node, scope))

    def _told(  # noqa: PLR0912 - a case for each kind of node
        self, node: nodes.Node, scope: dict[str, Any]
    ) -> Iterator[Piece]:
        """Yield what a node prints; a name that it binds stands in the scope afterwards."""
        match node:
            case nodes.TemplateData():
                yield node.data
            case nodes.Include():
                name = self._value(node.template, scope)
                if isinstance(name, str):
                    yield from self._told(self._tree(name), dict(scope))
            case nodes.Macro() | nodes.FromImport() | nodes.Import():
                return
            case nodes.Assign() if isinstance(node.target, nodes.Name):
                scope[node.target.name] = _Bound((node.node,), dict(scope))
            case nodes.AssignBlock() if isinstance(node.target, nodes.Name):
                scope[node.target.name] = _Bound(tuple(node.body), dict(scope))
            case nodes.If():
                first = self._all(node.body, scope)
                rest = node.else_
                for one in reversed(node.elif_):
                    rest = [nodes.If(one.test, one.body, [], rest)]
                yield self._choice(node.test, scope, first, self._all(rest, scope))
            case nodes.CondExpr():
                yield self._choice(
                    node.test,
                    scope,
                    tuple(self._told(node.expr1, scope)),
                    tuple(self._told(node.expr2, scope)) if node.expr2 is not None else (),
                )
            case nodes.For():
                yield from self._loop(node, scope)
            case nodes.Call() if isinstance(node.node, nodes.Name):
                yield from self._called(node, node.node.name, scope)
            case nodes.Name():
                bound = scope.get(node.name)
                if node.name in YEARS and bound is None:
                    yield Slot(YEARS[node.name])
                elif isinstance(bound, _Bound):
                    yield from self._all(bound.nodes, dict(bound.scope))
                else:
                    yield UNKNOWN
            case nodes.Const() | nodes.Call() | nodes.Getattr() | nodes.Getitem() | nodes.Test() | nodes.Compare():
                value = self._value(node, scope)
                yield value if isinstance(value, str) else UNKNOWN
            case _:  # joined and filtered expressions, outputs, blocks: what is in them
                for child in node.iter_child_nodes():
                    yield from self._told(child, scope)

    def _choice(self, test: nodes.Node, scope: _Scope, first: Pieces, other: Pieces) -> Choice:
        value = self._value(test, scope)
        return Choice(None if value is None else bool(value), frozenset(self._asks(test, scope)), first, other)

    def _loop(self, node: nodes.For, scope: dict[str, Any]) -> Iterator[Piece]:
        over = self._value(node.iter, scope)
        target = node.target.name if isinstance(node.target, nodes.Name) else ""

        def body(member: Any) -> Pieces:
            inner = {**scope, target: member, "loop": None}
            told = self._all(node.body, inner)
            return (
                (self._choice(node.test, {**scope, target: member}, told, ()),) if node.test is not None else told
            )

        if not isinstance(over, Sequence) or isinstance(over, str):
            yield Repeated(body(None))
            yield Choice(None, frozenset(), self._all(node.else_, scope), ())
        elif over:
            for member in over:
                yield from body(member)
        else:
            yield from self._all(node.else_, scope)

    def _called(self, node: nodes.Call, name: str, scope: _Scope) -> Iterator[Piece]:
        if name in _ONE:
            yield Slot(self._fact(node.args[0], scope))
        elif name in self.macros:
            macro = self.macros[name]
            names = [one.name for one in macro.args]
            optional = names[len(names) - len(macro.defaults) :]
            given: dict[str, Any] = {
                one: _Bound((node,), {}) for one, node in zip(optional, macro.defaults, strict=True)
            }
            given |= {one: _Bound((argument,), scope) for one, argument in zip(names, node.args, strict=False)}
            given |= {one.key: _Bound((one.value,), scope) for one in node.kwargs}
            yield from self._all(macro.body, given)
        else:
            yield UNKNOWN

    # -- what an expression is -------------------------------------------------------------------------

    def _fact(self, node: nodes.Node, scope: _Scope) -> str:
        value = self._value(node, scope)
        return self.resolve(value) if isinstance(value, str) else ""

    def _value(  # noqa: PLR0911 - a case for each kind of node
        self, node: nodes.Node, scope: _Scope
    ) -> Any:
        """Return what an expression is by the lists and facts alone; None where they can't tell."""
        match node:
            case nodes.Const():
                return node.value
            case nodes.Name():
                bound = scope.get(node.name)
                if isinstance(bound, _Bound):
                    return self._value(bound.nodes[0], bound.scope) if len(bound.nodes) == 1 else None
                return bound
            case nodes.Concat() | nodes.Add():
                parts = node.nodes if isinstance(node, nodes.Concat) else [node.left, node.right]
                texts = [self._value(one, scope) for one in parts]
                return "".join(texts) if all(isinstance(one, str) for one in texts) else None
            case nodes.Getattr() | nodes.Getitem():
                name = node.attr if isinstance(node, nodes.Getattr) else self._value(node.arg, scope)
                if isinstance(node.node, nodes.Name) and node.node.name == "lists":
                    return self.lists.get(name)
                held = self._value(node.node, scope)
                return held.get(name) if isinstance(held, Mapping) else None
            case nodes.CondExpr():
                test = self._value(node.test, scope)
                chosen = node.expr1 if test else node.expr2
                return None if test is None or chosen is None else self._value(chosen, scope)
            case nodes.Filter() if node.name in ("length", "count") and node.node is not None:
                held = self._value(node.node, scope)
                return len(held) if isinstance(held, Sequence) else None
            case nodes.Not():
                value = self._value(node.node, scope)
                return None if value is None else not value
            case nodes.And() | nodes.Or():
                return self._both(node, scope)
            case nodes.Compare() if len(node.ops) == 1 and node.ops[0].op in _COMPARED:
                left, right = self._value(node.expr, scope), self._value(node.ops[0].expr, scope)
                known = isinstance(left, int) and isinstance(right, int)
                return _COMPARED[node.ops[0].op](left, right) if known else None
            case nodes.Call() if isinstance(node.node, nodes.Name) and node.node.name in _ASKING:
                return self._asked(node.node.name, [self._fact(one, scope) for one in node.args])
        return None

    def _both(self, node: nodes.And | nodes.Or, scope: _Scope) -> bool | None:
        decided = isinstance(node, nodes.Or)
        sides = [self._value(one, scope) for one in (node.left, node.right)]
        if any(one is not None and bool(one) is decided for one in sides):
            return decided
        return None if None in sides else not decided

    def _asked(self, how: str, names: Sequence[str]) -> int | bool | None:
        if "" in names:
            return None
        found = [self.facts[name] for name in names if name in self.facts]
        if how == "defined":
            return bool(found)
        if how == "occurs":
            return any(one.exact for one in found)
        displayed = found[0].displayed if found else 0
        return (displayed > 0) - (displayed < 0)

    def _asks(self, node: nodes.Node, scope: _Scope) -> Iterator[tuple[str, str]]:
        """Yield the facts and lists that a condition asks for."""
        match node:
            case nodes.Call() if isinstance(node.node, nodes.Name) and node.node.name in _ASKING:
                yield from ((node.node.name, self._fact(one, scope)) for one in node.args)
            case nodes.Name():
                bound = scope.get(node.name)
                if isinstance(bound, _Bound):
                    for one in bound.nodes:
                        yield from self._asks(one, bound.scope)
            case nodes.Getattr() if isinstance(node.node, nodes.Name) and node.node.name == "lists":
                yield LIST, node.attr
            case _:
                for child in node.iter_child_nodes():
                    yield from self._asks(child, scope)


# -- sections ------------------------------------------------------------------------------------------------


@dataclass
class _Section:
    """A section while it is read; of the first, which continues what stands before, the title is not told."""

    title: str = ""
    heading: bool = False  # its heading is not at its end yet
    pieces: list[Piece] = field(default_factory=list)


def _sections(pieces: Pieces) -> Iterator[Telling]:
    """Yield the sections, divided where lines begin with ``#``; what stands in a heading is no telling."""
    return (Telling(one.title.strip(), tuple(one.pieces)) for one in _divided(pieces)[1:])


def _divided(pieces: Pieces) -> list[_Section]:
    """Return the sections of some pieces, first what stands before any heading.

    After a choice that holds headings the text goes on in the last section of either side.
    """
    found = [_Section()]
    ends = [found[0]]
    for piece in pieces:
        if isinstance(piece, str):
            for line in piece.splitlines(keepends=True):
                if _HEADING.match(line) and not ends[0].heading:
                    found.append(_Section(heading=True))
                    ends = found[-1:]
                if ends[0].heading:
                    ends[0].title += line.lstrip(" \t#") if not ends[0].title else line
                    ends[0].heading = not line.endswith("\n")
        elif ends[0].heading:
            ends[0].title += UNKNOWN
        elif isinstance(piece, Slot) or not any(map(_HEADING.search, _words((piece,)))):
            for one in ends:
                one.pieces.append(piece)
        else:
            sides = [
                _divided(side)
                for side in ((piece.body, ()) if isinstance(piece, Repeated) else (piece.first, piece.other))
            ]
            before, other = (tuple(side[0].pieces) for side in sides)
            whole = (
                Repeated(before) if isinstance(piece, Repeated) else Choice(piece.holds, piece.asks, before, other)
            )
            for one in ends:
                one.pieces.append(whole)
            ends = [one for side in sides for one in (side[-1:] if side[1:] else ends)]
            ends = list({id(one): one for one in ends}.values())
            found += [one for side in sides for one in side[1:]]
    return found


def _words(pieces: Iterable[Piece]) -> Iterator[str]:
    for piece in pieces:
        match piece:
            case str():
                yield piece
            case Choice():
                yield from _words((*piece.first, *piece.other))
            case Repeated():
                yield from _words(piece.body)
