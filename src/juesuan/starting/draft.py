"""A package as plain data, complete or not: what stands in each of its files, and the files written from it.

A tree is what a YAML file holds (texts, lists, entries by key); a table what a CSV file holds. Nothing is judged
here: the package's own reader does that.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from juesuan.base.files import write_whole
from juesuan.base.problems import InputError, OutputError, Place, Problem, words_of
from juesuan.base.yamlsource import read_entry
from juesuan.package.describe import entry_of, input_of
from juesuan.package.files import package_file
from juesuan.package.inputs import INPUTS, SHEETS, Input
from juesuan.package.settings import SETTINGS_FILE, Files

Tree = str | list["Tree"] | dict[str, "Tree"]
Path_ = tuple[str, ...]
_PLAIN = re.compile(r"[\w\u4e00-\u9fff（“《【][\w\u4e00-\u9fff（）“”《》【】、，。；：？！—·+./-]*", re.ASCII)
_READABLE = 0o644
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "~"})


@dataclass
class Draft:
    """What stands in the files of a package, by their names."""

    trees: dict[str, Tree] = field(default_factory=dict)
    tables: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """What stands in the settings; where they hold no entries, there are none from now on."""
        found = self.trees.get(SETTINGS_FILE)
        if not isinstance(found, dict):
            found = self.trees[SETTINGS_FILE] = {}
        return found

    @property
    def edition(self) -> str:
        """The edition that the settings name; empty where they name none."""
        found = self.settings.get("edition")
        return found if isinstance(found, str) else ""

    @property
    def files(self) -> Files:
        """Where the files stand, as the settings say it."""
        named = self.settings.get("files")
        given = {key: value for key, value in named.items() if value} if isinstance(named, dict) else {}
        known = {key: value for key, value in given.items() if key in Files.model_fields}
        return Files.model_validate(known)

    def named(self) -> Iterator[tuple[Input, str]]:
        """Yield each input with the names of the files that it has, or would have; sheets as many as there are."""
        files = self.files
        for one in INPUTS:
            if one.room == SHEETS:
                yield from ((one, name) for name in sorted(self.trees) if input_of(name, files) is one)
            else:
                yield one, one.file(files)


def read_draft(root: Path) -> Draft:
    """Read the files of a package's folder, whatever is wrong with what they say.

    Raises:
        InputError: a file can't be read at all; all of them.
    """
    draft = Draft()
    problems: list[Problem] = []
    _read_tree(draft, root, SETTINGS_FILE, problems)
    files = draft.files
    for one in INPUTS:
        name = one.file(files)
        if one.room == SHEETS:
            for path in sorted((root / name).glob("*.yaml")):
                _read_tree(draft, root, path.relative_to(root).as_posix(), problems)
        elif one.model is not None and one.room != SETTINGS_FILE:
            _read_tree(draft, root, name, problems)
        elif one.columns:
            _read_table(draft, root, name, problems)
    if problems:
        raise InputError(problems)
    return draft


def write_draft(draft: Draft, root: Path, only: Collection[str] | None = None) -> Mapping[tuple[str, Path_], int]:
    """Write the files of a package, or some of them; return the line of each entry, by file and path.

    An entry of a table has its row's number (from 0) and the head as path.

    Raises:
        OutputError: the folder can't be written.
    """
    lines: dict[tuple[str, Path_], int] = {}
    texts: dict[str, str] = {}
    files = draft.files
    for name, tree in draft.trees.items():
        one = input_of(name, files)
        text, places = yaml_text(tree, one)
        texts[name] = text
        lines |= {(name, path): line for path, line in places.items()}
    for name, rows in draft.tables.items():
        one = input_of(name, files)
        heads = (
            list(
                dict.fromkeys([*(each.head for each in one.columns if one), *(key for row in rows for key in row)])
            )
            if one
            else []
        )
        texts[name] = csv_text(heads, rows)
        at = 2
        for number, row in enumerate(rows):
            lines |= {(name, (str(number), head)): at for head in heads}
            at += 1 + sum(value.count("\n") for value in row.values())
    try:
        for name, text in texts.items():
            if only is None or name in only:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                write_whole(root / name, text, mode=_READABLE)
    except OSError as error:
        raise OutputError(f"{root}：写不了（{words_of(error)}）") from None
    return lines


def csv_text(heads: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """Return a CSV file."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([row.get(head, "") for head in heads] for row in rows)
    return stream.getvalue()


def yaml_text(tree: Tree, one: Input | None = None) -> tuple[str, Mapping[Path_, int]]:
    """Return a tree as YAML with, in comments, what belongs in each entry; and the line of each entry."""
    writer = _Writer(one)
    if one:
        writer.lines.append(f"# {one.title}：{one.words}")
    writer.entries(tree, (), 0)
    return "\n".join(writer.lines) + "\n", writer.places


@dataclass
class _Writer:
    one: Input | None
    lines: list[str] = field(default_factory=list)
    places: dict[Path_, int] = field(default_factory=dict)

    def entries(self, tree: Tree, at: Path_, indent: int, first: str = "") -> None:
        """Write the entries of a list or a mapping, one below the other; ``first`` stands before the first one."""
        lead = first or " " * indent
        if isinstance(tree, dict):
            for key, value in tree.items():
                self.value(f"{lead}{scalar(key)}:", value, (*at, key), indent)
                lead = " " * indent
        elif isinstance(tree, list):
            for number, value in enumerate(tree):
                path = (*at, str(number))
                if isinstance(value, str) or not value:
                    self.value(f"{lead}-", value, path, indent)
                else:
                    self.places[path] = len(self.lines) + 1
                    self.entries(value, path, indent + 2, f"{lead}- ")
                lead = " " * indent

    def value(self, lead: str, value: Tree, path: Path_, indent: int) -> None:
        """Write one entry after its key or dash."""
        self.places[path] = len(self.lines) + 1
        if not isinstance(value, str):
            if value:
                self.lines.append(lead)
                self.entries(value, path, indent + 2)
            else:
                self.lines.append(f"{lead} {'{}' if isinstance(value, dict) else '[]'}")
        elif _literal(value):
            body = value.rstrip("\n")
            ends = len(value) - len(body)
            self.lines.append(f"{lead} |{'-' if ends == 0 else '' if ends == 1 else '+'}")
            self.lines += [f"{' ' * (indent + 2)}{line}" if line else "" for line in body.split("\n")]
            self.lines += [""] * max(ends - 1, 0)
        elif value:
            self.lines.append(f"{lead} {scalar(value)}")
        else:
            entry = entry_of(self.one, ".".join(path)) if self.one else None
            note = " ".join(part for part in (entry.title if entry else "", entry.told if entry else "") if part)
            self.lines.append(f"{lead}{' # ' + note if note else ''}")


def scalar(text: str) -> str:
    """Return a text of one line as YAML."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and not text[0].isascii()
    name = re.fullmatch(r"[a-z][a-z0-9_-]*", text) and text not in _WORDS
    return text if plain or name else json.dumps(text, ensure_ascii=False)


def _literal(text: str) -> bool:
    """Whether a text is written as a block of lines: it has several, and none that a block would change."""
    lines = text.rstrip("\n").split("\n")
    return (
        "\n" in text
        and bool(text.strip())
        and all(line == line.rstrip() and line.isprintable() for line in lines)
        and not lines[0].startswith((" ", "\t"))
        and lines[0] != ""
    )


def _read_tree(draft: Draft, root: Path, name: str, problems: list[Problem]) -> None:
    def read() -> None:
        draft.trees[name] = read_entry(package_file(root, name), name).plain

    _if_there(root, name, problems, read)


def _read_table(draft: Draft, root: Path, name: str, problems: list[Problem]) -> None:
    def read() -> None:
        try:
            text = package_file(root, name).read_text(encoding="utf-8-sig")
            records = [
                row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if any(map(str.strip, row))
            ]
        except (UnicodeDecodeError, csv.Error) as error:
            raise InputError([Problem(Place(name), "csv.syntax", f"不是有效的 CSV（{error}）")]) from None
        heads = [cell.strip() for cell in records[0]] if records else []
        uneven = [n for n, row in enumerate(records[1:], start=2) if len(row) != len(heads)]
        if uneven or len(set(heads)) != len(heads):
            raise InputError([Problem(Place(name, next(iter(uneven), 1)), "csv.cells", "列数与表头不一致")])
        draft.tables[name] = [dict(zip(heads, map(str.strip, row), strict=True)) for row in records[1:]]

    _if_there(root, name, problems, read)


def _if_there(root: Path, name: str, problems: list[Problem], read: Callable[[], None]) -> None:
    if not (root / name).exists():
        return
    try:
        read()
    except InputError as error:
        problems += error.problems
