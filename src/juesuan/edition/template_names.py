"""The names in the templates of a document: facts, lists, blocks, entries of the package, sections.

The templates are read as Jinja trees and followed through includes, macros and loops, with members of lists as
they might be (:mod:`juesuan.edition.possible`). Both sides of every condition are followed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from inspect import isfunction
from typing import Any, get_args, get_origin, get_type_hints

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from pydantic import BaseModel

from juesuan.base.problems import Place, Problem
from juesuan.edition.possible import Possible
from juesuan.editionfiles import EditionFiles
from juesuan.facts import Unit
from juesuan.narrative.compose import environment_of
from juesuan.narrative.slots import UNKNOWN
from juesuan.package import ClosingPackage
from juesuan.package.settings import UnitSettings
from juesuan.rules.sections import is_titled

BY_ROLE = frozenset({"amount", "sign", "moved", "defined", "occurs"})
"""Calls that name a fact by its id, or by the role of a cell."""

NUMBERS = BY_ROLE | {"count", "rate", "points", "undefined_words"}
"""Calls whose first argument names a fact; every argument of ``occurs`` does."""

_TAKES: Mapping[str, tuple[Unit, ...]] = {
    "amount": (Unit.FEN,),
    "rate": (Unit.RATE,),
    "count": (Unit.NUMBER, Unit.SCORE),
    "points": (Unit.NUMBER, Unit.SCORE),
}
"""The units of what these calls print."""

_GIVEN = frozenset(
    {*NUMBERS, "inline", "paragraphs", "declared", "lists", "package", "unit", "money", "subject_name"}
    | {"year", "prior_year", "loop"}
)
_HEADING = re.compile(r"^\s*#{1,3}\s+(.+?)\s*$")
_SLOT = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_BLOCK_INLINE = re.compile(r"@([a-z][a-z0-9-]*)")


@dataclass(frozen=True)
class OfType:
    """A value of which only the type is known."""

    kind: Any


@dataclass(frozen=True)
class Listed:
    """A list of the edition, by its members as they might be."""

    name: str


Value = frozenset[str] | OfType | Listed | Mapping[str, str] | None
Scope = Mapping[str, Value]


@dataclass
class Template:
    """One file: its tree and what stands in it."""

    name: str
    text: str
    tree: nodes.Template


@dataclass
class TemplateNames:
    """Everything that the templates of a document name, held against what can exist."""

    possible: Possible
    words: EditionFiles
    charts: frozenset[str]
    problems: list[Problem] = field(default_factory=list)
    placed: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)
    _templates: dict[str, Template] = field(default_factory=dict)
    _macros: dict[str, tuple[str, nodes.Macro]] = field(default_factory=dict)
    _seen: set[tuple[object, ...]] = field(default_factory=set)

    @property
    def sections(self) -> tuple[str, ...]:
        """The titles of the sections, as rules name them; words that a closing brings are :data:`UNKNOWN`."""
        found = []
        for template in self._templates.values():
            for line in template.text.splitlines():
                match = _HEADING.match(line)
                if match:
                    found.append(_SLOT.sub(UNKNOWN, match[1]))
        return tuple(found)

    def check(self) -> None:
        """Follow the document and its title."""
        self._load()
        for name in ("title.j2", "document.j2"):
            if name in self._templates:
                self._walk(name, self._templates[name].tree, {})
            elif not any(one.place.file == self._file(name) for one in self.problems):
                self._wrong(name, None, "template", "缺少文件")
        for template in self._templates.values():
            self._blocks(template)

    def has_section(self, title: str) -> bool:
        """Return whether a rule's section is one of the document."""
        return any(is_titled(name, title) for name in self.sections)

    def _load(self) -> None:
        environment = environment_of(self.words)
        found = {
            path.name: path for folder in reversed(self.words.template_folders) for path in folder.glob("*.j2")
        }
        for _, path in sorted(found.items()):
            try:
                text = path.read_text(encoding="utf-8")
                tree = environment.parse(text, path.name)
            except TemplateSyntaxError as error:
                self._wrong(path.name, error.lineno, "template", "模板的写法不对", str(error.message))
                continue
            except (TemplateError, UnicodeDecodeError) as error:
                self._wrong(path.name, None, "template", "模板读不出来", str(error))
                continue
            self._templates[path.name] = Template(path.name, text, tree)
            for macro in tree.find_all(nodes.Macro):
                self._macros[macro.name] = (path.name, macro)
            for one in tree.find_all(nodes.Filter):
                if one.name not in environment.filters:
                    self._wrong(path.name, one.lineno, "template", "没有这个过滤器", one.name)

    def _file(self, name: str) -> str:
        return self.words.template_label(name)

    def _wrong(
        self, file: str, line: int | None, code: str, message: str, found: str = "", expected: str = ""
    ) -> None:
        problem = Problem(Place(self._file(file), line), f"edition.{code}", message, found, expected)
        if problem not in self.problems:
            self.problems.append(problem)

    def _blocks(self, template: Template) -> None:
        """Hold every line that places a table, sheet or chart against those that there are."""
        known = (
            {form.name for form in self.possible.edition.forms.values()}
            | self.charts
            | {"key-tasks", "units", "unit-figures"}
        )
        for number, line in enumerate(template.text.splitlines(), start=1):
            for name in _BLOCK_INLINE.findall(_SLOT.sub(UNKNOWN, line)) if "@" in line else ():
                self.placed.add(name)
                if name not in known and name not in ("score-", "score-unit"):
                    self._wrong(
                        template.name, number, "block", "没有这个表、图", f"@{name}", "、".join(sorted(known))
                    )

    # -- following the trees ---------------------------------------------------------------------------

    def _walk(  # noqa: PLR0911, PLR0912 - a case for each kind of node
        self, file: str, node: nodes.Node, scope: Scope
    ) -> Scope:
        """Follow a node; return the scope after it."""
        match node:
            case nodes.Include():
                for name in self._included(file, node.lineno, self._value(file, node.template, scope)):
                    self._walk(name, self._templates[name].tree, {})
                return scope
            case nodes.FromImport():
                self._included(file, node.lineno, self._value(file, node.template, scope))
                for entry in node.names:
                    name = entry if isinstance(entry, str) else entry[0]
                    if name not in self._macros:
                        self._wrong(file, node.lineno, "template", "没有这个宏", name)
                return scope
            case nodes.Macro():
                return scope  # followed where it is called
            case nodes.For():
                return self._loop(file, node, scope)
            case nodes.Assign() if isinstance(node.target, nodes.Name):
                self._walk(file, node.node, scope)
                return {**scope, node.target.name: self._value(file, node.node, scope)}
            case nodes.Call():
                self._call(file, node, scope)
                for child in node.iter_child_nodes():
                    self._walk(file, child, scope)
                return scope
            case nodes.Name() if node.ctx == "load":
                if node.name not in scope and node.name not in _GIVEN and node.name not in self._macros:
                    self._wrong(file, node.lineno, "template", "模板里没有这个名称", node.name)
                return scope
            case nodes.Getattr() | nodes.Getitem():
                self._value(file, node, scope)
                for child in node.iter_child_nodes():
                    self._walk(file, child, scope)
                return scope
            case nodes.Filter() if node.name == "map":
                self._mapped(file, node, scope)
        inner = scope
        for child in node.iter_child_nodes():
            inner = self._walk(file, child, inner)
        return inner if isinstance(node, nodes.Template | nodes.Output | nodes.If) else scope

    def _included(self, file: str, line: int, names: Value) -> Iterator[str]:
        """Yield the templates of these names that there are; tell of the others."""
        found = []
        for name in sorted(names) if isinstance(names, frozenset) else ():
            if name in self._templates:
                found.append(name)
            else:
                self._wrong(file, line, "template", "没有这个模板，或者它读不出来", name)
        return iter(found)

    def _loop(self, file: str, node: nodes.For, scope: Scope) -> Scope:
        self._walk(file, node.iter, scope)
        over = self._value(file, node.iter, scope)
        target = node.target.name if isinstance(node.target, nodes.Name) else ""
        values: list[Value] = [None]
        if isinstance(over, Listed):
            values = list(self.possible.lists.get(over.name, ())) or [None]
        elif isinstance(over, OfType):
            values = [_element(over)]
        for value in values:
            inner: Scope = {**scope, target: value, "loop": None}
            for child in (*filter(None, (node.test,)), *node.body):
                inner = self._walk(file, child, inner)
        rest = scope
        for child in node.else_:
            rest = self._walk(file, child, rest)
        return scope

    def _call(self, file: str, node: nodes.Call, scope: Scope) -> None:
        if not isinstance(node.node, nodes.Name):
            return
        name = node.node.name
        if name in NUMBERS:
            if not node.args:
                self._wrong(file, node.lineno, "fact", f"{name}(…) 没有写明是哪个数")
                return
            for one in node.args if name == "occurs" else node.args[:1]:
                self._fact(file, node, self._value(file, one, scope), by_role=name in BY_ROLE)
        elif name in self._macros:
            where, macro = self._macros[name]
            given = [self._value(file, one, scope) for one in node.args]
            names = [one.name for one in macro.args]
            if len(given) > len(names):
                self._wrong(file, node.lineno, "template", f"宏“{name}”没有这么多参数")
            bound: dict[str, Value] = dict.fromkeys(names)
            bound.update(zip(names, given, strict=False))
            bound.update({one.key: self._value(file, one.value, scope) for one in node.kwargs})
            key = (name, file, node.lineno, repr(sorted(bound.items(), key=lambda one: one[0])))
            if key in self._seen:
                return
            self._seen.add(key)
            before = len(self.problems)
            inner: Scope = bound
            for child in macro.body:
                inner = self._walk(where, child, inner)
            self._told_at_call(before, file, node, name)

    def _told_at_call(self, before: int, file: str, node: nodes.Call, macro: str) -> None:
        """Say of what is wrong in a macro where it was called: the name that it was given is there."""
        for number in range(before, len(self.problems)):
            one = self.problems[number]
            if one.code == "edition.fact" and one.place.file != self._file(file):
                place = Place(self._file(file), node.lineno)
                self.problems[number] = Problem(
                    place, one.code, f"{one.message}（{macro}）", one.found, one.expected
                )

    def _fact(self, file: str, node: nodes.Call, value: Value, *, by_role: bool) -> None:
        if not isinstance(value, frozenset):
            self._wrong(file, node.lineno, "fact", "看不出是哪个数：要写编号、角色，或名单中一项的编号")
            return
        for name in sorted(value):
            found = self.possible.edition.roles.resolve(name) if by_role else name
            if UNKNOWN in name:
                there = self.possible.matches(name.replace(UNKNOWN, "*"), self.possible.facts)
            else:
                there = found in self.possible.facts
            if not there:
                self._wrong(file, node.lineno, "fact", "没有这个数", name.replace(UNKNOWN, "…"))
            unit, call = self.possible.unit_of(found), node.node.name if isinstance(node.node, nodes.Name) else ""
            if unit is not None and unit not in _TAKES.get(call, (unit,)):
                wanted = "、".join(_TAKES[call])
                self._wrong(
                    file, node.lineno, "fact", f"{call}(…) 不能填这个数", f"{name}，单位是“{unit}”", wanted
                )

    def _mapped(self, file: str, node: nodes.Filter, scope: Scope) -> None:
        over = self._value(file, node.node, scope) if node.node is not None else None
        for one in node.kwargs:
            word = self._value(file, one.value, scope)
            if isinstance(over, Listed) and one.key == "attribute" and isinstance(word, frozenset):
                for name in word:
                    self._word(file, node.lineno, over.name, name)

    def _word(self, file: str, line: int, name: str, word: str) -> None:
        if any(word not in one for one in self.possible.lists.get(name, ())):
            self._wrong(file, line, "list", f"名单“{name}”的各项没有这个字", word)

    # -- what an expression can be ---------------------------------------------------------------------

    def _value(  # noqa: PLR0911 - a case for each kind of node
        self, file: str, node: nodes.Node, scope: Scope
    ) -> Value:
        match node:
            case nodes.Const():
                return frozenset({node.value}) if isinstance(node.value, str) else None
            case nodes.Name():
                if node.name in scope:
                    return scope[node.name]
                return {"package": OfType(ClosingPackage), "unit": OfType(UnitSettings)}.get(node.name)
            case nodes.Concat():
                return self._joined(file, node.nodes, scope)
            case nodes.Add():
                return self._joined(file, [node.left, node.right], scope)
            case nodes.CondExpr():
                sides = [self._value(file, one, scope) for one in (node.expr1, node.expr2) if one is not None]
                texts = [one for one in sides if isinstance(one, frozenset)]
                return frozenset().union(*texts) if texts and len(texts) == len(sides) else None
            case nodes.Getattr():
                return self._entry(file, node, node.node, node.attr, scope)
            case nodes.Getitem() if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
                return self._entry(file, node, node.node, node.arg.value, scope)
            case nodes.Getitem():
                held = self._value(file, node.node, scope)
                return _element(held) if isinstance(held, OfType) else None
            case nodes.Call() if isinstance(node.node, nodes.Getattr):
                return self._value(file, node.node, scope)
        return None

    def _joined(self, file: str, parts: list[nodes.Expr], scope: Scope) -> frozenset[str]:
        joined = frozenset({""})
        for part in parts:
            value = self._value(file, part, scope)
            texts = value if isinstance(value, frozenset) else frozenset({UNKNOWN})
            joined = frozenset(before + text for before in joined for text in texts)
        return joined

    def _entry(self, file: str, node: nodes.Node, held_by: nodes.Node, name: str, scope: Scope) -> Value:
        if isinstance(held_by, nodes.Name) and held_by.name == "lists" and "lists" not in scope:
            self.lists.add(name)
            if name not in self.possible.lists:
                self._wrong(file, node.lineno, "list", "没有这个名单", name, "、".join(self.possible.lists))
            return Listed(name)
        held = self._value(file, held_by, scope)
        if isinstance(held, Mapping):
            if name not in held:
                self._wrong(file, node.lineno, "list", "名单的各项没有这个字", name, "、".join(held))
                return None
            return frozenset({held[name]})
        if isinstance(held, OfType):
            entries = entries_of(held.kind)
            if entries is not None and name not in entries:
                self._wrong(file, node.lineno, "package", "资料里没有这一项", name, "、".join(entries))
                return None
            return OfType(entries[name]) if entries is not None else None
        return None


def entries_of(kind: Any) -> Mapping[str, Any] | None:
    """Return the entries of a type with theirs (of a method: what it returns); None where it is no record."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        methods = {name: one for name, one in vars(kind).items() if isfunction(one) and not name.startswith("_")}
        returned = {name: get_type_hints(one).get("return") for name, one in methods.items()}
        return {**{name: one.annotation for name, one in kind.model_fields.items()}, **returned}
    if isinstance(kind, type) and is_dataclass(kind):
        properties = {name: None for name in dir(kind) if isinstance(getattr(kind, name, None), property)}
        return {**properties, **get_type_hints(kind)}
    return None


def _element(held: OfType) -> OfType | None:
    """Return the type of the elements of a tuple, or of the values of a mapping."""
    arguments = get_args(held.kind)
    origin = get_origin(held.kind)
    if origin is tuple and arguments:
        return OfType(arguments[0])
    if isinstance(origin, type) and issubclass(origin, Mapping) and len(arguments) > 1:
        return OfType(arguments[1])
    return None


def names_in_templates(possible: Possible, words: EditionFiles, charts: frozenset[str]) -> TemplateNames:
    """Return the names of a document's templates, checked."""
    names = TemplateNames(possible, words, charts)
    names.check()
    return names
