"""The accounts against the budget of the year and the accounts of the year before."""

from html import escape
from pathlib import Path

import pytest

from juesuan.audit import AuditExit, UnreadableDocument, audit_document, tell_audit
from juesuan.audit.duties import DutyState
from tests.unit.audit_demo import NAMES, Row, demo, replaced, write_html

HEADS: Row = ("功能分类科目编码", "功能分类科目名称", "合计", "基本支出", "项目支出")
AMOUNTS = {"201": "390.00", "208": "40.00", "221": "30.00"}
OFFICIAL: tuple[Row, ...] = (
    ("合计", "因公出国（境）费", "公务接待费", "小计", "购置费", "运行费", "机关运行经费预算数"),
    ("6.00", "0.00", "2.00", "4.00", "0.00", "4.00", "52.00"),
)


def _page(path: Path, *tables: tuple[str, str, tuple[Row, ...]]) -> Path:
    parts = ["<p>云山市档案服务中心2022年度单位预算</p>"]
    for title, unit, rows in tables:
        cells = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
        parts.append(f"<p>{title}</p><p>单位：{unit}</p><table>{cells}</table>")
    path.write_text("<html><meta charset='utf-8'><body>" + "".join(parts) + "</body></html>", encoding="utf-8")
    return path


def budget(path: Path, unit: str = "元", **changed: str) -> Path:
    """A budget: by subject in one unit, “三公”经费 in 万元, as the platform prints it."""
    scale = 10_000 if unit == "元" else 1
    amounts = AMOUNTS | changed
    rows = [
        (code, NAMES[code], *(f"{float(amounts[code[:3]]) * scale:,.2f}",) * 2, "")
        for code in NAMES
        if len(code) == 3
    ]
    total = f"{460 * scale:,.2f}"
    by_subject = (HEADS, *rows, ("合计", "", total, total, ""))
    return _page(
        path,
        ("2022年单位收支预算总表", "元", (("收入总计", "1"),)),
        ("2022年单位一般公共预算支出功能分类预算表", unit, by_subject),
        ("2022年单位“三公”经费和机关运行经费预算表", "万元", OFFICIAL),
    )


def last_year(path: Path, total: str = "440.00", closing: str = "3.00", running: str = "50万元") -> Path:
    """The demonstration of the year before; only what is compared needs to be right."""
    blocks = replaced(demo(), "总计\x1f30\x1f459.00", f"总计\x1f30\x1f{total}")
    blocks = replaced(blocks, "年末结转和结余\x1f59\x1f3.00", f"年末结转和结余\x1f59\x1f{closing}")
    blocks = replaced(blocks, "总计\x1f32\x1f450.90", "总计\x1f32\x1f460.00")
    blocks = replaced(blocks, "2.00\x1f3.50\x1f0.00", "2.00\x1f4.00\x1f0.00")
    blocks = replaced(blocks, "机关运行经费支出50.3万元", f"机关运行经费支出{running}")
    years = {"2021": "2020", "2022": "2021"}

    def earlier(text: str) -> str:
        for now, before in years.items():
            text = text.replace(now, before)
        return text

    write_html([earlier(one) if isinstance(one, str) else (earlier(one[0]), one[1]) for one in blocks], path)
    return path


def _accounts(folder: Path, *changes: tuple[str, str]) -> Path:
    blocks = demo()
    for was, now in changes:
        blocks = replaced(blocks, was, now)
    write_html(blocks, folder / "accounts.html")
    return folder / "accounts.html"


@pytest.mark.parametrize("unit", ["元", "万元"])
def test_a_budget_in_either_unit_and_last_years_accounts_agree(unit: str, tmp_path: Path) -> None:
    accounts, plan, past = (
        _accounts(tmp_path),
        budget(tmp_path / "budget.html", unit),
        last_year(tmp_path / "last.html"),
    )
    report = audit_document(accounts, budget=plan, last_year=past)
    assert report.findings == ()
    states = {one.duty.id: one.state for one in report.duties.outcomes}
    assert (states["budget"], states["last-year"]) == (DutyState.DONE, DutyState.DONE)
    alone = {one.duty.id: one.state for one in audit_document(accounts).duties.outcomes}
    assert (alone["budget"], alone["last-year"]) == (DutyState.NOT_DONE, DutyState.NOT_DONE)


def test_a_budget_of_an_item_that_differs_is_told_with_both_places(tmp_path: Path) -> None:
    plan = budget(tmp_path / "budget.html", **{"208": "41.50"})
    (found,) = audit_document(_accounts(tmp_path), budget=plan).findings
    assert (found.rule, found.weight.value, found.stated, found.computed) == (
        "across.budget", "warning", "40万元", "41.5 万元",
    )  # fmt: skip
    assert "208 社会保障和就业支出年初预算与预算公开文本（budget.html）不一致" in found.message
    assert "budget.html 表5" in found.evidence[0] and "415,000.00" in found.evidence[0]
    text, code = tell_audit(tmp_path / "accounts.html", budget=plan)
    assert code == AuditExit.CLEAN
    assert "第 51 行　208 社会保障" in text
    assert "这里是“40万元”，按那里是“41.5 万元”：budget.html 表5" in text and "208 行 1 栏）" in text


def test_a_factor_of_ten_thousand_is_a_wrong_unit(tmp_path: Path) -> None:
    plan = budget(tmp_path / "budget.html", "元")
    plan.write_text(plan.read_text("utf-8").replace("单位：元", "单位：万元"), encoding="utf-8")
    found = audit_document(_accounts(tmp_path), budget=plan).findings
    assert len(found) == 4
    assert all("正好差一万倍" in one.message for one in found)


@pytest.mark.parametrize(
    ("made", "stated", "computed"),
    [
        ({"total": "441.00"}, "增加 19万元", "增加 18 万元"),
        ({"closing": "2.00"}, "3.00", "2 万元"),
        ({"running": "49.3万元"}, "增加 0.3万元", "增加 1 万元"),
    ],
)
def test_what_differs_from_last_years_accounts_is_told(
    made: dict[str, str], stated: str, computed: str, tmp_path: Path
) -> None:
    past = last_year(tmp_path / "last.html", **made)
    (found,) = audit_document(_accounts(tmp_path), last_year=past).findings
    assert (found.rule, found.stated, found.computed) == ("across.last-year", stated, computed)
    assert "last.html" in "".join(found.evidence)


def test_a_rate_that_stands_alone_is_held_against_last_years_amount(tmp_path: Path) -> None:
    past = last_year(tmp_path / "last.html")
    right = _accounts(tmp_path, ("总计各增加19万元，增长4.3%", "总计各增长4.3%"))
    assert audit_document(right, last_year=past).findings == ()
    wrong = _accounts(tmp_path, ("总计各增加19万元，增长4.3%", "总计各增长4.9%"))
    (found,) = audit_document(wrong, last_year=past).findings
    assert (found.stated, found.computed) == ("增长 4.9%", "增长 4.3182%")


def test_the_wrong_document_or_year_is_said(tmp_path: Path) -> None:
    accounts = _accounts(tmp_path)
    with pytest.raises(UnreadableDocument, match="这不是预算公开文本"):
        audit_document(accounts, budget=accounts)
    with pytest.raises(UnreadableDocument, match="这是预算，不是决算"):
        audit_document(accounts, last_year=budget(tmp_path / "budget.html"))
    with pytest.raises(UnreadableDocument, match="没有认出预算公开文本里可比的表"):
        audit_document(accounts, budget=_page(tmp_path / "b.html", ("2022年收支预算总表", "元", (("收入", "1"),))))
    found = audit_document(accounts, last_year=accounts).findings
    assert found and "它是 2022 年的，不是 2021 年的" in found[0].message
    text, code = tell_audit(tmp_path, budget=accounts)
    assert code == AuditExit.UNREADABLE and "--budget" in text
