"""YAML that people write, read into frozen models, with the line of everything that is wrong.

Scalars stay text until a model asks for a number: YAML itself would make floats of amounts.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from juesuan.base.problems import InputError, Place, Problem

_Location = tuple[str | int, ...]


class Strict(BaseModel):
    """Base of every model read from YAML: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


Model = TypeVar("Model", bound=BaseModel)

_MESSAGES = {
    "missing": "缺少必填项",
    "extra_forbidden": "不认识的设置项",
    "enum": "取值不在允许的范围内",
    "literal_error": "取值不在允许的范围内",
    "int_parsing": "不是整数",
    "int_type": "不是整数",
    "bool_parsing": "不是 true 或 false",
    "string_type": "不是文字",
    "model_type": "应为若干“键: 值”",
    "model_attributes_type": "应为若干“键: 值”",
    "dict_type": "应为若干“键: 值”",
    "list_type": "应为列表（每项以“- ”开头）",
    "tuple_type": "应为列表（每项以“- ”开头）",
    "string_too_short": "不能为空",
    "too_short": "条目太少",
    "date_from_datetime_parsing": "不是日期",
    "date_parsing": "不是日期",
    "greater_than": "数值超出范围",
    "greater_than_equal": "数值超出范围",
    "less_than_equal": "数值超出范围",
    "string_pattern_mismatch": "写法不符合要求",
    "union_tag_invalid": "取值不在允许的范围内",
}


_DEEP = re.compile(r"(?:[-?:][ \t]+){32}|^ {256}", re.MULTILINE)
_BRACKET = re.compile(r"[\[\]{}]")
_MOST_OPEN = 64  # brackets within one another


@dataclass(frozen=True)
class YamlEntry:
    """One entry of a YAML text: a scalar's text, or entries by key or in order; and where it stands."""

    file: str
    line: int | None
    value: "str | Mapping[str, YamlEntry] | tuple[YamlEntry, ...]"

    @property
    def plain(self) -> Any:
        """The data without places."""
        if isinstance(self.value, str):
            return self.value
        if isinstance(self.value, tuple):
            return [one.plain for one in self.value]
        return {key: one.plain for key, one in self.value.items()}

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.file, self.line)

    def places(self) -> Mapping[str, Place]:
        """Return where each entry within it stands: ``{"thresholds.0.amount": …}``."""
        return {".".join(map(str, at)): one.place for at, one in _within(self, ())}

    def into(self, model: type[Model]) -> Model:
        """Return the data as a model.

        Raises:
            InputError: with every missing, unknown or wrong entry, each with its place.
        """
        try:
            return model.model_validate(self.plain)
        except ValidationError as error:
            raise InputError(_problems(error, self, model)) from None


def value_at(tree: Any, keys: Iterable[str]) -> Any:
    """Return what stands at a path in plain data, where numbers count a list's entries; None if nothing does."""
    for key in keys:
        if isinstance(tree, dict) and key in tree:
            tree = tree[key]
        elif isinstance(tree, list) and key.isdecimal() and int(key) < len(tree):
            tree = tree[int(key)]
        else:
            return None
    return tree


def read_entry(path: Path, name: str) -> YamlEntry:
    """Read a YAML file; ``name`` is how problems call it.

    Raises:
        InputError: it is missing, unreadable, no YAML, or says something twice.
    """
    return entry_of(yaml_text(path, name), name)


def yaml_text(path: Path, name: str) -> str:
    """Return the text of a YAML file; ``name`` is how problems call it.

    Raises:
        InputError: it is missing, or no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        raise InputError([Problem(Place(name), "file.missing", "缺少文件")]) from None
    except UnicodeDecodeError as error:
        found = f"字节 {error.object[error.start]:#04x}"
        problem = Problem(Place(name), "file.encoding", "不是 UTF-8 编码的文本", found, "UTF-8")
        raise InputError([problem]) from None


def entry_of(text: str, name: str) -> YamlEntry:
    """Return what the text of a YAML file says; ``name`` is how problems call it.

    Raises:
        InputError: it is no YAML, or says something twice.
    """
    node = composed(text, name)
    doubled: list[Problem] = []
    entry = (
        _entry(node, node.start_mark.line + 1, doubled, name) if node is not None else YamlEntry(name, None, {})
    )
    if doubled:
        raise InputError(doubled)
    return entry


def read_yaml(path: Path, model: type[Model], *, name: str | None = None) -> Model:
    """Read a YAML file into a model.

    ``name`` is how problems call the file (its own name by default).

    Raises:
        InputError: with every problem of the file: unreadable, not YAML, doubled keys, missing, unknown or
            wrong entries, each with its line.
    """
    return read_entry(path, name or path.name).into(model)


def place_of(places: Mapping[str, Place], at: str, file: str) -> Place:
    """Return where an entry stands, or the nearest one that holds it; the file alone where none does."""
    while at not in places and at:
        at = at.rpartition(".")[0]
    return places[at] if at in places and at else Place(file)


def composed(text: str, file: str) -> yaml.Node | None:
    """Return the tree of a YAML text. Anchors and aliases are refused: people don't need them, bombs do."""
    if (quick := _composed_quickly(text)) is not None:
        return quick
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        for token in yaml.scan(text, Loader=yaml.BaseLoader):
            if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
                place = Place(file, token.start_mark.line + 1)
                raise InputError([Problem(place, "yaml.alias", "不支持 YAML 的锚点和引用（& 和 *）", token.value)])
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        problem = Problem(Place(file, line), "yaml.syntax", f"不是有效的 YAML（{error.problem}）")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = Problem(
            Place(file, line), "yaml.character", "含有不可见的控制字符", f"U+{ord(text[error.position]):04X}"
        )
    except RecursionError:
        problem = Problem(Place(file), "yaml.depth", "层次太深")
    else:
        return node
    raise InputError([problem])


def _composed_quickly(text: str) -> yaml.Node | None:
    """Return the tree as libyaml makes it, ten times as fast; None where the slow way must say what is wrong.

    libyaml composes by recursion without a bound: what could nest deeply is left to the slow way too.
    """
    if not yaml.__with_libyaml__ or _DEEP.search(text) or _brackets(text) > _MOST_OPEN:
        return None
    try:
        if any(
            isinstance(one, yaml.AliasToken | yaml.AnchorToken) for one in yaml.scan(text, Loader=yaml.CBaseLoader)
        ):
            return None
        return yaml.compose(text, Loader=yaml.CBaseLoader)
    except yaml.YAMLError:
        return None


def _brackets(text: str) -> int:
    """Return how deep brackets stand within one another, those of texts counted too."""
    return max(accumulate(1 if one[0] in "[{" else -1 for one in _BRACKET.finditer(text)), default=0)


def _entry(node: yaml.Node, line: int, doubled: list[Problem], file: str) -> YamlEntry:
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, YamlEntry] = {}
        for key_node, value_node in node.value:
            key, at = str(key_node.value), key_node.start_mark.line + 1
            if key in mapping:
                doubled.append(Problem(Place(file, at, key), "yaml.doubled", "同一项写了两次"))
            mapping[key] = _entry(value_node, at, doubled, file)
        return YamlEntry(file, line, mapping)
    if isinstance(node, yaml.SequenceNode):
        items = (_entry(item, item.start_mark.line + 1, doubled, file) for item in node.value)
        return YamlEntry(file, line, tuple(items))
    return YamlEntry(file, line, node.value)


def _within(entry: YamlEntry, at: _Location) -> Iterator[tuple[_Location, YamlEntry]]:
    yield at, entry
    if isinstance(entry.value, tuple):
        for index, one in enumerate(entry.value):
            yield from _within(one, (*at, index))
    elif isinstance(entry.value, Mapping):
        for key, one in entry.value.items():
            yield from _within(one, (*at, key))


def _problems(error: ValidationError, entry: YamlEntry, model: type[BaseModel]) -> Iterator[Problem]:
    entries = dict(_within(entry, ()))
    for detail in error.errors(include_url=False):
        location = tuple(part for part in detail["loc"] if isinstance(part, str | int))
        near = _nearest(location, entries)
        place = Place(near.file, near.line, ".".join(map(str, location)) or None)
        yield Problem(
            place,
            f"yaml.{detail['type']}",
            _MESSAGES.get(detail["type"]) or _own_message(detail),
            found=_found(detail),
            expected=str(detail.get("ctx", {}).get("expected", "")).replace(" or ", "、"),
            hint=_hint(detail, model),
        )


def _nearest(location: _Location, entries: Mapping[_Location, YamlEntry]) -> YamlEntry:
    while location not in entries and location:
        location = location[:-1]
    return entries[location]


def _own_message(detail: ErrorDetails) -> str:
    raised = detail.get("ctx", {}).get("error")
    return str(raised) if raised is not None else detail["msg"]


def _found(detail: ErrorDetails) -> str:
    if detail["type"] == "missing":
        return ""
    if detail["type"] == "extra_forbidden":
        return str(detail["loc"][-1])
    return str(detail["input"]) if isinstance(detail["input"], str) else ""


def _hint(detail: ErrorDetails, model: type[BaseModel]) -> str:
    if detail["type"] != "extra_forbidden":
        return ""
    known = sorted(_names(model, set()))
    near = difflib.get_close_matches(str(detail["loc"][-1]), known, n=1)
    return f"是否想写“{near[0]}”" if near else ""


def _names(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    if model in seen:
        return
    seen.add(model)
    for key, info in model.model_fields.items():
        yield info.alias or key
        for inner in (info.annotation, *getattr(info.annotation, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from _names(inner, seen)
