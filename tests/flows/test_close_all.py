"""`juesuan close-all`: three units, one with a broken ledger; it is mended, signed, and run again and again."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pytest

from juesuan import review
from juesuan.city import splitting
from juesuan.cli import app
from tests.conftest import EXAMPLE, close_directly, copy_package

UNITS = ("070001", "070002", "070003")
BROKEN = "070002"


def make_package(folder: Path, unit: str) -> None:
    """Make the example the package of another unit."""
    copy_package(EXAMPLE, folder)
    settings = folder / "settings.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"070123"', f'"{unit}"'), encoding="utf-8")


class City:
    """A folder of packages, where their results go, and the command."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str] | None = None) -> None:
        self.units, self.out, self.archive = folder / "units", folder / "out", folder / "archive"
        self.capture = capture

    def close(self, *words: str) -> tuple[int, str]:
        """Close all, and return the exit code and what was told."""
        given = [str(self.units), "--out", str(self.out), "--archive", str(self.archive), *words]
        code = app(["close-all", *given], result_action="return_value")
        return int(code), self.capture.readouterr().out if self.capture else ""

    def change_ledger(self, old: str, new: str) -> None:
        """Change a word of the broken unit's ledger where it stands first."""
        ledger = self.units / BROKEN / "ledger" / "vouchers.csv"
        ledger.write_text(ledger.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")

    def rows(self) -> dict[str, dict[str, str]]:
        """Return the lines of summary.csv by package."""
        with (self.out / "summary.csv").open(encoding="utf-8-sig", newline="") as stream:
            return {row["资料文件夹"]: row for row in csv.DictReader(stream)}

    def written(self) -> dict[str, int]:
        """Return when each unit's results were written."""
        return {path.parent.name: path.stat().st_mtime_ns for path in self.out.glob("*/manifest.json")}

    def versions(self, unit: str) -> list[str]:
        """Return the versions that the archive holds of a unit."""
        return sorted(path.name for path in (self.archive / unit / "2020").iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A city that was closed once, while a ledger was broken."""
    folder = tmp_path_factory.mktemp("city")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        city = City(folder)
        for unit in UNITS:
            make_package(city.units / unit, unit)
        city.change_ledger("2020-01-02", "2020-02-30")
        code, _ = city.close()
        assert code == 4
        yield city


@pytest.fixture
def city(first: City, capsys: pytest.CaptureFixture[str]) -> City:
    first.capture = capsys
    return first


def test_one_unit_is_refused_and_the_others_are_closed(city: City) -> None:
    rows = city.rows()
    assert {unit: (row["结果"], row["退出码"]) for unit, row in rows.items()} == {
        "070001": ("完成", "0"),
        "070002": ("未通过", "3"),
        "070003": ("完成", "0"),
    }
    assert rows[BROKEN]["原因"].startswith("ledger/vouchers.csv 第 2 行 “凭证日期”：不是日期；实际为“2020-02-30”")
    assert (city.out / f"{BROKEN}.refused" / "findings.json").is_file()
    assert not (city.out / BROKEN).exists()
    assert sorted(path.name for path in city.archive.iterdir() if path.is_dir()) == ["070001", "070003", "log"]


def test_the_page_leads_to_everything(city: City) -> None:
    page = (city.out / "index.html").read_text(encoding="utf-8")
    assert "3 个单位中有 1 个没有完成" in page
    assert page.index("未通过</h2>") < page.index("已完成</h2>")
    links = {one for one in re.findall(r'href="([^"]+)"', page) if not one.startswith(("#", "data:"))}
    assert len(links) == 8  # three for each unit that is closed, two for what was found
    assert all((city.out / unquote(link)).is_file() for link in links)


def test_a_unit_closed_among_others_has_the_same_bytes_as_one_closed_alone(city: City, tmp_path: Path) -> None:
    alone = close_directly(city.units / "070001", tmp_path / "out").out
    among = city.out / "070001"
    files = {path.relative_to(alone) for path in alone.rglob("*") if path.is_file()}
    assert files == {path.relative_to(among) for path in among.rglob("*") if path.is_file()}
    assert [name for name in files if (alone / name).read_bytes() != (among / name).read_bytes()] == []


def test_a_rerun_leaves_closed_units_alone_and_tells_the_same(city: City) -> None:
    before, page = city.written(), (city.out / "index.html").read_bytes()
    code, told = city.close("--jobs", "1")
    assert code == 4
    assert told.count("没有变动") == 3  # two units, and the summary
    assert "共 3 个单位：完成 2 个（其中 2 个没有变动，未重做），未通过 1 个，出错 0 个。" in told
    assert city.written() == before
    assert (city.out / "index.html").read_bytes() == page


def test_mended_and_signed_only_what_changed_is_done_again(city: City) -> None:
    city.change_ledger("2020-02-30", "2020-01-02")
    for name, role in (("王芳", "审核人"), ("李明", "批准人")):
        review.approve(city.out / "070003", name, role, on=date(2021, 6, 1))
    before = city.written()
    code, told = city.close()
    assert code == 0, told
    assert "共 3 个单位：完成 3 个（其中 1 个没有变动，未重做），未通过 0 个，出错 0 个。" in told
    assert city.written()["070001"] == before["070001"]
    assert not (city.out / f"{BROKEN}.refused").exists()
    assert {unit: row["进度"] for unit, row in city.rows().items()} == {
        "070001": "草稿",
        "070002": "草稿",
        "070003": "已批准",
    }
    assert {unit: city.versions(unit) for unit in UNITS} == {
        "070001": ["v0001"],
        "070002": ["v0001"],
        "070003": ["v0001", "v0002"],
    }
    assert "3 个单位全部编制完成" in (city.out / "index.html").read_text(encoding="utf-8")


def test_what_was_split_closes_as_what_it_was_joined_from(city: City, tmp_path: Path) -> None:
    """A city's way through: one export of all units, split into their packages, gives the results as before."""
    city.change_ledger("2020-02-30", "2020-01-02")
    joined = tmp_path / "joined.csv"
    parts = [(city.units / unit / "ledger" / "vouchers.csv").read_text(encoding="utf-8") for unit in UNITS]
    rows = [f"单位代码,{parts[0].splitlines()[0]}"]
    for lines in zip(*(part.splitlines()[1:] for part in parts), strict=True):
        rows += [f"{unit},{line}" for unit, line in zip(UNITS, lines, strict=True)]
    joined.write_text("\n".join(rows) + "\n", encoding="utf-8")
    units = tmp_path / "units"
    make_package(units / "070001", "070001")
    splitting.split(joined, units, unit_column="单位代码", replace=True)
    facts = close_directly(units / "070001", tmp_path / "out").out / "facts.csv"
    assert facts.read_bytes() == (city.out / "070001" / "facts.csv").read_bytes()
