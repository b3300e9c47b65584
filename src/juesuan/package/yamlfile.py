"""YAML files with free text: every text parsed, every number of it with its file, line and column."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel

from juesuan.base.problems import InputError, Place, Problem
from juesuan.base.yamlsource import composed, entry_of, yaml_text
from juesuan.facts import FactSource
from juesuan.package.files import package_file
from juesuan.package.markup import Declared, PlainWords, Reference, StatedNumber, parse
from juesuan.package.performance import WrittenIndicator
from juesuan.package.prose import Prose, ProseNumber, named_fact, unnamed_fact

Model = TypeVar("Model", bound=BaseModel)
Model_co = TypeVar("Model_co", bound=BaseModel, covariant=True)
_Location = tuple[str | int, ...]
_LABEL_LENGTH = 12
_COUNTED = ("target", "actual")  # of an indicator: their numbers are called by its name and their titles


@dataclass(frozen=True)
class YamlFile(Generic[Model_co]):
    """A file as read: its model with every text parsed, and what stands where."""

    file: str
    model: Model_co
    lines: Mapping[str, int]
    mentions: tuple[ProseNumber, ...]
    references: tuple[tuple[Reference, Place], ...]


def read_file(root: Path, file: str, model: type[Model], problems: list[Problem]) -> YamlFile[Model] | None:
    """Read a YAML file of a package, or note what is wrong with it and return None.

    Faults of the mark-up are noted too, but don't keep the file from being returned.
    """
    try:
        text = yaml_text(package_file(root, file), file)
        read = entry_of(text, file).into(model)
    except InputError as error:
        problems.extend(error.problems)
        return None
    placing = _Placing(file, text.split("\n"), problems)
    placing.index(composed(text, file), ())
    placed: Model = placing.placed(read, ())
    lines = {".".join(map(str, at)): node.start_mark.line + 1 for at, node in placing.nodes.items()}
    return YamlFile(file, placed, lines, tuple(placing.mentions), tuple(placing.references))


@dataclass
class _Placing:
    """Goes through a model and its YAML side by side and parses every text where it stands."""

    file: str
    source: list[str]
    problems: list[Problem]
    nodes: dict[_Location, yaml.Node] = field(default_factory=dict)
    mentions: list[ProseNumber] = field(default_factory=list)
    references: list[tuple[Reference, Place]] = field(default_factory=list)
    ordinals: dict[int, int] = field(default_factory=dict)
    label: str = ""  # what the numbers of the entry at hand are called, where it says so

    def index(self, node: yaml.Node | None, at: _Location) -> None:
        """Note which node stands at which location."""
        if node is None:
            return
        self.nodes[at] = node
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self.index(value, (*at, str(key.value)))
        elif isinstance(node, yaml.SequenceNode):
            for number, item in enumerate(node.value):
                self.index(item, (*at, number))

    def placed(self, value: Any, at: _Location) -> Any:
        """Return a value with every text in it parsed."""
        match value:
            case Prose():
                return self._prose(value, at)
            case BaseModel():
                update = {}
                for name, info in type(value).model_fields.items():
                    counted = isinstance(value, WrittenIndicator) and name in _COUNTED
                    self.label = f"{value.name.written} {info.title}" if counted else ""  # type: ignore[attr-defined]
                    update[name] = self.placed(getattr(value, name), (*at, name))
                    if isinstance(update[name], Prose) and info.is_required() and not update[name]:
                        self.problems.append(Problem(self._place(at, name), "yaml.string_too_short", "不能为空"))
                return value.model_copy(update=update)
            case tuple():
                return tuple(self.placed(item, (*at, number)) for number, item in enumerate(value))
            case dict():
                return {key: self.placed(item, (*at, key)) for key, item in value.items()}
        return value

    def _place(self, at: _Location, name: str) -> Place:
        node = self.nodes[(*at, name)]
        return Place(self.file, node.start_mark.line + 1, ".".join(map(str, (*at, name))))

    def _prose(self, value: Prose, at: _Location) -> Prose:
        node = self.nodes.get(at)
        if node is None:  # left out: the model's default, which is empty
            return value
        written = str(node.value).rstrip()
        position = _position(node, self.source)
        if position is None:
            place = Place(self.file, node.start_mark.line + 1, ".".join(map(str, at)))
            hint = "请改用“|”开头的写法，换行处不会多出空格"
            self.problems.append(Problem(place, "text.folded", "多行文字的写法会在换行处加进空格", hint=hint))
            return value
        segments, faults = parse(written)
        for fault in faults:
            line, column = position(written, fault.offset)
            place = Place(self.file, line, f"第 {column} 字")
            self.problems.append(Problem(place, fault.code, fault.message, fault.found, fault.expected))
        mentions: list[ProseNumber] = []
        offset, before = 0, ""
        for segment in segments:
            line, column = position(written, offset)
            match segment:
                case StatedNumber():
                    mentions.append(self._mention(segment, line, before))
                    before += segment.printed
                case Reference():
                    before += "…"
                    self.references.append((segment, Place(self.file, line, f"第 {column} 字")))
                case PlainWords() | Declared():
                    before += segment.text
            offset += len(segment.source)
        self.mentions.extend(mentions)
        return Prose(written, segments, tuple(mentions))

    def _mention(self, stated: StatedNumber, line: int, before: str) -> ProseNumber:
        ordinal = self.ordinals[line] = self.ordinals.get(line, 0) + 1
        fact = named_fact(stated.name) if stated.name else unnamed_fact(self.file, line, ordinal)
        clause = re.split(r"[，。；：、]", before)[-1].strip()[-_LABEL_LENGTH:]
        label = self.label or clause or stated.name or self.file
        return ProseNumber(fact, label, stated, FactSource(self.file, line))


def _position(node: yaml.Node, source: list[str]) -> Callable[[str, int], tuple[int, int]] | None:
    """Return what tells line and column (from 1) of an offset into a scalar; None for folded text."""
    first = node.start_mark.line
    literal = getattr(node, "style", None) == "|"
    if not literal and node.end_mark.line != first:
        return None

    def position(written: str, offset: int) -> tuple[int, int]:
        above = written.count("\n", 0, offset)
        begin = written.rfind("\n", 0, offset) + 1
        if not literal:
            quote = 1 if getattr(node, "style", None) else 0
            return first + 1, node.start_mark.column + quote + offset + 1
        index = first + 1 + above
        line = written[begin:].split("\n", 1)[0]
        indent = source[index].rstrip().find(line.rstrip()) if index < len(source) else 0
        return index + 1, max(indent, 0) + offset - begin + 1

    return position
