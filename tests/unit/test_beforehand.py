"""What is told of a closing before anything is loaded for it: what reading all of it would tell."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from juesuan import closing
from juesuan.base.problems import EditionError, InputError, JuesuanError, OutputError
from juesuan.closing.beforehand import first_look, refuse_words
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples" / "wuhan-2020"
Fault = Callable[[Path], object]


def replaced(file: str, pattern: str, words: str) -> Fault:
    """Return what writes other words into a file of a package."""

    def write(package: Path) -> None:
        text, times = re.subn(pattern, words, (package / file).read_text(encoding="utf-8"), count=1, flags=re.M)
        assert times == 1
        (package / file).write_text(text, encoding="utf-8")

    return write


UNREADABLE: dict[str, Fault] = {
    "no folder": shutil.rmtree,
    "no settings": lambda package: (package / "settings.yaml").unlink(),
    "no YAML": replaced("settings.yaml", "^year:", "year: [2020\nyears:"),
    "an unknown entry": replaced("settings.yaml", "^year:", "nonsense: 3\nyear:"),
    "no year": replaced("settings.yaml", "^year: 2020", "year: 二〇二〇"),
    "no such edition": replaced("settings.yaml", "^edition: [a-z0-9-]+", "edition: nowhere-1999"),
    "faults of two files": lambda package: [
        replaced("settings.yaml", "^year: 2020", "year: 二〇二〇")(package),
        replaced("assets.yaml", "^general_equipment:", "generals_equipment:")(package),
    ],
}
"""Faults after which no ledger is read."""

READABLE: dict[str, Fault] = {
    "no voucher lines": lambda package: (package / "ledger" / "vouchers.csv").unlink(),
    "an unknown entry of a file": replaced("assets.yaml", "^general_equipment:", "generals_equipment:"),
    "two files": lambda package: [
        (package / "ledger" / "trial-balance.csv").unlink(),
        (package / "headcount.yaml").write_text("- 3\n", encoding="utf-8"),
    ],
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return shutil.copytree(EXAMPLE, tmp_path / "package")


@pytest.mark.parametrize("fault", UNREADABLE)
def test_what_keeps_a_package_from_being_read_is_told_as_reading_it_tells_it(package: Path, fault: str) -> None:
    UNREADABLE[fault](package)
    problems, is_all = first_look(package)
    assert problems
    assert (problems, is_all) == (closing.ingest(package).problems, True)


@pytest.mark.parametrize("fault", READABLE)
def test_other_faults_are_seen_and_told_with_those_of_the_ledger(package: Path, fault: str) -> None:
    READABLE[fault](package)
    problems, is_all = first_look(package)
    assert problems
    assert not is_all
    assert {*problems} <= {*closing.ingest(package).problems}


def test_of_a_sound_package_and_of_a_department_nothing_is_said(package: Path) -> None:
    assert first_look(package) == ((), False)
    (package / "department.yaml").write_text("units: nothing\n", encoding="utf-8")
    (package / "settings.yaml").unlink()
    assert first_look(package) == ((), False)


@pytest.mark.parametrize(
    ("words", "kind", "told"),
    [
        ({"edition": "nowhere-1999"}, EditionError, "没有“nowhere-1999”版；已有：.*wuhan-2020"),
        ({"edition": "./nowhere"}, EditionError, "没有“/.*/nowhere”版"),
        ({"archive": "s4://bucket"}, InputError, "不认识的归档地址"),
        ({"compare": Path("nowhere")}, OutputError, "nowhere 不是决算结果的文件夹"),
    ],
)
def test_a_word_of_the_command_that_names_nothing_is_refused(
    package: Path, words: dict[str, str | Path], kind: type[JuesuanError], told: str
) -> None:
    given = {"archive": "archive", **words}
    with pytest.raises(kind, match=told):
        refuse_words(package, **given)  # type: ignore[arg-type] - words of several kinds
    refuse_words(package, archive="s3://bucket", edition="wuhan-2020")
