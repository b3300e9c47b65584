"""The texts of a package as a person writes them elsewhere than in its files: one entry, its words, last year's.

Which texts there are says the schema of the package; which there might be, its budget and its projects.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from juesuan.base.files import sha256_of_text
from juesuan.base.problems import InputError, Place, Problem
from juesuan.base.yamlsource import value_at
from juesuan.package.describe import entry_of, fields_of, inner, is_many, is_mapping, is_model
from juesuan.package.inputs import INPUTS, TEXT_FILES, Input
from juesuan.package.markup import parse
from juesuan.package.prose import Prose
from juesuan.package.tables import BUDGET, PROJECTS
from juesuan.starting.draft import Draft, Path_, Tree, read_draft
from juesuan.starting.handed import amend

LONGEST = 20_000
"""Characters that one text may have."""

_CARRIED = "carried_from"
_CLASS = 3  # digits


@dataclass(frozen=True)
class Wording:
    """A text: the dotted path of its entry, its title, what belongs there, its words, and those of last year."""

    path: str
    title: str
    belongs: str
    text: str
    before: str = ""

    @property
    def digest(self) -> str:
        """What tells whether the words are still those that somebody saw; spaces around them don't count."""
        return sha256_of_text(self.text.strip())


def text_inputs(package: Path) -> tuple[tuple[str, str, str], ...]:
    """Return the files of texts of a package, there or not: name, title, what belongs there."""
    files = read_draft(package).files
    return tuple((one.file(files), one.title, one.words) for one in INPUTS if one.text in TEXT_FILES and one.text)


def wordings(package: Path, file: str, instead: Path | None = None) -> tuple[Wording, ...]:
    """Return the texts of a file of a package, open ones too; ``instead`` is read in the place of the file.

    Raises:
        InputError: a file can't be read, or is none of texts.
    """
    draft = read_draft(package)
    one = _input(draft, file)
    if instead is not None:
        from juesuan.base.yamlsource import read_entry

        draft.trees[file] = read_entry(instead, file).plain
    tree = draft.trees.get(file) or {}
    carried = tree.get(_CARRIED) if isinstance(tree, dict) else None
    before = carried if isinstance(carried, dict) else {}
    return tuple(
        Wording(path, title, belongs, text, str(before.get(path, "")))
        for path, title, belongs, text in _walk(one.model, tree, (), "", draft, one)
    )


def reword(package: Path, file: str, changes: Mapping[str, str]) -> None:
    """Write texts into a package, by the dotted path of their entries.

    Raises:
        InputError: a text has a fault, or there is no such entry; then nothing is written.
        OutputError: a file can't be written.
    """
    known = {one.path for one in wordings(package, file)}
    problems = [
        Problem(Place(file, None, path), "text.none", "没有这一处文字") for path in changes if path not in known
    ]
    problems += [
        Problem(Place(file, None, path), "text.fault", one) for path in changes for one in faults(changes[path])
    ]
    if problems:
        raise InputError(problems)

    def change(draft: Draft) -> None:
        tree = draft.trees.get(file)
        draft.trees[file] = tree if isinstance(tree, dict) else {}
        for path, text in changes.items():
            keys = tuple(path.split("."))
            if text or value_at(draft.trees[file], keys) is not None:
                _put(draft.trees[file], keys, text)

    amend(package, change)


def reworded(package: Path, file: str, path: str, text: str) -> str:
    """Return what a file of texts would hold with other words at one entry; nothing is written.

    Raises:
        InputError: there is no such entry.
    """
    from juesuan.starting.draft import yaml_text

    draft = read_draft(package)
    one, tree = _input(draft, file), draft.trees.get(file)
    changed: Tree = tree if isinstance(tree, dict) else {}
    if path not in {each[0] for each in _walk(one.model, changed, (), "", draft, one)}:
        raise InputError([Problem(Place(file, None, path), "text.none", "没有这一处文字")])
    _put(changed, tuple(path.split(".")), text)
    return yaml_text(changed, one)[0]


def faults(text: str) -> tuple[str, ...]:
    """Return what is wrong with a text as typed: digits that no number declares, marks, strange characters."""
    found = [f"{one.message}：“{one.found}”；应为{one.expected}" for one in parse(text)[1]]
    strange = sorted(
        {one for one in text if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co") and one != "\n"}
    )
    found += [f"有看不见的字符 U+{ord(one):04X}，请删去" for one in strange]
    return (*found, *([f"太长：{len(text)} 字，不超过 {LONGEST} 字"] if len(text) > LONGEST else []))


def _input(draft: Draft, file: str) -> Input:
    files = draft.files
    found = next((one for one in INPUTS if one.text and one.file(files) == file), None)
    if found is None:
        raise InputError([Problem(Place(file), "text.file", "不是文字材料")])
    return found


def _walk(
    kind: Any, tree: Tree | None, at: Path_, title: str, draft: Draft, one: Input
) -> Iterator[tuple[str, str, str, str]]:
    if kind is Prose:
        entry = entry_of(one, ".".join(at))
        yield ".".join(at), title, entry.told if entry else "", tree if isinstance(tree, str) else ""
    elif is_model(kind):
        for name, info, inside in fields_of(kind):
            own = tree.get(name) if isinstance(tree, dict) else None
            words = " · ".join(part for part in (title, info.title or name) if part)
            yield from _walk(inside, own, (*at, name), words, draft, one)
    elif is_mapping(kind) and (item := inner(get_args(kind)[-1])) is not str:
        there = tree if isinstance(tree, dict) else {}
        for key, name in {**dict.fromkeys(there, ""), **_might(draft, projects=is_model(item))}.items():
            words = f"{title} {key}{f' {name}' if name else ''}"
            for path, own, belongs, text in _walk(item, there.get(key), (*at, key), words, draft, one):
                yield path, own, "" if item is Prose else belongs, text  # what it says is said of all together
    elif is_many(kind) and is_model(item := inner(get_args(kind)[0])):
        listed: Sequence[Tree] = tree if isinstance(tree, list) else []
        for number in range(len(listed) + (not at[1:])):  # one more may be added, of the list itself
            own = listed[number] if number < len(listed) else None
            yield from _walk(item, own, (*at, str(number)), f"{title} 第 {number + 1} 项", draft, one)


def _might(draft: Draft, *, projects: bool) -> Mapping[str, str]:
    """Return the keys that texts may have, with their names: of projects, or of the items and classes spent on."""
    key, name = (column.head for column in (PROJECTS if projects else BUDGET)[:2])
    rows = draft.tables.get(draft.files.projects if projects else draft.files.budget, [])
    found = {row.get(key, ""): row.get(name, "") for row in rows if row.get(key)}
    classes = {} if projects else dict.fromkeys((one[:_CLASS] for one in found), "")
    return {**dict(sorted(classes.items())), **found}


def _put(tree: Tree, keys: Path_, text: str) -> None:
    """Put a text at a path; what is missing on the way is made: a list where its entries are counted."""
    key, rest = keys[0], keys[1:]
    fresh: Tree = text if not rest else [] if rest[0].isdecimal() and len(rest[0]) < _CLASS else {}
    if isinstance(tree, dict):
        if not rest or not isinstance(tree.get(key), dict | list):
            tree[key] = fresh
        inside = tree[key]
    else:
        assert isinstance(tree, list), "a path leads through entries"  # noqa: S101 - as _walk found it
        if int(key) >= len(tree):
            tree.append(fresh)
        elif not rest:
            tree[int(key)] = text
        inside = tree[min(int(key), len(tree) - 1)]
    if rest:
        _put(inside, rest, text)
