"""The house is as its plan says: every room has a place and a word, and one name means one thing."""

import ast
import re
import tomllib
from collections import defaultdict

from tests.conftest import ROOT

SRC = ROOT / "src" / "juesuan"
ROOMS = {
    path.stem
    for path in SRC.iterdir()
    if not path.name.startswith("__") and (path.suffix == ".py" or (path / "__init__.py").is_file())
}


def test_every_room_has_its_place_in_the_one_direction() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (order,) = [one for one in contracts if one["type"] == "layers"]
    assert order["containers"] == ["juesuan"]
    assert order["exhaustive"], "import-linter refuses a room that is left out"
    assert {room for layer in order["layers"] for room in layer.split(" | ")} == ROOMS
    for one in contracts:
        if one["type"] == "forbidden":
            assert one["source_modules"] == ["juesuan"], f"{one['name']}: whoever is not excepted is bound"


def test_the_page_on_the_rooms_names_every_one() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    told = {word.removeprefix("juesuan.").partition(".")[0] for word in re.findall(r"`([a-z_.]+)`", page)}
    assert ROOMS - told == set()


def test_the_page_on_the_rooms_names_no_room_that_is_not_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    told = re.findall(r"`juesuan\.([a-z_]+)((?:\.[a-zA-Z_]+)*)", page)
    gone = {room for room, _ in told} - ROOMS
    gone |= {f"{room}{rest}" for room, rest in told if rest and not _is_there(room, rest)}
    assert gone == set()


def _is_there(room: str, rest: str) -> bool:
    """Return whether a module, or a name that a module gives, is there."""
    first, *_ = names = rest.strip(".").split(".")
    folder = SRC / room
    if (folder / f"{first}.py").is_file() or (folder / first).is_dir():
        return True
    module = folder / "__init__.py" if folder.is_dir() else SRC / f"{room}.py"
    return re.search(rf"\b{names[0]}\b", module.read_text(encoding="utf-8")) is not None


def test_a_public_class_has_a_name_of_its_own() -> None:
    named: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                named[node.name].append(path.relative_to(SRC).as_posix())
    assert {name: places for name, places in named.items() if len(places) > 1} == {}


def test_the_glossary_has_one_line_for_a_word_and_one_word_for_a_concept() -> None:
    text = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]
    _, *terms = [row for row in rows if row[0] != "中文"] if rows[0][0] != "中文" else rows
    assert all(len(row) == 3 for row in terms), [row for row in terms if len(row) != 3]
    chinese = [row[0] for row in terms]
    assert len(chinese) == len(set(chinese))
    english = [row[1] for row in terms if row[1]]
    assert len(english) == len(set(english)), sorted(one for one in english if english.count(one) > 1)
