"""What belongs in one entry of a package: its title, words and example, from the schema of the inputs."""

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from juesuan.base.yamlsource import Strict
from juesuan.package.csvfile import FileColumn
from juesuan.package.inputs import INPUTS, SHEETS, Input
from juesuan.package.settings import Files


@dataclass(frozen=True)
class DescribedEntry:
    """An entry of a model: its path of keys, title, what belongs there, an example, and words to choose from."""

    path: tuple[str, ...]
    title: str
    words: str = ""
    example: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    number: bool = False

    @property
    def told(self) -> str:
        """What belongs there, in one line."""
        words = [self.words] if self.words else []
        words += ["整数，没有写 0"] if self.number and not self.words else []
        words += ["、".join(self.choices)] if self.choices and not self.words else []
        words += [f"例：{self.example}"] if self.example else []
        return "；".join(words)


def input_of(file: str, files: Files) -> Input | None:
    """Return the input that a file of a package is; None for one that is none (a ledger's)."""
    for one in INPUTS:
        if file == one.file(files) or (one.room == SHEETS and file.startswith(f"{one.file(files)}/")):
            return one
    return None


def entry_of(one: Input, column: str) -> DescribedEntry | None:
    """Return what belongs in a column of a file, or at a dotted path of an entry (``unit.code``)."""
    if one.model is None:
        return next((column_entry(each) for each in one.columns if each.head == column), None)
    model: Any = one.model
    titles: list[str] = []
    entry = None
    for key in column.split("."):
        if isinstance(model, type) and issubclass(model, BaseModel):
            info = model.model_fields.get(key)
            if info is None:
                return None
            titles.append(info.title or key)
            entry = described((key,), info)
            model = inner(info.annotation)
        elif is_many(model) or is_mapping(model):
            model = inner(get_args(model)[-1] if is_mapping(model) else get_args(model)[0])
        else:
            return None
    if entry is None:
        return None
    title = " · ".join(titles)
    return DescribedEntry(
        (column,), title, entry.words, entry.example, entry.required, entry.choices, entry.number
    )


def column_entry(column: FileColumn) -> DescribedEntry:
    """Return a column of a file as an entry."""
    return DescribedEntry(
        (column.head,), column.head, column.words, column.example, column.need == "must", column.choices
    )


def described(path: Sequence[str], info: FieldInfo) -> DescribedEntry:
    """Return a field of a model as an entry; it is a scalar, or the whole of what stands there."""
    kind = inner(info.annotation)
    return DescribedEntry(
        tuple(path),
        info.title or path[-1],
        info.description or "",
        str(info.examples[0]) if info.examples else "",
        info.is_required(),
        choices_of(kind),
        kind is int,
    )


def choices_of(kind: Any) -> tuple[str, ...]:
    """Return the words that a scalar is chosen from; none for one that is written freely."""
    if get_origin(kind) is Literal:
        return tuple(map(str, get_args(kind)))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(one.value) for one in kind)
    return ("true", "false") if kind is bool else ()


def inner(kind: Any) -> Any:
    """Return a type without what annotates it, and without None."""
    while True:
        origin = get_origin(kind)
        if origin is Annotated:
            kind = get_args(kind)[0]
        elif origin in (Union, types.UnionType):
            several = [one for one in get_args(kind) if one is not type(None)]
            if len(several) > 1:  # a text, or several of them
                return several[0]
            kind = several[0]
        else:
            return kind


def is_model(kind: Any) -> bool:
    """Whether a type is a model: entries by name."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def is_many(kind: Any) -> bool:
    """Whether a type is a list."""
    return get_origin(kind) is tuple


def is_mapping(kind: Any) -> bool:
    """Whether a type holds entries by keys that people choose."""
    return get_origin(kind) is dict


def fields_of(model: type[Strict]) -> Iterator[tuple[str, FieldInfo, Any]]:
    """Yield the name, the field and the type of each entry of a model."""
    for name, info in model.model_fields.items():
        yield name, info, inner(info.annotation)


class _Schema(GenerateJsonSchema):
    """Writes a default that JSON has no number for as a person would write it."""

    def encode_default(self, dft: Any) -> Any:
        """Return a default as JSON; of a model, nothing: what is left out of it has defaults of its own."""
        if isinstance(dft, BaseModel):
            return {}
        return f"{float(dft):.0%}" if isinstance(dft, Fraction) else super().encode_default(dft)


def schemas() -> Mapping[str, dict[str, Any]]:
    """Return the JSON Schema of each YAML file of a package, by the file's name where it stands by default."""
    files = Files.model_validate({})
    found: dict[str, dict[str, Any]] = {}
    for one in INPUTS:
        if one.model is not None:
            name = one.file(files) + ("/*.yaml" if one.room == SHEETS else "")
            schema = one.model.model_json_schema(schema_generator=_Schema)
            found[name] = {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                **schema,
                "title": one.title,
                "description": one.words,
            }
    return found
