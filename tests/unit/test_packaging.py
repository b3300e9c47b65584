"""A wheel built from the sdist holds every resource, and works from wherever it is unpacked."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from juesuan.base.yamlsource import read_yaml
from juesuan.package import Settings
from tests.conftest import EXAMPLE, ROOT

ROOMS = ("expectations", "flows", "templates")


def run(*words: object, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        list(map(str, words)), cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


DISTRIBUTIONS = {  # that are not called as what they are imported by
    "argon2": "argon2-cffi",
    "docx": "python-docx",
    "great_expectations": "great-expectations",
    "markdown_it": "markdown-it-py",
    "pkcs11": "python-pkcs11",
    "pydantic_core": "pydantic-core",
    "pyhanko_certvalidator": "pyhanko-certvalidator",
    "python_calamine": "python-calamine",
    "rfc3161_client": "rfc3161-client",
    "yaml": "pyyaml",
}
TYPES_ONLY = {"mypy_boto3_s3"}  # imported for the type checker alone
BOUNDED_ONLY = {
    "bokeh",
    "fastapi",
    "python-multipart",
}  # of a library's own: later versions break it, or it loads it itself


def imported_by(path: Path) -> Iterator[str]:
    """Yield the top-level names that a file imports from elsewhere, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").partition(".")[0]


def test_every_library_that_is_imported_is_declared_and_none_besides() -> None:
    files = [path for room in ("src", "flows") for path in (ROOT / room).rglob("*.py")]
    imported = {name for path in files for name in imported_by(path)}
    foreign = imported - sys.stdlib_module_names - {"juesuan", "flows"}
    assert foreign >= TYPES_ONLY | {"numpy"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {re.split(r"[<>=]", one)[0] for some in lists for one in some}
    assert {DISTRIBUTIONS.get(name, name) for name in foreign - TYPES_ONLY} == declared - BOUNDED_ONLY


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the sdist, unpacked."""
    folder = tmp_path_factory.mktemp("packaging")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    (sdist,) = folder.glob("*.tar.gz")
    run(sys.executable, "-m", "tarfile", "-e", sdist, folder / "sdist", cwd=folder)
    (source,) = (folder / "sdist").iterdir()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=source)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        files.extractall(folder / "wheel")
    return folder / "wheel"


def test_the_wheel_holds_every_module_and_every_resource(unpacked: Path) -> None:
    for room in (*ROOMS, "src/juesuan"):
        here = {path.relative_to(ROOT / room) for path in (ROOT / room).rglob("*") if path.is_file()}
        place = unpacked / "juesuan" / ("" if room == "src/juesuan" else room)
        wanted = {path for path in here if "__pycache__" not in path.parts}
        assert len(wanted) > 3
        for path in wanted:
            assert (place / path).read_bytes() == (ROOT / room / path).read_bytes(), path


def test_the_wheel_works_where_there_is_no_checkout(unpacked: Path, tmp_path: Path) -> None:
    year = read_yaml(EXAMPLE / "settings.yaml", Settings).year
    script = (
        "import sys; from pathlib import Path; from juesuan import closing; from juesuan.runner import load_flow\n"
        f"intake = closing.ingest(Path({str(EXAMPLE)!r})); assert not intake.problems\n"
        "assert closing.write_document(closing.derive(closing.fill(intake))).blocks\n"
        "flows = load_flow('annual_close'); print(flows.annual_close.name, intake.settings.year, flows.__file__)"
    )
    told = run(sys.executable, "-c", script, cwd=tmp_path, PYTHONPATH=str(unpacked), HOME=str(tmp_path))
    assert told.strip() == f"annual-close {year} {unpacked / 'juesuan' / 'flows' / 'annual_close.py'}"
