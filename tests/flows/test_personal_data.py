"""Personal data of vouchers stays in the restricted part: canaries in summaries reach no published file."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pdfplumber
import pytest

from juesuan import closing
from tests.conftest import EXAMPLE, close_directly, copy_package

ID, MOBILE, CARD, PERSON, PREPARER = (
    "11010519491231002X",
    "13812345678",
    "6222021234567890128",
    "诸葛明辉",
    "欧阳雪菲",
)
CANARIES = (ID, MOBILE, CARD, PERSON, PREPARER)


def with_personal_data(package: Path) -> Path:
    """Copy the example with personal data in every summary and a column of preparers."""
    copy_package(EXAMPLE, package)
    path = package / "ledger" / "vouchers.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0], "制单人"])
        writer.writeheader()
        for row in rows:
            told = {"摘要": f"{row['摘要']} 付{PERSON} {ID} {MOBILE} {CARD}", "制单人": PREPARER}
            writer.writerow(row | told)
    return package


def texts_of(path: Path, content: bytes) -> Iterator[str]:
    """Yield everything that a person or a program can read in a file."""
    yield content.decode("utf-8", errors="replace")
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            yield from (parts.read(name).decode("utf-8", errors="replace") for name in parts.namelist())
    elif path.suffix == ".pdf":
        with pdfplumber.open(io.BytesIO(content)) as pages:
            yield "".join(page.extract_text() for page in pages.pages)
    elif path.suffix == ".parquet":
        yield pd.read_parquet(io.BytesIO(content)).to_csv()


def holding(folder: Path, words: tuple[str, ...]) -> set[str]:
    """Return the files of a folder that hold one of these words, read in every way."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix()
        for path in files
        for text in texts_of(path, path.read_bytes())
        if any(word in text for word in words)
    }


def test_personal_data_in_vouchers_reaches_no_published_file_and_only_the_restricted_part_of_the_archive(
    tmp_path: Path,
) -> None:
    package = with_personal_data(tmp_path / "package")
    assert holding(package, CANARIES) == {"ledger/vouchers.csv"}
    done = close_directly(package, tmp_path / "out")
    closing.ClosingArchive(str(tmp_path / "archive")).keep(done.account, done.out)
    assert len(list(done.out.rglob("*"))) > 30
    assert holding(done.out, CANARIES) == set()
    (held,) = holding(tmp_path / "archive", CANARIES)
    assert held.endswith("data/restricted/inputs/ledger/vouchers.csv")


def test_personal_numbers_in_a_text_refuse_the_closing_and_are_told_nowhere(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    old, numbers = "承办上级交办的其他事项。", (ID, MOBILE, CARD)
    written = "、".join(f"{{={number}}}" for number in numbers)
    package = edited({"texts/profile.yaml": (old, f"承办上级交办的其他事项（{written}）。")})
    with pytest.raises(closing.ClosingRefused) as refused:
        close_directly(package, tmp_path / "out")
    for kind in ("身份证号", "手机号", "银行卡号"):
        assert kind in str(refused.value)
    folder = closing.write_refusal(tmp_path / "out", refused.value)
    assert holding(folder, numbers) == set()
    assert not [number for number in numbers if number in str(refused.value) + str(refused.value.table)]
    assert not (tmp_path / "out").exists()


def test_a_personal_number_in_a_cell_that_cannot_be_read_is_masked(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    package = edited({"ledger/vouchers.csv": ("2020-01-02,记-0001,1,", f"{ID},记-0001,1,")})
    with pytest.raises(closing.ClosingRefused) as refused:
        close_directly(package, tmp_path / "out")
    assert "实际为“110****2X”" in str(refused.value)
    assert holding(closing.write_refusal(tmp_path / "out", refused.value), (ID,)) == set()


def test_an_account_that_is_called_like_a_person_is_a_warning_that_tells_the_surname_only(tmp_path: Path) -> None:
    package = tmp_path / "package"
    copy_package(EXAMPLE, package)
    for path in (package / "ledger").glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        path.write_text(
            text.replace("资金结存-零余额账户用款额度", "资金结存-零余额账户用款额度-王小明"), encoding="utf-8"
        )
    done = close_directly(package, tmp_path / "out")
    (failed,) = [one for run in done.runs for one in run.results if one.id == "personal.names" and not one.success]
    (place,) = failed.failures
    assert place.stated == "王**"
    assert place.place.startswith("账簿的科目名称：ledger/vouchers.csv:")
