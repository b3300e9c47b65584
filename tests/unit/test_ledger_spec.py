"""The cases of ``tests/spec/ledger-*.yaml``, which an accountant can read."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from juesuan.ledger import Ledger, load_chart, read_ledger
from tests.ledger_checked import checked, ledger_rules

SPEC = Path(__file__).parents[1] / "spec"
BALANCES = "科目编码,科目名称,方向,资金性质,功能分类编码,年初余额,本年借方,本年贷方,年末余额\n"
READING = yaml.load((SPEC / "ledger-reading.yaml").read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 - text only
RULES = yaml.load((SPEC / "ledger-rules.yaml").read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 - text only


def read(tmp_path: Path, vouchers: str, balances: str = BALANCES) -> Ledger:
    folder = tmp_path / "ledger"
    folder.mkdir()
    (folder / "vouchers.csv").write_text(vouchers, "utf-8")
    (folder / "trial-balance.csv").write_text(balances, "utf-8")
    return read_ledger(
        folder / "vouchers.csv",
        folder / "trial-balance.csv",
        root=tmp_path,
        chart=load_chart("2020"),
        year=2020,
    )


@pytest.mark.parametrize("case", READING["cases"], ids=lambda case: case["title"])
def test_what_is_wrong_in_a_ledger_is_said_line_by_line(tmp_path: Path, case: dict[str, Any]) -> None:
    ledger = read(tmp_path, f"{case.get('header', READING['header'])}\n{case['lines']}")
    found = [str(problem) for problem in ledger.problems]
    expected = case.get("expect", [])
    assert len(found) == len(expected)
    for text in expected:
        assert any(text in message for message in found), "\n".join(found)
    assert list(map(str, ledger.lines["line"])) == case.get("read", [])
    if "unread" in case:
        assert sorted(f"{month}月 {voucher}" for month, voucher in ledger.unread) == case["unread"]


@pytest.mark.parametrize("case", RULES["cases"], ids=lambda case: f"{case['rule']} {case['title']}")
def test_what_a_rule_finds_is_said_with_place_and_amounts(tmp_path: Path, case: dict[str, Any]) -> None:
    ledger = read(
        tmp_path,
        f"{RULES['voucher_header']}\n{case.get('vouchers', '')}",
        f"{RULES['balance_header']}\n{case.get('balances', '')}",
    )
    rule = next(rule for rule in ledger_rules() if rule.id == case["rule"])
    frame = checked(rule, ledger)
    assert len(frame) > 0
    failed = frame[~frame["ok"]]
    columns = failed[["place", "stated", "computed", "difference"]].itertuples(index=False)
    assert [" | ".join(row).rstrip() for row in columns] == [text.rstrip() for text in case.get("expect", [])]
    if "rows" in case:
        assert list(failed["rows"]) == case["rows"]


def test_every_rule_has_a_case() -> None:
    kinds = {rule.id: rule.kind for rule in ledger_rules()}
    assert {kinds[case["rule"]] for case in RULES["cases"]} == set(kinds.values())
