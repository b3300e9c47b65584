"""What people bring in: taken whole or not at all, unpacked within its folder, and within limits."""

import io
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from juesuan.base.problems import InputError
from juesuan.package.settings import SETTINGS_FILE
from juesuan.web import uploads
from juesuan.web.uploads import MOST_FILES, take


@dataclass
class Sent:
    """A file as a browser sent it."""

    filename: str | None
    file: IO[bytes]


def sent(name: str, content: bytes = b"x") -> Sent:
    return Sent(name, io.BytesIO(content))


def zipped(files: dict[str, bytes]) -> Sent:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return sent("资料.zip", made.getvalue())


def there(folder: Path) -> set[str]:
    return {one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()}


def refused(target: Path, *given: Sent) -> set[str]:
    with pytest.raises(InputError) as caught:
        take(given, target)
    return {one.code for one in caught.value.problems}


def test_a_zip_is_unpacked_without_the_folder_that_holds_the_package(tmp_path: Path) -> None:
    brought = take([zipped({f"决算/{SETTINGS_FILE}": b"a", "决算/ledger/v.csv": b"b"})], tmp_path)
    assert brought.files == ("ledger/v.csv", SETTINGS_FILE)
    assert there(tmp_path) == {"ledger/v.csv", SETTINGS_FILE}


def test_a_folder_of_the_package_alone_is_no_outermost_one(tmp_path: Path) -> None:
    assert take([zipped({"ledger/v.csv": b"b"})], tmp_path).files == ("ledger/v.csv",)


def test_what_systems_leave_and_what_makes_a_package_is_left_out_and_told(tmp_path: Path) -> None:
    left = {"__MACOSX/._a.csv": b"", "p/.DS_Store": b"", "p/~$a.xlsx": b"", "p/README.md": b"", "p/make.py": b""}
    brought = take([zipped({"p/settings.yaml": b"a"} | left)], tmp_path)
    assert set(brought.left_out) == set(left)
    assert there(tmp_path) == set(brought.files)


def test_a_name_from_a_chinese_windows_is_read(tmp_path: Path) -> None:
    changed = zipped({"a.csv": b"x"}).file.read().replace(b"a.csv", "账".encode("gb18030") + b".db")
    assert take([sent("p.zip", changed)], tmp_path).files == ("账.db",)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../a.csv", "upload.name"),
        ("a/../../b.csv", "upload.name"),
        ("/etc/a.csv", "upload.name"),
        ("C:/a.csv", "upload.name"),
        ("..\\a.csv", "upload.name"),
        (".hidden.csv", "upload.name"),
        ("a/.b/c.csv", "upload.name"),
        ("a\x07.csv", "upload.name"),
        ("a/" * 9 + "b.csv", "upload.name"),
        ("l" * 300 + ".csv", "upload.name"),
        ("title.j2", "upload.kind"),
        ("a.exe", "upload.kind"),
        ("a", "upload.kind"),
    ],
)
def test_a_name_that_leads_elsewhere_or_is_of_no_package_is_refused(tmp_path: Path, name: str, code: str) -> None:
    target = tmp_path / "inner"
    target.mkdir()
    assert refused(target, zipped({"ok.csv": b"x", name: b"y"})) == {code}
    assert there(tmp_path) == set()


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    assert refused(tmp_path, zipped({"../a.csv": b"", "b.exe": b"", "C.csv": b"", "c.csv": b""})) == {
        "upload.name",
        "upload.kind",
        "upload.twice",
    }


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    made, entry = io.BytesIO(), zipfile.ZipInfo("a.csv")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    assert refused(tmp_path, sent("p.zip", made.getvalue())) == {"upload.link"}


def test_a_file_that_is_also_a_folder_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, zipped({"a.csv": b"x", "a.csv/b.csv": b"y"})) == {"upload.zip"}


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    many = {f"{number}.csv": b"" for number in range(MOST_FILES + 1)}
    assert refused(tmp_path, zipped(many)) == {"upload.many"}


def test_what_unpacks_to_more_than_the_limit_is_refused_by_what_it_says_and_by_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LARGEST_UNPACKED", 1000)
    assert refused(tmp_path, zipped({"a.csv": b"0" * 600, "b.csv": b"0" * 600})) == {"upload.large"}
    bomb = zipped({"a.csv": b"0" * 5000}).file.read()
    said = (5000).to_bytes(4, "little")
    lying = sent("p.zip", bomb.replace(said, (10).to_bytes(4, "little")))
    assert refused(tmp_path, lying) <= {"upload.large", "upload.zip"}
    assert sum(one.stat().st_size for one in tmp_path.rglob("*") if one.is_file()) <= 1000
    assert refused(tmp_path, sent("c.csv", b"0" * 2000)) == {"upload.large"}


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + b"x" * 60])
def test_what_is_no_zip_is_said_so(tmp_path: Path, content: bytes) -> None:
    assert refused(tmp_path, sent("p.zip", content)) == {"upload.zip"}


def test_a_damaged_entry_is_told_with_its_name(tmp_path: Path) -> None:
    whole = zipped({"a.csv": bytes(range(256)) * 9}).file.read()
    broken = whole[:60] + b"\xff" * 20 + whole[80:]
    assert refused(tmp_path, sent("p.zip", broken)) == {"upload.zip"}


def test_nothing_chosen_is_told(tmp_path: Path) -> None:
    assert refused(tmp_path, sent("")) == {"upload.none"}
    assert refused(tmp_path, zipped({})) == {"upload.none"}


def test_single_files_are_taken_by_their_last_names(tmp_path: Path) -> None:
    assert take([sent("C:\\桌面\\budget.csv"), sent("x/y.yaml")], tmp_path).files == ("budget.csv", "y.yaml")
    assert refused(tmp_path, sent("a.csv"), sent("b/a.csv")) == {"upload.twice"}


def test_a_zip_whose_directory_has_no_end_is_not_read_at_all(tmp_path: Path) -> None:
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(45_000):
            archive.writestr(f"{number}.csv", "")
    large = many.getvalue()
    assert refused(tmp_path, sent("p.zip", large)) == {"upload.many"}
    assert refused(tmp_path, sent("p.zip", large[:-2] + b"\x03\0abc")) == {"upload.many"}  # with a comment
    at = large.rindex(b"PK\5\6")
    locator = b"PK\6\7" + b"\0" * 16  # the form for large archives says its sizes elsewhere
    hidden = large[:at] + locator + large[at : at + 12] + b"\0\0\0\0" + large[at + 16 :]
    assert refused(tmp_path, sent("p.zip", hidden)) == {"upload.many"}
    assert there(tmp_path) == set()
