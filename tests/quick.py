"""The tests that a change touches, nearest first, within a minute (``make quick``).

    python tests/quick.py [--since REVISION] [--seconds N]

What changed since the branch left ``main`` (or since a revision), committed or not, is a test, a module or data.
The house's own laws come first, then a changed test file; then the files whose tests import a changed module, by
how many imports lie between; then those that name a changed file of data, its folder or an edition. What the time
did not reach is named: it is no proof that all is well, ``make test`` is.
"""

import argparse
import ast
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]
ALWAYS = "tests/unit/test_house.py"
_FOUND_IN = ("tests/unit", "tests/flows", "tests/property", "tests/golden", "tests/editions", "tests/units")
_NAMED = 10
_FAR = 1000  # behind all that a module leads to
_TOO_COMMON = frozenset({"__init__", "README", "document", "edition", "results", "tests"})

_RUN = re.compile(r'"-m", "(juesuan[.\w]*)"')
"""A module that another runs as a process of its own."""


def changed_since(revision: str) -> list[str]:
    """Return the files that differ from where the branch left a revision, and those that git does not know yet."""

    def lines(*words: str) -> list[str]:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    (base,) = lines("merge-base", "HEAD", revision)
    return sorted({*lines("diff", "--name-only", base), *lines("ls-files", "--others", "--exclude-standard")})


def module_of(path: str) -> str:
    """Return the module of a file of ``src/`` or ``tests/``; blank for any other."""
    if not path.endswith(".py") or not path.startswith(("src/", "tests/")):
        return ""
    return path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported_by(source: str) -> Iterator[str]:
    """Yield what a file imports; of ``from a import b`` both ``a`` and ``a.b``, since either may be the module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)


def distances(changed: Iterable[str], importers: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Return how many imports lie between each module and the nearest that changed."""
    found = dict.fromkeys(changed, 0)
    edge = list(found)
    while edge:
        ahead = {more for module in edge for more in importers.get(module, ()) if more not in found}
        found.update(dict.fromkeys(ahead, found[edge[0]] + 1))
        edge = sorted(ahead)
    return found


def importers_of(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Return who imports each module of the house, tests and helpers too; ``sources`` by their path."""
    graph = grimp.build_graph("juesuan", cache_dir=None)
    importers = {module: set(graph.find_modules_that_directly_import(module)) for module in graph.modules}
    for module in graph.modules - {"juesuan"}:
        importers[module.rpartition(".")[0]].add(module)  # a package's __init__ runs before what is in it
    for file in sorted((ROOT / "src").rglob("*.py")):
        for module in _RUN.findall(file.read_text(encoding="utf-8")):
            importers[module].add(module_of(file.relative_to(ROOT).as_posix()))
    for path, source in sources.items():
        for module in imported_by(source):
            importers.setdefault(module, set()).add(module_of(path))
    return importers


def names_of(path: str) -> set[str]:
    """Return the words by which a test would name a file of data: its own, and those of its folders."""
    place = Path(path)
    return {place.name, place.stem, *place.parent.parts[1:]} - _TOO_COMMON


def touched(changed: Iterable[str], sources: Mapping[str, str]) -> list[str]:
    """Return the test files that a change touches, nearest first; ``sources`` holds all of ``tests/`` by path."""
    modules = [module for path in changed if (module := module_of(path))]
    words = {word for path in changed if not module_of(path) for word in names_of(path)}
    near = distances(modules, importers_of(sources))
    places: dict[str, int] = {}
    for path, source in sources.items():
        if Path(path).name.startswith("test_") and path.startswith(_FOUND_IN):
            named = [_FAR] if any(word in source for word in words) else []
            at = [near[module_of(path)]] if module_of(path) in near else []
            if at or named:
                places[path] = min(at + named)
    places[ALWAYS] = -1
    return sorted(places, key=lambda path: (places[path], path))


class WithinTime:
    """Starts no test when the time is over, and remembers which were left."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self.left: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        if time.monotonic() < self._until:
            return None
        self.left.append(item.nodeid)
        return True


def main(words: list[str]) -> int:
    """Run them; return pytest's exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--since", default="main")
    parser.add_argument("--seconds", type=float, default=50, help="start no test after so many")
    asked = parser.parse_args(words)
    timed = WithinTime(asked.seconds)
    sources = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "tests").rglob("*.py"))
    }
    changed = changed_since(asked.since)
    files = touched(changed, sources)
    sys.stdout.write(f"{len(changed)} files changed; {len(files)} test files are touched, nearest first.\n")
    code = pytest.main(["-q", "-x", "-m", "not integration", "--rootdir", str(ROOT), *files], plugins=[timed])
    if timed.left:
        of = list(dict.fromkeys(name.partition("::")[0] for name in timed.left))
        more = f" and {len(of) - _NAMED} files more" if len(of) > _NAMED else ""
        sys.stdout.write(
            f"Time was over: {len(timed.left)} tests did not run, of {', '.join(of[:_NAMED])}{more}.\n"
        )
    return int(code)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
