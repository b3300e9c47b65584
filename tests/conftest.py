"""What many tests share: the worked example, closed once for each test process."""

import csv
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from juesuan import closing
from juesuan.closing import CheckedClosing
from juesuan.editionfiles import edition_files
from juesuan.narrative import load_charts
from tests.seaweed import s3_keys, s3_server
from tests.stages import close_checked

__all__ = ["s3_keys", "s3_server"]  # fixtures

os.environ["JUESUAN_KEYS"] = str(Path(tempfile.gettempdir()) / "juesuan-tests-have-no-keys")
os.environ.pop("JUESUAN_TSA", None)
# Whoever runs the tests may have an office's keys: they sign nothing of the tests.

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "wuhan-2020"


@dataclass(frozen=True)
class Closed(CheckedClosing):
    """A closing whose results were written into ``out``."""

    out: Path

    @property
    def facts_csv(self) -> list[dict[str, str]]:
        """The lines of facts.csv."""
        with (self.out / "facts.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))


def close_directly(package: Path, out: Path) -> Closed:
    """Run the stages of a closing without an orchestrator."""
    done = close_checked(package, closing.render)
    closing.write_results(out, done.account, done.disclosure, done.runs)
    return Closed(done.intake, done.books, done.account, done.runs, done.disclosure, out)


@pytest.fixture(scope="session")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Closed:
    """The worked example, closed."""
    return close_directly(EXAMPLE, tmp_path_factory.mktemp("closed") / "out")


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    """Return a way to copy the example and change files of it: ``edited({"budget.csv": ("old", "new")})``."""

    def edit(changes: dict[str, tuple[str, str] | None]) -> Path:
        package = tmp_path / "package"
        copy_package(EXAMPLE, package)
        for name, change in changes.items():
            path = package / name
            if change is None:
                path.unlink()
                continue
            old, new = change
            text = path.read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
            path.write_text(text.replace(old, new), encoding="utf-8")
        return package

    return edit


def copy_package(source: Path, target: Path) -> None:
    """Copy a closing package (data only)."""
    for path in sorted(source.rglob("*")):
        if path.is_file() and path.suffix in {".yaml", ".csv"}:
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())


@pytest.fixture
def edition_copy(tmp_path: Path) -> Path:
    """The 2020 edition in a folder of its own, with its sentences, to be changed."""
    folder = tmp_path / "edition-copy"
    shutil.copytree(ROOT / "expectations" / "editions" / "wuhan-2020", folder)
    shutil.copytree(ROOT / "templates" / "document" / "wuhan-2020", folder / "document")
    return folder


def with_words(account: closing.ClosingAccounts, folder: Path) -> closing.ClosingAccounts:
    """Return a closing whose document is written from the sentences of another edition."""
    words = edition_files(str(folder))
    edition = replace(account.books.edition, words=words, charts=load_charts(words))
    return replace(account, books=replace(account.books, edition=edition))
