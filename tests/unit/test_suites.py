"""Rules go through Great Expectations whole: none is lost, none passes on nothing, failures are named."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from juesuan.base.problems import Severity
from juesuan.identities import (
    CheckedPlaces,
    CheckResult,
    Failure,
    Identity,
    Instance,
    Item,
    Relation,
    SignedFigure,
)
from juesuan.ledger import Ledger
from juesuan.ledger.shown import ShownLine, lines_at
from juesuan.rules import gx as running
from juesuan.rules.check import Check, check_from_identity, places_of, run_suites
from juesuan.rules.pages import write_docs


def check(name: str, *items: Item, suite: str = "s", severity: Severity = Severity.ERROR, **more: bool) -> Check:
    return Check(name, suite, f"规则 {name}", "附注", places_of(items), severity, **more)


def ok(place: str) -> Item:
    return Item(place, "1.00 元", "1.00 元", 0)


def bad(place: str, excess: int = 1) -> Item:
    return Item(place, "1.01 元", "1.00 元", excess, "0.01 元", "vouchers.csv:3; vouchers.csv:4")


def outcomes(*checks: Check) -> dict[str, CheckResult]:
    return {result.id: result for run in run_suites(checks) for result in run.results}


def test_a_failing_place_is_named_with_the_lines_behind_it() -> None:
    result = outcomes(check("a", ok("甲"), bad("乙")), check("b", ok("丙")))
    assert result["b"].success
    assert result["a"].instances == 2
    assert result["a"].failures == (
        Failure("乙", "1.01 元", "1.00 元", "0.01 元", ("vouchers.csv:3", "vouchers.csv:4")),
    )


def test_a_bounded_rule_allows_less_and_refuses_more() -> None:
    result = outcomes(check("less", bad("甲", -5), bounded=True), check("more", bad("甲", 5), bounded=True))
    assert (result["less"].success, result["more"].success) == (True, False)


def test_a_rule_that_applies_nowhere_passes_only_if_it_may() -> None:
    result = outcomes(check("may", may_be_empty=True), check("must"), check("full", ok("甲")))
    assert result["may"].success
    assert not result["must"].success
    assert result["must"].failures[0].stated == "核对 0 处"


def test_every_suite_of_empty_rules_still_runs() -> None:
    assert outcomes(check("may", may_be_empty=True))["may"].success


def test_two_rules_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="share an id"):
        run_suites([check("a", ok("甲")), check("a", ok("乙"))])


def test_a_rule_lost_before_the_run_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    import great_expectations as gx

    class Lossy(gx.ExpectationSuite):
        def __init__(self, name: str, expectations: list[Any]) -> None:
            super().__init__(name=name, expectations=expectations[:-1])

    monkeypatch.setattr(gx, "ExpectationSuite", Lossy)
    with pytest.raises(RuntimeError, match="lost or doubled rules: b"):
        run_suites([check("a", ok("甲")), check("b", ok("乙"))])


def test_a_rule_lost_in_the_run_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from great_expectations.datasource.fluent.interfaces import Batch

    whole = Batch.validate

    def lossy(self: Batch, suite: Any, **more: Any) -> Any:
        found = whole(self, suite, **more)
        found.results.pop()
        return found

    monkeypatch.setattr(Batch, "validate", lossy)
    with pytest.raises(RuntimeError, match="lost or doubled rules: b"):
        run_suites([check("a", ok("甲")), check("b", ok("乙"))])


def test_a_frame_that_lost_places_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = running._frame
    monkeypatch.setattr(running, "_frame", lambda checks: whole(checks).iloc[1:])
    with pytest.raises(RuntimeError, match="应核对 2 处，数据中只有 1 处"):
        run_suites([check("a", ok("甲"), ok("乙"))])


def test_an_identity_becomes_a_check_with_its_places_in_words() -> None:
    identity = Identity(
        "note",
        "table-1",
        "3 行＝（1＋2）行",
        "表 1 附注",
        (Instance("c", (SignedFigure(1, "a"), SignedFigure(1, "b"))),),
    )
    asked: list[str] = []

    def rows(instance: Instance) -> list[str]:
        asked.append(instance.target)
        return ["l:1"]

    def make(values: dict[str, int], slack: int = 0) -> tuple[Item, ...]:
        made = check_from_identity(
            identity, values, describe=str.upper, show=lambda n: f"{n} 分", rows=rows, slack=lambda _: slack
        )
        assert len(made.places) == 1
        return made.places.told

    assert make({"a": 1, "b": 2, "c": 3}) == ()
    assert asked == []
    assert make({"a": 1, "b": 2, "c": 4}) == (Item("C", "4 分", "3 分", 1, "1 分", "l:1"),)
    assert make({"a": 1, "b": 2, "c": 4}, slack=1) == ()
    bounded = check_from_identity(
        replace(identity, relation=Relation.AT_MOST), {"a": 1, "b": 2, "c": 1}, describe=str, show=str
    )
    assert bounded.bounded
    assert bounded.places.excess.tolist() == [-2]
    assert bounded.failing == ()


def test_a_place_that_fails_without_words_or_words_without_a_place_are_refused() -> None:
    for excess, told in (([0, 1], ()), ([0], (bad("甲"),)), ([1, 2], (bad("甲", 2), bad("乙", 1)))):
        with pytest.raises(ValueError, match="each place whose excess is not zero"):
            CheckedPlaces(np.array(excess), told)


def test_a_result_is_successful_exactly_when_nothing_failed() -> None:
    with pytest.raises(ValueError, match="success"):
        CheckResult("a", "s", "", "", Severity.ERROR, success=True, instances=1, failures=(Failure("甲", "", ""),))


def test_the_pages_load_nothing_escape_everything_and_put_failures_first(tmp_path: Path) -> None:
    runs = run_suites(
        [
            check("fine", ok("甲"), suite="table-1"),
            check("wrong", bad("<script>乙</script>"), suite="table-1"),
            check("hint", bad("丙"), suite="table-2", severity=Severity.WARNING),
            check("good", ok("丁"), suite="table-3"),
        ]
    )
    write_docs(runs, tmp_path / "validation", title="某单位 2020 年度决算", suite_titles={"table-1": "表 1"})
    pages = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "validation").iterdir()}
    assert set(pages) == {"index.html", "table-1.html", "table-2.html", "table-3.html"}
    for page in pages.values():
        assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)
        assert page.count("<script") == 1  # what filters; it holds nothing of the closing
        assert "某单位 2020 年度决算" in page
    assert len({page[page.index("<script") :] for page in pages.values()}) == 1
    states = dict(re.findall(r'data-state="(\w+)".*?<a href="[\w-]+.html#(\w+)"', pages["index.html"], re.DOTALL))
    assert states == {"failed": "hint", "good": "good"}
    assert pages["index.html"].count("data-state=") == 4
    one = pages["table-1.html"]
    assert one.index("规则 wrong") < one.index("规则 fine")
    assert "&lt;script&gt;乙" in one
    assert "vouchers.csv:3" in one
    assert "附注 · 不符属于错误 · fine" in one
    assert "不符属于提示" in pages["table-2.html"]
    assert "提示 1 条" in pages["table-2.html"]
    assert "全部通过" in pages["table-3.html"]


def test_the_lines_of_the_ledger_stand_beside_the_finding_without_their_summaries(tmp_path: Path) -> None:
    ledger = ledger_with_lines()
    found = lines_at(ledger, ["vouchers.csv:3", "vouchers.csv:9", "balance.csv:3", "budget.csv:2", "…（共 2 行）"])
    assert found == {
        "vouchers.csv:3": ShownLine(
            "2020-03-01", "记-0001 第 1 行分录", "7101 行政支出 110****2X", "1,234.50", ""
        ),
        "balance.csv:3": ShownLine("", "余额表：年初 1.00，年末 2.00", "7101 行政支出", "1.00", ""),
    }
    assert "张三" not in str(found)
    undated = replace(ledger, lines=ledger.lines.assign(date=pd.NaT))
    assert lines_at(undated, ["vouchers.csv:3"])["vouchers.csv:3"].date == ""
    with_summary = lines_at(ledger, ["vouchers.csv:3"], summaries=True)
    assert with_summary["vouchers.csv:3"].summary == "付张三 138****78 差旅费"
    assert lines_at(ledger, []) == {}
    (run,) = run_suites([check("a", bad("乙"))])
    write_docs([replace(run, lines=found)], tmp_path / "validation", title="某单位", suite_titles={})
    page = (tmp_path / "validation" / "s.html").read_text(encoding="utf-8")
    assert re.search(r"vouchers.csv:3</th><td>2020-03-01</td><td>记-0001 第 1 行分录</td>.*1,234\.50", page)
    assert "1,234.50" in (tmp_path / "validation" / "index.html").read_text(encoding="utf-8")


def ledger_with_lines() -> Ledger:
    line = {
        "file": "vouchers.csv",
        "line": 3,
        "date": pd.Timestamp("2020-03-01"),
        "voucher": "记-0001",
        "entry": 1,
    }
    line |= {"account": "7101", "account_name": "行政支出 11010519491231002X", "debit": 123450, "credit": 0}
    balance = {"file": "balance.csv", "line": 3, "account": "7101", "account_name": "行政支出"}
    balance |= {"opening": 100, "closing": 200, "debit": 100, "credit": 0}
    lines = pd.DataFrame([line | {"summary": "付张三 13812345678 差旅费"}])
    return Ledger(2020, lines, pd.DataFrame([balance]))


def test_data_docs_ask_for_nothing_escape_everything_and_are_the_same_each_time(tmp_path: Path) -> None:
    odd = Item("<img src=x onerror=alert(1)>", "$$ 1 & ${x}", "<b>2</b>", 1, "1", "v.csv:3")
    checks = [
        replace(check("fine", ok("甲")), text="合计 <script>alert(1)</script> & $status"),
        check("wrong", odd),
        check("idle", may_be_empty=True),
        check("hint", bad("丙"), suite="t", severity=Severity.WARNING),
    ]
    told: list[dict[str, str]] = []
    for name in ("one", "two"):
        runs = run_suites(checks)
        write_docs(runs, tmp_path / name, title="<i>某</i>单位", suite_titles={"s": "甲<乙"}, year=2020)
        pages = sorted((tmp_path / name / "data-docs").iterdir())
        told.append({one.name: one.read_text(encoding="utf-8") for one in pages})
    assert told[0] == told[1]
    assert set(told[0]) == {"index.html", "s.html", "t.html", "style.css"}
    for name, page in told[0].items():
        assert not re.search(r"https?:|<script|<img|<b>2|<i>某|url\(|@import", page), name
        for link in re.findall(r'(?:href|src)="([^"#]+)', page):
            assert link == "data:," or (tmp_path / "one" / "data-docs" / link).is_file(), (name, link)
    page = told[0]["s.html"]
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "$$ 1 &amp; ${x}" in page
    assert "合计 &lt;script&gt;alert(1)&lt;/script&gt; &amp; $status" in page
    assert "&amp;lt;" not in page
    assert "Unsuccessful Expectations" in page
    assert "2020-12-31" in told[0]["index.html"]
    assert re.findall(r"<td>(Success|Failed)</td>", told[0]["index.html"]) == ["Failed", "Failed"]
    assert 'href="data-docs/index.html"' in (tmp_path / "one" / "index.html").read_text(encoding="utf-8")
