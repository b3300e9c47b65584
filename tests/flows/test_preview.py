"""What an edited ledger would move is told before anything is written."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from juesuan.base.problems import InputError
from juesuan.preview import Preview, preview, preview_data, preview_lines, tell_preview
from tests.conftest import EXAMPLE
from tests.ledger_writers import csv_bytes, xlsx_bytes

VOUCHERS = EXAMPLE / "ledger" / "vouchers.csv"
BALANCE = EXAMPLE / "ledger" / "trial-balance.csv"
Rows = list[dict[str, str]]


def rewrite(source: Path, target: Path, change: Callable[[Rows], None]) -> Path:
    with source.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    change(rows)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return target


def reclassified(rows: Rows) -> None:
    """One payment of goods becomes another kind of goods: only table 6 moves."""
    for row in rows:
        if row["部门经济分类编码"] == "30201" and row["支出类型"] == "基本支出":
            row["部门经济分类编码"], row["部门经济分类名称"] = "30229", "福利费"


def overspent(rows: Rows) -> None:
    """A payment grows, on one side of its voucher only."""
    row = next(row for row in rows if row["凭证字号"] == "记-0050" and row["分录号"] == "1")
    assert row["支出类型"] == "项目支出"
    row["借方金额"] = f"{float(row['借方金额']) + 60_000:.2f}"


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Preview:
    edited = rewrite(VOUCHERS, tmp_path_factory.mktemp("edited") / "edited.csv", overspent)
    return preview(EXAMPLE, [edited])


def test_the_same_ledger_moves_nothing() -> None:
    found = preview(EXAMPLE, [VOUCHERS], [BALANCE])
    assert found.empty
    assert list(preview_lines(found)) == ["列示的数、文字、图、得分和核对结果都不会变动。"]


def test_a_reclassified_payment_moves_two_lines_of_table_6_and_their_sentence(tmp_path: Path) -> None:
    edited = rewrite(VOUCHERS, tmp_path / "edited.csv", reclassified)
    found = preview(EXAMPLE, [edited])
    ids = {one.fact.id for one in found.facts}
    assert {"t6.30201.amount", "t6.30229.amount"} <= ids
    assert all(name.startswith("t6.") for name in ids)
    assert found.charts == ()
    (sentence,) = found.sentences
    assert "办公费" in sentence.before
    assert "办公费" not in sentence.after  # nothing of it is left, so that the sentence names it no more
    assert found.checks == ()


def test_a_payment_that_grows_moves_cells_scores_sentences_and_charts(moved: Preview) -> None:
    shown = {one.fact.id: one for one in moved.facts if one.shows}
    spent = shown["t1.57.2"]
    assert spent.before is not None
    assert spent.after is not None
    assert (spent.before.display, spent.after.display) == ("1,986.37", "1,992.37")
    assert {"score.unit.rate", "expenditure.share.3", "project.social_insurance.actual"} <= set(shown)
    assert [chart.name for chart in moved.charts] == ["expenditure"]
    assert any("1,986.37" in one.before and "1,992.37" in one.after for one in moved.sentences)
    assert any("99.88" in one.before for one in moved.sentences)


def test_checks_that_would_start_failing_are_told_with_their_severity(moved: Preview) -> None:
    starting = {one.after.text: one.after for one in moved.checks if one.after and one.starts}
    assert any("借方合计等于贷方合计" in text for text in starting)
    assert moved.conflict  # income and expenditure no longer agree, and can't be displayed as if they did
    text = "\n".join(preview_lines(moved))
    assert "将开始不符【错误】：每张记账凭证的借方合计等于贷方合计" in text
    assert "差额 -6 万元" in text
    assert text.endswith("以上只是预览，没有写入任何文件。")


def test_checks_that_would_stop_failing_are_told(edited: Callable[..., Path]) -> None:
    package = edited({})
    rewrite(VOUCHERS, package / "ledger" / "vouchers.csv", overspent)
    text = tell_preview(package, [VOUCHERS])
    assert "将恢复相符：每张记账凭证的借方合计等于贷方合计" in text
    assert "1,992.37 万元 → 1,986.37 万元" in text


def test_json_tells_every_fact_with_its_exact_values(moved: Preview) -> None:
    data = json.loads(json.dumps(preview_data(moved)))
    spent = next(one for one in data["facts"] if one["id"] == "t1.57.2")
    assert int(spent["after"]["exact"]) - int(spent["before"]["exact"]) == 6_000_000
    assert spent["kind"] == "cell"
    assert {one["kind"] for one in data["facts"]} == {"cell", "score", "other"}
    assert data["charts"][0]["facts"]
    assert all(one["before"] != one["after"] for one in data["checks"])


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited = rewrite(VOUCHERS, tmp_path / "edited.csv", overspent)
    monkeypatch.chdir(tmp_path)
    before = {path: path.read_bytes() for path in EXAMPLE.rglob("*.csv")}
    json.loads(tell_preview(EXAMPLE, [edited], as_json=True))
    assert {path: path.read_bytes() for path in EXAMPLE.rglob("*.csv")} == before
    assert list(tmp_path.iterdir()) == [edited]


def test_an_edited_ledger_may_stand_in_several_files_of_another_format(tmp_path: Path) -> None:
    rows = list(csv.reader(VOUCHERS.open(encoding="utf-8", newline="")))
    half = next(at for at, row in enumerate(rows) if row[0].startswith("2020-07"))
    files = [tmp_path / "上半年.xlsx", tmp_path / "下半年.txt"]
    files[0].write_bytes(xlsx_bytes({"1-6月": rows[:half]}))
    files[1].write_bytes(csv_bytes([rows[0], *rows[half:]], "gb18030", "\t"))
    assert preview(EXAMPLE, files).empty


def test_a_ledger_that_cannot_be_read_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="缺少文件"):
        preview(EXAMPLE, [tmp_path / "none.csv"])

    def break_date(rows: Rows) -> None:
        rows[0]["凭证日期"] = "2020-13-01"

    with pytest.raises(InputError, match="2020-13-01"):
        preview(EXAMPLE, [rewrite(VOUCHERS, tmp_path / "broken.csv", break_date)])
