"""Where the files of an edition lie, and each of them as the editions that it extends leave it.

An edition is a folder ``expectations/editions/<name>`` with its sentences in ``templates/document/<name>``, or a
folder anywhere that holds its sentences in ``document/``. With ``extends:`` in its ``edition.yaml`` it has every
file of another edition; a file of the same name is laid over the other's (:mod:`juesuan.overlay`), a template of
the same name takes its place.

What offices of one place choose differently are *options*: folders ``options/<name>`` of an edition, laid over it
in the same way by whoever asks for ``<edition>+<name>``, also of an edition that extends it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import Field

from juesuan.base.problems import EditionError, InputError, Place, Problem, Severity
from juesuan.base.resources import resource_root
from juesuan.base.yamlsource import Model, Strict, YamlEntry, place_of, read_entry
from juesuan.overlay import lay_over

EDITIONS = "expectations/editions"
SENTENCES = "templates/document"
HEAD = "edition.yaml"
OPTION = "+"
OPTIONS = "options"
_OWN = frozenset({"extends", "formerly"})
"""What the head of an edition says of this edition alone: no other inherits it."""


@dataclass(frozen=True)
class Layer:
    """One edition's own files: data, and sentences; people know the folders as ``label`` and ``words_label``."""

    name: str
    folder: Path
    words: Path
    label: str
    words_label: str

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield every file with its name, in order."""
        for folder, label in ((self.folder, self.label), (self.words, self.words_label)):
            for path in sorted(folder.rglob("*")):
                inside = path.relative_to(folder).as_posix()
                own = folder == self.folder and self.words.is_relative_to(folder)
                if folder == self.folder and inside.startswith(f"{OPTIONS}/"):
                    continue
                if path.is_file() and not (own and path.is_relative_to(self.words)):
                    yield f"{label}/{inside}", path


@dataclass(frozen=True)
class EditionFiles:
    """The files of one edition. ``layers``: its own, then those of the editions that it extends, nearest first."""

    key: str
    layers: tuple[Layer, ...]

    @property
    def name(self) -> str:
        """What results call the edition."""
        return self.layers[0].name

    @property
    def label(self) -> str:
        """How people know the folder of its data."""
        return self.layers[0].label

    @property
    def fingerprint(self) -> str:
        """The SHA-256 over the names and the content of all files."""
        digest = hashlib.sha256()
        for layer in self.layers:
            for name, path in layer.files():
                digest.update(f"{name}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()

    @property
    def template_folders(self) -> tuple[Path, ...]:
        """Where templates are looked for, in this order."""
        return tuple(layer.words for layer in self.layers)

    def names(self, room: str) -> tuple[str, ...]:
        """Return the stems of the files in a room (``forms``, ``rules``, …), those of other editions too."""
        return tuple(sorted({path.stem for layer in self.layers for path in (layer.folder / room).glob("*.yaml")}))

    def own_names(self, room: str) -> tuple[str, ...]:
        """Return the stems of the files in a room that are this edition's own."""
        return tuple(sorted(path.stem for path in (self.layers[0].folder / room).glob("*.yaml")))

    def label_of(self, file: str) -> str:
        """Return how people know a file: where it lies, or where it is missing."""
        return f"{self._holder(file).label}/{file}"

    def entry(self, file: str) -> YamlEntry:
        """Return a file of the data as all layers leave it.

        Raises:
            InputError: it is missing, can't be read, or is laid over its parent's wrongly.
        """
        return _laid(tuple((layer.folder / file, f"{layer.label}/{file}") for layer in self.layers))

    def words_entry(self, file: str) -> YamlEntry:
        """Return a file of data beside the sentences, likewise."""
        return _laid(tuple((layer.words / file, f"{layer.words_label}/{file}") for layer in self.layers))

    def read(self, file: str, model: type[Model]) -> Model:
        """Return a file as a model.

        Raises:
            InputError: as :meth:`entry`; or an entry is missing, unknown or wrong.
        """
        return self.entry(file).into(model)

    @property
    def all_templates(self) -> str:
        """All that the templates say, each as the nearest layer has it."""
        nearest: dict[str, Path] = {}
        for layer in self.layers:
            for path in sorted(layer.words.glob("*.j2")):
                nearest.setdefault(path.name, path)
        return "\n".join(path.read_text(encoding="utf-8") for path in nearest.values())

    def template_label(self, name: str) -> str:
        """Return how people know a template."""
        holder = next((layer for layer in self.layers if (layer.words / name).is_file()), self.layers[0])
        return f"{holder.words_label}/{name}"

    def same_templates(self) -> Iterator[str]:
        """Yield the templates of a layer that say what the one beneath says."""
        for above, layer in enumerate(self.layers):
            for path in sorted(layer.words.glob("*.j2")):
                below = next(
                    (
                        one.words / path.name
                        for one in self.layers[above + 1 :]
                        if (one.words / path.name).is_file()
                    ),
                    None,
                )
                if below is not None and below.read_bytes() == path.read_bytes():
                    yield f"{layer.words_label}/{path.name}"

    def _holder(self, file: str) -> Layer:
        return next((layer for layer in self.layers if (layer.folder / file).is_file()), self.layers[0])


class CitedRule(Strict):
    """What every rule of an edition says: its text for finance staff, and which source of its file it cites.

    ``error`` stops publication, a ``warning`` needs a written explanation.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9-]+$")]
    text: str
    source: str
    severity: Severity = Severity.ERROR

    @property
    def suite(self) -> str:
        """The suite of the validation documents that it belongs to."""
        return self.id.partition(".")[0]


class CitedFile(Strict):
    """One file of rules: the sources that they cite by key, and the rules. ``noun`` is how people call one."""

    noun: ClassVar[str]
    code: ClassVar[str]
    sources: Mapping[str, str]
    rules: Annotated[tuple[CitedRule, ...], Field(min_length=1)]


CitedContent = TypeVar("CitedContent", bound=CitedFile)
Cited = TypeVar("Cited", bound=CitedRule)


@dataclass(frozen=True)
class WrittenFile(Generic[CitedContent]):
    """A file of rules with how people know it, and where each of its entries stands."""

    label: str
    content: CitedContent
    places: Mapping[str, Place]

    def problem(self, at: str, message: str, found: str = "", expected: str = "") -> Problem:
        """Return what is wrong with an entry."""
        code = f"edition.{self.content.code}"
        return Problem(place_of(self.places, at, self.label), code, message, found, expected)


@dataclass(frozen=True)
class WrittenRule(Generic[Cited]):
    """A rule with what it cites (empty where its file has no such source), and which entry of which file it is."""

    rule: Cited
    citation: str
    file: WrittenFile[Any]
    at: str

    def problem(self, message: str, found: str = "", expected: str = "", entry: str = "") -> Problem:
        """Return a problem of the rule, with the line of one of its entries if it has that."""
        said = f"{self.file.content.noun} {self.rule.id}：{message}"
        return self.file.problem(f"{self.at}.{entry}", said, found, expected)


def read_rules(
    files: EditionFiles, room: str, names: Sequence[str], model: type[CitedContent]
) -> tuple[tuple[WrittenFile[CitedContent], ...], tuple[Problem, ...]]:
    """Read the files of these names in a room of an edition; return those that can be read, and what is wrong.

    Wrong is a file that is missing or can't be read, a rule of an id that another has, and one of a source that
    its file does not name.
    """
    found: list[WrittenFile[CitedContent]] = []
    problems: list[Problem] = []
    for name in names:
        file = f"{room}/{name}.yaml"
        try:
            entry = files.entry(file)
            found.append(WrittenFile(files.label_of(file), entry.into(model), entry.places()))
        except InputError as error:
            problems.extend(error.problems)
    seen: set[str] = set()
    for one in (rule for file in found for rule in rules_of(file)):
        if one.rule.id in seen:
            problems.append(one.problem(f"另有一条{model.noun}用了这个编号"))
        if not one.citation:
            problems.append(one.problem("所引的出处不在 sources 中", one.rule.source, entry="source"))
        seen.add(one.rule.id)
    return tuple(found), tuple(problems)


def rules_of(file: WrittenFile[Any]) -> Iterator[WrittenRule[Any]]:
    """Yield the rules of a file, in its order."""
    for number, rule in enumerate(file.content.rules):
        yield WrittenRule(rule, file.content.sources.get(rule.source, ""), file, f"rules.{number}")


def edition_files(key: str, beside: Path | None = None) -> EditionFiles:
    """Return the files of an edition, by its name, a name that it had, or the path of its folder.

    A path has a ``/`` or a ``.`` at its beginning; ``beside`` is the folder that a relative one counts from.

    Raises:
        EditionError: there is no such edition, or editions extend each other in a circle.
    """
    layers: list[Layer] = []
    wanted, chosen = _asked(key)
    while wanted:
        layer = _layer(wanted, beside)
        if layer is None:
            known = "、".join(edition_names()) or "无"
            raise EditionError(f"没有“{wanted}”版；已有：{known}")
        if any(one.folder == layer.folder for one in layers):
            chain = " ← ".join(one.name for one in (*layers, layer))
            raise EditionError(f"{layers[-1].label}/{HEAD}：版本互相继承：{chain}")
        layers.append(layer)
        wanted = _extended(layer)
        beside = layer.folder
    return EditionFiles(key, (*_options(key, chosen, layers), *layers))


def files_of(edition: EditionFiles | str) -> EditionFiles:
    """Return the files of an edition that may be given by its name."""
    return edition_files(edition) if isinstance(edition, str) else edition


def edition_names() -> tuple[str, ...]:
    """Return the names of all editions that the program has."""
    return tuple(sorted(path.parent.name for path in (resource_root() / EDITIONS).glob(f"*/{HEAD}")))


def is_path(key: str) -> bool:
    """Return whether an edition is named by the path of its folder."""
    return "/" in key or key.startswith(".")


def former_name(key: str) -> str:
    """Return the name that an edition has now, by one that it had; empty where it is no such name."""
    for name in edition_names():
        head = _head(resource_root() / EDITIONS / name, f"{EDITIONS}/{name}")
        formerly = head.get("formerly")
        if (
            formerly is not None
            and isinstance(formerly.value, tuple)
            and key in [one.value for one in formerly.value]
        ):
            return name
    return ""


def known_edition(key: str, beside: Path | None = None) -> bool:
    """Return whether there is an edition of this name, former name or path, with the options asked for."""
    name, chosen = _asked(key)
    layer = _layer(name, beside)
    if layer is None or not (layer.folder / HEAD).is_file():
        return False
    return not chosen or not set(chosen) - set(options_of(name, beside))


def options_of(key: str, beside: Path | None = None) -> tuple[str, ...]:
    """Return the options of an edition, those of the editions that it extends too, in order.

    Raises:
        EditionError: as :func:`edition_files`.
    """
    folders = (layer.folder / OPTIONS for layer in edition_files(key, beside).layers)
    return tuple(sorted({one.name for folder in folders for one in folder.glob("*") if one.is_dir()}))


def _asked(key: str) -> tuple[str, tuple[str, ...]]:
    """Return the edition and the options that a key asks for; only the end of a path is looked at."""
    folder, slash, name = key.rpartition("/")
    name, *chosen = name.split(OPTION)
    return f"{folder}{slash}{name}", tuple(chosen)


def _options(key: str, chosen: Sequence[str], layers: Sequence[Layer]) -> Iterator[Layer]:
    """Yield the layers of the options that a key asks for, the last of them uppermost."""
    for number, name in reversed(tuple(enumerate(chosen))):
        holder = next((one for one in layers if (one.folder / OPTIONS / name).is_dir()), None)
        if holder is None or name in chosen[:number]:
            folders = (one.folder / OPTIONS for one in layers)
            known = "、".join(sorted({one.name for folder in folders for one in folder.glob("*")})) or "无"
            raise EditionError(f"“{key}”：没有选项“{name}”，或者写了两次；已有：{known}")
        at = f"{OPTIONS}/{name}"
        whole = OPTION.join((layers[0].name, *chosen[: number + 1]))
        folder = holder.folder / at
        yield Layer(whole, folder, folder / "document", f"{holder.label}/{at}", f"{holder.label}/{at}/document")


def _layer(key: str, beside: Path | None) -> Layer | None:
    if is_path(key):
        folder = ((beside or Path()) / key).resolve()
        if not folder.is_dir():
            return None
        return Layer(folder.name, folder, folder / "document", folder.name, f"{folder.name}/document")
    root = resource_root()
    name = key if (root / EDITIONS / key).is_dir() else former_name(key)
    if not name:
        return None
    return Layer(
        name, root / EDITIONS / name, root / SENTENCES / name, f"{EDITIONS}/{name}", f"{SENTENCES}/{name}"
    )


def _extended(layer: Layer) -> str:
    extends = _head(layer.folder, layer.label).get("extends")
    return str(extends.value) if extends is not None and isinstance(extends.value, str) else ""


def _head(folder: Path, label: str) -> Mapping[str, YamlEntry]:
    try:
        entry = read_entry(folder / HEAD, f"{label}/{HEAD}")
    except InputError as error:
        raise EditionError(str(error)) from None
    return entry.value if isinstance(entry.value, Mapping) else {}


def _laid(paths: tuple[tuple[Path, str], ...]) -> YamlEntry:
    """Lay the files that are there over one another, the last of them undermost."""
    there = [(path, label) for path, label in paths if path.is_file()]
    if not there:
        raise InputError([Problem(Place(paths[0][1]), "file.missing", "缺少文件")])
    found: YamlEntry | None = None
    problems: list[Problem] = []
    for path, label in reversed(there):
        entry = read_entry(path, label)
        if path.name == HEAD and isinstance(entry.value, Mapping):
            entry = replace(entry, value={key: one for key, one in entry.value.items() if key not in _OWN})
        if found is None:
            found = entry
        else:
            found, faults = lay_over(found, entry)
            problems.extend(faults)
    if problems or found is None:
        raise InputError(problems)
    return found
